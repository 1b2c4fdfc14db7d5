"""Mails about the seal of an anonymous post: to owners who are asked to agree, and to the author when it is open.

None of them says who the author is. Reads only.
"""

from collections.abc import Callable, Mapping

from forum.accounts.models import Member
from forum.db import db
from forum.groups.models import Group
from forum.groups.queries import community
from forum.groups.rights import may_own, viewer_of
from forum.moderation.models import SealOpening
from forum.moderation.unsealing import newest_post_under
from forum.posting.anonymous import author_of
from forum.queue import Task
from forum.threads.sealed import pseudonym_name
from mailgateway.defuse import defused
from mailgateway.notice import Notice, our_addresses, site_url, to_member


def _seal_asked(task: Task) -> Notice | None:
    """To another owner (`other_id`), while the seal is closed and the owner still one."""
    opening = db.session.get_one(SealOpening, task.target_id)
    assert task.other_id is not None
    viewer = viewer_of(db.session.get_one(Member, task.other_id))
    group = db.session.get_one(Group, opening.group_id)
    post = newest_post_under(opening.pseudonym_id)
    if opening.opened_at is not None or post is None or viewer is None or not may_own(viewer, group):
        return None
    return to_member(
        "seal_asked",
        task.other_id,
        group=group,
        asked_by=db.session.get_one(Member, opening.asked_by_id).name,
        pseudonym=pseudonym_name(opening.pseudonym_id),
        reason=defused(opening.reason),
        url=site_url(f"/p/{post.public_id}/seal"),
    )


def _seal_opened(task: Task) -> Notice | None:
    opening = db.session.get_one(SealOpening, task.target_id)
    post = newest_post_under(opening.pseudonym_id)
    author_id = None if post is None else author_of(post)
    if post is None or author_id is None:
        return None
    return to_member(
        "seal_opened",
        author_id,
        group=db.session.get_one(Group, opening.group_id),
        pseudonym=pseudonym_name(opening.pseudonym_id),
        reason=opening.reason,
        url=site_url(f"/p/{post.public_id}"),
        owners=our_addresses().moderators(community().mail_name),
    )


FACTS: Mapping[str, Callable[[Task], Notice | None]] = {
    "notice.seal_asked": _seal_asked,
    "notice.seal_opened": _seal_opened,
}
