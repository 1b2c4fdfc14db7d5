"""Recognise the line that says whose words follow: "On Monday, Ann Lee wrote:", in the languages of the members.

Pure: lines in, places and grades out. What becomes of the words that follow is for `trim.py` to decide.
"""

import re
from collections.abc import Mapping, Sequence

from mailgateway.phrases import (
    ARTICLE,
    FIRST_PERSON,
    OPENER,
    SEPARATOR_IN_LINE,
    USER_WORD,
    VERB,
    VERB_AT_END,
    VERB_BEFORE_DATE,
    VERB_BEFORE_NAME,
)

MAX_ATTRIBUTION = 500
_ATTRIBUTION_LINES = 5
# How far into a line that lost its breaks its words are looked at.
_MAX_GLUED = 5_000
# No mail has more lines that look like the beginning of a quote; what has is not worth seconds.
_MAX_CANDIDATES = 1_500

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
# "... as we said On Wed, Apr 4, 2012 at 3:59 PM, bob@example.org wrote:", perhaps with "---" before the "On".
_DATED_GAP = re.compile(
    r"(?<=[^\s-])(?:\s+(?=-{2,}\s?[A-Z])|\s*(?=-{2,}\s?[A-Z])|\s+)"
    r"(?=-*\s?(?:On|Am|Le|El|Il|Em|Op|Den)\s(?:[^\W\d_]{2,12}[.,]{0,2}\s){0,2}\d)"
)
# Forms of programs that say no "wrote": a name and address behind a date, or before a date in brackets.
_UNSAID = re.compile(
    r"\d{4}[-/]\d{1,2}[-/]\d{1,2}\b[^<>]{0,80}(?:<[^<>\s]+@[^<>\s]+>|\bGMT[+-]\d\d:\d\d [^<>:]{2,40})"
    r"|[^<>\[\]]{2,60}<[^<>\s]+@[^<>\s]+>,? \[[^\[\]]*\d{4}[^\[\]]*\]:?|(?:according to|thus spake|selon) .{2,100}:",
    re.IGNORECASE,
)
# "---- Bob Stone wrote ----", by the mail programs of phones and by Lotus Notes.
_DASHED = re.compile(r"-{2,}\s*([^-].{0,200}?)[\s:]*-{2,}")
_IN_MESSAGE = re.compile(rf"in (?:message|article) ?<[^<>]+>,? .{{1,120}}\b(?:{VERB}|says)[\s.:…]*", re.IGNORECASE)
# The whole line is an address, perhaps with a name, and the verb: nobody writes so about a colleague.
_ADDRESSED = re.compile(
    r"(?!(?:as|like|wie|comme|como|come|zoals) )[^:!?]{0,60}"
    rf"[<(]\s?(?:mailto:)?[^\s<>()@]+@[^\s<>()]+\s?[>)],?\s(?:{VERB})\s?:"
    rf"|(?:mailto:)?[^\s<>()@]+@[^\s<>()]+\s(?:{VERB})\s?:"
    r"|(?:quoting|zitat von|citando)\s[^:!?]{0,60}<[^\s<>@]+@[^\s<>]+>:"
    rf"|[^:!?,.]{{2,40}} via [^:!?]{{2,40}} (?:{VERB}):",
    re.IGNORECASE,
)
# "Le 3 mai à 12h30, le ministre a écrit :" is no name that a program puts there.
_ARTICLE_AND_NAME = re.compile(
    r"(?:,|schrieb|schreef|skrev)\s(?:the|our|an?|der|die|das|unsere?|le|la|les|el|los|las|il|lo|het|den|det)\s\w"
)
# Sentences end so too, when no colon follows.
_PRESENT = re.compile(r"\b(?:writes|said|schreibt|scrive|escribe|skriver|pisze)$", re.IGNORECASE)
# A weekday, a date with its year, a name: "On Thursday, 27 June 2013, Bob Stone wrote:".
_DAY_AND_NAME = re.compile(
    r"[*_\s-]*[^\W\d_]{1,8} [^\W\d_]{2,16}[.,]{0,2} [^:!?<>@]{0,40}\b(?:19|20)\d\d,\s"
    rf"(?!(?:{ARTICLE})\b)(?:[^\s,;:!?]+\s){{1,6}}(?:{VERB})",
    re.IGNORECASE,
)
# "Bob Stone schrieb am 03.03.2026 um 10:12:": the name, the verb and then nothing but numbers.
_NAME_AND_NUMBERS = re.compile(
    rf"((?:[^\W\d_][\w.'’-]*,?\s){{1,5}}?)(?:{VERB})\s[^\d:!?]{{0,8}}\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{2,4}}\.?,?\s[^\d:!?]{{0,8}}"
    r"\d{1,2}[:.h]\d{2}(?:\s?[ap]\.?m\.?|\sUhr)?",
    re.IGNORECASE,
)
_NAME_LINE = re.compile(r"[\"'“„«]?[^\W\d_][^:;!?<>@]{0,59}")


