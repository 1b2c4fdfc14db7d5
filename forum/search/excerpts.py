"""The piece of a post that shows why it was found, with the words marked. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from forum.search.wanted import Beginning, Part, Phrase, Wanted, Word
from forum.search.words import forms_of, words_in
from forum.text import excerpt, mark_words

LENGTH = 240
_LEAD = 60
_QUOTE_MARKS = re.compile(r"^(?:> ?)+", re.MULTILINE)


@dataclass(frozen=True)
class _Found:
    """A word of the text that was looked for: which part asked for it, and where it stands."""

    part: Part
    start: int
    end: int


def marked_excerpt(text: str, wanted: Wanted) -> Markup:
    """About 240 characters, from where most of the wanted words stand together; the first words when none does."""
    line = " ".join(_QUOTE_MARKS.sub("", text).split())
    found = list(_found_words(line, wanted))
    if not found:
        return mark_words(excerpt(text, LENGTH), ())
    start, end = _window(line, found)
    words = {line[each.start : each.end] for each in found if start <= each.start and each.end <= end}
    before, after = "…" * (start > 0), "…" * (end < len(line))
    return Markup().join([before, mark_words(line[start:end], words), after])


def _found_words(line: str, wanted: Wanted) -> Iterator[_Found]:
    asked: dict[str, Part] = {}
    beginnings: list[Beginning] = []
    for part in wanted.present:
        match part:
            case Word(stem):
                asked[stem] = part
            case Phrase(stems):
                asked |= dict.fromkeys(stems, part)
            case Beginning():
                beginnings.append(part)
    for folded, start, end in words_in(line):
        hit = next((asked[form] for form in forms_of(folded) if form in asked), None)
        hit = hit or next((part for part in beginnings if folded.startswith(part.letters)), None)
        if hit is not None:
            yield _Found(hit, start, end)


def _window(line: str, found: list[_Found]) -> tuple[int, int]:
    """Where the excerpt starts and ends: at words, a little before the first of the words that stand together."""
    best, most = found[0], 0
    for number, first in enumerate(found):
        parts = set()
        for each in found[number : number + LENGTH]:
            if each.end > first.start + LENGTH - _LEAD:
                break
            parts.add(each.part)
        if len(parts) > most:
            best, most = first, len(parts)
    start = 0
    if best.start > _LEAD:
        space = line.find(" ", best.start - _LEAD, best.start)
        start = best.start if space < 0 else space + 1
    if len(line) - start <= LENGTH:
        return start, len(line)
    space = line.rfind(" ", best.end, start + LENGTH)
    return start, max(best.end, start + LENGTH if space < 0 else space)
