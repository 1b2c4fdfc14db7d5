"""Sees words and patterns that a group has listed, and shows on any text what its list would match and why.

An entry is a word or several (`miracle cure`), the beginning of words (`crypto*`), or a pattern between slashes in
RE2's syntax (`/cures? for \\w+/`). Case and accents make no difference; words match whole words alone.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from forum.rules.cues import MOST_PASSAGES, own_fields
from forum.rules.findings import Passage, Severity
from forum.rules.matter import Matter, Sighting
from forum.rules.patterns import Folded, Pattern, fold, fold_accents, fold_word, quote

_INSIDE_A_WORD = r"[\pL\pN_]"
_MOST_ENTRIES = 2_000
_LONGEST_ENTRY = 500


@dataclass(frozen=True)
class WordMatch:
    """Where an entry matches, in code points; `allowed_by` is the allow-list's entry that lets it pass, if any."""

    entry: str
    start: int
    end: int
    allowed_by: str | None


@dataclass(frozen=True)
class WordsOptions:
    """What is listed, and what passes although it holds something listed (`Dick's sign`)."""

    words: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for entries in (self.words, self.allowed):
            if len(entries) > _MOST_ENTRIES:
                raise ValueError(f"A list has {len(entries)} entries, and {_MOST_ENTRIES:,} are the most.")
            for entry in entries:
                _refuse_bad(entry)
        # What cannot be read is said now, to whoever writes it, and not when a post comes.
        _ = self.listed, self.passing

    @cached_property
    def listed(self) -> "_Listed":
        return _Listed(self.words)

    @cached_property
    def passing(self) -> "_Listed":
        return _Listed(self.allowed)


def check_words(matter: Matter, options: WordsOptions) -> tuple[Sighting, ...]:
    found = [
        Passage(match.start, match.end, "listed word", field)
        for field, text in own_fields(matter)
        for match in _matches(text, options)
        if match.allowed_by is None
    ]
    if not found:
        return ()
    return (
        Sighting(
            Severity.HOLD,
            "The marked words are on the list of words that this group looks at before they go to everybody. Put it in"
            " other words if you can.",
            f"{len(found)} listed words or patterns.",
            tuple(found[:MOST_PASSAGES]),
        ),
    )


def try_words(options: WordsOptions, text: str) -> tuple[WordMatch, ...]:
    """All that the list matches in a text, also what passes, in order: for whoever writes the list."""
    return tuple(_matches(text, options))


def _matches(text: str, options: WordsOptions) -> Iterator[WordMatch]:
    if not options.words:
        return
    folded = fold(text)
    found = sorted(options.listed.find(folded, text), key=lambda match: (match[1], match[2]))
    passing = sorted(options.passing.find(folded, text), key=lambda match: (match[1], match[2])) if found else []
    behind = 0
    for entry, start, end in found:
        while behind < len(passing) and passing[behind][2] <= start:
            behind += 1
        around = (each for each in passing[behind : behind + MOST_PASSAGES] if each[1] <= start and end <= each[2])
        allowed = next(around, None)
        yield WordMatch(entry, start, end, allowed[0] if allowed else None)


class _Listed:
    """A list of entries made ready: its words are one pattern, each pattern between slashes is its own."""

    def __init__(self, entries: Sequence[str]) -> None:
        words = {_plain(entry): entry for entry in entries if not _is_pattern(entry)}
        self._whole = {word: entry for word, entry in words.items() if not word.endswith("*")}
        self._beginnings = {word[:-1]: entry for word, entry in words.items() if word.endswith("*")}
        # The longest first, so that "free sample" is seen before "free".
        ordered = sorted(words, key=len, reverse=True)
        self._words = Pattern(_one_expression(ordered)) if ordered else None
        self._patterns = {entry: Pattern(fold_accents(entry.strip()[1:-1])) for entry in entries if _is_pattern(entry)}

    def find(self, folded: Folded, text: str) -> Iterator[tuple[str, int, int]]:
        """Entry, start and end of each match."""
        if self._words is not None:
            for start, end in self._words.find(folded):
                yield self._entry(_plain(text[start:end])), start, end
        for entry, pattern in self._patterns.items():
            for start, end in pattern.find(folded):
                yield entry, start, end

    def _entry(self, word: str) -> str:
        if word in self._whole:
            return self._whole[word]
        longest = next(length for length in range(len(word), 0, -1) if word[:length] in self._beginnings)
        return self._beginnings[word[:longest]]


def _one_expression(words: Sequence[str]) -> str:
    alternatives = "|".join(
        r"\s+".join(quote(part) for part in word.rstrip("*").split())
        + (f"{_INSIDE_A_WORD}*" if word[-1] == "*" else "")
        for word in words
    )
    outside = _INSIDE_A_WORD.replace("[", "[^", 1)
    return rf"(?:^|{outside})({alternatives})(?:$|{outside})"


def _plain(entry: str) -> str:
    return " ".join(fold_word(entry).split())


def _is_pattern(entry: str) -> bool:
    entry = entry.strip()
    return len(entry) > 1 and entry.startswith("/") and entry.endswith("/")


def _refuse_bad(entry: str) -> None:
    if len(entry) > _LONGEST_ENTRY:
        raise ValueError(f"An entry has {len(entry)} characters, and {_LONGEST_ENTRY} are the most: {entry[:40]!r}...")
    if _is_pattern(entry):
        if not entry.strip().strip("/"):
            raise ValueError(f"The entry {entry!r} has no pattern between its slashes.")
        return
    if not re.search(r"\w", _plain(entry)):
        raise ValueError(f"The entry {entry!r} has no letter and no digit.")
    if "*" in entry.strip()[:-1]:
        raise ValueError(f"The entry {entry!r} may have a star at its end alone. For more, write a /pattern/.")


EXAMPLE_OPTIONS = WordsOptions(
    words=("miracle cure", "crypto*", "naïve", "dick", "/cures? \\d+ diseases/", "чудо"),
    allowed=("dick's sign", "cryptococc*", "cryptogenic", "cryptorchid*", "cryptosporid*"),
)
EXAMPLES_CAUGHT = tuple(
    map(
        Matter,
        (
            "They sell it as a Miracle\ncure in the mall.",
            "My cousin lost his house to cryptocurrency.",
            "That is a naive reading of the trial.",
            "It cures 40 diseases, says the label.",
            "Это просто ЧУДО какое-то.",
            "What a dick move by the insurer.",
            "CRYPTO again, and yes, crypto once more.",
        ),
    )
)
EXAMPLES_PASS = tuple(
    map(
        Matter,
        (
            "Cryptococcal meningitis with a normal opening pressure?",
            "Cryptogenic stroke at 34, and the PFO is small.",
            "Dick's sign is not in my textbook, where is it from?",
            "There is no miracle, and no cure.",
            "An encrypted drive is not crypt-anything.",
            "> a miracle cure\nI doubt it.",
            "Dickens described it before the doctors did.",
        ),
    )
)
