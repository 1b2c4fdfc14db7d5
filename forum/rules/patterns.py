"""Patterns on a linear-time engine (RE2), whatever a member writes or a moderator asks for; the one file that knows it.

Texts are folded first: lower case, without accents and invisible characters. Where something was found is told in code
points of the text as it was before.
"""

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import re2

# A pattern that finds more than this says no more by it, and each search may look at the rest of the text once.
_MOST_FOUND = 500
_KEPT_LETTERS = 70_000
_SPECIAL = dict(zip("‘’‚‛“”„‐‑‒–—−øØłŁßæÆœŒđĐı", "''''\"\"\"------oOlLsaAoOdDi", strict=True))


class _Letters(dict[int, str | None]):
    """What stands for each code point: one other, or none for marks and invisible ones. Filled as they turn up."""

    def __init__(self, case: Callable[[str], str]) -> None:
        super().__init__()
        self._case = case

    def __missing__(self, code: int) -> str | None:
        plain = _without_accent(chr(code))
        value = plain if plain is None else self._case(plain)[:1]
        if len(self) < _KEPT_LETTERS:
            self[code] = value
        return value


def _without_accent(letter: str) -> str | None:
    category = unicodedata.category(letter)
    if category in ("Mn", "Cf"):
        return None
    if category == "Cs":
        return "?"
    if letter in _SPECIAL:
        return _SPECIAL[letter]
    parts = unicodedata.normalize("NFKD", letter)
    # A Hangul syllable and the like are no letter with a mark on it.
    is_marked = len(parts) > 1 and unicodedata.combining(parts[1])
    return parts[0] if parts[0].isascii() or is_marked else letter


_LOWER = _Letters(str.lower)
_AS_WRITTEN = _Letters(str)


@dataclass(frozen=True)
class Folded:
    """A text as patterns see it, and the place in the text before of each of its code points; None: the same place."""

    data: bytes
    places: tuple[int, ...] | None = None


def fold(text: str) -> Folded:
    """Lower case, without accents and invisible characters."""
    if text.isascii():
        return Folded(text.lower().encode())
    plain = text.translate(_LOWER)
    if len(plain) == len(text):
        return Folded(plain.encode())
    places = (place for place, letter in enumerate(text) if _LOWER[ord(letter)] is not None)
    return Folded(plain.encode(), (*places, len(text)))


def fold_word(word: str) -> str:
    """A word as it stands in a folded text."""
    return word.translate(_LOWER)


def fold_accents(expression: str) -> str:
    """A pattern for folded texts: its letters without accents, but `\\W` and its like as they are."""
    return expression.translate(_AS_WRITTEN)


class Pattern:
    """A pattern in RE2's syntax, case-insensitive; ValueError with a sentence when it is none."""

    def __init__(self, expression: str) -> None:
        options = re2.Options()
        options.log_errors = False
        options.case_sensitive = False
        try:
            self._compiled = re2.compile(expression, options)
            matches_nothing = self._compiled.search(b"") is not None
        except (re2.error, UnicodeEncodeError) as error:
            why = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else str(error)
            raise ValueError(f"The pattern {expression!r} cannot be read: {why}.") from None
        if matches_nothing:
            raise ValueError(f"The pattern {expression!r} matches where nothing stands, so it would match every text.")

    def find(self, folded: Folded) -> Iterator[tuple[int, int]]:
        """Start and end of each place, in order and apart; of a pattern with a group, the place of its first group.

        What follows that group is looked at again, so that one space may end a word and begin the next.
        """
        data, group = folded.data, min(self._compiled.groups, 1)
        position = seen = points = 0
        for _ in range(_MOST_FOUND):
            match = self._compiled.search(data, position)
            if match is None:
                return
            start, end = match.span(group)
            position = max(end, position + 1)
            while position < len(data) and data[position] & 0xC0 == 0x80:
                position += 1
            if start < end:
                first = points + len(data[seen:start].decode())
                last = first + len(data[start:end].decode())
                seen, points = end, last
                yield (first, last) if folded.places is None else (folded.places[first], folded.places[last - 1] + 1)


def quote(word: str) -> str:
    """An expression for exactly these characters."""
    return str(re2.escape(word))
