"""What a member's answer to a plan asks for: the words that say where to belong, and yes or no. Pure.

The first own word decides, if nothing behind it on the line takes it back: "yes, but not group 2" is not understood.
In doubt nothing is asked for: then nothing changes, and the member is told the words.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from forum.splitting.models import Answer

# In place of a number: the group that the others grow out of.
PARENT = 0


@dataclass(frozen=True)
class Wanted:
    """Where a member wants to belong; `numbers` are the groups that were chosen."""

    answer: Answer
    numbers: tuple[int, ...] = ()


_POLITE = r"please|thanks?|thank\s+you|many\s+thanks|fine|good|great|sure"
_END = r"[\s*_\"'“”‘’)]*(?:[.!:;\n]|$)"
_START = r"[\s*_\"'“”‘’(-]*"


def _saying(words: str, more: str = "it") -> re.Pattern[str]:
    """These words with nothing behind them on the line that could take them back: politeness, or `more` of the same."""
    behind = rf"(?:[\s,&*_\"'“”‘’()-]+(?:{_POLITE}|{more})\b)*"
    return re.compile(rf"{_START}(?:{words})\b{behind}{_END}", re.IGNORECASE)


_KEEP = _saying(r"keep|yes|yep|ok|okay|agreed", r"it|that|this|the\s+proposal|as\s+(?:it\s+is|proposed)")
_PARENT = _saying(r"parent|stay", r"only|in|with|the\s+parent")
_ALL = _saying(r"all", r"of\s+them|groups?")
_YES = _saying(
    r"(?:yes|yep|ok|okay|agreed|accept|i\s+accept|i\s+agree)", r"i\s+(?:will|do|agree|accept|am)|it|with\s+pleasure"
)
_NO = _saying(r"no|nope|decline|i\s+decline|no\s+thanks?|no\s+thank\s+you", r"i\s+do\s+not|i\s+decline|not\s+me")
_BETWEEN = re.compile(r"(?:[\s,;.&+/#*_\"'“”‘’()-]|\b(?:and|groups?|numbers?|nos?|only|please|thanks?|also)\b)+", re.I)
_NUMBER = re.compile(r"\d{1,3}(?![\w])")
_LONGEST_ANSWER = 4_000


def read_place(words: str, names: Mapping[str, int]) -> Wanted | None:
    """Where somebody wants to belong; None when that is not clear. `names` are numbers by slugs and names of groups,
    0 for the parent, where everybody stays.

    A name wins over a word: a group may be called "All about hearts".
    """
    words = words[:_LONGEST_ANSWER]
    numbers = _read_numbers(words, {name.casefold(): number for name, number in names.items()})
    if numbers:
        chosen = tuple(number for number in numbers if number != PARENT)
        return Wanted(Answer.CHOSEN, chosen) if chosen else Wanted(Answer.PARENT)
    for pattern, answer in ((_KEEP, Answer.KEEP), (_PARENT, Answer.PARENT), (_ALL, Answer.ALL)):
        if pattern.match(words):
            return Wanted(answer)
    return None


def read_yes_or_no(words: str) -> Answer | None:
    words = words[:_LONGEST_ANSWER]
    if _YES.match(words):
        return Answer.YES
    return Answer.NO if _NO.match(words) else None


def _read_numbers(words: str, names: Mapping[str, int]) -> tuple[int, ...]:
    """The groups named in the first lines, as long as they name nothing else; () when the first line says more."""
    found: list[int] = []
    for line in words.split("\n"):
        of_line = _read_line(line.strip(), names) if line.strip() else None
        if of_line is None:
            break
        found += of_line
    return tuple(dict.fromkeys(found))


def _read_line(line: str, names: Mapping[str, int]) -> list[int] | None:
    """The numbers of a line of nothing but names and numbers; None when there is something else, or an unknown one."""
    found: list[int] = []
    at = 0
    folded = line.casefold()
    by_length = sorted(names, key=len, reverse=True)
    while at < len(folded):
        name = next((each for each in by_length if _stands_at(folded, at, each)), None)
        number = _NUMBER.match(folded, at)
        between = _BETWEEN.match(folded, at)
        if name is not None:
            found.append(names[name])
            at += len(name)
        elif number is not None:
            if int(number[0]) == PARENT or int(number[0]) not in names.values():
                return None
            found.append(int(number[0]))
            at = number.end()
        elif between is not None:
            at = between.end()
        else:
            return None
    return found or None


def _stands_at(line: str, at: int, name: str) -> bool:
    after = at + len(name)
    return line.startswith(name, at) and not (after < len(line) and (line[after].isalnum() or line[after] == "-"))
