"""What former readers meet where a thread has gone to another group: who may know where it is, and come along at once.

A reader of the old place was allowed to read these words. That does not open what is closed to the reader otherwise:
whoever was put out of the new group, or declined there, asks again like everybody; so does who has come to the old
place since the thread left it, or finds a door there that is harder to pass than the old one: behind it stand more
words than these.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from forum.accounts.models import Member
from forum.db import db
from forum.groups.joining import ask_to_join, enter
from forum.groups.models import Group, JoinPolicy, Membership
from forum.groups.queries import former_membership, membership_of, was_declined
from forum.groups.rights import Viewer, may_read, may_see
from forum.queue import enqueue
from forum.threads.models import Thread, ThreadMove
from forum.threads.queries import thread_by_public_id

NOTES_AT_MOST = 20
_STRICTER = (JoinPolicy.OPEN, JoinPolicy.REQUEST, JoinPolicy.INVITE)
_LOOKED_AT = 200


@dataclass(frozen=True)
class Moved:
    """A thread that the viewer read in `old_place` and may not read where it is now."""

    thread: Thread
    old_place: Group
    group: Group


@dataclass(frozen=True)
class Note:
    """What stands in the list of the old place, for who may know of the new one."""

    thread: Thread
    group: Group
    moved_at: datetime


def old_place_of(viewer: Viewer, thread: Thread) -> Group | None:
    """The group where the viewer could read this thread before it moved, the latest such; None when there is none."""
    left = (
        select(Group)
        .join(ThreadMove, ThreadMove.from_group_id == Group.id)
        .where(ThreadMove.thread_id == thread.id, Group.id != thread.group_id)
        .order_by(ThreadMove.id.desc())
    )
    return next((group for group in db.session.scalars(left).unique() if may_read(viewer, group)), None)


def moved_for(viewer: Viewer, public_id: str) -> Moved | None:
    """A thread that the viewer could read before it moved, if the viewer may know of the group where it is now."""
    thread = thread_by_public_id(public_id)
    if thread is None or may_read(viewer, thread.group) or not may_see(viewer, thread.group):
        return None
    old_place = old_place_of(viewer, thread)
    return Moved(thread, old_place, thread.group) if old_place is not None else None


def comes_in_at_once(member_id: int, moved: Moved) -> bool:
    """Whether the reader of the old place joins without asking: not past a door that is closed to this very member."""
    if membership_of(member_id, moved.group.id) is not None:
        return False  # Banned, or waiting for the moderators, who may have had a reason.
    before = former_membership(member_id, moved.group.id)
    if (before is not None and not before.by_choice) or was_declined(member_id, moved.group.id):
        return False
    there = membership_of(member_id, moved.old_place.id)
    if there is None or there.joined_at > _left_at(moved):
        return False
    old_door, door = (_STRICTER.index(group.join_policy) for group in (moved.old_place, moved.group))
    return door <= old_door


def _left_at(moved: Moved) -> datetime:
    """When the thread last left the old place."""
    latest = select(func.max(ThreadMove.moved_at)).where(
        ThreadMove.thread_id == moved.thread.id, ThreadMove.from_group_id == moved.old_place.id
    )
    return db.session.scalars(latest).one()


def join_where_moved(member: Member, moved: Moved) -> Membership:
    """Join the group where a thread is now: at once, or by asking; what the member answered there goes out then.

    NotPossible where the group lets nobody in who asks.
    """
    own = membership_of(member.id, moved.group.id)
    if own is not None:
        return own
    if not comes_in_at_once(member.id, moved):
        return ask_to_join(member, moved.group)
    why = f"followed thread {moved.thread.public_id}"
    own = enter(member, moved.group, newcomer=False, actor_id=member.id, why=why)
    enqueue("release_pending", own.id)
    return own


def moved_away(viewer: Viewer, group: Group, limit: int = NOTES_AT_MOST) -> Sequence[Note]:
    """The threads that have left a group for another one, as far as the viewer may know of that.

    The one with the newest post before it left stands first. Of the latest, some may be back or hidden: it looks at so
    many and no further.
    """
    latest = (
        select(ThreadMove.thread_id, ThreadMove.moved_at, ThreadMove.after_no)
        .where(ThreadMove.from_group_id == group.id)
        .order_by(ThreadMove.after_no.desc(), ThreadMove.id.desc())
        .limit(_LOOKED_AT)
        .subquery()
    )
    rows = (
        select(Thread, latest.c.moved_at)
        .join(latest, latest.c.thread_id == Thread.id)
        .where(Thread.group_id != group.id, Thread.posts > 0)
        .options(joinedload(Thread.group))
        .order_by(latest.c.after_no.desc(), Thread.id.desc())
    )
    found: dict[int, Note] = {}
    for thread, moved_at in db.session.execute(rows).tuples():
        if len(found) < limit and may_see(viewer, thread.group):
            found.setdefault(thread.id, Note(thread, thread.group, moved_at))
    return list(found.values())


def threads_moved_from(group_id: int, thread_ids: Collection[int]) -> Mapping[int, Thread]:
    """Those of these threads that have stood in a group and are elsewhere now."""
    rows = (
        select(Thread)
        .join(ThreadMove, ThreadMove.thread_id == Thread.id)
        .where(ThreadMove.from_group_id == group_id, Thread.id.in_(thread_ids), Thread.group_id != group_id)
        .options(joinedload(Thread.group))
    )
    return {thread.id: thread for thread in db.session.scalars(rows).unique()}
