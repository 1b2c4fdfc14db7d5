"""Who reads on the web what members of the other groups of a plan have begun. Reads only, numbers only.

A reading mark tells how far somebody has read a topic, not when, and later reading moves it on: so what was read before
a split is counted when it is carried out, and kept.
"""

from collections.abc import Mapping
from datetime import datetime

import numpy as np
from sqlalchemy import func, select

from forum.db import db
from forum.splitting.looking_back.observing import Ids, Span
from forum.splitting.looking_back.tally import Counts
from forum.splitting.models import Plan, PlannedGroup, Seat
from forum.threads.models import Post, ReadingMark, Thread
from forum.threads.queries import author_column


def seated(plan: Plan) -> Mapping[int, Ids]:
    """The members whom a plan has brought into its groups, by the planned group's id: sorted member ids."""
    rows = db.session.execute(
        select(Seat.planned_group_id, Seat.member_id)
        .where(Seat.plan_id == plan.id, Seat.undone_at.is_(None))
        .order_by(Seat.member_id)
    )
    found: dict[int, list[int]] = {}
    for planned_id, member_id in rows:
        found.setdefault(planned_id, []).append(member_id)
    return {planned_id: np.array(ids, np.int64) for planned_id, ids in found.items()}


def cross_reading(plan: Plan, span: Span) -> Mapping[int, Counts]:
    """By planned group, which of its members have read in this span what members of another had begun."""
    members = seated(plan)
    sits: dict[int, set[int]] = {}
    for planned_id, ids in members.items():
        for member_id in ids.tolist():
            sits.setdefault(member_id, set()).add(planned_id)
    family = {plan.group_id, *_made(plan)}
    asker = _askers(family)
    crossed: set[int] = set()
    first, last = _number_before(span.begins), _number_before(span.ends)
    marks = (
        select(ReadingMark.member_id, ReadingMark.thread_id)
        .join(Thread, Thread.id == ReadingMark.thread_id)
        .where(Thread.group_id.in_(family), ReadingMark.published_no > first, ReadingMark.published_no <= last)
        .execution_options(yield_per=10_000)
    )
    for member_id, thread_id in db.session.execute(marks):
        theirs, own = sits.get(asker.get(thread_id, 0)), sits.get(member_id)
        if theirs and own and not theirs & own:
            crossed.add(member_id)
    read = np.array(sorted(crossed), np.int64)
    return {
        planned_id: Counts(np.isin(ids, read).astype(np.float64), np.ones(len(ids)))
        for planned_id, ids in members.items()
    }


def counts_kept(read: int, members: int) -> Counts:
    """The counts of a number that was kept: which of the members read is not known any more, and not needed."""
    count = np.zeros(members)
    count[:read] = 1.0
    return Counts(count, np.ones(members))


def _made(plan: Plan) -> list[int]:
    made = select(PlannedGroup.group_id).where(PlannedGroup.plan_id == plan.id, PlannedGroup.group_id.is_not(None))
    return [group_id for group_id in db.session.scalars(made) if group_id is not None]


def _askers(group_ids: set[int]) -> Mapping[int, int]:
    """Who began each thread of these groups; nobody where it was a pseudonym."""
    first = (
        select(func.min(Post.published_no))
        .join(Thread, Thread.id == Post.thread_id)
        .where(Thread.group_id.in_(group_ids))
        .group_by(Post.thread_id)
    )
    rows = select(Post.thread_id, author_column()).where(Post.published_no.in_(first), Post.pseudonym_id.is_(None))
    return {thread_id: author_id for thread_id, author_id in db.session.execute(rows)}


def _number_before(moment: datetime) -> int:
    """The last number that was published before then; 0 for none."""
    return db.session.scalar(select(func.max(Post.published_no)).where(Post.created_at < moment)) or 0
