"""What mails to an author about own posts say: that one waits or came back and why, what can be answered, and what an
answer has done. Reads only.

They go to the author alone. Whoever may be somebody else's forgery is shown words that cannot be clicked.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from sqlalchemy import select

from forum.db import db
from forum.groups.models import Assurance
from forum.groups.queries import community
from forum.moderation.appeals import why_not
from forum.moderation.kept import KEPT_DAYS, LAST_DAYS
from forum.moderation.queries import has_finding, is_letter, waits_for_author
from forum.posting.anonymous import author_of
from forum.posting.models import HeldPost, HeldState
from forum.posting.resubmit import is_about_anonymity, is_open_to_author
from forum.queue import Task
from forum.rulebook.models import PostingRule, RuleSighting, RuleVersion
from forum.threads.models import Post
from forum.tokens import Purpose, current_tokens
from mailgateway.defuse import defused
from mailgateway.marked_words import Place, listed, marked_html, marked_text, numbered_places, version_of
from mailgateway.models import InboundMail, InboundRecipient
from mailgateway.moderating_words import ANSWER_LINE
from mailgateway.notice import Notice, our_addresses, site_url, to_member
from mailgateway.refusals import ONCE_IN

# A list that is longer than a page is read by nobody; the text below it has all the marks.
_LISTED_AT_MOST = 40
# Longer addresses of a mail with its text in them are cut off by programs.
_LINK_AT_MOST = 1500


@dataclass(frozen=True)
class Reason:
    """Why a post waits or came back: of a rule of the group its name and what it is for, and what the gate named."""

    sentence: str
    rule: str = ""
    why: str = ""
    words: str = ""


@dataclass(frozen=True)
class Marked:
    """One line of the numbered list."""

    number: int
    kind: str
    words: str
    hint: bool = False


@dataclass(frozen=True)
class Seen:
    """What rules saw in a post."""

    reasons: Sequence[Reason]
    marked: Sequence[Marked]
    unlisted: int


@dataclass(frozen=True)
class Own(Seen):
    """An own post that waits or came back, as its author has it in a mail."""

    subject: str
    text: str
    subject_html: str
    html: str
    has_marks: bool
    links: Mapping[str, str]
    subject_is_marked: bool
    # For the subject of a mail, which stands in the logs of every server on its way.
    subject_line: str
    # Of the first marked words of which the author can say that they are no patient's, as an example.
    numbers: str
    asks_yes: bool
    may_ask: bool
    kept_days: int


def own_post(held: HeldPost, reply_to: str) -> Own:
    """All that a mail to the author shows of a post that waits or came back."""
    shown = defused if _is_unproven(held) else str
    places = [each for each in numbered_places(held.findings, held.confirmed) if _is_seen(each, held)]
    field = {"subject": held.subject, "text": held.text}
    lines = [
        Marked(each.number, each.kind, shown(listed(each, field[each.passage.field])), each.hint)
        for each in places[:_LISTED_AT_MOST]
    ]
    to_say = [str(each.number) for each in places if each.open]
    subject_line = _subject_line(held, places)
    return Own(
        reasons=_reasons(held, shown),
        marked=lines,
        unlisted=len(places) - len(lines),
        subject=marked_text(held.subject, places, "subject", shown),
        text=marked_text(held.text, places, "text", shown),
        subject_html=marked_html(held.subject, places, "subject", shown),
        html=marked_html(held.text, places, "text", shown),
        has_marks=bool(places),
        links=_links(held, subject_line, reply_to),
        subject_is_marked=any(each.passage.field == "subject" for each in places),
        subject_line=subject_line,
        numbers=" ".join(to_say[:2]),
        asks_yes=waits_for_author(held),
        may_ask=held.private and not to_say and not is_about_anonymity(held),
        kept_days=KEPT_DAYS,
    )


def _subject_line(held: HeldPost, places: Sequence[Place]) -> str:
    tells = any(each.open and each.passage.field == "subject" for each in places)
    return "(its subject is marked below)" if tells else held.subject or "(no subject)"


def _is_seen(place: Place, held: HeldPost) -> bool:
    """Not what the author has spoken for already, which keeps its number."""
    spoken_for = ((each["field"], each["start"], each["end"]) for each in held.confirmed)
    return (place.passage.field, place.passage.start, place.passage.end) not in spoken_for


def _reasons(held: HeldPost, shown: Callable[[str], str]) -> Sequence[Reason]:
    """Each finding with the rule that it comes from; what the rule is for is said once."""
    if held.state is HeldState.RETURNED and not held.private:
        return [Reason(f"A moderator has sent it back: {held.reason}")]
    told: set[int] = set()
    reasons = []
    for row in held.findings:
        if held.private and row["rule"] == "assurance":
            continue  # Whoever answers from the author's mailbox has proved it.
        words, version_id = ", ".join(shown(words) for words in row["evidence"]), row.get("version_id")
        version = None if version_id is None or version_id in told else db.session.get(RuleVersion, version_id)
        if version is None:
            reasons.append(Reason(row["sentence"], words=words))
        else:
            told.add(version.id)
            reasons.append(Reason(row["sentence"], row["rule"], version.why, words))
    return reasons


def _links(held: HeldPost, subject_line: str, reply_to: str) -> Mapping[str, str]:
    """Links that open an answer in which the word stands already; nothing happens before it is sent."""
    head = f"mailto:{reply_to}?subject={quote(f'Re: {subject_line[:100]}')}&body="
    # Line breaks as RFC 6068, section 5, wants them. What may be a forgery is not laid into anybody's mouth.
    edit = quote(f"edit\n\n{'' if _is_unproven(held) else held.text}".replace("\n", "\r\n"))
    return {
        "edit": head + (edit if len(edit) <= _LINK_AT_MOST else quote("edit\r\n\r\n")),
        "ask": head + "ask",
        "withdraw": head + "withdraw",
    }


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
    return _about("returned", held, task, mail=mail, unproven=_is_unproven(held))


def _kept_ends(task: Task) -> Notice | None:
    held = db.session.get_one(HeldPost, task.target_id)
    if not held.private or held.state is not HeldState.RETURNED or held.reminded_at is None:
        return None
    if _is_unproven(held) and _told_of_another(task, held):
        return None
    return _about("kept_ends", held, task, ends_at=held.reminded_at + timedelta(days=LAST_DAYS))


def _is_unproven(held: HeldPost) -> bool:
    """Whether somebody else may have sent it in the author's name."""
    return held.assurance.rank < Assurance.TOKEN.rank


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
        advice=_seen_in(post) if post is not None and is_out else None,
        sent_back=held.decided_by_id is not None and held.state in (HeldState.REJECTED, HeldState.RETURNED),
        moderators=our_addresses().moderators(held.group.mail_name),
        may_appeal=not why_not(held),
    )


