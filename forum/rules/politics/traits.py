"""What the model looks at in a text: its words, and the political terms of a list in it.

Training and scoring both use this, so that they see the same; neither weights nor labels are known here.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from forum.rules.politics.words import Word, form_of, words_of

STRENGTHS = (3, 2, 1)


@dataclass(frozen=True)
class Traits:
    """The numbers of the words that are each form in a text, and of those that each political term begins with."""

    words: Sequence[Word]
    forms: Mapping[str, Sequence[int]]
    terms: Mapping[str, Sequence[int]]
    # For each strength (hardly ever anything else; mostly; a hint) the logarithm of one more than how many there are.
    evidence: tuple[float, ...]


def traits_of(words: Sequence[Word]) -> Traits:
    places: dict[str, list[int]] = {}
    terms: dict[str, list[int]] = {}
    listed, lengths = political_terms()
    forms = [word.form for word in words]
    for number, form in enumerate(forms):
        if form in places:
            places[form].append(number)
        else:
            places[form] = [number]
        for length in lengths.get(form, ()):
            term = form if length == 1 else " ".join(forms[number : number + length])
            if term in listed and number + length <= len(forms):
                terms.setdefault(term, []).append(number)
    counts = [0] * (max(STRENGTHS) + 1)
    for term in terms:
        counts[listed[term]] += 1
    return Traits(words, places, terms, tuple(math.log1p(counts[strength]) for strength in STRENGTHS))


def traits_in(text: str) -> Traits:
    return traits_of(words_of(text))


@cache
def political_terms() -> tuple[Mapping[str, int], Mapping[str, Sequence[int]]]:
    """The list's terms with their strength, and for each word that terms begin with how many words those have."""
    lines = resources.files(__package__).joinpath("terms.txt").read_text("utf-8")
    # A term that stands twice keeps its greater strength.
    listed = dict(sorted(_read(lines), key=lambda pair: pair[1]))
    lengths: dict[str, set[int]] = {}
    for term in listed:
        lengths.setdefault(term.split(" ", 1)[0], set()).add(term.count(" ") + 1)
    return listed, {first: sorted(of_first) for first, of_first in lengths.items()}


def _read(lines: str) -> Iterator[tuple[str, int]]:
    for line in lines.splitlines():
        if line and not line.startswith("#"):
            strength, terms = line.split(" ", 1)
            for term in terms.split(","):
                yield " ".join(form_of(word) for word in term.split()), int(strength)
