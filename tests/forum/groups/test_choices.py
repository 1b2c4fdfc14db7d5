"""How a member gets the posts of a group."""

from flask import Flask
from sqlalchemy import select

from forum.accounts.models import Member
from forum.counter import PUBLISHED, last_number
from forum.db import db, transaction
from forum.groups.choices import (
    MailChoice,
    choose_mail,
    set_acknowledge,
    set_copy_when_addressed,
    set_delivery,
    set_topics_only,
)
from forum.groups.leaving import come_back, leave
from forum.groups.models import Delivery, Group, Membership
from forum.groups.roster import RosterRow, import_rows
from forum.log import LogEntry
from tests.people import a_group, a_member, its, post


def choose(member: Member, group: Group, delivery: Delivery) -> tuple[int, int | None]:
    with transaction():
        set_delivery(its(member, group), delivery, actor_id=member.id)
        return its(member, group).digest_no, its(member, group).digest_until_no


def test_digests_begin_with_the_choice_and_a_last_one_is_owed_after_it(core: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    post(ann, group)
    assert choose(ann, group, Delivery.DIGEST) == (1, None)
    post(ann, group)
    assert choose(ann, group, Delivery.WEEKLY) == (1, None)
    post(ann, group)
    assert choose(ann, group, Delivery.SINGLE) == (1, 3)
    post(ann, group)
    # The last digest is not out yet: the next one has what it would have had.
    assert choose(ann, group, Delivery.DIGEST) == (1, None)
    assert choose(ann, group, Delivery.FOLLOWED) == (1, 4)
    assert choose(ann, group, Delivery.NONE) == (1, None)
    assert choose(ann, group, Delivery.DIGEST) == (4, None)


def test_a_digest_is_planned_while_a_group_sends_or_owes_one(core: Flask) -> None:
    group, other = a_group(), a_group("locum", "Locum")
    ann = a_member("ann@example.org", "Ann Lee", group, other)
    planned = []
    for of, delivery in (
        (group, Delivery.DIGEST),
        (other, Delivery.WEEKLY),
        (group, Delivery.NONE),
        (other, Delivery.SINGLE),
        (other, Delivery.NONE),
    ):
        choose(ann, of, delivery)
        planned.append(ann.digest_due_at is not None)
    assert planned == [True, True, True, True, False]


def test_who_leaves_and_comes_back_finds_every_choice_and_no_backlog(core: Flask) -> None:
    group = a_group()
    ann, bea = a_member("ann@example.org", "Ann Lee", group), a_member("bea@example.org", "Bea Okafor", group)
    with transaction():
        membership = its(ann, group)
        set_delivery(membership, Delivery.DIGEST, actor_id=ann.id)
        set_topics_only(membership, True, actor_id=ann.id)
        set_acknowledge(membership, True, actor_id=ann.id)
        set_copy_when_addressed(membership, False, actor_id=ann.id)
    with transaction():
        leave(ann, group, actor_id=ann.id)
    assert ann.digest_due_at is None
    post(bea, group)
    with transaction():
        come_back(ann, group)
    back = its(ann, group)
    assert (back.delivery, back.topics_only, back.acknowledge, back.copy_when_addressed) == (
        Delivery.DIGEST,
        True,
        True,
        False,
    )
    assert back.digest_no == last_number(PUBLISHED) == 1
    assert ann.digest_due_at is not None


def test_who_comes_with_a_roster_gets_digests_from_now_on(core: Flask) -> None:
    group = a_group()
    bea = a_member("bea@example.org", "Bea Okafor", group)
    post(bea, group)
    with transaction():
        import_rows(
            group,
            [
                RosterRow(2, "ann@example.org", "Ann Lee", delivery=Delivery.WEEKLY),
                RosterRow(3, "cy@example.org", "Cy Lund"),
            ],
        )
    rows = db.session.execute(
        select(Member.name, Member.digest_due_at.is_not(None), Membership.digest_no)
        .join(Membership, Membership.member_id == Member.id)
        .where(Membership.group_id == group.id, Member.id != bea.id)
        .order_by(Member.name)
    )
    assert [tuple(row) for row in rows] == [("Ann Lee", True, 1), ("Cy Lund", False, 1)]


def test_all_choices_of_a_page_are_one_act_and_each_has_its_way_back(core: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    before = db.session.scalars(select(LogEntry.id).order_by(LogEntry.id.desc())).first()
    with transaction():
        choose_mail(ann, {group.id: MailChoice(Delivery.DIGEST, False, True, True, False)})
        choose_mail(ann, {group.id: MailChoice(Delivery.DIGEST, False)})
    acts = select(LogEntry.act, LogEntry.undo).where(LogEntry.id > before).order_by(LogEntry.id)
    assert [tuple(row) for row in db.session.execute(acts)] == [
        ("delivery digest", "delivery single"),
        ("own copy no", "own copy yes"),
        ("topics only yes", "topics only no"),
        ("acknowledge yes", "acknowledge no"),
        ("copy when addressed no", "copy when addressed yes"),
    ]
