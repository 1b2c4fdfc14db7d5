"""Tell the ">" that marks a quote from the one of a measure, and find quoted lines that lost theirs.

Pure: lines in, answers out. What becomes of a quote is for `trim.py` to decide.
"""

import re
from collections.abc import MutableSequence, Sequence

# A link in brackets that some program broke where its quote mark got lost.
_OPEN_LINK = re.compile(r"[(<]\s?https?://[^\s()<>]*$")
_LINK_BETWEEN = re.compile(r"\s*[(<]https?://\S+[)>]\s*>\s*")
_OWN_GREATER_THAN = re.compile(r"\s*> ?[=\d]")
# "> 6.0 mmol/l" and ">90 % of patients" are measures, not quotes.
_MEASURE = re.compile(
    r"\s*>\s?=?\s?\d[\d.,–-]*\s?(?:%|°|µ|mmol|mol\b|m?g\b|kg|m?l\b|dl\b|mm|cm|m\b|i?u\b|h\b|min\b|s\b|bpm|kpa|x\b|×"
    r"|/|years?|yrs?|months?|weeks?|days?|hours?|times?|patients?|cases?|of\b|jahre|tage|stunden|ans\b|jours|años|días|anni)",
    re.IGNORECASE,
)


def is_wrapped_quote(above: str, line: str) -> bool:
    """Whether a line below a quoted one belongs to it: some program wrapped it without repeating its mark."""
    line = line.strip()
    if _OPEN_LINK.search(above[-2_000:]):
        return " " not in line
    if _LINK_BETWEEN.fullmatch(line[:2_000]) or (above.endswith("=") and len(line) <= 12):
        return True
    return len(above) >= 66 and above[-1] not in ".?!:;" and line[:1].islower() and len(line) < len(above)


def take_measures_for_words(lines: Sequence[str], quoted: MutableSequence[bool], attributed: Sequence[bool]) -> None:
    """Unmark runs of lines that all begin with a measure: they are the author's, if nobody is named above them."""
    first = 0
    while first < len(lines):
        last = first
        while last < len(lines) and quoted[last]:
            last += 1
        if last > first and not attributed[max(first - 1, 0)] and all(map(_MEASURE.match, lines[first:last])):
            quoted[first:last] = [False] * (last - first)
        first = max(last, first + 1)


def is_own_greater_than(lines: Sequence[str], quoted: Sequence[bool], index: int) -> bool:
    """Whether a line with the mark is a sentence that was wrapped before "> 6.0 mmol/l", or begins the mail so."""
    if not _OWN_GREATER_THAN.match(lines[index]) or (index + 1 < len(lines) and quoted[index + 1]):
        return False
    above = index - 1
    if above >= 0 and lines[above]:
        return not quoted[above]
    return not any(lines[at] for at in range(index)) and len(lines[index]) <= 60
