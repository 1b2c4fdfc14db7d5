"""The mbox file format (RFC 4155, quoted as "mboxrd"): cut into messages, and written. Knows nothing inside a message.

An mbox has no grammar that holds: "From " may begin a line of any text, and old programs did not escape it. A line
that ends like a separator, with a day, a time and a year, is one when a blank line stands before it or a header
follows it; one without a time only when both are so, and the header is one with which mails begin.
"""

import email.utils
import mmap
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

_DATED = re.compile(
    rb"From .*\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +(?P<date>(?:\d\d? +)?[A-Z][a-z]{2} .*\d\d?:\d\d.*\d{4}.*|"
    rb"\d\d? +[A-Z][a-z]{2} +\d{4} +\d\d?:\d\d.*)"
)
_FIELD = re.compile(rb"(?:[!-9;-~]+[ \t]*:|>?From )")
_FIRST_FIELD = re.compile(
    rb"(?:Return-Path|Received|Delivered-To|Date|From|To|Subject|Message-ID|MIME-Version|X-[A-Za-z-]+):", re.IGNORECASE
)
_ESCAPED = re.compile(rb"^>(>*From )", re.MULTILINE)
_TO_ESCAPE = re.compile(rb"^(>*From )", re.MULTILINE)
_LONGEST_SEPARATOR = 1000


class NotAnMbox(ValueError):
    """The file holds no message that begins as in an mbox."""


@dataclass(frozen=True)
class Letter:
    """One message of the file: its number from 1, what the separator says of its time, and its unescaped bytes."""

    position: int
    separator_date: datetime | None
    raw: bytes
    # How many bytes of the file are read when this message is.
    end: int


def read_letters(path: Path) -> Iterator[Letter]:
    """The messages of a file one after the other, whatever its size. NotAnMbox, OSError."""
    with path.open("rb") as file:
        if not path.stat().st_size:
            raise NotAnMbox(f"{path} is empty.")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield from _cut(path, data)


def _cut(path: Path, data: mmap.mmap) -> Iterator[Letter]:
    starts = _separators(data)
    start = next(starts, None)
    if start is None:
        raise NotAnMbox(
            f'{path} holds no message: in an mbox each begins with a line such as "From ann@x.org Thu ...".'
        )
    position = 0
    if data[:start].strip():
        # A first message that lost its separator; if it is none, its reader will say so.
        position = 1
        yield Letter(1, None, _ESCAPED.sub(rb"\1", _without_last_blank_line(data[:start])), start)
    while start is not None:
        position += 1
        following = next(starts, None)
        end = following if following is not None else len(data)
        line_end = data.find(b"\n", start, end) + 1 or end
        raw = _without_last_blank_line(data[line_end:end])
        yield Letter(position, _date_of(data[start:line_end]), _ESCAPED.sub(rb"\1", raw), end)
        start = following


def _separators(data: mmap.mmap) -> Iterator[int]:
    if data[:5] == b"From " and _is_separator(data, 0):
        yield 0
    newline = data.find(b"\nFrom ")
    while newline >= 0:
        if _is_separator(data, newline + 1):
            yield newline + 1
        newline = data.find(b"\nFrom ", newline + 1)


def _is_separator(data: mmap.mmap, start: int) -> bool:
    line_end = data.find(b"\n", start, start + _LONGEST_SEPARATOR)
    if line_end < 0:
        return False
    following = data[line_end + 1 : line_end + 200]
    after_blank = start == 0 or data[max(start - 4, 0) : start].endswith((b"\n\n", b"\n\r\n"))
    if _DATED.match(data[start:line_end]):
        return after_blank or _FIELD.match(following) is not None
    return after_blank and _FIRST_FIELD.match(following) is not None


def _date_of(line: bytes) -> datetime | None:
    """The time in a separator line, which is UTC where it names no zone (RFC 4155, appendix A)."""
    dated = _DATED.match(line)
    parts = email.utils.parsedate_tz(dated["date"].decode("ascii", "replace")) if dated else None
    if parts is None:
        return None
    try:
        moment = datetime(*parts[:6], tzinfo=UTC)
        return moment - timedelta(seconds=parts[9] or 0)
    except (ValueError, OverflowError):
        return None


def _without_last_blank_line(raw: bytes) -> bytes:
    """The message without the blank line that divides it from the next one."""
    for blank in (b"\r\n\r\n", b"\n\n"):
        if raw.endswith(blank):
            return raw[: -len(blank) // 2]
    return raw


def write_letter(out: BinaryIO, raw: bytes, sender: str, at: datetime) -> None:
    """Append one message with LF line ends to an mbox. `sender` is an address, or "MAILER-DAEMON" for none."""
    out.write(f"From {sender} {at.astimezone(UTC).strftime('%a %b %e %H:%M:%S %Y')}\n".encode())
    out.write(_TO_ESCAPE.sub(rb">\1", raw))
    out.write(b"\n" if raw.endswith(b"\n") else b"\n\n")
