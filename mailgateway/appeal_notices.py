"""What mails about appeals say: to the moderators who may answer, to whoever asked, to the first moderator. Reads only.

Who asked is named to those who answer, as in the mail about the held post; an answer by mail begins with the verdict.
"""

from collections.abc import Callable, Mapping
from typing import Any

from forum.accounts.models import Member
from forum.db import db
from forum.groups.rights import viewer_of
from forum.moderation.appeals import answer_goes_to, appeal_token, asked_by, may_answer, readable_post, subject_of
from forum.moderation.models import Appeal, AppealState
from forum.queue import Task
from forum.threads.models import Post
from mailgateway.defuse import defused
from mailgateway.moderating_notices import still_moderates
from mailgateway.moderating_words import ANSWER_LINE
from mailgateway.notice import Notice, our_addresses, site_url, to_member

_TEXT_AT_MOST = 20_000


def _facts(asked: Appeal) -> dict[str, Any]:
    """What every mail about one appeal may name."""
    held, restriction = asked.held, asked.restriction
    return {
        "appeal": asked,
        "group": asked.group,
        "held": held,
        "restriction": restriction,
        "subject": defused(subject_of(asked)),
        "first": _name_of(asked.first_decider_id),
        "second": _name_of(asked.decided_by_id),
    }


def _name_of(member_id: int | None) -> str:
    member = None if member_id is None else db.session.get(Member, member_id)
    return member.name if member is not None else "An operator"


def _appeal(task: Task) -> Notice | None:
    """To a second moderator, while it is open and still this one's to answer."""
    asked = db.session.get_one(Appeal, task.target_id)
    assert task.other_id is not None
    viewer = viewer_of(db.session.get_one(Member, task.other_id))
    if asked.state is not AppealState.OPEN or viewer is None or not may_answer(viewer, asked):
        return None
    author_id, shown = asked_by(asked), readable_post(asked)
    return to_member(
        "appeal",
        task.other_id,
        our_addresses().review(task.other_id, asked.id),
        late=asked.reminded_at is not None,
        who=asked.held.byline if asked.held is not None else _name_of(author_id),
        words=defused(asked.words),
        text=defused(shown.text[:_TEXT_AT_MOST]) if shown is not None else "",
        why=[finding["for_moderator"] for finding in shown.findings] if shown is not None else [],
        shown=shown is not None,
        reason=defused(asked.held.reason if asked.held is not None else _reason(asked)),
        answer_line=ANSWER_LINE,
        url=site_url(f"/appeals/{asked.public_id}"),
        **_facts(asked),
    )


def _reason(asked: Appeal) -> str:
    return asked.restriction.reason if asked.restriction is not None else ""


def _answered(task: Task) -> Notice | None:
    """To whoever asked."""
    asked = db.session.get_one(Appeal, task.target_id)
    author_id = answer_goes_to(asked)
    if author_id is None:
        return None
    return to_member(
        "appeal_answered",
        author_id,
        our_addresses().moderators(asked.group.mail_name),
        overturned=asked.state is AppealState.OVERTURNED,
        url=_where_it_is(asked),
        **_facts(asked),
    )


def _where_it_is(asked: Appeal) -> str:
    """The post where it is out now, else the appeal with its answer, as who asked can see it."""
    held = asked.held
    if held is None:
        assert asked.restriction is not None
        return site_url(f"/appeal/{appeal_token(asked.restriction)}")
    post = None if held.post_id is None else db.session.get(Post, held.post_id)
    return site_url(f"/p/{post.public_id}" if post is not None else f"/mine/appeal/{held.public_id}")


def _outcome(task: Task) -> Notice | None:
    """To the moderator who decided first, while still a moderator there."""
    asked = db.session.get_one(Appeal, task.target_id)
    assert task.other_id is not None
    if not still_moderates(task.other_id, asked.group):
        return None
    return to_member(
        "appeal_outcome",
        task.other_id,
        overturned=asked.state is AppealState.OVERTURNED,
        url=site_url(f"/appeals/{asked.public_id}"),
        **_facts(asked),
    )


def _waits(task: Task) -> Notice | None:
    """To whoever asked: nobody is left who could answer, and it stays open."""
    asked = db.session.get_one(Appeal, task.target_id)
    author_id = answer_goes_to(asked)
    if author_id is None or asked.state is not AppealState.OPEN:
        return None
    return to_member("appeal_waits", author_id, our_addresses().moderators(asked.group.mail_name), **_facts(asked))


FACTS: Mapping[str, Callable[[Task], Notice | None]] = {
    "notice.appeal": _appeal,
    "notice.appeal_answered": _answered,
    "notice.appeal_outcome": _outcome,
    "notice.appeal_waits": _waits,
}
