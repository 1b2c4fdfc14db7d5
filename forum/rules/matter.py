"""What a check of words looks at and what it answers: texts, options and sightings, all frozen; pure.

A check is a pure function `(matter, options) -> sightings`. It says where it saw something, not what: the words
themselves stand in the submission alone, so that no log and no queue repeats them.
"""

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from forum.rules.findings import Passage, Severity
from forum.rules.submission import File


@dataclass(frozen=True)
class Matter:
    """The words of a submission: what its author wrote, quoted lines (`> ...`) among it, and its files."""

    text: str
    subject: str = ""
    files: tuple[File, ...] = ()

    @cached_property
    def own(self) -> str:
        """The text with each quoted line as spaces, so that what stands in it has the same place."""
        return "".join(_blanked(line) if quoted else line for line, quoted in _lines(self.text))

    @cached_property
    def quoted(self) -> str:
        """The text with all but its quoted lines as spaces."""
        return "".join(line if quoted else _blanked(line) for line, quoted in _lines(self.text))


class Asks(enum.StrEnum):
    """What the author has to do about a sighting before the post can go."""

    NOTHING = "nothing"
    # Change the words, or say of each passage that it is none.
    CONFIRM = "confirm"
    # Change the words; there are too many passages to speak for each.
    CHANGE = "change"


@dataclass(frozen=True)
class Sighting:
    """What a check saw: how grave it is at most, in a sentence for the author and one for the moderator, and where.

    `severity` is the check's own; the rule that uses the check may make it milder. `score` runs from 0 to 1 where a
    check weighs, else it is 1; `label` is its class, such as `partisan`.
    """

    severity: Severity
    sentence: str
    for_moderator: str
    passages: tuple[Passage, ...]
    score: float = 1.0
    label: str = ""
    asks: Asks = Asks.NOTHING


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    for line in text.splitlines(keepends=True):
        yield line, line.lstrip(" ").startswith(">")


def _blanked(line: str) -> str:
    words = line.rstrip("\r\n")
    return " " * len(words) + line[len(words) :]
