"""Leaving, one click, and coming back."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from forum.accounts.models import Member
from forum.clock import now
from forum.db import db, transaction
from forum.groups.actions import NotPossible
from forum.groups.choices import set_delivery
from forum.groups.joining import NEWCOMER_POSTS, add_to_group, ask_to_join
from forum.groups.leaving import come_back, leave, stop_mail
from forum.groups.models import Delivery, Group, JoinPolicy, Kind, Membership, Role, Standing
from forum.groups.queries import community, former_membership, membership_of
from forum.groups.standing import set_standing
from forum.log import LogEntry
from forum.queue import Task
from tests.meanwhile import meanwhile
from tests.people import a_group, a_member, its


def tasks(kind: str) -> list[tuple[int, int | None]]:
    return [(task.target_id, task.other_id) for task in db.session.scalars(select(Task).where(Task.kind == kind))]


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
