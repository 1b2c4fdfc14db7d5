"""What is said of a held post that was moved: to its author, and to the moderators it had come to. Reads only."""

from collections.abc import Callable, Iterable, Mapping

from sqlalchemy import select

from forum.accounts.models import Member
from forum.db import db
from forum.groups.models import Group
from forum.groups.rights import may_see, moderated_group_ids, viewer_of
from forum.log import LogEntry
from forum.moderation.moving import MOVE
from forum.posting.models import HeldPost, HeldState
from forum.queue import Task
from forum.threads.models import Post
from mailgateway.defuse import defused
from mailgateway.moderating_notices import threaded
from mailgateway.notice import Notice, our_addresses, site_url, to_member


def _move_out_of(groups: Iterable[int], held: HeldPost) -> LogEntry | None:
    """The last move of a held post out of one of these groups."""
    rows = select(LogEntry).where(
        LogEntry.object_kind == "held_post",
        LogEntry.group_id.in_(groups),
        LogEntry.at >= held.created_at,
        LogEntry.object_id == held.id,
        LogEntry.act == MOVE,
    )
    return db.session.scalars(rows.order_by(LogEntry.id.desc()).limit(1)).first()


def _moved_held(task: Task) -> Notice | None:
    """To the author: where it is now, and why it left the group `other_id`. None once something else became of it."""
    held, origin = db.session.get_one(HeldPost, task.target_id), db.session.get_one(Group, task.other_id)
    if held.author_id is None or held.state not in (HeldState.WAITING, HeldState.APPROVED):
        return None
    move = _move_out_of([origin.id], held)
    post = db.session.get(Post, held.post_id) if held.post_id is not None else None
    url = site_url(f"/mine/held/{held.public_id}" if post is None else f"/p/{post.public_id}")
    return to_member(
        "moved_held",
        held.author_id,
        our_addresses().moderators(held.group.mail_name),
        held=held,
        group=held.group,
        origin=origin,
        why=move.why if move is not None else "",
        is_out=post is not None,
        url=url,
    )


def _held_moved_away(task: Task) -> Notice | None:
    """One line to a moderator who had the mail about it; a group unknown to that one is not named."""
    held = db.session.get_one(HeldPost, task.target_id)
    assert task.other_id is not None
    viewer = viewer_of(db.session.get_one(Member, task.other_id))
    # Asked at the moment of sending: who moderates no longer hears nothing.
    move = None if viewer is None else _move_out_of(moderated_group_ids(viewer), held)
    if viewer is None or move is None:
        return None
    mover = db.session.get(Member, move.actor_id) if move.actor_id is not None else None
    notice = to_member(
        "held_moved_away",
        task.other_id,
        origin=db.session.get_one(Group, move.group_id),
        to=held.group.name if may_see(viewer, held.group) else "another group",
        mover=mover.name if mover is not None else "A moderator",
        subject=defused(held.subject) or "(no subject)",
    )
    return threaded(notice, held, task.other_id, first=False)


FACTS: Mapping[str, Callable[[Task], Notice | None]] = {
    "notice.moved_held": _moved_held,
    "notice.held_moved_away": _held_moved_away,
}
