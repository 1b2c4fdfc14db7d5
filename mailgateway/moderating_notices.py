"""What mails about held posts say to the moderators who decide. Reads only.

Words of the author are made safe to read (`defuse.py`); what a moderator can answer stands in each mail.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote

from forum.accounts.models import Member
from forum.db import db
from forum.groups.models import Group
from forum.groups.rights import may_moderate, moderated_group_ids, viewer_of
from forum.moderation.actions import is_claimed
from forum.moderation.evidence import evidence_of
from forum.moderation.flagged import Case, count_flagged, flagged_page
from forum.moderation.flags import looking_at
from forum.moderation.queries import count_waiting, held_attachments, history_of, is_letter
from forum.moderation.similar import Similar, similar_decisions
from forum.moderation.summaries import summary_of
from forum.posting.models import HeldPost, HeldState
from forum.queue import Task
from forum.text import excerpt
from mailgateway.addresses import ToQueue
from mailgateway.defuse import defused
from mailgateway.marked_words import version_of
from mailgateway.models import InboundMail, InboundRecipient
from mailgateway.moderating_words import ANSWER_LINE
from mailgateway.notice import Notice, our_addresses, site_url, to_member

# A mail stays below what mail programs cut; the page has the rest.
_TEXT_AT_MOST = 20_000
_FOLDED_AT_MOST = 2_000
_FLAGGED_AT_MOST = 20


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
        alike=_alike(held, task.other_id),
        # Of an anonymous post nothing is told that its author has done elsewhere.
        history=history_of(held.author_id, held.group_id)
        if held.author_id is not None and held.pseudonym_id is None
        else None,
        subject=defused(held.subject) or "(no subject)",
        text=_shortened(held.text, _TEXT_AT_MOST),
        folded=_shortened(held.folded.strip(), _FOLDED_AT_MOST),
        files=held_attachments(held),
        url=site_url(f"/held/{held.public_id}"),
        answer_line=ANSWER_LINE,
        links=_answers(answer_to, defused(held.subject)),
    )
    return threaded(notice, held, task.other_id, first=True)


def _reasons(held: HeldPost) -> list[tuple[str, str, str]]:
    """Of each finding the rule, the sentence for moderators and what it saw."""
    return [
        (each.rule, each.sentence, ", ".join(defused(words) for words in each.beside))
        for each in evidence_of([held])[held.id]
    ]


def _alike(held: HeldPost, member_id: int) -> list[tuple[Similar, str, str]]:
    """Earlier decisions on posts like it, with their first words and their links."""
    viewer = viewer_of(db.session.get_one(Member, member_id))
    if viewer is None or is_letter(held):
        return []
    return [
        (each, defused(each.words or each.subject), site_url(f"/held/{each.public_id}"))
        for each in similar_decisions(held, viewer)
    ]


def _shortened(text: str, limit: int) -> str:
    more = "\n\n(There is more of it on the page.)" if len(text) > limit else ""
    return defused(text[:limit]) + more


def _answers(address: str, subject: str) -> Mapping[str, str]:
    """Links that open an answer in which the word stands already; nothing happens before it is sent."""
    head = f"mailto:{address}?subject={quote('Re: ' + subject[:100])}&body="
    return {word: head + quote(word) for word in ("approve", "approve and trust", "reject ", "return ")}


def id_for_moderator(held: HeldPost, member_id: int) -> str:
    """The beginning of the id of the mail that shows a moderator these very words; other words have another one."""
    words = version_of(held.original_text or held.text, held.subject)
    return f"<held.{held.public_id}.{member_id}.{words}"


def threaded(notice: Notice | None, held: HeldPost, member_id: int, *, first: bool) -> Notice | None:
    """So that a mail program puts what is said of one held post into one conversation."""
    if notice is None:
        return None
    message_id = f"{id_for_moderator(held, member_id)}@{our_addresses().domain}>"
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
    return threaded(notice, held, task.other_id, first=False)


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


@dataclass(frozen=True)
class FlagLine:
    """One reported post in a summary. It has no number: it is decided on the page."""

    subject: str
    group: str
    flags: int
    why: str
    looked_at_by: str
    url: str


def _queue(task: Task) -> Notice | None:
    assert task.other_id is not None
    return waiting_mail(task.other_id, task.target_id)


def _queue_late(task: Task) -> Notice | None:
    assert task.other_id is not None
    return waiting_mail(task.other_id, task.target_id, late=True)


def waiting_mail(
    member_id: int,
    summary_id: int | None,
    *,
    late: bool = False,
    duty_in: Group | None = None,
    until: datetime | None = None,
) -> Notice | None:
    """What waits, held posts by number; None when all of it has been decided meanwhile.

    With `duty_in` it tells as well that a turn has begun there, and until when.
    """
    viewer = viewer_of(db.session.get_one(Member, member_id))
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
        for number, held in enumerate(summary_of(member_id, summary_id) if summary_id is not None else (), start=1)
        if held.state is HeldState.WAITING and may_moderate(viewer, held.group)
    ]
    groups = frozenset([duty_in.id]) if duty_in is not None else moderated_group_ids(viewer)
    flags = [_flag_line(each) for each in flagged_page(viewer, groups, limit=_FLAGGED_AT_MOST)]
    if not lines and not flags and duty_in is None:
        return None
    return to_member(
        "held_queue",
        member_id,
        our_addresses().queue(member_id, summary_id) if summary_id is not None and lines else "",
        lines=lines,
        flags=flags,
        late=late,
        duty_in=duty_in,
        until=until,
        more=max(count_waiting(viewer, groups) - len(lines), 0),
        more_flags=max(count_flagged(viewer, groups) - len(flags), 0),
        url=site_url("/held"),
        answer_line=ANSWER_LINE,
    )


def _flag_line(case: Case) -> FlagLine:
    looks = looking_at(case.flagged)
    return FlagLine(
        defused(case.post.thread.subject) or "(no subject)",
        case.flagged.group.name,
        case.flags,
        ", ".join(case.reasons),
        looks.name if looks is not None else "",
        site_url(f"/flagged/{case.flagged.public_id}"),
    )


def _moderated(task: Task) -> Notice | None:
    """What came of a moderator's answer by mail."""
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
        is_queue=isinstance(asked_at, ToQueue),
        answer_line=ANSWER_LINE,
    )


FACTS: Mapping[str, Callable[[Task], Notice | None]] = {
    "notice.held_for_moderators": _held_for_moderators,
    "notice.held_outcome": _held_outcome,
    "notice.queue": _queue,
    "notice.queue_late": _queue_late,
    "notice.moderated": _moderated,
}
