"""What an author has said of single passages, as it travels in a form: "not a patient's", or "write this instead".

A form names a passage by kind, field, place and a digest of its words, never by the words. So it falls away when the
words change, and is found again when they only move. Pure; it decides nothing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from hashlib import sha256
from itertools import islice

from forum.rules.findings import Field, Passage

# A rule names no more passages of one text than that, in each of two ways.
MOST = 400


def name_of(passage: Passage, words: Mapping[Field, str]) -> str:
    """The passage as a form names it; `words` are the fields of what was written."""
    return f"{passage.kind}:{passage.field}:{passage.start}:{passage.end}:{_digest(passage, words)}"


def passages_named(names: Iterable[str], found: Sequence[Passage], words: Mapping[Field, str]) -> tuple[Passage, ...]:
    """Of the passages that were found, those that the names mean: at the same place, else the next of the same words.

    One name means one passage at most: the same number written twice is asked about twice.
    """
    asked = set(islice(names, MOST))
    meant = {each for each in found if name_of(each, words) in asked}
    moved = Counter(_without_place(name) for name in asked - {name_of(each, words) for each in meant})
    for each in found:
        key = _without_place(name_of(each, words))
        if each not in meant and moved[key] > 0:
            moved[key] -= 1
            meant.add(each)
    return tuple(each for each in found if each in meant)


def written_instead(passage: Passage, words: Mapping[Field, str], today: date) -> str | None:
    """The whole field with more general words in the place of a passage; None where only its author can find some."""
    other = generalisation_of(passage, words, today)
    field = words[passage.field]
    return None if other is None else f"{field[: passage.start]}{other}{field[passage.end :]}"


def generalisation_of(passage: Passage, words: Mapping[Field, str], today: date) -> str | None:
    """What could stand there instead, such as "a woman in her 70s"."""
    # Its lists of names and places take time to load, which only groups with such a rule pay.
    from forum.rules.identifiers.safer_words import generalisation

    return generalisation(words[passage.field], passage, today)


def _without_place(name: str) -> tuple[str, ...]:
    kind, _, rest = name.partition(":")
    field, _, rest = rest.partition(":")
    return kind, field, rest.rpartition(":")[2]


def _digest(passage: Passage, words: Mapping[Field, str]) -> str:
    return sha256(words[passage.field][passage.start : passage.end].encode()).hexdigest()[:12]
