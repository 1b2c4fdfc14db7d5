"""What a plan does over time: telling its members, carrying out, undoing. Each step is one short transaction.

A door: it opens the transactions and goes from step to step; what a step does is in `announcing`, `carrying_out`,
`threads_along`, `undoing` and `leading_back`. A course can be broken off between any two steps and begun again: each
step finds out by itself what is left to do, under the lock of the plan, so that of two workers at once each piece is
done by one.
"""

from collections.abc import Callable, Generator, Sequence
from functools import partial

from forum.db import db, reading, transaction
from forum.splitting.course.announcing import announce_batch, invite_batch, tell_of_the_end
from forum.splitting.course.carrying_out import carry_members, lock_for, make_next_group, note_many_members
from forum.splitting.course.leading_back import lead_back
from forum.splitting.course.parent import become_as_planned, restore
from forum.splitting.course.threads_along import MOVED_AT_ONCE, leave_busy, next_lots, take_threads
from forum.splitting.course.undoing import (
    bring_home,
    close_group,
    end_restrictions,
    end_undo,
    made_groups,
    must_stand,
    threads_of,
)
from forum.splitting.models import Plan, PlannedGroup, PlanState
from forum.splitting.plans import begin_review

# A course yields after each step for how many seconds others have their turn.
Course = Generator[float, None, None]
_GIVE_WAY = 0.02
_LET_FINISH = 0.25
# So often a thread is tried at which somebody is just changing something.
_TRIES = 20


def announce_course(plan_id: int) -> Course:
    """Write the letters of an announced plan."""
    return _in_batches_of_letters(announce_batch, plan_id)


def tell_course(plan_id: int) -> Course:
    """Tell those who were asked that the plan was withdrawn or undone."""
    return _in_batches_of_letters(tell_of_the_end, plan_id)


def _in_batches_of_letters(write: Callable[[int], bool], plan_id: int) -> Course:
    more = True
    while more:
        with transaction():
            more = write(plan_id)
        yield _GIVE_WAY


def carry_out_course(plan_id: int) -> Course:
    """Groups, members, invitations, threads, then what becomes of the parent; at the end the review begins."""
    yield from _again_and_again(make_next_group, plan_id)
    after = 0
    while True:
        with transaction():
            plan = lock_for(plan_id, PlanState.CARRYING_OUT)
            if plan is None:
                return
            batch = carry_members(plan, after)
        if batch is None:
            break
        after = batch.up_to_member
        yield _GIVE_WAY
    with transaction():
        note_many_members()
    yield _GIVE_WAY
    yield from _again_and_again(invite_batch, plan_id)
    last = yield from _take_threads(plan_id, 0)
    with transaction():
        plan = lock_for(plan_id, PlanState.CARRYING_OUT)
        if plan is None:
            return
        become_as_planned(plan)
    yield _GIVE_WAY
    # What began meanwhile in a group where members write no more.
    yield from _take_threads(plan_id, last)
    with transaction():
        plan = lock_for(plan_id, PlanState.CARRYING_OUT)
        if plan is not None:
            begin_review(plan)
    yield _GIVE_WAY


def _again_and_again(act: Callable[[Plan], bool], plan_id: int) -> Course:
    """As long as there is more of it and the plan is being carried out."""
    more = True
    while more:
        with transaction():
            plan = lock_for(plan_id, PlanState.CARRYING_OUT)
            more = plan is not None and act(plan)
        yield _GIVE_WAY


def undo_course(plan_id: int) -> Course:
    """Threads home, groups closed, members led back, the parent's settings as before."""
    with transaction():
        plan = lock_for(plan_id, PlanState.UNDOING)
        if plan is None:
            return
        restore(plan)
        planned_ids = [planned.id for planned in made_groups(plan)]
    yield _GIVE_WAY
    for planned_id in planned_ids:
        yield from _undo_group(plan_id, planned_id)
    with transaction():
        plan = lock_for(plan_id, PlanState.UNDOING)
        if plan is not None:
            end_undo(plan)
    yield _GIVE_WAY


def _undo_group(plan_id: int, planned_id: int) -> Course:
    yield from _bring_home(plan_id, planned_id)
    with transaction():
        plan, planned = lock_for(plan_id, PlanState.UNDOING), db.session.get_one(PlannedGroup, planned_id)
        if plan is None or must_stand(planned):
            return
        close_group(plan, planned)
        end_restrictions(planned)
    yield _GIVE_WAY
    # What was being written while the group was closed.
    yield from _bring_home(plan_id, planned_id)
    more = True
    while more:
        with transaction():
            plan, planned = lock_for(plan_id, PlanState.UNDOING), db.session.get_one(PlannedGroup, planned_id)
            more = plan is not None and lead_back(plan, planned) > 0
        yield _GIVE_WAY


def _take_threads(plan_id: int, after: int) -> Generator[float, None, int]:
    """Move the threads that go along, from the first after this one; returns the last one that was looked at."""
    while True:
        with reading():
            lots = next_lots(db.session.get_one(Plan, plan_id), after)
        if lots is None:
            return after
        for planned_id, thread_ids in sorted(lots.by_group.items()):
            yield from _in_batches(
                plan_id, PlanState.CARRYING_OUT, thread_ids, partial(take_threads, planned_id=planned_id)
            )
        after = lots.up_to_thread


def _bring_home(plan_id: int, planned_id: int) -> Course:
    after = 0
    while True:
        with reading():
            thread_ids = threads_of(db.session.get_one(PlannedGroup, planned_id), after)
        if not thread_ids:
            return
        yield from _in_batches(plan_id, PlanState.UNDOING, thread_ids, bring_home)
        after = thread_ids[-1]


def _in_batches(
    plan_id: int, state: PlanState, thread_ids: Sequence[int], move: Callable[..., frozenset[int]]
) -> Course:
    """Move threads some at a time; those that were busy again later, and in the end they are left to a moderator."""
    busy = set[int]()
    for start in range(0, len(thread_ids), MOVED_AT_ONCE):
        with transaction():
            plan = lock_for(plan_id, state)
            if plan is None:
                return
            busy |= move(plan, thread_ids=thread_ids[start : start + MOVED_AT_ONCE])
        yield _GIVE_WAY
    for tried in range(_TRIES):
        if not busy:
            return
        yield _LET_FINISH
        with transaction():
            plan = lock_for(plan_id, state)
            if plan is None:
                return
            busy = set(move(plan, thread_ids=sorted(busy)))
            if busy and tried == _TRIES - 1:
                leave_busy(plan, busy)
