"""Brakes on threads and groups, the rota, summaries at the moderator's hour."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from forum.clock import now
from forum.db import db, transaction
from forum.groups.actions import NotPossible
from forum.groups.models import HeldNotices, Moderate, Role
from forum.groups.queries import community, membership_of
from forum.log import LogEntry
from forum.moderation.actions import (
    BATCH,
    approve_all_of_author,
    approve_next_of_author,
    edit_and_approve,
)
from forum.moderation.brakes import hold_group, hold_thread, release_group, release_thread, slow_thread
from forum.moderation.duty import add_turn, choose_notices, hearers_of, remove_turn, told_at_once, turns_of
from forum.moderation.releasing import release_held_in_emergency
from forum.moderation.summaries import last_time_at
from forum.posting.models import HeldPost, HeldState
from forum.posting.outcomes import Held, Published, Returned
from forum.queue import Task
from forum.threads.models import Post, Thread
from tests.people import a_group, a_member, post


def waiting() -> int:
    return len(db.session.scalars(select(HeldPost.id).where(HeldPost.state == HeldState.WAITING)).all())


def test_a_thread_is_slowed_held_and_released(core: Flask) -> None:
    group = a_group()
    ann, mod = a_member("ann@example.org", "Ann", group), a_member("mo@example.org", "Mo", group, role=Role.MODERATOR)
    first = post(ann, group)
    assert isinstance(first, Published)
    thread = db.session.get_one(Thread, first.thread_id)
    with transaction():
        slow_thread(thread, 30, actor_id=mod.id)
        slow_thread(thread, 30, actor_id=mod.id)
    slowed = post(ann, group, "Re: Locum cover in August", answers=first.post_id)
    assert isinstance(slowed, Returned)
    assert "in 30 minutes" in slowed.findings[0].sentence
    # Moderators are not slowed, and neither is a new thread.
    assert isinstance(post(mod, group, "Re: Locum cover in August", answers=first.post_id), Published)
    assert isinstance(post(ann, group, "Another matter"), Published)
    with transaction():
        hold_thread(thread, actor_id=mod.id)
        release_thread(thread, actor_id=mod.id)
        hold_thread(thread, actor_id=mod.id)
    assert thread.slow_seconds is None
    held = post(ann, group, "Re: Locum cover in August", "Once more.", answers=first.post_id)
    assert isinstance(held, Held)
    assert [finding.rule for finding in held.findings] == ["thread_moderated"]
    with pytest.raises(NotPossible, match="how many minutes"), transaction():
        slow_thread(thread, 0, actor_id=mod.id)
    acts = db.session.execute(select(LogEntry.act, LogEntry.undo).where(LogEntry.object_kind == "thread")).all()
    assert [tuple(row) for row in acts] == [
        ("slow thread 30 minutes", "release thread"),
        ("hold thread", "release thread"),
        ("end slow thread", "slow thread 30 minutes"),
        ("release thread", "hold thread"),
        ("hold thread", "release thread"),
    ]


def test_the_emergency_ends_in_batches_and_keeps_what_waits_for_more(core: Flask) -> None:
    group = a_group(quota=None)
    ann = a_member("ann@example.org", "Ann", group)
    with transaction():
        hold_group(group, actor_id=None)
    for number in range(BATCH + 3):
        assert isinstance(post(ann, group, f"Number {number}", f"Text {number}"), Held)
    with transaction():
        assert release_held_in_emergency(group.id) == 0
        group.moderate = Moderate.ALL
    assert isinstance(post(ann, group, "Read first"), Held)
    with transaction():
        release_group(group, actor_id=None)
        group.moderate = Moderate.NONE
    after = 0
    with transaction():
        assert release_held_in_emergency(group.id, after) == BATCH
    again = db.session.scalars(select(Task).where(Task.kind == "release_group").order_by(Task.id.desc())).first()
    assert again is not None
    assert again.other_id is not None
    with transaction():
        assert release_held_in_emergency(group.id, again.other_id) == 3
    subjects = db.session.scalars(select(Post.subject).order_by(Post.published_no)).all()
    assert subjects == [f"Number {number}" for number in range(BATCH + 3)]
    assert waiting() == 1


def test_all_of_an_author_go_out_batch_by_batch(core: Flask) -> None:
    group = a_group(moderate=Moderate.ALL, quota=None)
    ann, bea = a_member("ann@example.org", "Ann", group), a_member("bea@example.org", "Bea", group)
    mo = a_member("mo@example.org", "Mo", group, role=Role.MODERATOR)
    outcomes = [post(ann, group, f"Number {number}", f"Text {number}") for number in range(BATCH + 5)]
    post(bea, group, "Other")
    first = outcomes[0]
    assert isinstance(first, Held)
    with transaction():
        approve_all_of_author(db.session.get_one(HeldPost, first.held_id), actor_id=mo.id)
    rounds = []
    for _ in range(3):
        with transaction():
            rounds.append(approve_next_of_author(first.held_id, mo.id))
    assert rounds == [BATCH, 4, 0]
    assert waiting() == 1


def test_an_edit_that_is_not_possible_leaves_the_words(core: Flask) -> None:
    group = a_group(moderate=Moderate.ALL)
    ann = a_member("ann@example.org", "Ann", group)
    outcome = post(ann, group, "Cover", "Mine.")
    assert isinstance(outcome, Held)
    held = db.session.get_one(HeldPost, outcome.held_id)
    with pytest.raises(NotPossible, match="new text below"), transaction():
        edit_and_approve(held, " \n", actor_id=ann.id)
    with transaction() as session:
        session.delete(membership_of(ann.id, group.id))
    with pytest.raises(NotPossible, match="not a member"), transaction():
        edit_and_approve(held, "Theirs.", actor_id=ann.id)
    db.session.refresh(held)
    assert (held.text, held.original_text) == ("Mine.", None)


def test_who_hears_at_once_goes_by_choice_and_by_the_rota(core: Flask) -> None:
    group = a_group()
    mo, _mia = (a_member(f"{n}@example.org", n, group, role=Role.MODERATOR) for n in ("mo", "mia"))
    above = a_member("above@example.org", "above", role=Role.MODERATOR)
    ann = a_member("ann@example.org", "ann", group)
    assert [each.name for each in told_at_once(group)] == ["mia", "mo"]
    own = membership_of(mo.id, group.id)
    assert own is not None
    with transaction():
        choose_notices(own, HeldNotices.SUMMARY, False, actor_id=mo.id)
    assert [each.name for each in told_at_once(group)] == ["mia"]
    with transaction():
        turn = add_turn(group, mo, now() - timedelta(hours=1), now() + timedelta(hours=1), actor_id=None)
        add_turn(group, above, now() + timedelta(days=1), now() + timedelta(days=2), actor_id=None)
    assert [each.name for each in told_at_once(group)] == ["mo"]
    assert len(turns_of(group.id)) == 2
    with transaction():
        remove_turn(group, turn.id, actor_id=None)
        remove_turn(community(), turns_of(group.id)[0].id, actor_id=None)
    assert len(turns_of(group.id)) == 1
    assert [each.on_duty for each in hearers_of(group)] == [False, False]
    moment = now()
    for who, starts, ends in ((ann, 0, 1), (mo, 1, 1), (mo, -2, -1)):
        begins, finishes = moment + timedelta(days=starts), moment + timedelta(days=ends)
        with pytest.raises(NotPossible), transaction():
            add_turn(group, who, begins, finishes, actor_id=None)


@pytest.mark.parametrize(
    ("zone", "hour", "moment", "expected"),
    [
        ("UTC", 7, datetime(2026, 11, 9, 7, 0), datetime(2026, 11, 9, 7, 0)),
        ("UTC", 7, datetime(2026, 11, 9, 6, 59), datetime(2026, 11, 8, 7, 0)),
        ("Europe/Berlin", 7, datetime(2026, 7, 1, 5, 30), datetime(2026, 7, 1, 5, 0)),
        ("Europe/Berlin", 7, datetime(2026, 12, 1, 5, 30), datetime(2026, 11, 30, 6, 0)),
        # The night in which two o'clock is left out.
        ("Europe/Berlin", 2, datetime(2026, 3, 29, 12, 0), datetime(2026, 3, 29, 1, 0)),
        ("Nowhere/Else", 7, datetime(2026, 11, 9, 8, 0), datetime(2026, 11, 9, 7, 0)),
    ],
)
def test_the_hour_is_the_moderators_own(zone: str, hour: int, moment: datetime, expected: datetime) -> None:
    assert last_time_at(hour, zone, moment.replace(tzinfo=UTC)) == expected.replace(tzinfo=UTC)
