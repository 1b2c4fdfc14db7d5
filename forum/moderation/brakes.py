"""What slows or stops writing for a while: a thread that is locked, read first or slowed, a group where all waits.

Never commits. Each act can be repeated without harm, is logged, and has its way back. A thread's brakes are
restrictions (`restrictions.py`) and may have an end of their own.
"""

from datetime import datetime

from forum.clock import now
from forum.db import db
from forum.groups.models import Group
from forum.log import record
from forum.moderation.models import Restricts
from forum.moderation.restrictions import SLOW_MINUTES, lift, restrict
from forum.queue import enqueue
from forum.threads.models import Thread


def lock_thread(thread: Thread, *, actor_id: int | None, reason: str = "", until: datetime | None = None) -> None:
    """From now on nobody answers in the thread; who tries is told why and until when."""
    restrict(thread, Restricts.LOCK, actor_id=actor_id, reason=reason, until=until)


def unlock_thread(thread: Thread, *, actor_id: int | None) -> None:
    """The thread is open to answers again."""
    lift(thread, Restricts.LOCK, actor_id=actor_id)


def hold_thread(thread: Thread, *, actor_id: int | None, reason: str = "", until: datetime | None = None) -> None:
    """From now on a moderator reads every answer in the thread first."""
    restrict(thread, Restricts.HOLD, actor_id=actor_id, reason=reason, until=until)


def slow_thread(
    thread: Thread,
    minutes: int = SLOW_MINUTES,
    *,
    actor_id: int | None,
    reason: str = "",
    until: datetime | None = None,
) -> None:
    """From now on each member answers in the thread at most once in so many minutes."""
    restrict(thread, Restricts.SLOW, actor_id=actor_id, reason=reason, until=until, minutes=minutes)


def release_thread(thread: Thread, *, actor_id: int | None) -> None:
    """Answers go out at once again, at any pace; what waits goes on waiting for its own decision."""
    lift(thread, Restricts.SLOW, actor_id=actor_id)
    lift(thread, Restricts.HOLD, actor_id=actor_id)


def hold_group(group: Group, *, actor_id: int | None) -> None:
    """The emergency brake: every post to the group waits until it is released."""
    _lock(group)
    if group.emergency_since is None:
        group.emergency_since = now()
        record("hold group", "group", group.id, actor_id=actor_id, group_id=group.id, undo="release group")


def release_group(group: Group, *, actor_id: int | None) -> None:
    """The brake is off: what waited only for that goes out, oldest first, and new posts go their way."""
    _lock(group)
    if group.emergency_since is not None:
        group.emergency_since = None
        record("release group", "group", group.id, actor_id=actor_id, group_id=group.id, undo="hold group")
        enqueue("release_group", group.id)


def _lock(group: Group) -> None:
    """Take the row for this transaction; what has been changed on it before is written first, or it would be lost."""
    db.session.flush()
    db.session.refresh(group, with_for_update={"of": Group})
