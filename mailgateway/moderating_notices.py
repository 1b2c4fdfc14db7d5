"""What mails about held posts say: to the moderators who decide, and to the author whose post it is. Reads only.

Words of the author are made safe to read (`defuse.py`); what a moderator can answer stands in each mail.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from sqlalchemy import select

from forum.accounts.models import Member
from forum.db import db
from forum.groups.models import Assurance, Group
from forum.groups.queries import community
from forum.groups.rights import may_moderate, viewer_of
from forum.moderation.actions import is_claimed
from forum.moderation.queries import count_waiting, has_finding, held_attachments, history_of, is_letter
from forum.moderation.summaries import summary_of
from forum.posting.models import HeldPost, HeldState
from forum.queue import Task
from forum.text import excerpt
from forum.threads.models import Post
from forum.tokens import Purpose, current_tokens
from mailgateway.addresses import ToConfirm, ToQueue
from mailgateway.defuse import defused
from mailgateway.models import InboundMail, InboundRecipient
from mailgateway.moderating_words import ANSWER_LINE
from mailgateway.notice import Notice, our_addresses, site_url, to_member
from mailgateway.refusals import ONCE_IN

# A mail stays below what mail programs cut; the page has the rest.
_TEXT_AT_MOST = 20_000
_FOLDED_AT_MOST = 2_000


def still_moderates(member_id: int, group: Group) -> bool:
    """Asked at the moment of sending: a role or a standing may be gone since the notice was queued."""
    viewer = viewer_of(db.session.get_one(Member, member_id))
    return viewer is not None and may_moderate(viewer, group)


def _held_for_moderators(task: Task) -> Notice | None:
    """The held post as a moderator reads it and answers it, with why it waits and who wrote it."""
    held = db.session.get(HeldPost, task.target_id)
    assert task.other_id is not None
    if held is None or held.state is not HeldState.WAITING or not still_moderates(task.other_id, held.group):
        return None
    answer_to = our_addresses().moderate(task.other_id, held.id)
    notice = to_member(
        "held_for_moderators",
        task.other_id,
        answer_to,
        held=held,
        group=held.group,
        letter=is_letter(held),
        why=_reasons(held),
        history=history_of(held.author_id, held.group_id) if held.author_id is not None else None,
        subject=defused(held.subject) or "(no subject)",
        text=_shortened(held.text, _TEXT_AT_MOST),
        folded=_shortened(held.folded.strip(), _FOLDED_AT_MOST),
        files=held_attachments(held),
        url=site_url(f"/held/{held.public_id}"),
        answer_line=ANSWER_LINE,
        links=_answers(answer_to, defused(held.subject)),
    )
    return _threaded(notice, held, task.other_id, first=True)


def _reasons(held: HeldPost) -> list[tuple[str, str, str]]:
    """Of each finding the rule, the sentence for moderators and the words that it saw."""
    return [
        (
            finding["rule"].replace("_", " "),
            finding["for_moderator"],
            ", ".join(defused(words) for words in finding["evidence"]),
        )
        for finding in held.findings
    ]


def _shortened(text: str, limit: int) -> str:
    more = "\n\n(There is more of it on the page.)" if len(text) > limit else ""
    return defused(text[:limit]) + more


def _answers(address: str, subject: str) -> Mapping[str, str]:
    """Links that open an answer in which the word stands already; nothing happens before it is sent."""
    head = f"mailto:{address}?subject={quote('Re: ' + subject[:100])}&body="
    return {word: head + quote(word) for word in ("approve", "approve and trust", "reject ", "return ")}


def _threaded(notice: Notice | None, held: HeldPost, member_id: int, *, first: bool) -> Notice | None:
    """So that a mail program puts what is said of one held post into one conversation."""
    if notice is None:
        return None
    message_id = f"<held.{held.public_id}.{member_id}@{our_addresses().domain}>"
    headers = {"Message-ID": message_id} if first else {"In-Reply-To": message_id, "References": message_id}
    return replace(notice, headers={**notice.headers, **headers})


def _held_outcome(task: Task) -> Notice | None:
    """One line to the other moderators: who has decided, and how."""
    held = db.session.get_one(HeldPost, task.target_id)
    assert task.other_id is not None
    if held.decided_by is None or not still_moderates(task.other_id, held.group):
        return None
    subject = defused(held.subject) or "(no subject)"
    url = site_url(f"/held/{held.public_id}")
    notice = to_member("held_outcome", task.other_id, held=held, group=held.group, subject=subject, url=url)
    return _threaded(notice, held, task.other_id, first=False)


@dataclass(frozen=True)
class Line:
    """One held post in a summary."""

    number: int
    held: HeldPost
    subject: str
    words: str
    why: str
    looked_at_by: str
    url: str


def _queue(task: Task) -> Notice | None:
    return _summary(task, late=False)


def _queue_late(task: Task) -> Notice | None:
    return _summary(task, late=True)


def _summary(task: Task, *, late: bool) -> Notice | None:
    """What waits, by number; None when all of it has been decided meanwhile."""
    assert task.other_id is not None
    viewer = viewer_of(db.session.get_one(Member, task.other_id))
    if viewer is None:
        return None
    lines = [
        Line(
            number,
            held,
            defused(held.subject) or "(no subject)",
            defused(excerpt(held.text, 160)),
            " ".join(finding["for_moderator"] for finding in held.findings),
            held.claimed_by.name if held.claimed_by is not None and is_claimed(held) else "",
            site_url(f"/held/{held.public_id}"),
        )
        for number, held in enumerate(summary_of(task.other_id, task.target_id), start=1)
        if held.state is HeldState.WAITING and may_moderate(viewer, held.group)
    ]
    if not lines:
        return None
    return to_member(
        "held_queue",
        task.other_id,
        our_addresses().queue(task.other_id, task.target_id),
        lines=lines,
        late=late,
        more=max(count_waiting(viewer) - len(lines), 0),
        url=site_url("/held"),
        answer_line=ANSWER_LINE,
    )


def _moderated(task: Task) -> Notice | None:
    """What came of an answer by mail: to its moderator, or to the author who answered about an own held post."""
    row = db.session.get_one(InboundRecipient, task.target_id)
    assert task.other_id is not None
    held = None if row.held_post_id is None else db.session.get(HeldPost, row.held_post_id)
    mail = db.session.get_one(InboundMail, row.mail_id)
    asked_at = our_addresses().read(row.address)
    return to_member(
        "moderated",
        task.other_id,
        row.address,
        row=row,
        mail=mail,
        waiting=held is not None and held.state is HeldState.WAITING,
        letter=held is not None and is_letter(held),
        is_author=isinstance(asked_at, ToConfirm),
        is_queue=isinstance(asked_at, ToQueue),
        answer_line=ANSWER_LINE,
    )


# --- to the author ---


def _held(task: Task) -> Notice | None:
    held = db.session.get(HeldPost, task.target_id)
    if held is None or held.author_id is None or held.state is not HeldState.WAITING:
        return None
    facts: dict[str, Any] = {"held": held, "group": held.group, "url": site_url(f"/mine/held/{held.public_id}")}
    reply_to = our_addresses().confirm(held.id, held.author_id)
    if has_finding(held, "assurance"):
        token = current_tokens().make(Purpose.CONFIRM, held.id, held.author_id)
        confirm_url = site_url(f"/confirm/{token}")
        return to_member("confirm_post", held.author_id, reply_to, confirm_url=confirm_url, **facts)
    return to_member("held", held.author_id, reply_to, letter=is_letter(held), answer_line=ANSWER_LINE, **facts)


def _approved(task: Task) -> Notice | None:
    held = db.session.get_one(HeldPost, task.target_id)
    if held.author_id is None or held.post_id is None:
        return None
    post = db.session.get_one(Post, held.post_id)
    url = site_url(f"/p/{post.public_id}")
    return to_member("approved", held.author_id, held=held, group=held.group, url=url)


def _decided(task: Task) -> Notice | None:
    held = db.session.get_one(HeldPost, task.target_id)
    if held.state not in (HeldState.REJECTED, HeldState.RETURNED):
        return None
    if held.author_id is None:
        return _undecided_stranger(task, held)
    template = "rejected" if held.state is HeldState.REJECTED else "returned_by_moderator"
    if held.decided_by_id is None:
        template = "returned_undecided"
    facts = _sent_back(held)
    return to_member(template, held.author_id, facts["moderators"], **facts)


def _sent_back(held: HeldPost) -> dict[str, Any]:
    addresses, name = our_addresses(), held.group.mail_name
    return {
        "held": held,
        "group": held.group,
        "letter": is_letter(held),
        "address": addresses.group(name),
        "moderators": addresses.moderators(name),
    }


def _undecided_stranger(task: Task, held: HeldPost) -> Notice | None:
    """A proven sender who is no member hears, once a day, that the time is over; what moderators decide is not said."""
    came_as = select(InboundMail).join(InboundRecipient).where(InboundRecipient.held_post_id == held.id)
    mail = db.session.scalars(came_as.order_by(InboundMail.id).limit(1)).first()
    if held.decided_by_id is not None or held.assurance is not Assurance.PROVEN or mail is None:
        return None
    told = (
        select(Task.id)
        .join(InboundRecipient, InboundRecipient.held_post_id == Task.target_id)
        .join(InboundMail)
        .join(HeldPost, HeldPost.id == Task.target_id)
        .where(HeldPost.decided_by_id.is_(None))
        .where(InboundMail.from_address == mail.from_address, Task.kind == task.kind)
        .where(Task.id < task.id, Task.due_at > task.due_at - ONCE_IN)
    )
    if db.session.scalar(told.limit(1)) is not None:
        return None
    root, facts = community(), _sent_back(held)
    facts |= {"member": None, "community": root}
    return Notice("returned_undecided", mail.from_address, "", None, root.name, facts, facts["moderators"])


FACTS: Mapping[str, Callable[[Task], Notice | None]] = {
    "notice.held": _held,
    "notice.held_for_moderators": _held_for_moderators,
    "notice.held_outcome": _held_outcome,
    "notice.queue": _queue,
    "notice.queue_late": _queue_late,
    "notice.moderated": _moderated,
    "notice.approved": _approved,
    "notice.decided": _decided,
}
