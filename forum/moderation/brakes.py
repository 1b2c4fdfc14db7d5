"""What slows or stops writing for a while: a thread that is read first or slowed, a group where everything waits.

Never commits. Each act can be repeated without harm, is logged, and has its way back.
"""

from forum.clock import now
from forum.db import db
from forum.groups.actions import NotPossible
from forum.groups.models import Group
from forum.log import record
from forum.queue import enqueue
from forum.threads.models import Thread

SLOW_MINUTES = 60
_SLOWEST_MINUTES = 7 * 24 * 60


def hold_thread(thread: Thread, *, actor_id: int) -> None:
    """From now on a moderator reads every answer in the thread first."""
    if thread.moderated_at is None:
        thread.moderated_at = now()
        _note("hold thread", thread, actor_id, "release thread")


def release_thread(thread: Thread, *, actor_id: int) -> None:
    """Answers go out at once again, at any pace; what waits goes on waiting for its own decision."""
    if thread.slow_seconds is not None:
        undo = f"slow thread {thread.slow_seconds // 60} minutes"
        thread.slow_seconds = None
        _note("end slow thread", thread, actor_id, undo)
    if thread.moderated_at is not None:
        thread.moderated_at = None
        _note("release thread", thread, actor_id, "hold thread")


def slow_thread(thread: Thread, minutes: int = SLOW_MINUTES, *, actor_id: int) -> None:
    """From now on each member answers in the thread at most once in so many minutes."""
    if not 1 <= minutes <= _SLOWEST_MINUTES:
        raise NotPossible("Say how many minutes lie between two answers of one member, from 1 to 10080 (a week).")
    if thread.slow_seconds != minutes * 60:
        undo = "release thread" if thread.slow_seconds is None else f"slow thread {thread.slow_seconds // 60} minutes"
        thread.slow_seconds = minutes * 60
        _note(f"slow thread {minutes} minutes", thread, actor_id, undo)


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


def _note(act: str, thread: Thread, actor_id: int, undo: str) -> None:
    record(act, "thread", thread.id, actor_id=actor_id, group_id=thread.group_id, undo=undo)
