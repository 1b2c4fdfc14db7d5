"""Finds turns of phrase in what an author has written; knows neither which of them are unwelcome nor why.

A turn of phrase is an expression in which a space is any white space and `…` stands for up to three words.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from forum.rules.findings import Field, Passage
from forum.rules.matter import Matter
from forum.rules.patterns import Pattern, fold

Cues = Mapping[str, Pattern]

# More marks help nobody to find what to change.
MOST_PASSAGES = 20
# Whoever answers has not chosen the subject.
_ANSWER = re.compile(
    r"\s*(?:\[[^\]\n]{0,60}\]\s*)?(?:re|aw|antw|sv|vs|fwd?|wg|tr|rv)\s*(?:\[\d{1,3}\])?\s*:", re.IGNORECASE
)
# "We do not ...", "please never ...": what somebody asks others to leave.
_DENIED = re.compile(
    r"\b(?:(?<!why )not|never|no|without|against|forbids?|bans?|cannot|(?:ca|could|did|do|does|is|must|should|wo|"
    r"would)n['’]?t)\s+(?!forget|hesitate|miss|wait|only|just|delay)"
    r"(?:\w+\s+){0,2}$",
    re.IGNORECASE,
)
_LONGEST_DENIAL = 40


def cues(**kinds: Sequence[str]) -> Cues:
    """The expressions of each kind as one pattern."""
    return {kind.replace("_", " "): Pattern(_joined(expressions)) for kind, expressions in kinds.items()}


def _joined(expressions: Sequence[str]) -> str:
    joined = "|".join(expressions).replace("(", "(?:").replace("…", r"\s+(?:[\w'-]+\s+){0,3}")
    return rf"\b(?:{joined})\b".replace(" ", r"\s+")


def own_fields(matter: Matter) -> Iterator[tuple[Field, str]]:
    """What the author has written: the text without quoted lines, and the subject of what is no answer."""
    if matter.subject and not _ANSWER.match(matter.subject):
        yield "subject", matter.subject
    yield "text", matter.own


def find_cues(matter: Matter, sought: Cues) -> tuple[Passage, ...]:
    """Where the author uses one of these turns and does not deny it in the same breath, the first ones."""
    found: list[Passage] = []
    for field, text in own_fields(matter):
        found += cues_in(text, sought, field)
    return tuple(found[:MOST_PASSAGES])


def cues_in(text: str, sought: Cues, field: Field) -> Iterator[Passage]:
    """The same for one text, kind by kind."""
    folded = fold(text)
    for kind, pattern in sought.items():
        for start, end in pattern.find(folded):
            if not _DENIED.search(text[max(0, start - _LONGEST_DENIAL) : start]):
                yield Passage(start, end, kind, field)


def kinds_of(passages: Sequence[Passage]) -> str:
    """The kinds that were seen, for a sentence."""
    return ", ".join(dict.fromkeys(passage.kind for passage in passages))
