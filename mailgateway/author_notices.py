"""What mails to an author about own posts say: that one waits or came back and why, what can be answered, and what an
answer has done. Reads only.

They go to the author alone. Whoever may be somebody else's forgery is shown words that cannot be clicked.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from forum.db import db
from forum.groups.models import Assurance
from forum.groups.queries import community
from forum.moderation.appeals import why_not
from forum.moderation.kept import LAST_DAYS
from forum.moderation.queries import has_finding, is_letter, waits_for_joining
from forum.posting.anonymous import author_of
from forum.posting.models import HeldPost, HeldState
from forum.posting.resubmit import is_open_to_author
from forum.queue import Task
from forum.threads.models import Post
from forum.tokens import Purpose, current_tokens
from mailgateway.defuse import defused
from mailgateway.marked_words import numbered_places, version_of
from mailgateway.models import InboundMail, InboundRecipient
from mailgateway.moderating_words import ANSWER_LINE
from mailgateway.notice import Notice, our_addresses, site_url, to_member
from mailgateway.own_post import is_unproven, own_post, seen_in
from mailgateway.refusals import ONCE_IN


def _about(template: str, held: HeldPost, task: Task, **facts: Any) -> Notice | None:
    """A mail to the author that can be answered. Its id says which numbers it has (`author_answers.py` asks)."""
    author_id = author_of(held)
    if author_id is None:
        return None
    reply_to = our_addresses().confirm(held.id, author_id)
    notice = to_member(
        template,
        author_id,
        reply_to,
        held=held,
        group=held.group,
        own=own_post(held, reply_to) if is_open_to_author(held) and not is_letter(held) else None,
        letter=is_letter(held),
        address=our_addresses().group(held.group.mail_name),
        url=site_url(f"/mine/held/{held.public_id}"),
        answer_line=ANSWER_LINE,
        **facts,
    )
    if notice is None:
        return None
    version = version_of(held.text, held.subject, numbered_places(held.findings, held.confirmed))
    message_id = f"<yours.{held.public_id}.{version}.{task.id}@{our_addresses().domain}>"
    return replace(notice, headers={**notice.headers, "Message-ID": message_id})


def _held(task: Task) -> Notice | None:
    held = db.session.get(HeldPost, task.target_id)
    author_id = None if held is None else author_of(held)
    if held is None or author_id is None or held.state is not HeldState.WAITING:
        return None
    if not has_finding(held, "assurance"):
        if waits_for_joining(held) and held.thread is not None:
            return _about("moved_answer", held, task, join_url=site_url(f"/t/{held.thread.public_id}"))
        return _about("held", held, task)
    others = [finding["sentence"] for finding in held.findings if finding["rule"] != "assurance"]
    confirm_url = site_url(f"/confirm/{current_tokens().make(Purpose.CONFIRM, held.id, author_id)}")
    words = defused(held.text[:600])
    return _about("confirm_post", held, task, confirm_url=confirm_url, others=others, words=words)


def _returned(task: Task) -> Notice | None:
    """What a rule has sent back by mail, with the words marked; it is kept for its author to change."""
    row = db.session.get_one(InboundRecipient, task.target_id)
    assert row.held_post_id is not None
    mail, held = db.session.get_one(InboundMail, row.mail_id), db.session.get_one(HeldPost, row.held_post_id)
    if not held.private or held.state is not HeldState.RETURNED:
        return None
    return _about("returned", held, task, mail=mail, unproven=is_unproven(held))


def _kept_ends(task: Task) -> Notice | None:
    held = db.session.get_one(HeldPost, task.target_id)
    if not held.private or held.state is not HeldState.RETURNED or held.reminded_at is None:
        return None
    if is_unproven(held) and _told_of_another(task, held):
        return None
    return _about("kept_ends", held, task, ends_at=held.reminded_at + timedelta(days=LAST_DAYS))


def _told_of_another(task: Task, held: HeldPost) -> bool:
    """Whether the same member was told so within a day: who forges a name cannot fill that mailbox through us."""
    told = (
        select(Task.id)
        .join(HeldPost, HeldPost.id == Task.target_id)
        .where(Task.kind == task.kind, HeldPost.author_id == held.author_id)
        .where(Task.id < task.id, Task.due_at > task.due_at - ONCE_IN)
    )
    return db.session.scalar(told.limit(1)) is not None


def _answered(task: Task) -> Notice | None:
    """What came of an author's answer, and how the post stands now."""
    row = db.session.get_one(InboundRecipient, task.target_id)
    assert row.held_post_id is not None
    held = db.session.get_one(HeldPost, row.held_post_id)
    mail = db.session.get_one(InboundMail, row.mail_id)
    post = None if held.post_id is None else db.session.get(Post, held.post_id)
    is_out = post is not None and post.erased_at is None
    return _about(
        "answered",
        held,
        task,
        mail=mail,
        said=row.reason,
        post_url=site_url(f"/p/{post.public_id}") if post is not None and is_out else "",
        advice=seen_in(post) if post is not None and is_out else None,
        sent_back=held.decided_by_id is not None and held.state in (HeldState.REJECTED, HeldState.RETURNED),
        moderators=our_addresses().moderators(held.group.mail_name),
        may_appeal=not why_not(held),
    )


def _advised(task: Task) -> Notice | None:
    """That a post is out in which rules of the group saw something that its author may want to look at again."""
    post = db.session.get_one(Post, task.target_id)
    author_id, own = author_of(post), seen_in(post)
    if author_id is None or own is None:
        return None
    url = site_url(f"/p/{post.public_id}")
    return to_member("advised", author_id, post=post, group=post.thread.group, own=own, url=url)


def _approved(task: Task) -> Notice | None:
    held = db.session.get_one(HeldPost, task.target_id)
    author_id = author_of(held)
    if author_id is None or held.post_id is None:
        return None
    post = db.session.get_one(Post, held.post_id)
    url = site_url(f"/p/{post.public_id}")
    return to_member("approved", author_id, held=held, group=held.group, url=url)


def _decided(task: Task) -> Notice | None:
    held = db.session.get_one(HeldPost, task.target_id)
    if held.state not in (HeldState.REJECTED, HeldState.RETURNED) or held.private:
        return None
    author_id = author_of(held)
    if author_id is None:
        return _undecided_stranger(task, held)
    facts = _sent_back(held)
    if held.decided_by_id is None:
        return to_member("returned_undecided", author_id, facts["moderators"], **facts)
    template = "rejected" if held.state is HeldState.REJECTED else "returned_by_moderator"
    return _about(template, held, task, moderators=facts["moderators"], may_appeal=not why_not(held))


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
    "notice.returned": _returned,
    "notice.answered": _answered,
    "notice.advised": _advised,
    "notice.kept_ends": _kept_ends,
    "notice.approved": _approved,
    "notice.decided": _decided,
}