def part_from_words(line: str) -> tuple[str, ...]:
    """A line, or the author's words and the attribution that some program put behind them on the same line."""
    if _QUOTED.match(line):
        return (line,)
    if len(line) <= MAX_ATTRIBUTION and line.rstrip().endswith((":", "：")):
        gaps = [*_SENTENCE_GAP.finditer(line), *_DATED_GAP.finditer(line)]
    else:
        gaps = [*SEPARATOR_IN_LINE.finditer(line[:_MAX_GLUED])] if "-----" in line else []
    for gap in gaps:
        above, rest = line[: gap.start()], line[gap.end() :]
        is_end = gap.re is SEPARATOR_IN_LINE or (OPENER.match(rest) and grade_attribution(rest) == 2)
        if is_end and any(map(str.isalnum, above)) and not OPENER.fullmatch(above):
            return above, rest
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
        is_said = end.endswith((":", "：")) or VERB_AT_END.search(end[-40:]) or line.endswith(">>>")
        if not is_said and not _UNSAID.fullmatch(line):
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
    plain = _BIDI.sub("", text).strip()
    line = plain.strip("*_-\xa0 \t")
    if not line or len(line) > MAX_ATTRIBUTION:
        return 0
    if _ARROWS.fullmatch(line):
        return 2
    if _UNSAID.fullmatch(line):
        return 1
    dashed = _DASHED.fullmatch(plain)
    is_said = bool(_IN_MESSAGE.fullmatch(line) or (dashed and VERB_AT_END.search(dashed[1][-40:])))
    grade = 2 if is_said else _grade_line(line)
    if grade == 2 and "@" not in line and _ARTICLE_AND_NAME.search(line):
        grade = 1
    return 0 if grade and FIRST_PERSON.search(line) else grade


def _grade_line(line: str) -> int:
    colon = line.endswith((":", "："))
    core = line.rstrip(":： *_-\xa0")
    verb = bool(VERB_AT_END.search(core[-40:]))
    if not colon and (not verb or _PRESENT.search(core)):
        return 0
    bare = _ADDRESS.sub("", _BRACKETED.sub("", line))
    if not _DIGIT.search(bare):
        return _grade_undated(line, colon=colon, verb=verb)
    address, dated, timed = bool(_ADDRESS.search(line)), bool(_DATE.search(bare)), bool(_TIME.search(bare))
    begins = bool(OPENER.match(line) or _DATE_START.match(line))
    before_date = bool(colon and VERB_BEFORE_DATE.search(line))
    said = verb or before_date or bool(colon and VERB_BEFORE_NAME.search(line))
    if said and begins:
        alone = address or timed or bool(re.search(r"\d.{0,20}\byou wrote$", core) or USER_WORD.search(core))
        alone = alone or bool(_DAY_AND_NAME.fullmatch(core))
        return 2 if alone and (colon or timed) else 1
    if said and address and dated:
        return 2
    if said and dated and timed:
        named = _NAME_AND_NUMBERS.fullmatch(core)
        if named and colon and named[1].istitle():
            return 2
        # "Bob Stone wrote on 10/05/2026 8:12:33 PM:"; people do not write seconds.
        return 2 if _SECONDS.search(bare) or "/" in "".join(line.split()[1:2]) or _is_written_by_programs(bare) else 1
    if colon and address and _ADDRESS_AT_END.search(core) and begins:
        return 2 if dated and timed else 1
    return 1 if colon and len(line) <= 200 and said else 0


def _grade_undated(line: str, *, colon: bool, verb: bool) -> int:
    if _ADDRESSED.fullmatch(line):
        return 2
    quoting = re.match(r"(?:quoting|zitat von|citando)\b", line, re.IGNORECASE)
    return 1 if colon and len(line) <= 200 and (verb or quoting) else 0


def _is_written_by_programs(bare: str) -> bool:
    """In these languages a name, this verb and then a date are the form of a program, not of a sentence."""
    return bool(_EAST_ASIAN.search(bare)) or bool(re.search(r"\b(?:kirjoitti|pisze|viết)\b", bare))
