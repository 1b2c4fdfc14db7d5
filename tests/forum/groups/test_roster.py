"""Set-wise adding agrees with adding one by one."""

from flask import Flask
from sqlalchemy import func, select

from forum.accounts.actions import add_placeholder, attach_placeholder_address
from forum.accounts.models import Address, Member
from forum.accounts.queries import member_by_email
from forum.db import db, transaction
from forum.groups.leaving import leave
from forum.groups.models import Group
from forum.groups.queries import community, membership_of
from forum.groups.roster import Enrolled, RosterRow, import_rows
from forum.log import LogEntry
from forum.queue import Task
from tests.people import a_group, a_member


def enroll(group: Group, *emails: str) -> Enrolled:
    with transaction():
        return import_rows(group, [RosterRow(line, email, "New Name") for line, email in enumerate(emails, 2)])


def test_new_people_get_facets_an_address_and_standing_in_the_community(core: Flask) -> None:
    group = a_group()
    row = RosterRow(2, "Ann+lists@Example.org", "Ann Lee", facets={"place": "Bath", "specialty": "ENT"})
    with transaction():
        assert import_rows(group, [row]) == Enrolled(joined=1, new_members=1)
    member = member_by_email("ann@example.org")
    assert member is not None
    assert (member.name, member.place, member.specialty, member.placeholder) == ("Ann Lee", "Bath", "ENT", False)
    assert [(address.email, address.key, address.is_primary) for address in member.addresses] == [
        ("Ann+lists@Example.org", "ann+lists@example.org", True)
    ]
    for each in (community(), group):
        membership = membership_of(member.id, each.id)
        assert membership is not None
        assert membership.newcomer_posts == 0
    assert db.session.scalar(select(func.count()).select_from(Task)) == 0


def test_one_person_twice_in_a_batch_is_one_member(core: Flask) -> None:
    done = enroll(a_group(), "ann@example.org", "ANN@example.org", "ann+b@example.org")
    assert done == Enrolled(joined=1, new_members=1, there_already=2)


def test_a_tag_that_two_members_share_makes_a_third(core: Flask) -> None:
    group = a_group()
    with transaction():
        for email in ("desk+a@example.org", "desk+b@example.org"):
            attach_placeholder_address(add_placeholder("Desk"), email)
    assert enroll(group, "desk@example.org") == Enrolled(joined=1, new_members=1)


def test_who_left_is_not_added_again(core: Flask) -> None:
    group, other = a_group(), a_group("locums", "Locums")
    ann, bob = a_member("ann@example.org", "Ann", group), a_member("bob@example.org", "Bob", group)
    with transaction():
        leave(ann, group, actor_id=ann.id)
        leave(bob, community(), actor_id=bob.id)
    assert enroll(group, "ann@example.org", "bob@example.org") == Enrolled(left_before=2)
    assert enroll(other, "bob@example.org") == Enrolled(left_before=1)
    assert enroll(other, "ann@example.org") == Enrolled(joined=1)


def test_the_author_of_imported_posts_becomes_a_member_by_a_roster(core: Flask) -> None:
    group = a_group()
    with transaction():
        author = add_placeholder("Old Name")
        attach_placeholder_address(author, "ann@example.org")
    assert enroll(group, "ann@example.org") == Enrolled(joined=1)
    db.session.refresh(author)
    assert (author.placeholder, author.name) == (False, "New Name")
    assert membership_of(author.id, community().id) is not None
    assert db.session.scalar(select(func.count()).select_from(Member)) == 1
    assert db.session.scalar(select(func.count()).select_from(Address)) == 1


def test_importing_into_the_community_itself_is_one_membership(core: Flask) -> None:
    assert enroll(community(), "ann@example.org", "bob@example.org") == Enrolled(joined=2, new_members=2)
    assert enroll(community(), "ann@example.org") == Enrolled(there_already=1)


def test_a_batch_is_one_entry_in_the_log_without_addresses(core: Flask) -> None:
    group = a_group()
    enroll(group, "ann@example.org", "bob@example.org")
    enroll(group, "ann@example.org")
    (entry,) = db.session.scalars(select(LogEntry).where(LogEntry.act == "import members"))
    assert (entry.group_id, entry.why) == (group.id, "2 joined from a roster, 2 of them new members")
