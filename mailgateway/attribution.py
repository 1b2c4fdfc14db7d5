"""Recognise the line that says whose words follow: "On Monday, Ann Lee wrote:", in the languages of the members.

Pure, and about one logical line at a time; where the lines of a mail belong is for `trim.py` to decide.
"""

import re

from mailgateway.phrases import OPENER, VERB_AT_END, VERB_INSIDE

MAX_ATTRIBUTION = 500

_BIDI = re.compile("[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_ADDRESS = re.compile(r"[^\s<>()\[\]\"',;:]+@[^\s<>()\[\]\"',;:]+")
_BRACKETED = re.compile(r"<[^<>]*>")
_DIGIT = re.compile(r"\d")
_TIME = re.compile(r"\d{1,2}\s?[:.h]\s?\d{2}|\d{1,2} ?[ap]\.?m\b|[点點时時시]", re.IGNORECASE)
_DATE = re.compile(r"\b(?:19|20)\d{2}\b|\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|[年년]")
DATE_START = re.compile(r"\W*(?:[^\W\d]{1,14}[.,]{0,2}\s+)?\d")
_ADDRESS_AT_END = re.compile(r"@[^\s<>]+?[\s>)\]\"']*$")


def is_attribution(text: str) -> bool:
    """Whether one logical line is an attribution that needs no quote marks after it to be one."""
    return grade_attribution(text) == 2


def grade_attribution(text: str) -> int:
    """2: surely "On ... wrote:"; 1: one if quoted lines follow; 0: none."""
    line = _BIDI.sub("", text).strip(" \t*_-\xa0")
    if not line or len(line) > MAX_ATTRIBUTION:
        return 0
    colon = line.endswith((":", "："))
    core = line.rstrip(":： *_-\xa0")
    verb = bool(VERB_AT_END.search(core[-40:]))
    if not colon and not verb:
        return 0
    address = bool(_ADDRESS.search(line))
    bare = _ADDRESS.sub("", _BRACKETED.sub("", line))
    dated = bool(_DIGIT.search(bare))
    timed = bool(_TIME.search(bare))
    alone = address or timed or bool(re.search(r"\d.{0,20}\byou wrote$", core))
    inside = colon and bool(VERB_INSIDE.search(line))
    if dated and (verb or inside) and (OPENER.match(line) or DATE_START.match(line)):
        return 2 if alone and (colon or timed) else 1
    if dated and colon and address and _ADDRESS_AT_END.search(core) and _DATE.search(bare) and timed:
        return 2 if OPENER.match(line) or DATE_START.match(line) else 0
    if address and (verb or inside) and _DATE.search(bare):
        return 2
    if dated and colon and address and DATE_START.match(line) and _ADDRESS_AT_END.search(core):
        return 1
    if colon and len(line) <= 200 and (verb or re.match(r"(?:quoting|zitat von|citando)\b", line, re.IGNORECASE)):
        return 1
    return 0