def _advised(task: Task) -> Notice | None:
    """That a post is out in which rules of the group saw something that its author may want to look at again."""
    post = db.session.get_one(Post, task.target_id)
    author_id, own = author_of(post), _seen_in(post)
    if author_id is None or own is None:
        return None
    url = site_url(f"/p/{post.public_id}")
    return to_member("advised", author_id, post=post, group=post.thread.group, own=own, url=url)


def _seen_in(post: Post) -> Seen | None:
    """What rules of the group saw in a post that is out; None when there is nothing, or it is erased."""
    rows = db.session.execute(
        select(RuleSighting, PostingRule.name, RuleVersion.why)
        .join(RuleVersion, RuleVersion.id == RuleSighting.version_id)
        .join(PostingRule, PostingRule.id == RuleVersion.rule_id)
        .where(RuleSighting.post_id == post.id, ~RuleSighting.shadow)
        .order_by(RuleSighting.id)
    ).all()
    if post.erased_at is not None or not rows:
        return None
    places = numbered_places([{"passages": row.passages, "severity": row.severity} for row, _, _ in rows], ())
    field = {"subject": post.subject, "text": post.text}
    marked = [
        Marked(place.number, place.kind, listed(place, field[place.passage.field]))
        for place in places[:_LISTED_AT_MOST]
    ]
    return Seen([Reason(row.sentence, name, why) for row, name, why in rows], marked, len(places) - len(marked))


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
