"""Recognise a quoted header block: "From: ... Sent: ... To: ... Subject: ...", in the languages of the members.

Pure, and only about where one begins; what follows from it is for `trim.py` to decide.
"""

import re
from collections.abc import Mapping, Sequence

from mailgateway.phrases import LABEL, LABEL_KINDS

_MAX_LINES = 24
# A long list of recipients goes on over lines without a label.
_MAX_UNLABELLED = 6
_DATE = re.compile(r"\d{4}|\d{1,2}[./-]\d{1,2}|\d{1,2}[:.]\d{2}")
_LONG_RULE = re.compile(r"\s*[-_=*─━]{5,}\s*")


def begins_header_block(lines: Sequence[str], start: int) -> bool:
    """Whether a quoted header block begins at a line."""
    kinds = _read_block(lines, start)
    if "from" not in kinds or len(kinds.keys() & {"date", "to", "subject"}) < 2:
        return False
    sender = kinds["from"]
    # "From: 8 am, To: 4 pm" are hours, and "Date: 3 days after the operation" is none of a mail.
    if sender[:1].isdigit() or not _DATE.search(kinds.get("date", "2000")):
        return False
    has_address = any("@" in value for value in kinds.values())
    after_rule = start > 0 and any(_LONG_RULE.fullmatch(line) for line in lines[max(0, start - 2) : start])
    return has_address or after_rule or ("date" in kinds and len(kinds) >= 3)


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
    match = LABEL.fullmatch(lines[index][:2_000])
    kind = LABEL_KINDS.get(" ".join(match[1].strip(" *_").lower().split())) if match else None
    return (kind, match[2].strip(" \t*_|")) if match and kind else ("", "")
