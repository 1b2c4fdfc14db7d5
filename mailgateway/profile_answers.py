"""Reads answers to the mail that asks what a profile does not say, as commands to the system address. Does nothing.

An answer names what it says ("place: Graz, Austria"), also inside the quoted mail, or is just the words, one line each
in the order of the question. What sounds like a refusal or a question of its own says nothing.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from forum.facets.models import Dimension
from forum.facets.recognising import is_understood
from forum.facets.values import fold
from forum.groups.asking import ASKABLE
from mailgateway.parse import ParsedMail

LABELS: Mapping[Dimension, str] = {
    Dimension.PLACE: "place",
    Dimension.SPECIALTY: "specialty",
    Dimension.CAREER_STAGE: "career stage",
}
_PREFIX = re.compile(r"^(?:\s*(?:re|aw|sv|antw|rv|ref)\s*:)+", re.IGNORECASE)
_QUOTE = re.compile(r"^[\s>|*•-]+")
_NAMED = re.compile(rf"(?P<label>{'|'.join(LABELS.values())}) ?: ?(?P<said>\S.*)", re.IGNORECASE)
_NO_ANSWER = re.compile(
    r"\b(?:no|not|none|never|nothing|n/?a|rather|why|who|what|which|how|please|stop|unsubscribe|remove|leave|don.?t|skip|"
    r"help|pass|sorry|private)\b|\?",
    re.IGNORECASE,
)
_COURTESY = re.compile(
    r"(?:(?:thanks?|you|and|so|very|much|many|best|kind|warm|with|regards|wishes|cheers|sincerely|yours|hi|hello|dear|all)[\s,.!]*)+",
    re.IGNORECASE,
)
_LONGEST = 80


def subject_that_asks(dimensions: Sequence[Dimension]) -> str:
    """The subject of the mail that asks for these; an answer to it is known by it."""
    *first, last = [LABELS[each] for each in dimensions]
    return f"Your {', '.join(first)} and {last}" if first else f"Your {last}"


_ASKED_BY = {
    subject_that_asks(asked).lower(): asked
    for count in range(1, len(ASKABLE) + 1)
    for asked in combinations(ASKABLE, count)
}


def is_about_profile(subject: str) -> bool:
    """Whether a mail answers the one that asks."""
    return _bare(subject) in _ASKED_BY


def profile_commands(parsed: ParsedMail) -> Sequence[str]:
    """What an answer says, one command a line; nothing where it says nothing or is another mail."""
    asked = _ASKED_BY.get(_bare(parsed.subject), ())
    if not asked:
        return ()
    named = dict(_named_in(parsed))
    if named:
        return [f"{label}: {said}" for label, said in named.items()]
    plain = [line.strip() for line in parsed.text.split("\n") if line.strip()]
    plain = [line for line in plain if not _is_around(line, parsed.from_name)]
    if len(plain) > len(asked) or any(len(line) > _LONGEST or _NO_ANSWER.search(line) for line in plain):
        return ()
    if len(plain) < len(asked):
        return _as_understood(plain, asked)
    return [f"{LABELS[each]}: {line}" for each, line in zip(asked, plain, strict=True)]


def _is_around(line: str, name: str) -> bool:
    """Whether a line is courtesy or the name under a mail."""
    if len(line) > _LONGEST:
        return False
    return _COURTESY.fullmatch(line) is not None or set(fold(line).split()) <= set(fold(name).split())


def _as_understood(plain: Sequence[str], asked: Sequence[Dimension]) -> Sequence[str]:
    """Fewer lines than questions: each answers the one of which it names something that is known."""
    commands = []
    for line in plain:
        about = [each for each in asked if is_understood(each, line)]
        if len(about) == 1:
            commands.append(f"{LABELS[about[0]]}: {line}")
    return commands


def _bare(subject: str) -> str:
    return " ".join(_PREFIX.sub("", subject).split()).lower()


def _named_in(parsed: ParsedMail) -> Iterator[tuple[str, str]]:
    """Named lines; those of the author's own words count before those inside the quote."""
    for line in (*parsed.folded.split("\n"), *parsed.text.split("\n")):
        found = _NAMED.fullmatch(_QUOTE.sub("", line).strip())
        if found is not None:
            yield found["label"].lower(), found["said"]
