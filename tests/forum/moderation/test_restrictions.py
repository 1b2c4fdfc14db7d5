"""Mutes, bans and brakes on threads: begun once, ended once, by a moderator or by the clock."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from forum.clock import now
from forum.db import db, transaction
from forum.groups.actions import NotPossible, create_group
from forum.groups.joining import admit, ask_to_join
from forum.groups.leaving import come_back, leave
from forum.groups.models import JoinPolicy, Role, Standing
from forum.groups.queries import membership_of
from forum.groups.standing import set_standing
from forum.log import LogEntry
from forum.moderation.brakes import lock_thread, slow_thread, unlock_thread
from forum.moderation.models import Restriction, Restricts
from forum.moderation.releasing import release_pending
from forum.moderation.restricted import brakes_of, open_restriction
from forum.moderation.restrictions import end_due, lift, lift_all, lift_one, restrict
from forum.posting.outcomes import Published, Returned
from forum.queue import Task
from forum.threads.models import Thread
from tests.meanwhile import meanwhile
from tests.people import a_group, a_member, its, post

HOUR = timedelta(hours=1)


def rows() -> Sequence[Restriction]:
    return db.session.scalars(select(Restriction).order_by(Restriction.id)).all()


def mails(kind: str) -> Sequence[int]:
    return db.session.scalars(select(Task.target_id).where(Task.kind == f"notice.{kind}").order_by(Task.id)).all()


def test_a_mute_is_begun_once_changed_and_lifted(core: Flask) -> None:
    group = a_group()
    ann, mod = a_member("ann@example.org", "Ann", group), a_member("mo@example.org", "Mo", group, role=Role.MODERATOR)
    for reason, until, wrong in (("", now() + HOUR, "Write a reason"), ("Heat.", None, "until when")):
        with pytest.raises(NotPossible, match=wrong), transaction():
            restrict(its(ann, group), Restricts.MUTE, actor_id=mod.id, reason=reason, until=until)
    with transaction():
        first = restrict(its(ann, group), Restricts.MUTE, actor_id=mod.id, reason="Heat.", until=now() + HOUR)
        again = restrict(its(ann, group), Restricts.MUTE, actor_id=mod.id, reason="Heat.", until=now() + HOUR)
    assert again is first
    with transaction():
        longer = restrict(its(ann, group), Restricts.MUTE, actor_id=mod.id, reason="Heat.", until=now() + 5 * HOUR)
    assert (its(ann, group).standing, its(ann, group).muted_until) == (Standing.MUTED, longer.ends_at)
    assert (first.ended_by_id, longer.ended_at, mails("restricted")) == (mod.id, None, [first.id, longer.id])
    with transaction():
        assert lift(its(ann, group), Restricts.MUTE, actor_id=mod.id, why="Said sorry.")
        assert not lift(its(ann, group), Restricts.MUTE, actor_id=mod.id)
        assert not lift_one(longer, actor_id=mod.id)
    assert (its(ann, group).standing, mails("restriction_over")) == (Standing.ACTIVE, [longer.id])
    logged = db.session.execute(
        select(LogEntry.act, LogEntry.actor_id, LogEntry.why).where(LogEntry.act.startswith("standing"))
    ).all()
    assert [tuple(row) for row in logged] == [
        ("standing muted", mod.id, "Heat."),
        ("standing muted", mod.id, "Heat."),
        ("standing active", mod.id, "Said sorry."),
    ]


def test_a_ban_gives_way_to_the_mute_below_it_and_never_lets_an_applicant_in(core: Flask, move_clock) -> None:
    group = a_group(join_policy=JoinPolicy.REQUEST)
    ann, zoe = a_member("ann@example.org", "Ann", group), a_member("zoe@example.org", "Zoe")
    with transaction():
        muted = restrict(its(ann, group), Restricts.MUTE, actor_id=None, reason="Heat.", until=now() + 5 * HOUR)
        banned = restrict(its(ann, group), Restricts.BAN, actor_id=None, reason="Threats.", until=now() + HOUR)
        with pytest.raises(NotPossible, match="Lift the ban first"):
            restrict(its(ann, group), Restricts.MUTE, actor_id=None, reason="Heat.", until=now() + HOUR)
        applicant = ask_to_join(zoe, group)
        with pytest.raises(NotPossible, match="not let in yet"):
            restrict(applicant, Restricts.BAN, actor_id=None, reason="Spam.", until=now() + HOUR)
    assert its(ann, group).standing is Standing.BANNED
    # At the minute, and not before.
    with transaction():
        assert end_due(now()) == 0
    move_clock(3600)
    with transaction():
        assert end_due(now()) == 1
        assert end_due(now()) == 0
    assert (its(ann, group).standing, its(ann, group).muted_until) == (Standing.MUTED, muted.ends_at)
    assert (banned.ended_at is not None, muted.ended_at) == (True, None)
    with transaction():
        lift_all(its(ann, group), actor_id=None)
    assert (its(ann, group).standing, muted.ended_at is not None) == (Standing.ACTIVE, True)


def test_of_two_workers_one_ends_a_restriction(core: Flask, move_clock) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann", group)
    begun = post(ann, group)
    assert isinstance(begun, Published)
    thread = db.session.get_one(Thread, begun.thread_id)
    with transaction():
        restrict(its(ann, group), Restricts.MUTE, actor_id=None, reason="Heat.", until=now() + HOUR)
        slow_thread(thread, 30, actor_id=None, until=now() + HOUR)
        lock_thread(thread, actor_id=None, until=now() + 3 * HOUR)
    move_clock(7200)
    ended: list[int] = []
    with meanwhile(core, lambda: ended.append(end_due(now()))), transaction():
        ended.append(end_due(now()))
    db.session.expire_all()
    assert (sorted(ended), its(ann, group).standing) == ([0, 2], Standing.ACTIVE)
    assert (thread.slow_seconds, thread.locked_at is not None) == (None, True)
    assert len(mails("restriction_over")) == 1


def test_a_mute_outlives_leaving_also_by_a_new_request_and_ends_for_who_is_away(core: Flask) -> None:
    group = a_group(join_policy=JoinPolicy.REQUEST)
    ann = a_member("ann@example.org", "Ann", group)
    with transaction():
        mute = restrict(its(ann, group), Restricts.MUTE, actor_id=None, reason="Heat.", until=now() + HOUR)
        leave(ann, group, actor_id=ann.id)
    with transaction():
        asked = ask_to_join(ann, group)
        admit(asked, actor_id=None)
    with transaction():
        release_pending(asked.id)
    assert its(ann, group).standing is Standing.MUTED
    with transaction():
        leave(ann, group, actor_id=ann.id)
    with transaction():
        assert lift_one(mute, actor_id=None)
        come_back(ann, group)
    assert its(ann, group).standing is Standing.ACTIVE


def test_the_last_owner_is_not_banned_and_no_row_stays(core: Flask) -> None:
    group = a_group()
    owner = a_member("own@example.org", "Olga", group, role=Role.OWNER)
    membership = membership_of(owner.id, group.id)
    assert membership is not None
    with transaction(), pytest.raises(NotPossible, match="last owner"):
        restrict(membership, Restricts.BAN, actor_id=None, reason="Spam.")
    assert not rows()


def test_an_answer_to_a_locked_thread_comes_back_with_why_and_until_when(core: Flask) -> None:
    group = a_group()
    ann, mod = a_member("ann@example.org", "Ann", group), a_member("mo@example.org", "Mo", group, role=Role.MODERATOR)
    begun = post(ann, group)
    assert isinstance(begun, Published)
    thread = db.session.get_one(Thread, begun.thread_id)
    until = now() + HOUR
    with transaction():
        lock_thread(thread, actor_id=mod.id, reason="All has been said.", until=until)
        lock_thread(thread, actor_id=mod.id, reason="All has been said.", until=until)
    assert [(each.kind, each.reason) for each in brakes_of(thread)] == [(Restricts.LOCK, "All has been said.")]
    answer = post(mod, group, "Re: Locum cover in August", answers=begun.post_id)
    assert isinstance(answer, Returned)
    assert f"until {until:%-d %B %Y, %H:%M} UTC" in answer.findings[0].sentence
    assert "The moderators say: All has been said." in answer.findings[0].sentence
    with transaction():
        unlock_thread(thread, actor_id=mod.id)
    assert (thread.locked_until, thread.lock_reason, brakes_of(thread)) == (None, "", ())
    assert open_restriction(thread, Restricts.LOCK) is None
    assert isinstance(post(ann, group, "Re: Locum cover in August", answers=begun.post_id), Published)


def test_a_mute_that_went_along_into_a_group_below_ends_with_it_and_one_that_was_decided_there_does_not(
    core: Flask,
) -> None:
    group = a_group()
    with transaction():
        grown, other = (create_group(name, name.title(), parent=group) for name in ("north", "south"))
    ann = a_member("ann@example.org", "Ann", group, grown, other)
    until = now() + HOUR
    with transaction():
        restrict(its(ann, other), Restricts.MUTE, actor_id=None, reason="Here, too.", until=until)
        restrict(its(ann, group), Restricts.MUTE, actor_id=None, reason="Heat.", until=until)
        # As a plan copies it into what it makes.
        set_standing(its(ann, grown), Standing.MUTED, actor_id=None, until=until)
    with transaction():
        restrict(its(ann, group), Restricts.MUTE, actor_id=None, reason="Heat.", until=until + HOUR)
    assert its(ann, grown).muted_until == its(ann, group).muted_until == until + HOUR
    with transaction():
        lift(its(ann, group), Restricts.MUTE, actor_id=None)
    assert [its(ann, each).standing for each in (group, grown, other)] == [
        Standing.ACTIVE,
        Standing.ACTIVE,
        Standing.MUTED,
    ]
