"""What mails about reported posts say: to moderators, to who reported, and to the author of an erased one. Reads only.

Words of others are made safe to read (`defuse.py`). Nobody but moderators hears who has reported a post.
"""

from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any

from forum.accounts.models import Member
from forum.db import db
from forum.groups.rights import may_read, viewer_of
from forum.moderation.flagged import flagged_to_moderate, flags_of
from forum.moderation.flags import flags_in_case
from forum.moderation.models import Flag, FlaggedPost, FlagState
from forum.moderation.queries import history_of
from forum.queue import Task
from forum.threads.queries import author_id_of
from mailgateway.defuse import defused
from mailgateway.notice import Notice, our_addresses, site_url, to_member

_TEXT_AT_MOST = 20_000
_FLAGS_AT_MOST = 20


def _flagged(task: Task) -> Notice | None:
    """The post as moderators read it, with who reported it and why; asked again whether this one may decide on it."""
    flagged = db.session.get(FlaggedPost, task.target_id)
    assert task.other_id is not None
    viewer = viewer_of(db.session.get_one(Member, task.other_id))
    if flagged is None or viewer is None or flagged.state is not FlagState.OPEN or flagged.post.erased_at is not None:
        return None
    if flagged_to_moderate(viewer, flagged.public_id) is None:
        return None
    post = flagged.post
    more = "\n\n(There is more of it on the page.)" if len(post.text) > _TEXT_AT_MOST else ""
    return to_member(
        "flagged",
        task.other_id,
        group=flagged.group,
        post=post,
        number=flags_in_case(flagged),
        flags=[(each.name, each.rule, defused(each.words)) for each in flags_of(flagged, limit=_FLAGS_AT_MOST)],
        # Of an anonymous post nothing is told that its author has done elsewhere.
        history=history_of(author_id_of(post), flagged.group_id) if post.pseudonym_id is None else None,
        subject=defused(post.thread.subject) or "(no subject)",
        text=defused(post.text[:_TEXT_AT_MOST]) + more,
        written=post.created_at.astimezone(UTC),
        url=site_url(f"/flagged/{flagged.public_id}"),
    )


def _flag_outcome(task: Task) -> Notice | None:
    """One line to who reported a post. Neither its author nor a moderator is named."""
    flag = db.session.get(Flag, task.target_id)
    if flag is None:
        return None
    flagged = db.session.get_one(FlaggedPost, flag.flagged_id)
    viewer = viewer_of(db.session.get_one(Member, flag.member_id))
    if viewer is None or not may_read(viewer, flagged.group) or flagged.state is FlagState.OPEN:
        return None
    facts: dict[str, Any] = {
        "group": flagged.group,
        "kept": flagged.state is FlagState.KEPT,
        "erased": flagged.post.erased_at is not None,
        "reported": flag.created_at.astimezone(UTC),
        "url": site_url(f"/p/{flagged.post.public_id}"),
    }
    return to_member("flag_outcome", flag.member_id, **facts)


def _flag_erased(task: Task) -> Notice | None:
    """To the author: that the post is erased, and why."""
    flagged = db.session.get_one(FlaggedPost, task.target_id)
    post = flagged.post
    return to_member(
        "flag_erased",
        author_id_of(post),
        our_addresses().moderators(flagged.group.mail_name),
        group=flagged.group,
        reason=flagged.reason,
        written=post.created_at.astimezone(UTC),
        url=site_url(f"/t/{post.thread.public_id}"),
    )


FACTS: Mapping[str, Callable[[Task], Notice | None]] = {
    "notice.flagged": _flagged,
    "notice.flag_outcome": _flag_outcome,
    "notice.flag_erased": _flag_erased,
}
