"""An author's words with what was seen in them: numbered places, and the text with marks around them. Pure.

A number stays with its place while the text stays the same, whichever places the author has spoken for meanwhile.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from markupsafe import Markup, escape

from forum.rules.findings import Passage, Severity

# So many code points of the text stand on each side of marked words in a list.
_CONTEXT = 32
_LONGEST_LISTED = 160
_STYLE = "background:#ffe08a;color:#000000"
_KINDS = {"ssn": "social security number", "ip": "internet address", "url": "link", "email": "mail address"}
_LEFT_OVER = re.compile(r"\[\[\d{1,4}:[ \n\u00a0]?([^\[\]]*)\]\]")


@dataclass(frozen=True)
class Place:
    """A numbered passage. `open`: the author can still say of it that it is no patient's. `hint`: it may stay."""

    number: int
    passage: Passage
    open: bool
    hint: bool

    @property
    def kind(self) -> str:
        """What it is, in words."""
        return _KINDS.get(self.passage.kind, self.passage.kind.replace("_", " "))


Spot = tuple[str, int, int]


def numbered_places(findings: Sequence[Mapping[str, Any]], confirmed: Sequence[Mapping[str, Any]]) -> tuple[Place, ...]:
    """All places of kept findings in the order of the text, with those that the author has spoken for already.

    A place inside another one is left out, unless the author can speak for it.
    """
    seen: dict[Spot, Passage] = {}
    to_confirm: set[Spot] = set()
    counts: set[Spot] = set()
    for row in findings:
        for passage in (Passage(**each) for each in row.get("passages", ())):
            if passage.start >= passage.end:
                continue  # Of a picture, which has no place in the words.
            spot = _spot(passage)
            seen.setdefault(spot, passage)
            to_confirm |= {spot} if row.get("to_confirm") else set()
            counts |= {spot} if row["severity"] != Severity.ADVISE else set()
    spoken_for = {_spot(passage): passage for passage in (Passage(**each) for each in confirmed)}
    everything = seen | spoken_for
    kept = [
        passage
        for spot, passage in everything.items()
        if spot in to_confirm
        or spot in spoken_for
        or not any(_is_inside(passage, each) for each in everything.values())
    ]
    kept.sort(key=lambda each: (each.field != "subject", each.start, -each.end))
    return tuple(
        Place(number, each, _spot(each) in to_confirm - spoken_for.keys(), _spot(each) not in counts)
        for number, each in enumerate(kept, start=1)
    )


def _spot(passage: Passage) -> Spot:
    return passage.field, passage.start, passage.end


def _is_inside(passage: Passage, other: Passage) -> bool:
    same = (passage.start, passage.end) == (other.start, other.end)
    return passage.field == other.field and not same and other.start <= passage.start and passage.end <= other.end


def version_of(text: str, subject: str, places: Sequence[Place] = ()) -> str:
    """A short name of this text with these numbers on it: another text, or other places, have another one."""
    where = [(each.passage.field, each.passage.start, each.passage.end) for each in places]
    return hashlib.sha256(json.dumps([text, subject, where]).encode()).hexdigest()[:10]


def listed(place: Place, text: str) -> str:
    """The marked words on one line, between brackets, with a little of what stands around them."""
    start, end = place.passage.start, place.passage.end
    words = _on_one_line(text[start:end])
    if len(words) > _LONGEST_LISTED:
        return f"[{words[:_LONGEST_LISTED].rstrip()}…]"
    before, after = text[max(start - _CONTEXT, 0) : start], text[end : end + _CONTEXT]
    if start > _CONTEXT:
        before = "…" + before.partition(" ")[2]
    if end + _CONTEXT < len(text):
        after = after.rpartition(" ")[0] + "…"
    joined = f"{'' if before[-1:].strip() else ' '}[{words}]{'' if after[:1].strip() else ' '}"
    return f"{_on_one_line(before)}{joined}{_on_one_line(after)}".strip()


def _on_one_line(words: str) -> str:
    return " ".join(words.split())


def _as_it_is(words: str) -> str:
    return words


def marked_text(
    text: str, places: Sequence[Place], field: str = "text", shown: Callable[[str], str] = _as_it_is
) -> str:
    """The whole text with each place as "[[1: the words]]", where no line breaks behind the number. `shown` is asked
    of every stretch between two places."""
    inside = [each for each in places if each.passage.field == field]
    parts: list[str] = []
    for start, end in pairwise(_cuts(text, places, field)):
        parts += [f"[[{each.number}:\u00a0" for each in inside if each.passage.start == start]
        parts.append(shown(text[start:end]))
        parts += ["]]" for each in inside if each.passage.end == end]
    return "".join(parts)


def marked_html(
    text: str, places: Sequence[Place], field: str = "text", shown: Callable[[str], str] = _as_it_is
) -> Markup:
    """The same as safe HTML: coloured, with the number before the words."""
    inside = [each for each in places if each.passage.field == field]
    parts: list[Markup] = []
    for start, end in pairwise(_cuts(text, places, field)):
        numbers = [str(each.number) for each in inside if each.passage.start == start]
        words = escape(shown(text[start:end]))
        if any(each.passage.start <= start and end <= each.passage.end for each in inside):
            number = Markup("<strong>{}</strong>\u00a0").format(", ".join(numbers)) if numbers else Markup("")
            words = Markup('<mark style="{}">{}{}</mark>').format(_STYLE, number, words)
        parts.append(words)
    return Markup("").join(parts)


def _cuts(text: str, places: Sequence[Place], field: str) -> Sequence[int]:
    """Where a place begins or ends, and both ends of the text."""
    here = [each.passage for each in places if each.passage.field == field]
    return sorted({0, len(text), *(each.start for each in here), *(min(each.end, len(text)) for each in here)})


def unmarked(text: str) -> str:
    """A text without our marks, for whoever has changed the copy that had them."""
    while (plainer := _LEFT_OVER.sub(r"\1", text)) != text:
        text = plainer
    return text


def carried_over(confirmed: Sequence[Mapping[str, Any]], before: str, after: str) -> tuple[Passage, ...]:
    """Of what the author has spoken for in one text, the same words in another one.

    Only words that stand there as often as before: one more of them may be somebody else.
    """
    moved: dict[Passage, None] = {}
    for passage in (Passage(**each) for each in confirmed):
        if passage.field != "text":
            moved[passage] = None  # The subject stays as it is.
            continue
        words = before[passage.start : passage.end]
        if not words or before.count(words) != after.count(words):
            continue
        # Which one it was among equal words counts from the beginning.
        at = -1
        for _ in range(before.count(words, 0, passage.end)):
            at = after.find(words, at + 1)
        if at >= 0:
            moved[Passage(at, at + len(words), passage.kind)] = None
    return tuple(moved)
