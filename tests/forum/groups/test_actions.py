"""Groups and memberships."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from forum.accounts.models import Member
from forum.clock import now
from forum.db import db, transaction
from forum.groups.actions import (
    NEWCOMER_POSTS,
    GroupChange,
    NotPossible,
    add_to_group,
    admit,
    ask_to_join,
    change_group,
    come_back,
    create_community,
    create_group,
    decline,
    end_past_mutes,
    leave,
    set_role,
    set_standing,
    stop_mail,
)
from forum.groups.choices import MailChoice, choose_mail, set_delivery
from forum.groups.models import Delivery, Group, JoinPolicy, Kind, Membership, Role, Standing
from forum.groups.queries import community, former_membership, membership_of, reason_for_declining
from forum.groups.slugs import BadSlug
from forum.log import LogEntry
from forum.queue import Task
from tests.meanwhile import meanwhile
from tests.people import a_group, a_member


def its(member, group) -> Membership:
    membership = membership_of(member.id, group.id)
    assert membership is not None
    return membership


def tasks(kind: str) -> list[tuple[int, int | None]]:
    return [(task.target_id, task.other_id) for task in db.session.scalars(select(Task).where(Task.kind == kind))]


def test_a_group_has_a_good_slug_a_place_and_an_address(core: Flask) -> None:
    with transaction():
        assert create_community("Twice").id == community().id
    for slug in ("Cardio", "a b", "", "x" * 41, "-a", "a-", "banyan", "reply", "cardiology-owner", "a-help"):
        with transaction(), pytest.raises(BadSlug):
            create_group(slug, "Name", parent=community())
    a_group()
    with transaction():
        with pytest.raises(NotPossible, match="already"):
            create_group("cardiology", "Again", parent=community())
        with pytest.raises(NotPossible, match="one community"):
            create_group("other", "Other", parent=community(), kind=Kind.COMMUNITY)
        with pytest.raises(NotPossible, match="a name"):
            create_group("other", " \n", parent=community())
        hidden = create_group("hidden", "Hidden", parent=community(), listed=False)
        circle = create_group("circle", "Circle", parent=community(), kind=Kind.CIRCLE)
    assert len(hidden.mail_name) == len("hidden-") + 5
    assert (circle.listed, circle.join_policy) == (False, JoinPolicy.INVITE)
    with transaction(), pytest.raises(NotPossible, match="circle is never listed"):
        change_group(circle, GroupChange(listed=True))
    with transaction():
        change_group(hidden, GroupChange(name="Seen", listed=True, quota=0))
    assert (hidden.name, hidden.listed, hidden.quota) == ("Seen", True, None)
    assert hidden.mail_name != "hidden"


def test_members_of_a_group_are_members_of_the_community(core: Flask) -> None:
    group, other = a_group(), a_group("other", "Other")
    ann = a_member("ann@example.org", "Ann Lee", group, newcomer=True)
    assert its(ann, community()).newcomer_posts == NEWCOMER_POSTS
    with transaction():
        set_delivery(its(ann, group), Delivery.DIGEST, actor_id=ann.id)
        again = add_to_group(ann, group)
    assert (again.delivery, again.newcomer_posts) == (Delivery.DIGEST, NEWCOMER_POSTS)
    for standing in (Standing.BANNED, Standing.PENDING):
        with transaction():
            set_standing(its(ann, community()), standing, actor_id=None)
        with transaction(), pytest.raises(NotPossible, match="no standing"):
            add_to_group(ann, other)
    assert membership_of(ann.id, other.id) is None


def test_requests_wait_are_admitted_or_declined_and_everybody_is_told(core: Flask) -> None:
    group = a_group()
    ann, bob = a_member("ann@example.org", "Ann Lee"), a_member("bob@example.org", "Bob Ray")
    with transaction():
        asked, other = ask_to_join(ann, group), ask_to_join(bob, group)
    with transaction(), pytest.raises(NotPossible, match="or have asked to"):
        ask_to_join(ann, group)
    with transaction():
        admit(asked, actor_id=None)
        admit(asked, actor_id=None)
        decline(other, actor_id=None, why="Cardiologists only.")
    assert its(ann, group).standing is Standing.ACTIVE
    assert membership_of(bob.id, group.id) is None
    assert tasks("notice.admitted") == [(asked.id, None)]
    assert tasks("release_pending") == [(asked.id, None)]
    assert tasks("notice.declined") == [(bob.id, group.id)]
    assert reason_for_declining(bob.id, group.id) == "Cardiologists only."
    assert reason_for_declining(ann.id, group.id) == ""


def test_who_leaves_by_choice_can_come_back_with_the_same_choices(core: Flask, move_clock) -> None:
    group = a_group(join_policy=JoinPolicy.INVITE)
    ann = a_member("ann@example.org", "Ann Lee", group, role=Role.MODERATOR, newcomer=True)
    with transaction():
        set_delivery(its(ann, group), Delivery.DIGEST, actor_id=ann.id)
        leave(ann, group, actor_id=ann.id)
    assert membership_of(ann.id, group.id) is None
    with transaction():
        come_back(ann, group)
    back = its(ann, group)
    assert (back.delivery, back.role, back.newcomer_posts) == (Delivery.DIGEST, Role.MEMBER, NEWCOMER_POSTS)
    with transaction(), pytest.raises(NotPossible, match="belong"):
        come_back(ann, group)

    with transaction():
        leave(ann, group, actor_id=None, why="removed")
    with transaction(), pytest.raises(NotPossible, match="no longer be undone"):
        come_back(ann, group)
    assert former_membership(ann.id, group.id) is not None

    with transaction():
        add_to_group(ann, group)
        leave(ann, group, actor_id=ann.id)
    move_clock(31 * 24 * 3600)
    with transaction(), pytest.raises(NotPossible, match="no longer be undone"):
        come_back(ann, group)


def test_leaving_is_no_way_round_a_mute_a_ban_or_a_moderator(core: Flask) -> None:
    group, asked = a_group(join_policy=JoinPolicy.OPEN), a_group("asked", "Asked")
    ann = a_member("ann@example.org", "Ann Lee", group)
    until = now() + timedelta(days=3)
    with transaction():
        set_standing(its(ann, group), Standing.MUTED, actor_id=None, until=until)
        leave(ann, group, actor_id=ann.id)
        ask_to_join(ann, group)
    assert (its(ann, group).standing, its(ann, group).muted_until) == (Standing.MUTED, until)
    with transaction():
        set_standing(its(ann, group), Standing.BANNED, actor_id=None)
        leave(ann, group, actor_id=ann.id)
        leave(ann, community(), actor_id=ann.id)
    assert its(ann, group).standing is Standing.BANNED
    assert membership_of(ann.id, community().id) is None
    bob = a_member("bob@example.org", "Bob Ray")
    with transaction():
        ask_to_join(bob, asked)
        leave(bob, asked, actor_id=bob.id)
    with transaction(), pytest.raises(NotPossible):
        come_back(bob, asked)


def test_leaving_the_community_leaves_all_and_ends_the_sessions(core: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    epoch = ann.session_epoch
    with transaction():
        leave(ann, community(), actor_id=ann.id)
    assert not db.session.scalars(select(Membership).where(Membership.member_id == ann.id)).all()
    assert ann.session_epoch == epoch + 1
    with transaction(), pytest.raises(NotPossible, match="left the community"):
        come_back(ann, group)


def test_a_group_that_has_an_owner_keeps_one(core: Flask) -> None:
    group = a_group()
    first = a_member("one@example.org", "One", group, role=Role.OWNER)
    second = a_member("two@example.org", "Two", group, role=Role.OWNER)
    with transaction():
        set_standing(its(second, group), Standing.BANNED, actor_id=None)
    # A banned owner does not count as one who is left.
    for act in (
        lambda: set_role(its(first, group), Role.MEMBER, actor_id=None),
        lambda: set_standing(its(first, group), Standing.BANNED, actor_id=None),
        lambda: leave(first, group, actor_id=first.id),
        lambda: leave(first, community(), actor_id=first.id),
    ):
        with pytest.raises(NotPossible, match="last owner"), transaction():
            act()
    assert its(first, group).role is Role.OWNER
    with transaction():
        set_standing(its(second, group), Standing.ACTIVE, actor_id=None)
        set_role(its(first, group), Role.MEMBER, actor_id=None)


def test_a_mute_ends_by_itself_and_a_ban_in_the_community_ends_sessions(core: Flask, move_clock) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    for until in (None, now() - timedelta(minutes=1)):
        with transaction(), pytest.raises(NotPossible, match="a day in the future"):
            set_standing(its(ann, group), Standing.MUTED, actor_id=None, until=until)
    with transaction():
        set_standing(its(ann, group), Standing.MUTED, actor_id=None, until=now() + timedelta(hours=1))
        assert end_past_mutes() == 0
    move_clock(2 * 3600)
    with transaction():
        assert end_past_mutes() == 1
    assert (its(ann, group).standing, its(ann, group).muted_until) == (Standing.ACTIVE, None)
    epoch = ann.session_epoch
    with transaction():
        set_standing(its(ann, group), Standing.BANNED, actor_id=None)
    assert ann.session_epoch == epoch
    with transaction():
        set_standing(its(ann, community()), Standing.BANNED, actor_id=None)
    assert ann.session_epoch == epoch + 1


def test_one_click_leaves_a_group_and_only_quiets_the_community_and_moderators(core: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    mod = a_member("mod@example.org", "Mo Dee", group, role=Role.MODERATOR)
    with transaction():
        for _ in range(2):
            stop_mail(ann, group, why="test")
            stop_mail(ann, community(), why="test")
            stop_mail(mod, group, why="test")
    assert membership_of(ann.id, group.id) is None
    assert its(ann, community()).delivery is Delivery.NONE
    assert (its(mod, group).delivery, its(mod, group).role) == (Delivery.NONE, Role.MODERATOR)
    assert tasks("notice.left") == [(ann.id, group.id), (ann.id, community().id), (mod.id, group.id)]
    acts = db.session.scalars(select(LogEntry.act).where(LogEntry.actor_id == ann.id)).all()
    assert sorted(acts) == ["delivery none", "leave"]


def test_a_ban_stands_when_a_mute_ends_at_the_same_moment(core: Flask, move_clock) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    with transaction():
        set_standing(its(ann, group), Standing.MUTED, actor_id=None, until=now() + timedelta(minutes=1))
    move_clock(120)
    ann_id, group_id = ann.id, group.id

    def ban() -> None:
        membership = membership_of(ann_id, group_id)
        assert membership is not None
        set_standing(membership, Standing.BANNED, actor_id=None, why="spam")

    with meanwhile(core, ban), transaction():
        assert end_past_mutes() == 0
    assert its(ann, group).standing is Standing.BANNED


def test_two_owners_who_leave_at_once_leave_one_behind(core: Flask) -> None:
    group = a_group()
    ann, ben = (a_member(f"{name}@example.org", name.title(), group, role=Role.OWNER) for name in ("ann", "ben"))
    ann_id, group_id = ann.id, group.id

    def go() -> None:
        leave(db.session.get_one(Member, ann_id), db.session.get_one(Group, group_id), actor_id=ann_id)

    with meanwhile(core, go), pytest.raises(NotPossible, match="last owner"), transaction():
        leave(ben, group, actor_id=ben.id)
    assert membership_of(ann.id, group.id) is None
    assert its(ben, group).role is Role.OWNER


def test_who_removes_a_member_from_above_learns_no_name_of_a_circle(core: Flask) -> None:
    circle = a_group("tuesday", "Tuesday", kind=Kind.CIRCLE)
    ann = a_member("ann@example.org", "Ann Lee", circle, role=Role.OWNER)
    moderator = a_member("mo@example.org", "Mo", role=Role.MODERATOR)
    with pytest.raises(NotPossible, match="last owner of another group") as refused, transaction():
        leave(ann, community(), actor_id=moderator.id)
    assert "Tuesday" not in str(refused.value)


def test_each_change_of_settings_and_choices_is_logged_with_a_way_back(core: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    with transaction():
        choose_mail(ann, {group.id: MailChoice(Delivery.NONE, False)})
        change_group(group, GroupChange(name="Hearts", quota=0, listed=True))
        change_group(group, GroupChange(name="Hearts", quota=0))
        add_to_group(ann, group, delivery=Delivery.SINGLE)
    acts = ("delivery none", "own copy no", "change group", "delivery single")
    entries = db.session.scalars(select(LogEntry).where(LogEntry.act.in_(acts)).order_by(LogEntry.id)).all()
    assert [(entry.act, entry.why, entry.undo) for entry in entries] == [
        ("delivery none", "", "delivery single"),
        ("own copy no", "", "own copy yes"),
        ("change group", "name, quota", "name Cardiology, quota 20"),
        ("delivery single", "", "delivery none"),
    ]
