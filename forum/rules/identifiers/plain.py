"""A text as the finders read it: digits, dashes and blanks of all scripts as plain ones; each sign keeps its place.

Invisible signs inside a number would hide it, so they are left out, and `place` tells where something stood before.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
# A bar stands between the cells of a table: what is left of it names what is right of it.
_MARKS = str.maketrans({"*": " ", "`": " ", "|": ":"})
_QUOTED = re.compile(r"^[ >]*>", re.MULTILINE)
# A line that goes on in the next one: mail programs wrap long lines, people type short ones.
_WRAP = re.compile(r"(?<=[^\n.:;!?])\n(?= {0,4}[a-z\d+(#])|(?<=[^\n]{50})\n(?! *\n)")
_BEFORE, _AFTER = 50, 40
_FOUR_DIGITS = re.compile(r"\d(?:[^\d\n]{0,3}\d){3}")
_FIVE_DIGITS = re.compile(r"\d(?:[^\d\n]{0,3}\d){4}")
_CASED = re.compile(r"[^\x00-\x7f]")


@dataclass(frozen=True)
class Plain:
    """`lower` is `text` in small letters, sign by sign; `places` is empty where nothing was left out.

    Wrapped lines are one line in both; `lines` has them apart, for what goes by lines.
    """

    text: str
    lower: str
    lines: str
    places: Sequence[int] = ()

    @cached_property
    def numbers(self) -> Sequence[tuple[int, int]]:
        """The stretches with five digits near each other, and what stands a little before and after them.

        Most patterns for numbers need to look nowhere else.
        """
        return _stretches(_FIVE_DIGITS, self.lower)

    @cached_property
    def short_numbers(self) -> Sequence[tuple[int, int]]:
        """The same with four digits: numbers that a word announces."""
        return _stretches(_FOUR_DIGITS, self.lower)

    def in_numbers(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        for stretch in self.numbers:
            yield from pattern.finditer(self.lower, *stretch)

    def place(self, position: int) -> int:
        return self.places[position] if self.places else position


def _stretches(digits: re.Pattern[str], lower: str) -> Sequence[tuple[int, int]]:
    stretches: list[tuple[int, int]] = []
    for found in digits.finditer(lower):
        begins, ends = max(0, found.start() - _BEFORE), found.end() + _AFTER
        if stretches and begins <= stretches[-1][1]:
            begins = stretches.pop()[0]
        stretches.append((begins, ends))
    return stretches


def plain(text: str) -> Plain:
    """Marks of Markdown and of quotes become blanks, so that words on both sides of them are neighbours."""
    places: list[int] = []
    if not text.isascii():
        if _INVISIBLE.search(text):
            places = [place for place, sign in enumerate(text) if not _INVISIBLE.match(sign)]
            places.append(len(text))
            text = _INVISIBLE.sub("", text)
        text = _CASED.sub(lambda sign: _plain_sign(sign[0]), text)
    text = text.translate(_MARKS)
    if ">" in text:
        text = _QUOTED.sub(lambda marks: " " * len(marks[0]), text)
    lower = text.lower()
    if len(lower) != len(text):
        lower = "".join(small if len(small := sign.lower()) == 1 else sign for sign in text)
    if "\n" in text:
        return Plain(_WRAP.sub(" ", text), _WRAP.sub(" ", lower), lower, places)
    return Plain(text, lower, lower, places)


@lru_cache(maxsize=4_096)
def _plain_sign(sign: str) -> str:
    if sign in _DASHES:
        return "-"
    if sign in "\u2018\u2019\u02bc\uff07":
        return "'"
    if sign.isspace():
        return sign if sign in "\u2028\u2029\x85" else " "
    digit = unicodedata.digit(sign, None)
    if digit is not None and sign.isdecimal():
        return str(digit)
    compatible = unicodedata.normalize("NFKC", sign)
    return compatible if len(compatible) == 1 else sign
