"""Read a mail: bytes in, one frozen value out, whatever the bytes are.

It knows no members, groups, settings or network, and decides nothing but what kind of mail this is.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from forum.text import html_to_safe, html_to_text, plain_to_html
from mailgateway import automatic
from mailgateway.attachments import Attachment
from mailgateway.bounces import BounceReport
from mailgateway.command_words import find_command
from mailgateway.headers import Headers, read_message_id
from mailgateway.mime import SIGNATURE_REMOVED, Body, Contents, read_contents
from mailgateway.own_traces import strip_traces, strip_traces_html
from mailgateway.quoted_html import divide_html
from mailgateway.reports import judge_report
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
    "mime-version",
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
    senders = contents.headers.addresses("from")
    author = senders[0].name if senders else ""
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
        trimmed = trim(whole, intent, author)
    else:
        whole = "\n\n".join(_plain(body) for body in own)
        trimmed = trim(whole, intent, author)
    html = html_to_safe(kept_html) if kept_html and not trimmed.folded else _html(trimmed.text)
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
        html=strip_traces_html("".join((_html(events), html, _html(forward)))),
        whole="\n\n".join([whole, folded]),
        form="html" if kept_html else "plain",
    )


def _html(text: str) -> str:
    return plain_to_html(text) if text else ""


def _wants_all(own: list[Body]) -> bool:
    """Whether the author turns the folding off for this mail (L30)."""
    return bool(own) and _plain(own[0])[:1_000].lstrip().partition("\n")[0].strip().lower() == KEEP_ALL


def _plain(body: Body) -> str:
    return html_to_text(body.text) if body.form == "html" else body.text.strip("\n")


def _judge(contents: Contents, subject: str, words: _Words, raw: bytes) -> tuple[Kind, str, list[BounceReport]]:
    """What kind of mail it is, why, and what it reports; the first that fits."""
    headers = contents.headers
    reported = judge_report(contents, subject, words.whole, raw)
    if reported:
        return reported
    if not any(name in headers for name in _KNOWN_FIELDS):
        return "broken", "No mail headers could be read.", []
    reason = automatic.find_reason(headers, subject, words.text)
    if reason:
        return "automatic", reason, []
    asked = "" if automatic.is_from_button(headers, words.text) else words.text
    command = "" if contents.attachments else find_command(subject, asked)
    if command:
        return "command", f'The whole mail is the command "{command[:60]}".', []
    if not words.text and not contents.attachments:
        only = "only quotes or a signature" if words.folded else "no words and no files"
        return "empty", f"The mail holds {only}.", []
    return "post", "", []
