"""Threads move, with all that hangs on them: set-wise, in the caller's transaction, and never where more people could
read than an author was writing for. Never commits.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select, update

from forum.db import db
from forum.groups.models import Group
from forum.log import record
from forum.moderation.models import FlaggedPost, Restriction
from forum.posting.models import HeldPost, HeldState
from forum.posting.moved import follow_thread
from forum.splitting.models import Plan
from forum.splitting.readership.consents import planned_id_of, who_agreed
from forum.splitting.readership.difference import Widened, widened_by
from forum.splitting.readership.readers import Readers, outline_of
from forum.threads.models import Post
from forum.threads.moving import lock_threads, relocate

ANONYMOUS_STAY = "It has anonymous posts, which more people could read. Their authors cannot be asked, so it stays."
NOT_AGREED = "More people could read it, and not everybody who wrote in it has agreed."
# What waits for a moderator, or for its author, may still come out in the thread.
_IS_OPEN = (HeldPost.state == HeldState.WAITING) | ((HeldPost.state == HeldState.RETURNED) & HeldPost.private)


@dataclass(frozen=True)
class Taken:
    """What became of threads that were to go along: each is in one of these.

    `left_behind` says why, for moderators. Of the `busy` somebody was changing something at that moment: try again.
    """

    moved: frozenset[int] = field(repr=False)
    left_behind: Mapping[int, str] = field(repr=False)
    busy: frozenset[int]


def take_along(
    thread_ids: Collection[int], to_group: Group, *, actor_id: int | None, plan: Plan | None = None
) -> Taken:
    """Move those of these threads that nobody need be asked about, or whose authors have agreed to this plan's move.

    The proof is made under the lock: nothing is written or joined in between that it has not seen. What is in the
    group already counts as moved.
    """
    free, busy = _lock(thread_ids)
    widened = widened_by(dict.fromkeys(free, outline_of(to_group)), Readers())
    left_behind = _left_behind(widened, plan, to_group)
    going = free - left_behind.keys()
    _move(going, to_group, actor_id=actor_id, plan=plan)
    return Taken(going, left_behind, busy)


def _left_behind(widened: Mapping[int, Widened], plan: Plan | None, to_group: Group) -> Mapping[int, str]:
    """The threads that more people could read and that must stay, and why."""
    planned_id = planned_id_of(plan, to_group) if plan is not None else None
    agreed = {} if plan is None or planned_id is None else who_agreed(plan, widened.keys(), planned_id)
    found = {}
    for thread_id, each in widened.items():
        if each.has_anonymous:
            found[thread_id] = ANONYMOUS_STAY
        elif not each.author_ids <= agreed.get(thread_id, frozenset()):
            found[thread_id] = NOT_AGREED
    return found


def _lock(thread_ids: Collection[int]) -> tuple[frozenset[int], frozenset[int]]:
    """The threads that are locked now with what hangs on them, and those at which somebody else is just now."""
    locked = {thread.id for thread in lock_threads(thread_ids)}
    for rows in (
        select(HeldPost.thread_id, HeldPost.id).where(HeldPost.thread_id.in_(locked), _IS_OPEN),
        select(Post.thread_id, FlaggedPost.id)
        .join(Post, Post.id == FlaggedPost.post_id)
        .where(Post.thread_id.in_(locked)),
        select(Restriction.thread_id, Restriction.id).where(
            Restriction.thread_id.in_(locked), Restriction.ended_at.is_(None)
        ),
    ):
        of_row = rows.selected_columns[1].table
        free = set(db.session.execute(rows.with_for_update(of=of_row, skip_locked=True)).tuples())
        locked -= {thread_id for thread_id, _ in set(db.session.execute(rows).tuples()) - free}
    return frozenset(locked), frozenset(thread_ids) - locked


def _move(thread_ids: Collection[int], to_group: Group, *, actor_id: int | None, plan: Plan | None) -> None:
    """Move locked threads and what hangs on them: posts that wait, reports, brakes. One entry in the log a group."""
    counts = relocate(thread_ids, to_group, actor_id=actor_id)
    if not counts:
        return
    waiting = select(HeldPost).where(HeldPost.thread_id.in_(thread_ids), _IS_OPEN)
    for held in db.session.scalars(waiting.order_by(HeldPost.id)).all():
        follow_thread(held)
    reported = FlaggedPost.post_id.in_(select(Post.id).where(Post.thread_id.in_(thread_ids)))
    for rows in (
        update(FlaggedPost).where(reported, FlaggedPost.group_id != to_group.id),
        update(Restriction).where(
            Restriction.thread_id.in_(thread_ids), Restriction.ended_at.is_(None), Restriction.group_id != to_group.id
        ),
    ):
        db.session.execute(rows.values(group_id=to_group.id).execution_options(synchronize_session=False))
    db.session.expire_all()
    why = f"plan {plan.public_id}" if plan is not None else ""
    for from_group_id, count in counts.items():
        origin = db.session.get_one(Group, from_group_id)
        record(
            "move threads",
            "group",
            to_group.id,
            actor_id=actor_id,
            group_id=from_group_id,
            why=f"{count} threads to {to_group.slug}" + (f", {why}" if why else ""),
            undo=f"undo {why}" if why else f"move them back to {origin.slug}",
        )
