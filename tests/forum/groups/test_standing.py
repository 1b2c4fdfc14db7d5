"""Roles and standing: the last owner, mutes and bans."""

from datetime import timedelta

import pytest
from flask import Flask

from forum.clock import now
from forum.db import transaction
from forum.groups.actions import NotPossible
from forum.groups.leaving import leave
from forum.groups.models import Role, Standing
from forum.groups.queries import community, membership_of
from forum.groups.standing import end_past_mutes, set_role, set_standing
from tests.meanwhile import meanwhile
from tests.people import a_group, a_member, its


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
