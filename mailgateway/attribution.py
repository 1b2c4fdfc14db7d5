"""Recognise the line that says whose words follow: "On Monday, Ann Lee wrote:", in the languages of the members.

Pure: lines in, places and grades out. What becomes of the words that follow is for `trim.py` to decide.
"""

import re
from collections.abc import Mapping, Sequence

from mailgateway.phrases import FIRST_PERSON, OPENER, VERB_AT_END, VERB_BEFORE_DATE, VERB_BEFORE_NAME

MAX_ATTRIBUTION = 500
_ATTRIBUTION_LINES = 5
# No mail has more lines that look like the beginning of a quote; what has is not worth seconds.
_MAX_CANDIDATES = 3_000

_BIDI = re.compile("[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_ADDRESS = re.compile(r"[^\s<>()\[\]\"',;:]{1,100}@[^\s<>()\[\]\"',;:]{1,200}")
_BRACKETED = re.compile(r"<[^<>]*>")
_DIGIT = re.compile(r"\d")
_TIME = re.compile(r"\d{1,2}\s?[:.h]\s?\d{2}|\d{1,2} ?[ap]\.?m\b|[点點时時시]", re.IGNORECASE)
_SECONDS = re.compile(r"\d:\d\d:\d\d")
_DATE = re.compile(r"\b(?:19|20)\d{2}\b|\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|[年년]|[\u0660-\u0669\u06f0-\u06f9]{4}")
_DATE_START = re.compile(r"\W*(?:[^\s\d<>@]{1,16}\s+)?\d")
_ADDRESS_AT_END = re.compile(r"@[^\s<>]+?[\s>)\]\"']*$")
_EAST_ASIAN = re.compile("[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")
# GroupWise writes ">>> Bob Stone <bob@example.org> 10/5/2026 8:12 PM >>>".
_ARROWS = re.compile(r"\s*>>>\s?[^>\s].{3,200}\d.{0,60}>>>\s*")
# A lone ">:" is the end of a wrapped attribution, not a quote.
_QUOTED = re.compile(r"[ \t\xa0]{0,3}>(?!\s*:\s*$)")
# ... and so is "> wrote:" after a line that ends within the brackets of an address.
_OPEN_ADDRESS = re.compile(r"<\s*(?:[^<>\s]{0,100}@[^<>\s]{0,200})?$")
# The line of a wrapped attribution that begins with a name and its address.
_NAMED_ADDRESS = re.compile(r"(?:[^<>@:;!?]{0,60}[<(]|[^\s<>@:;]{1,100}@)")
_SENTENCE_GAP = re.compile(r"(?<=[.!?])\s+(?=[A-ZÀ-ÝА-ЯΑ-Ω])")
_NAME_LINE = re.compile(r"[\"'“„«]?[^\W\d_][^:;!?<>@]{0,59}")


def part_from_words(line: str) -> tuple[str, ...]:
    """A line, or the author's words and the attribution that some program put behind them on the same line."""
    if len(line) <= MAX_ATTRIBUTION and line.rstrip().endswith((":", "：")):
        for gap in _SENTENCE_GAP.finditer(line):
            rest = line[gap.end() :]
            if OPENER.match(rest) and grade_attribution(rest) == 2:
                return line[: gap.start()], rest
    return (line,)


def find_quoted(lines: Sequence[str]) -> list[bool]:
    """For each line whether it bears the mark of a quote."""
    quoted: list[bool] = []
    for index, line in enumerate(lines):
        is_quoted = bool(_QUOTED.match(line)) and not _ARROWS.fullmatch(line[:300])
        if is_quoted and index and not quoted[-1] and _OPEN_ADDRESS.search(lines[index - 1][-320:]):
            is_quoted = False
        quoted.append(is_quoted)
    return quoted


def find_attributions(lines: Sequence[str], quoted: Sequence[bool]) -> Mapping[int, tuple[int, int]]:
    """Start line -> (end line, grade). Mail programs wrap attributions over up to five lines."""
    found: dict[int, tuple[int, int]] = {}
    candidates = 0
    for last, line in enumerate(lines):
        if not line or quoted[last] or len(line) > MAX_ATTRIBUTION:
            continue
        end = _BIDI.sub("", line[-60:]).rstrip("*_- \xa0")
        if not end.endswith((":", "：")) and not VERB_AT_END.search(end[-40:]) and not line.endswith(">>>"):
            continue
        candidates += 1
        if candidates > _MAX_CANDIDATES:
            break
        first, grade = _best_start(lines, quoted, last)
        if grade:
            found[first] = (last, grade)
    return found


def _best_start(lines: Sequence[str], quoted: Sequence[bool], last: int) -> tuple[int, int]:
    """Where the attribution that ends at a line begins, with its grade; 0 when there is none."""
    weak = certain = -1
    unfinished = has_address = False
    joined = ""
    for first in range(last, max(last - _ATTRIBUTION_LINES, -1), -1):
        line = _BIDI.sub("", lines[first]).strip()
        if not line or quoted[first] or len(joined) > MAX_ATTRIBUTION:
            break
        if certain >= 0 and line.endswith((".", "!", "?")) and not _DIGIT.search(line):
            # A sentence of the author's just above.
            break
        joined = f"{line} {joined}".rstrip()
        grade = grade_attribution(joined)
        if grade and (weak < 0 or unfinished):
            weak, unfinished = first, joined.startswith((">", "<"))
        if grade < 2:
            continue
        if OPENER.match(joined):
            return _widen(lines, quoted, first, joined), 2
        # What begins with neither a date nor "On" begins with the name and address of somebody.
        if (certain < 0 and (_DATE_START.match(joined) or "@" in line or first == last)) or (
            not has_address and "@" in line and _NAMED_ADDRESS.match(line)
        ):
            certain, has_address = first, "@" in joined
    if certain < 0 and weak < 0:
        return 0, 0
    first, grade = (certain, 2) if certain >= 0 else (weak, 1)
    return _widen(lines, quoted, first, _BIDI.sub("", lines[first]).strip()), grade


def _widen(lines: Sequence[str], quoted: Sequence[bool], first: int, joined: str) -> int:
    """Go up to the "On Nov 21, 2014," or to the name that some programs put on a line of its own."""
    above = first - 1
    if OPENER.match(joined) or above < 0 or quoted[above]:
        return first
    line = lines[above].strip()
    if joined.startswith("<") or (_ADDRESS.match(joined) and line.endswith("<")):
        name = line.rstrip("< ")
        return above if _NAME_LINE.fullmatch(name) and len(name.split()) <= 6 and not name.endswith(".") else first
    for above in range(first - 1, max(first - 3, -1), -1):
        line = lines[above].strip()
        if not line or len(line) > 40 or quoted[above]:
            break
        if OPENER.match(line) and _DIGIT.search(line) and line.endswith(","):
            return above
    return first


def is_attribution(text: str) -> bool:
    """Whether one logical line is an attribution that needs no quote marks after it to be one."""
    return grade_attribution(text) == 2


def grade_attribution(text: str) -> int:
    """2: surely "On ... wrote:"; 1: one if quoted lines follow; 0: none."""
    line = _BIDI.sub("", text).strip(" \t*_-\xa0")
    if not line or len(line) > MAX_ATTRIBUTION:
        return 0
    if _ARROWS.fullmatch(line):
        return 2
    colon = line.endswith((":", "："))
    core = line.rstrip(":： *_-\xa0")
    verb = bool(VERB_AT_END.search(core[-40:]))
    if (not colon and not verb) or FIRST_PERSON.search(line):
        return 0
    bare = _ADDRESS.sub("", _BRACKETED.sub("", line))
    if not _DIGIT.search(bare):
        return _grade_undated(line, colon=colon, verb=verb)
    address, dated, timed = bool(_ADDRESS.search(line)), bool(_DATE.search(bare)), bool(_TIME.search(bare))
    begins = bool(OPENER.match(line) or _DATE_START.match(line))
    before_date = bool(colon and VERB_BEFORE_DATE.search(line))
    said = verb or before_date or bool(colon and VERB_BEFORE_NAME.search(line))
    if said and begins:
        alone = address or timed or bool(re.search(r"\d.{0,20}\byou wrote$", core))
        return 2 if alone and (colon or timed) else 1
    if said and address and dated:
        return 2
    if said and dated and timed:
        # "Bob Stone wrote on 10/05/2026 8:12:33 PM:"; people do not write seconds.
        return 2 if _SECONDS.search(bare) or "/" in line.split()[1] or _is_written_by_programs(bare) else 1
    if colon and address and _ADDRESS_AT_END.search(core) and begins:
        return 2 if dated and timed else 1
    return 1 if colon and len(line) <= 200 and said else 0


def _grade_undated(line: str, *, colon: bool, verb: bool) -> int:
    quoting = re.match(r"(?:quoting|zitat von|citando)\b", line, re.IGNORECASE)
    return 1 if colon and len(line) <= 200 and (verb or quoting) else 0


def _is_written_by_programs(bare: str) -> bool:
    """In these languages a name, this verb and then a date are the form of a program, not of a sentence."""
    return bool(_EAST_ASIAN.search(bare)) or bool(re.search(r"\b(?:kirjoitti|pisze|viết)\b", bare))
