"""Recognise a quoted header block: "From: ... Sent: ... To: ... Subject: ...", in the languages of the members.

Pure, and only about where one begins; what follows from it is for `trim.py` to decide.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from mailgateway.phrases import LABEL, LABEL_KINDS

_MAX_LINES = 24
# A long list of recipients goes on over lines without a label.
_MAX_UNLABELLED = 6
_DATE = re.compile(r"\d{4}|\d{1,2}[./-]\d{1,2}|\d{1,2}[:.]\d{2}")
_LONG_RULE = re.compile(r"\s*[-_=*─━]{5,}\s*")
_MOMENT = re.compile(r"(?=.*\b(?:19|20)\d\d\b)(?=.*\d{1,2}[:.]\d{2})")
_CLOCK = re.compile(r"\d{1,2}[:.h時点시]\d{0,2}|[\u0660-\u0669\u06f0-\u06f9]{1,2}:")
# Windows writes them between all the numbers of a date.
_DIRECTIONS = re.compile("[\u200e\u200f\u202a-\u202e]")
_ZONED = re.compile(r"\d\d:\d\d:\d\d [+-]\d{4}\b")
# The labels of a block whose line breaks some program lost: "From: ... Sent: ... To: ...".
_LABELS_IN_LINE = re.compile(r"(?:^|[\s*])([^\W\d_][^\W\d_ ]{0,12}(?: [^\W\d_]{1,10})?)\s?[:：](?=\s)")
_MAX_GLUED = 2_000
# What stands alone on the second line of a block of Lotus Notes.
_MOMENT_ALONE = re.compile(
    r"\s*(?:[^\W\d_]{2,10},? )?\d{1,4}[./-]\d{1,2}[./-]\d{1,4},?\s+"
    r"\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?: ?[AP]M)?(?: \S{1,6})?\s*"
)
_NOTES_LINES = 24


def begins_header_block(lines: Sequence[str], start: int) -> bool:
    """Whether a quoted header block begins at a line."""
    kinds = _read_block(lines, start)
    others = kinds.keys() & {"date", "to", "subject"}
    if len(others) < 2 or "from" not in kinds:
        return _is_short_block(lines, start, kinds) or _is_glued(lines[start])
    sender = kinds["from"]
    # "From: 8 am, To: 4 pm" are hours, and "Date: 3 days after the operation" is none of a mail.
    if sender[:1].isdigit() or not _DATE.search(kinds.get("date", "2000")):
        return False
    has_address = any("@" in value for value in kinds.values())
    # A memo of an office names days; programs name the minute.
    is_dated = len(kinds) >= 3 and bool(_CLOCK.search(kinds.get("date", "")))
    return has_address or _is_after_rule(lines, start) or is_dated


def begins_notes_block(lines: Sequence[str], start: int) -> bool:
    """Whether a block of Lotus Notes begins: a name, below it a date alone, then "To" and "Subject" without colons."""
    if start + 1 >= len(lines) or not _MOMENT_ALONE.fullmatch(lines[start + 1][:80]):
        return False
    alone = [_kind_alone(line) for line in _filled(lines[start + 2 : start + _NOTES_LINES])]
    return alone[:1] == ["to"] and "subject" in alone


def _filled(lines: Sequence[str]) -> Iterator[str]:
    return (line for line in lines if line.strip())


def _kind_alone(line: str) -> str | None:
    return LABEL_KINDS.get(line.strip(" \t*_").lower()) if len(line) < 40 else None


def _is_after_rule(lines: Sequence[str], start: int) -> bool:
    return start > 0 and any(_LONG_RULE.fullmatch(line) for line in lines[max(0, start - 2) : start])


def _is_short_block(lines: Sequence[str], start: int, kinds: Mapping[str, str]) -> bool:
    """A block of two lines, of whom and when; the moment must be as full as programs write it."""
    first_two = {_kind_at([line], 0)[0] for line in list(_filled(lines[start : start + 4]))[:2]}
    date = kinds.get("date", "")[:200]
    if first_two == {"date", "to"}:
        return bool(_ZONED.search(date)) and "@" in kinds.get("to", "")
    if first_two != {"from", "date"} or not _MOMENT.match(date):
        return False
    return "@" in kinds.get("from", "") or _is_after_rule(lines, start)


def _is_glued(line: str) -> bool:
    """A whole block on one line; an address or a subject tell it from hours and places."""
    labels = [match[1].lower() for match in _LABELS_IN_LINE.finditer(line[:_MAX_GLUED])]
    kinds = {LABEL_KINDS.get(part) for label in labels for part in (label, label.rpartition(" ")[2])}
    is_whole = {"from", "date"} <= kinds and ("subject" in kinds or ("to" in kinds and "@" in line[:_MAX_GLUED]))
    return is_whole and bool(_DATE.search(line[:_MAX_GLUED]))


def _read_block(lines: Sequence[str], start: int) -> Mapping[str, str]:
    """What each label of a block says, by what the label names; {} when no block begins here."""
    kinds: dict[str, str] = {}
    unlabelled = 0
    open_kind = ""
    for index in range(start, min(start + _MAX_LINES, len(lines))):
        line = lines[index]
        if not line.strip(" \t*_|"):
            # Programs that turn paragraphs into text put blank lines between the labels.
            if open_kind or _kind_at(lines, index + 1)[0]:
                continue
            break
        kind, value = _kind_at(lines, index)
        if kind:
            kinds.setdefault(kind, value)
            open_kind = "" if value else kind
        elif open_kind:
            kinds[open_kind] = line.strip(" \t*_|")
            open_kind = ""
        elif not kinds or unlabelled == _MAX_UNLABELLED:
            break
        else:
            unlabelled += 1
    return kinds


def _kind_at(lines: Sequence[str], index: int) -> tuple[str, str]:
    """What the label of a line names, and its value; ("", "") when it has none."""
    if index >= len(lines):
        return "", ""
    match = LABEL.fullmatch(_DIRECTIONS.sub("", lines[index][:2_000]))
    kind = LABEL_KINDS.get(" ".join(match[1].strip(" *_").lower().split())) if match else None
    return (kind, match[2].strip(" \t*_|")) if match and kind else ("", "")
