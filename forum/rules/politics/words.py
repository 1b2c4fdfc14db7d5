"""Cuts a text into words and sentences, each with its place in code points; knows nothing of politics."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
# Tags written as one word (RaiseTheWage) are read as several; McCain and iPhone stay whole.
_HUMP = re.compile(r"(?<=[a-z]{2})(?=[A-Z][a-z])")
# Each run of marks is looked at once, from its beginning, however long it is.
_SENTENCE_END = re.compile(r"(?<![.!?…])[.!?…]++[\"'”’)\]]*+\s++|\n[^\S\n]*+\n\s*+")
# What has a full stop without ending a sentence.
_SHORTENED = re.compile(
    r"(?:\b(?:dr|drs|mr|mrs|ms|prof|st|vs|no|sen|rep|gov|pres|jr|sr|fig|approx|dept|etc|cf|al)|\b[a-z]|\b[eip]\.[gem])\.$",
    re.IGNORECASE,
)


class Word(NamedTuple):
    """A word as the model knows it, and where it stands."""

    form: str
    start: int
    end: int


def words_of(text: str) -> Sequence[Word]:
    return list(_words(text))


def _words(text: str) -> Iterator[Word]:
    for match in _WORD.finditer(text):
        written, start = match.group(), match.start()
        # Most words have no capital inside, and looking for humps costs more than looking for that.
        if written[1:].islower() or len(written) < 5:
            yield Word(form_of(written), start, match.end())
            continue
        cuts = [0, *(hump.start() for hump in _HUMP.finditer(written)), len(written)]
        for begin, end in pairwise(cuts):
            yield Word(form_of(written[begin:end]), start + begin, start + end)


def form_of(written: str) -> str:
    """Small letters without accents, with a straight apostrophe and without the genitive's."""
    form = written.lower()
    if not form.isascii():
        form = form.replace("’", "'")
        form = "".join(sign for sign in unicodedata.normalize("NFKD", form) if not unicodedata.combining(sign))
    return form.removesuffix("'s")


def sentences_of(text: str) -> Sequence[tuple[int, int]]:
    """Where each sentence stands, without white space around it."""
    spans = []
    start = 0
    for end in _SENTENCE_END.finditer(text):
        if end.group()[0] == "." and _SHORTENED.search(text, max(start, end.start() - 10), end.start() + 1):
            continue
        spans.append((start, end.end()))
        start = end.end()
    spans.append((start, len(text)))
    return [trimmed for begin, end in spans if (trimmed := _trimmed(text, begin, end))[0] < trimmed[1]]


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    part = text[start:end]
    return start + len(part) - len(part.lstrip()), start + len(part.rstrip())
