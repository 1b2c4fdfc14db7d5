"""The mail that says to an author that a thread has gone to another group than it was sent to, and why. Reads only."""

from collections.abc import Callable, Mapping

from sqlalchemy import select

from forum.db import db
from forum.groups.models import Group
from forum.queue import Task
from forum.rulebook.models import RuleSighting, RuleVersion
from forum.threads.models import Thread
from forum.threads.queries import author_id_of, post_by_id
from mailgateway.notice import Notice, site_url, to_member


def _routed(task: Task) -> Notice | None:
    """Of a post (`target_id`) that was sent to a group (`other_id`). Nothing once it is erased."""
    post = post_by_id(task.target_id)
    if post is None or post.erased_at is not None:
        return None
    thread = db.session.get_one(Thread, post.thread_id)
    asked = (
        select(RuleVersion.sentence)
        .join(RuleSighting, RuleSighting.version_id == RuleVersion.id)
        .where(RuleSighting.post_id == post.id, RuleSighting.group_id == task.other_id)
        .where(RuleVersion.room_id.is_not(None), ~RuleSighting.shadow)
        .order_by(RuleSighting.id)
        .limit(1)
    )
    return to_member(
        "routed",
        author_id_of(post),
        thread=thread,
        room=db.session.get_one(Group, thread.group_id),
        group=db.session.get_one(Group, task.other_id),
        sentence=db.session.scalar(asked) or "",
        url=site_url(f"/p/{post.public_id}"),
    )


FACTS: Mapping[str, Callable[[Task], Notice | None]] = {"notice.routed": _routed}
