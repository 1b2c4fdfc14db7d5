"""Reads the Maildirs in which the gateway keeps captured mail, as a mail program would show them.

Looking changes nothing: no mail is moved or marked. Knows no persona and no page.
"""

import mailbox
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.headerregistry import DateHeader
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parseaddr
from pathlib import Path


@dataclass(frozen=True)
class Line:
    """A mail in a list. `key` names it among all mails of its box; `sender` is the name that a reader sees."""

    key: str
    sender: str
    subject: str
    at: datetime


@dataclass(frozen=True)
class Enclosed:
    """A file in a mail."""

    name: str
    type: str
    content: bytes


@dataclass(frozen=True)
class Mail:
    """A mail that is open. `text` and `html` are its two bodies, "" where it has none; `source` is the whole of it."""

    line: Line
    headers: EmailMessage
    text: str
    html: str
    files: tuple[Enclosed, ...]
    source: str

    def header(self, name: str) -> str:
        """The value of a header, decoded and on one line; "" when it is not there."""
        return " ".join(str(self.headers.get(name, "")).split())


def list_mails(boxes: Iterable[Path]) -> Sequence[Line]:
    """All mails of some Maildirs, newest first; a box that nothing has come to yet is empty."""
    parser = BytesParser(policy=policy.default)
    lines = [
        _line(key, parser.parsebytes(box.get_bytes(key), headersonly=True))
        for box in _open(boxes)
        for key in box.iterkeys()
    ]
    return sorted(lines, key=lambda line: (line.at, line.key), reverse=True)


def count_mails(boxes: Iterable[Path]) -> int:
    return sum(len(box) for box in _open(boxes))


def open_mail(boxes: Iterable[Path], key: str) -> Mail | None:
    """One mail by its key, or None."""
    for box in _open(boxes):
        try:
            raw = box.get_bytes(key)
        except KeyError:
            continue
        message = BytesParser(policy=policy.default).parsebytes(raw)
        return Mail(
            line=_line(key, message),
            headers=message,
            text=_body(message, "plain"),
            html=_body(message, "html"),
            files=tuple(_files(message)),
            source=raw.decode("utf-8", "replace"),
        )
    return None


def _open(boxes: Iterable[Path]) -> Iterator[mailbox.Maildir]:
    for folder in boxes:
        if (folder / "new").is_dir():
            yield mailbox.Maildir(folder, create=False)


def _line(key: str, headers: EmailMessage) -> Line:
    name, address = parseaddr(str(headers.get("From", "")))
    subject = " ".join(str(headers.get("Subject", "")).split())
    return Line(key, name or address or "(no sender)", subject or "(no subject)", _date(headers))


def _date(headers: EmailMessage) -> datetime:
    """The moment in the Date header; the beginning of time when there is none to read, so that it stands last."""
    header = headers.get("Date")
    found = header.datetime if isinstance(header, DateHeader) else None
    if found is None:
        return datetime.fromtimestamp(0, UTC)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return "" if part is None else str(part.get_content())


def _files(message: EmailMessage) -> Iterator[Enclosed]:
    for part in message.iter_attachments():
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            yield Enclosed(part.get_filename() or "file", part.get_content_type(), content)
