"""What moderators arrange before a plan is announced: why, for how long, what becomes of the group and its threads.

Never commits. Who calls this has asked `plans.changed` in the same transaction.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select

from forum.db import db
from forum.groups.actions import NotPossible
from forum.log import record
from forum.splitting.course.places import is_taken
from forum.splitting.looking_back.measures import MEASURES
from forum.splitting.models import ParentBecomes, Plan, PlannedGroup, PlannedThread, Seat, ThreadsGo
from forum.threads.models import Thread

# Less than a week of notice passes over whoever reads a weekly digest.
NOTICE_DAYS, REVIEW_DAYS = range(7, 91), range(14, 366)
MOST_EXCEPTIONS = 500
_EXCEPTION = re.compile(r"(?:\S*/)?(?:t/)?([0-9a-z]{12})\S*\s+(stays|[0-9]{1,4})", re.IGNORECASE)
STAYS = "stays"


@dataclass(frozen=True)
class Arrangement:
    """`measures` by name, in the order of their weight; `exceptions` are threads by id that go to a planned group
    (by id) or stay (None) whatever the rule says."""

    why: str
    notice_days: int
    review_days: int
    parent_becomes: ParentBecomes
    threads_go: ThreadsGo
    measures: Sequence[str]
    exceptions: Mapping[int, int | None]


def arrange(plan: Plan, arrangement: Arrangement, *, actor_id: int | None) -> None:
    """Keep what was arranged; NotPossible for what no plan can have."""
    if not arrangement.why.strip():
        raise NotPossible("Say why, in a sentence or two. It stands in every mail.")
    if arrangement.notice_days not in NOTICE_DAYS or arrangement.review_days not in REVIEW_DAYS:
        raise NotPossible("The notice or the review period is too short or too long.")
    if not set(arrangement.measures) <= MEASURES.keys():
        raise NotPossible("There is no such measure.")
    plan.why = arrangement.why.strip()
    plan.notice_days, plan.review_days = arrangement.notice_days, arrangement.review_days
    plan.parent_becomes, plan.threads_go = arrangement.parent_becomes, arrangement.threads_go
    plan.measures = list(arrangement.measures)
    db.session.execute(delete(PlannedThread).where(PlannedThread.plan_id == plan.id, PlannedThread.moved_at.is_(None)))
    for thread_id, planned_id in arrangement.exceptions.items():
        db.session.add(PlannedThread(plan_id=plan.id, thread_id=thread_id, planned_group_id=planned_id))
    db.session.flush()
    record(
        "plan arranged",
        "plan",
        plan.id,
        actor_id=actor_id,
        group_id=plan.group_id,
        why=f"{plan.notice_days} and {plan.review_days} days, {plan.parent_becomes}, {plan.threads_go}",
        undo="arrange it otherwise, before it is announced",
    )


def read_exceptions(plan: Plan, text: str) -> Mapping[int, int | None]:
    """Threads that were written one a line: a link, and the number of the group it goes to or "stays"."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > MOST_EXCEPTIONS:
        raise NotPossible(f"Name at most {MOST_EXCEPTIONS} threads.")
    groups = {planned.position: planned.id for planned in plan.groups}
    wanted: dict[str, int | None] = {}
    for line in lines:
        found = _EXCEPTION.fullmatch(line)
        word = found[2].lower() if found is not None else ""
        if found is None or (word != STAYS and int(word) not in groups):
            raise NotPossible(f"“{line[:80]}”: write a thread's link, then the number of a group or the word stays.")
        wanted[found[1].lower()] = None if word == STAYS else groups[int(word)]
    rows = select(Thread.public_id, Thread.id).where(
        Thread.group_id == plan.group_id, Thread.public_id.in_(wanted), Thread.posts > 0
    )
    ids = dict(db.session.execute(rows).tuples().all())
    missing = next((public_id for public_id in wanted if public_id not in ids), None)
    if missing is not None:
        raise NotPossible(f"There is no thread {missing} in {plan.group.name}.")
    return {ids[public_id]: planned_id for public_id, planned_id in wanted.items()}


def exceptions_as_text(plan: Plan) -> str:
    """The same lines again."""
    rows = db.session.execute(
        select(Thread.public_id, PlannedGroup.position)
        .select_from(PlannedThread)
        .join(Thread, Thread.id == PlannedThread.thread_id)
        .outerjoin(PlannedGroup, PlannedGroup.id == PlannedThread.planned_group_id)
        .where(PlannedThread.plan_id == plan.id, PlannedThread.moved_at.is_(None))
        .order_by(Thread.id)
        .limit(MOST_EXCEPTIONS)
    )
    return "\n".join(f"/t/{public_id} {position or STAYS}" for public_id, position in rows)


@dataclass(frozen=True)
class Standing:
    """How far a plan has come: members with a seat, those who are in by it now, threads moved and left behind."""

    seated: int
    carried: int
    threads: int
    left_behind: Sequence[tuple[str, int]]


def standing_of(plan: Plan) -> Standing:
    """Counts of a plan's members and threads; of those left behind how many for which reason."""
    of_plan = select(func.count(Seat.member_id.distinct())).where(
        Seat.plan_id == plan.id, Seat.undone_at.is_(None), is_taken(plan)
    )
    threads = select(func.count()).where(
        PlannedThread.plan_id == plan.id, PlannedThread.moved_at.is_not(None), PlannedThread.undone_at.is_(None)
    )
    behind = (
        select(PlannedThread.left_behind, func.count())
        .where(PlannedThread.plan_id == plan.id, PlannedThread.left_behind != "")
        .group_by(PlannedThread.left_behind)
        .order_by(func.count().desc())
    )
    return Standing(
        db.session.scalar(of_plan) or 0,
        db.session.scalar(of_plan.where(Seat.carried_at.is_not(None))) or 0,
        db.session.scalar(threads) or 0,
        db.session.execute(behind).tuples().all(),
    )
