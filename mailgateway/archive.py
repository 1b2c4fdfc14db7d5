"""Reads a mail of an old archive for the import: who wrote, when, and which words, whatever software kept it.

A mail of Banyan's own export says exactly what is what, and is believed as far as it goes: its words are taken as
they are, its HTML is cleaned like any other. Knows no members and writes nothing.
"""

import re
from datetime import datetime

from forum.archives.mail import ArchivedMail, Sender, Unreadable
from forum.posting.publish import render
from forum.rules.submission import File
from forum.text import html_to_safe
from forum.threads.models import TextFormat
from mailgateway.headers import Headers, read_addresses, read_date
from mailgateway.parse import ParsedMail, parse
from mailgateway.parts import Part, open_message
from mailgateway.submitting import stable_id

_HEADER_END = re.compile(rb"\r?\n\r?\n")
# Mailman writes public archives so; it is no mask, since nothing is left out.
_AT = re.compile(r"(?P<local>[^\s@<>()]{1,64}) at (?P<domain>[^\s@<>()]+\.[^\s@<>()]+)(?:\s+\((?P<name>.*)\))?")
# What lists write over From where a sender's domain forbids to pass its mail on.
_VIA = re.compile(r"['\"]?(?P<name>.+?)['\"]? via .+", re.IGNORECASE)
_EZMLM = re.compile(r"-return-(\d{1,9})-[^@\s]*=[^@\s]*@")
_NEAREST = 100


def read(raw: bytes) -> ArchivedMail | Unreadable:
    """One mail of an archive. Never judged: what an old list sent out is history, automatic or not."""
    parsed = parse(raw)
    if parsed.kind == "broken":
        return Unreadable(parsed.reason)
    headers = _headers(raw)
    own_export = headers.first("x-banyan-post")
    mail = ArchivedMail(
        message_id=parsed.message_id or stable_id(parsed),
        sender=_sender(parsed, headers),
        subject=parsed.subject,
        text=parsed.text,
        text_format=TextFormat.HTML if parsed.has_format == "html" else TextFormat.PLAIN,
        html=parsed.html,
        folded=parsed.folded,
        files=tuple(File(each.name, each.type, each.content) for each in parsed.attachments),
        answers=_answers(parsed),
        sent_at=parsed.date,
        listed_at=read_date(headers.first("x-list-received-date")),
        received=_received(headers),
        number=_number(headers),
    )
    return _as_exported(mail, raw, headers) if own_export in set(TextFormat) else mail


def _headers(raw: bytes) -> Headers:
    end = _HEADER_END.search(raw)
    return Headers(open_message(raw[: end.end()] if end else raw).raw_items())


def _answers(parsed: ParsedMail) -> tuple[str, ...]:
    nearest_first = (parsed.in_reply_to, *reversed(parsed.references))
    return tuple(dict.fromkeys(message_id for message_id in nearest_first if message_id))[:_NEAREST]


def _received(headers: Headers) -> tuple[datetime, ...]:
    """When each server on the way took the mail, the last one first; the time stands behind the last semicolon."""
    times = (read_date(value.rpartition(";")[2]) for value in headers.raw("received"))
    return tuple(time for time in times if time is not None)


def _number(headers: Headers) -> int | None:
    """The message's number in the old list's own archive, where its software wrote one (Groups.io, Yahoo, others)."""
    for name in ("x-groupsio-msgnum", "x-yahoo-message-num", "x-yahoo-msgnum", "x-message-number"):
        if (number := headers.first(name).strip()).isdigit() and len(number) <= 10:
            return int(number)
    # ezmlm writes it into the return path: list-return-123-member=domain@host.
    found = _EZMLM.search(headers.first("return-path")[:500])
    return int(found[1]) if found else None


def _sender(parsed: ParsedMail, headers: Headers) -> Sender:
    if not parsed.from_address:
        return _sender_without_address(headers.text("from"))
    via = _VIA.fullmatch(parsed.from_name)
    if via is None or not _is_of_the_list(parsed.from_address, headers):
        return Sender(parsed.from_name, parsed.from_address)
    # The list wrote its own address; the author's stands elsewhere, or nowhere. Only one other can be meant.
    others = read_addresses(headers.first("x-original-from")) or headers.addresses("reply-to")
    authors = {other.address for other in others if not _is_of_the_list(other.address, headers)}
    return Sender(via["name"], authors.pop() if len(authors) == 1 else "")


def _sender_without_address(value: str) -> Sender:
    written = _AT.fullmatch(value.strip())
    if written is not None:
        return Sender(written["name"] or "", f"{written['local']}@{written['domain']}")
    return Sender(value, "")


def _is_of_the_list(address: str, headers: Headers) -> bool:
    """Whether it is an address of the list that sent the mail, by the list's own headers (RFC 2369, RFC 2919)."""
    said = " ".join([*headers.raw("list-post"), *headers.raw("x-beenthere"), *headers.raw("sender")]).lower()
    list_id = " ".join(headers.raw("list-id")).lower()
    return address.lower() in said or f"<{address.lower().replace('@', '.')}>" in list_id


def _as_exported(mail: ArchivedMail, raw: bytes, headers: Headers) -> ArchivedMail:
    """The mail with what Banyan's export says in so many words."""
    form = TextFormat(headers.first("x-banyan-post"))
    parts: dict[str, str] = {"text": "", "folded": "", "html": ""}
    files: list[File] = []
    for part in open_message(raw).walk():
        assert isinstance(part, Part)
        label = str(part.get("x-banyan-part", "")).strip()
        if label in parts:
            parts[label] = part.content().decode("utf-8", "replace").removesuffix("\n")
        elif label == "file":
            files.append(File(part.file_name(), part.get_content_type(), part.content()))
    return ArchivedMail(
        message_id=mail.message_id,
        sender=mail.sender,
        subject=mail.subject,
        text=parts["text"],
        text_format=form,
        html=render(parts["text"], form, html_to_safe(parts["html"])),
        folded=parts["folded"],
        files=tuple(files),
        answers=mail.answers,
        sent_at=mail.sent_at,
        listed_at=mail.listed_at,
        received=mail.received,
        number=mail.number,
        thread=headers.first("x-banyan-thread")[:40],
        title=headers.text("x-banyan-title"),
    )
