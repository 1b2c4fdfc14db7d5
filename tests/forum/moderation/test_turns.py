"""Turns of the rota: who is told when one begins, ends, or changes hands."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from forum.clock import now
from forum.db import db, transaction
from forum.groups.actions import NotPossible
from forum.groups.models import HeldNotices, Moderate, Role
from forum.log import LogEntry
from forum.moderation.duty import add_turn, told_at_once, turn_of, turns_of
from forum.moderation.lateness import change_turns
from forum.moderation.models import QueueSummary
from forum.moderation.turns import hand_over
from forum.queue import Task
from tests.people import a_group, a_member, its, post

HOUR = timedelta(hours=1)


def told(kind: str) -> Sequence[int | None]:
    return db.session.scalars(select(Task.other_id).where(Task.kind == f"notice.{kind}").order_by(Task.id)).all()


def test_who_comes_on_duty_hears_what_waits_and_so_does_who_comes_after(core: Flask, move_clock) -> None:
    group = a_group(moderate=Moderate.ALL)
    mo, mia, ina = (a_member(f"{name}@example.org", name, group, role=Role.MODERATOR) for name in ("mo", "mia", "ina"))
    with transaction():
        its(ina, group).held_notices = HeldNotices.SUMMARY
        start = now()
        add_turn(group, mo, start - HOUR, start + HOUR, actor_id=None)
        add_turn(group, mia, start + HOUR, start + 2 * HOUR, actor_id=None)
    assert change_turns(now()) == 1
    assert change_turns(now()) == 0
    assert told("duty_begins") == [None]  # Nothing waits.
    post(a_member("ann@example.org", "Ann", group), group)
    move_clock(HOUR.total_seconds())
    # The one begins and the other one ends; what waits goes with the first of these.
    assert change_turns(now()) == 2
    summary = told("duty_begins")[1]
    assert db.session.get_one(QueueSummary, summary).member_id == mia.id
    assert told("queue") == []
    move_clock(2 * HOUR.total_seconds())
    assert change_turns(now()) == 1
    # Nobody is on duty now: it goes to those who want a mail for each.
    assert told("queue") == [mia.id, mo.id]


def test_a_turn_changes_hands_before_it_begins_or_in_the_middle(core: Flask) -> None:
    group = a_group()
    mo, mia = (a_member(f"{name}@example.org", name, group, role=Role.MODERATOR) for name in ("mo", "mia"))
    ann = a_member("ann@example.org", "Ann", group)
    with transaction():
        running = add_turn(group, mo, now() - HOUR, now() + HOUR, actor_id=None)
        later = add_turn(group, mo, now() + 2 * HOUR, now() + 3 * HOUR, actor_id=None)
    with pytest.raises(NotPossible, match="does not moderate"), transaction():
        hand_over(group, running.id, ann, actor_id=mo.id)
    assert turn_of(group, running.id, mia.id) is None
    with transaction():
        taken = hand_over(group, running.id, mia, actor_id=mo.id)
        same = hand_over(group, later.id, mia, actor_id=mo.id)
        assert hand_over(group, later.id, mia, actor_id=mo.id).id == later.id
    assert taken.id != running.id
    assert same.id == later.id
    assert [each.name for each in told_at_once(group)] == ["mia"]
    assert [turn.member_id for turn in turns_of(group.id)] == [mia.id, mia.id]
    assert told("duty_taken") == told("duty_given") == [mo.id, mo.id]
    with pytest.raises(NotPossible, match="over"), transaction():
        hand_over(group, running.id, mia, actor_id=None)
    handed = select(LogEntry.undo).where(LogEntry.act == "hand over turn")
    assert set(db.session.scalars(handed)) == {f"hand it over to member {mo.id}"}
