"""Read a mail: bytes in, one frozen value out, whatever the bytes are.

It knows no members, groups, settings or network, and decides nothing but what kind of mail this is.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from forum.text import html_to_safe, html_to_text, plain_to_html
from mailgateway import automatic, bounces
from mailgateway.attachments import Attachment
from mailgateway.bounces import BounceReport
from mailgateway.charsets import decode_bytes
from mailgateway.command_words import find_command
from mailgateway.headers import Headers, read_message_id
from mailgateway.mime import SIGNATURE_REMOVED, Body, Contents, read_contents
from mailgateway.own_traces import strip_traces, strip_traces_html
from mailgateway.parts import Part
from mailgateway.quoted_html import divide_html
from mailgateway.trim import Intent, Trimmed, read_intent, trim

__all__ = ["Attachment", "BounceReport", "Kind", "ParsedMail", "as_json", "parse", "whole_text"]

Kind = Literal["post", "automatic", "bounce", "complaint", "receipt", "command", "empty", "broken"]

# Alone on the first line it asks to fold nothing of this mail.
KEEP_ALL = "#keep"

_KNOWN_FIELDS = (
    "from",
    "sender",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "received",
    "content-type",
    "return-path",
)


@dataclass(frozen=True)
class ParsedMail:
    """What the gateway makes of one mail.

    `reason` says in sentences why the kind is what it is, and what was left out; "" for a plain post.
    `text` is what the author sends to the group, `folded` what was set aside, `html` the safe rendering of `text`.
    Message ids have their angle brackets; `references` are oldest first; `date` is aware UTC or None;
    `authentication_results` are raw unfolded header values, topmost first.
    """

    kind: Kind
    reason: str
    from_address: str = ""
    from_name: str = ""
    from_addresses: tuple[str, ...] = ()
    sender: str = ""
    reply_to: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    subject: str = ""
    message_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    date: datetime | None = None
    auto_submitted: str = ""
    list_ids: tuple[str, ...] = ()
    received_hops: int = 0
    authentication_results: tuple[str, ...] = ()
    text: str = ""
    folded: str = ""
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    bounces: tuple[BounceReport, ...] = ()
    has_format: Literal["plain", "html"] = "plain"


@dataclass(frozen=True)
class _Words:
    """The words of a mail after trimming; `whole` is the own part before it, for reports."""

    text: str
    folded: str
    html: str
    whole: str
    form: Literal["plain", "html"]


def parse(raw: bytes) -> ParsedMail:
    """Read one mail. Never raises: what defeats every repair comes back as kind "broken" with the reason."""
    try:
        return _parse(raw)
    except Exception as error:
        return ParsedMail(kind="broken", reason=f"The mail could not be read ({type(error).__name__}).")


def whole_text(raw: bytes) -> str:
    """All words of a mail as plain text, quotes and signatures and attached messages too: nothing is trimmed."""
    return "\n\n".join(_plain(body) for body in read_contents(raw).bodies)


def as_json(parsed: ParsedMail, file: str, assurance: str) -> dict[str, object]:
    """The JSON object of `mail parse`, keys in the order of the contract."""
    return {
        "file": file,
        "kind": parsed.kind,
        "reason": parsed.reason,
        "from": parsed.from_address,
        "assurance": assurance,
        "subject": parsed.subject,
        "message_id": parsed.message_id,
        "in_reply_to": parsed.in_reply_to,
        "references": list(parsed.references),
        "text": parsed.text,
        "folded": parsed.folded,
        "html": parsed.html,
        "attachments": [
            {"name": attachment.name, "type": attachment.type, "size": len(attachment.content)}
            for attachment in parsed.attachments
        ],
        "bounces": [
            {"address": report.address, "status": report.status, "class": report.klass} for report in parsed.bounces
        ],
    }


def _parse(raw: bytes) -> ParsedMail:
    contents = read_contents(raw)
    headers = contents.headers
    subject = headers.text("subject")
    in_reply_to = headers.ids("in-reply-to")
    references = headers.ids("references")
    words = _read_words(contents, read_intent(subject, answers=bool(in_reply_to or references)))
    kind, reason, reports = _judge(contents, subject, words, raw)
    senders = headers.addresses("from")
    return ParsedMail(
        kind=kind,
        reason=" ".join([*([reason] if reason else []), *contents.notes]),
        from_address=senders[0].address if senders else "",
        from_name=senders[0].name if senders else "",
        from_addresses=tuple(dict.fromkeys(sender.address for sender in senders)),
        sender=next((sender.address for sender in headers.addresses("sender")), ""),
        reply_to=_addresses(headers, "reply-to"),
        to=_addresses(headers, "to"),
        cc=_addresses(headers, "cc"),
        subject=subject,
        message_id=read_message_id(headers.first("message-id")),
        in_reply_to=in_reply_to[0] if in_reply_to else "",
        references=tuple(dict.fromkeys(references)),
        date=headers.date(),
        auto_submitted=headers.first("auto-submitted").lower(),
        list_ids=tuple(_list_id(value) for value in headers.raw("list-id")),
        received_hops=len(headers.raw("received")),
        authentication_results=tuple(headers.raw("authentication-results")),
        text=words.text,
        folded=words.folded,
        html=words.html,
        attachments=tuple(contents.attachments),
        bounces=tuple(reports),
        has_format=words.form,
    )


def _addresses(headers: Headers, name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found.address for found in headers.addresses(name)))


def _list_id(value: str) -> str:
    """The identifier of a List-Id field without its description (RFC 2919)."""
    return value.rpartition("<")[2].rstrip("> ").lower()


def _read_words(contents: Contents, intent: Intent) -> _Words:
    own = [body for body in contents.bodies if not body.forwarded]
    forward = "\n\n".join(_plain(body) for body in contents.bodies if body.forwarded)
    set_aside: list[str] = []
    kept_html = ""
    if _wants_all(own):
        asked = "\n\n".join(_plain(body) for body in own).lstrip().partition("\n")[2].strip("\n")
        whole = "\n".join(line.rstrip() for line in asked.split("\n"))
        trimmed = Trimmed(whole, "")
    elif own and all(body.form == "html" for body in own):
        divided = divide_html("<br>".join(body.text for body in own), intent)
        kept_html = divided.kept
        whole = html_to_text(kept_html)
        set_aside = [html_to_text(piece) for piece in divided.folded]
        trimmed = trim(whole, intent)
    else:
        whole = "\n\n".join(_plain(body) for body in own)
        trimmed = trim(whole, intent)
    html = html_to_safe(kept_html) if kept_html and not trimmed.folded else plain_to_html(trimmed.text)
    if not trimmed.text:
        html = ""
    set_aside.append(trimmed.folded)
    if SIGNATURE_REMOVED in contents.notes:
        set_aside.append(SIGNATURE_REMOVED)
    events = "\n\n".join(contents.events)
    folded = "\n\n".join(piece for piece in set_aside if piece)
    return _Words(
        text=strip_traces("\n\n".join(piece for piece in (events, trimmed.text, forward) if piece)),
        folded=strip_traces(folded),
        html=strip_traces_html(plain_to_html(events) + html + plain_to_html(forward)),
        whole="\n\n".join([whole, folded]),
        form="html" if kept_html else "plain",
    )


def _wants_all(own: list[Body]) -> bool:
    """Whether the author turns the folding off for this mail (L30)."""
    return bool(own) and _plain(own[0])[:1_000].lstrip().partition("\n")[0].strip().lower() == KEEP_ALL


def _plain(body: Body) -> str:
    return html_to_text(body.text) if body.form == "html" else body.text.strip("\n")


def _judge(contents: Contents, subject: str, words: _Words, raw: bytes) -> tuple[Kind, str, list[BounceReport]]:
    """What kind of mail it is, why, and what it reports; the first that fits."""
    headers = contents.headers
    reported = _judge_report(contents, subject, words, raw)
    if reported:
        return reported
    if not any(name in headers for name in _KNOWN_FIELDS):
        return "broken", "No mail headers could be read.", []
    reason = automatic.find_reason(headers, subject, words.text)
    if reason:
        return "automatic", reason, []
    command = "" if contents.attachments else find_command(subject, words.text)
    if command:
        return "command", f'The whole mail is the command "{command[:60]}".', []
    if not words.text and not contents.attachments:
        only = "only quotes or a signature" if words.folded else "no words and no files"
        return "empty", f"The mail holds {only}.", []
    return "post", "", []


def _judge_report(
    contents: Contents, subject: str, words: _Words, raw: bytes
) -> tuple[Kind, str, list[BounceReport]] | None:
    headers = contents.headers
    root_type, parameters = contents.root.structure()
    is_report = root_type == "multipart/report"
    report_type = parameters.get("report-type", "").lower()
    found = {part.get_content_type() for part in contents.reports} if is_report else set()
    if "message/feedback-report" in found or (is_report and report_type == "feedback-report"):
        told = "\n".join(_report_text(part) for part in contents.reports).lower()
        if re.search(r"^feedback-type:\s*(?:auth-failure|not-spam)", told, re.MULTILINE):
            return "automatic", "A mail provider reports on our mail (ARF), and nobody complains.", []
        return "complaint", "A mail provider passes on a complaint about one of our mails (ARF).", []
    if _is_old_complaint(contents, subject):
        return "complaint", "A mail provider passes on a complaint about one of our mails.", []
    if report_type.endswith("disposition-notification") or any("disposition" in name for name in found):
        return "receipt", "A mail program confirms that a mail was displayed or deleted.", []
    statuses = [part for part in contents.reports if "delivery-status" in part.get_content_type()]
    if statuses and (is_report or bounces.looks_like_bounce(headers)):
        reports = [
            report for part in statuses for report in bounces.read_delivery_status(_report_text(part), words.whole)
        ]
        if reports:
            return "bounce", "A mail server reports that a mail was not delivered.", reports
        if any(word in _report_text(statuses[0]).lower() for word in ("action: delivered", "action: relayed")):
            return "receipt", "A mail server reports that a mail was delivered.", []
    is_unnamed = is_report and report_type in ("", "delivery-status")
    if (statuses and is_report) or is_unnamed or bounces.looks_like_bounce(headers):
        reports = bounces.read_text_report(headers, words.whole, raw)
        return "bounce", "A mail system writes that a mail was not delivered.", reports
    return None


def _is_old_complaint(contents: Contents, subject: str) -> bool:
    """Complaints of Hotmail's programme, which are older than the standard format."""
    if "x-hmxmroriginalrecipient" in contents.headers:
        return True
    sender = contents.headers.addresses("from")
    return subject.lower().startswith("complaint about message from") and bool(
        sender and sender[0].address.endswith(("@hotmail.com", "@live.com", "@outlook.com"))
    )


def _report_text(part: Part) -> str:
    """The fields of a report part as text, blocks divided by blank lines."""
    children = part.children()
    if not children:
        return decode_bytes(part.content(), "utf-8")
    blocks: list[str] = []
    for child in children:
        blocks.append("\n".join(f"{name}: {' '.join(str(value).split())}" for name, value in child.raw_items()))
        blocks.append(_report_text(child))
    return "\n\n".join(blocks)
