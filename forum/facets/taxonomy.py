"""Reads specialties and career stages as people write them, by a list that an operator can edit. Knows no database.

The list is `taxonomy.toml` beside this file, or the file that BANYAN_TAXONOMY names. What it does not know is a value
of its own, as it was written.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path

from forum.facets.models import Dimension
from forum.facets.values import Value, fold, own_value
from forum.settings import current_settings

MOST_VALUES = 5
_BETWEEN = re.compile(r"\s*[,;|\n()]\s*")
_WEAKLY_BETWEEN = re.compile(r"\s*/\s*|\s+(?:and|&|\+|with)\s+", re.IGNORECASE)
# What people are, for what they do: the sound behind it is the same in every specialty.
_PEOPLE = (
    (re.compile(r"ologists?\b"), "ology"),
    (re.compile(r"iatrists?\b"), "iatry"),
    (re.compile(r"iatricians?\b"), "iatrics"),
    (re.compile(r"surgeons?\b"), "surgery"),
)
_NO_MATTER = re.compile(
    r"\b(?:dr|md|do|facp|physicians?|doctors?|docs?|specialists?|attendings?|residents?|fellows?|consultants?|"
    r"board certified|subspecialty|department of)\b"
)
# The other spelling of the same words: paediatric, anaesthesia, oesophageal, orthopaedic.
_DIPHTHONGS = re.compile(r"[ao]e(?=\w{3})")


class BadTaxonomy(ValueError):
    """The list cannot be used; the sentence says where and why."""


@dataclass(frozen=True)
class Taxonomy:
    """What each word of the list means, by the word as it is compared."""

    specialties: Mapping[str, Value]
    career_stages: Mapping[str, Value]


def read_specialties(text: str) -> Sequence[Value]:
    """The specialties that a text names, at most five: "EM/peds" names two, "obstetrics and gynecology" one."""
    return _specialties(text, current_taxonomy_file())


def read_career_stage(text: str) -> Sequence[Value]:
    """The career stage that a text names."""
    return _career_stage(text, current_taxonomy_file())


def is_known(value: Value) -> bool:
    """Whether the list has this specialty or career stage."""
    known = taxonomy(current_taxonomy_file())
    words = known.specialties if value.dimension is Dimension.SPECIALTY else known.career_stages
    return value in words.values()


def current_taxonomy_file() -> Path | None:
    """The operator's own list; None where the shipped one is used."""
    return current_settings().taxonomy


@lru_cache(maxsize=20_000)
def _specialties(text: str, path: Path | None) -> Sequence[Value]:
    known = taxonomy(path).specialties
    found: list[Value] = []
    for part in [text] if _key(text) in known else _BETWEEN.split(text):
        whole = known.get(_key(part))
        pieces = [known.get(_key(piece)) for piece in _WEAKLY_BETWEEN.split(part)]
        if whole is not None:
            found.append(whole)
        elif len(pieces) > 1 and any(pieces):
            written = _WEAKLY_BETWEEN.split(part)
            values = (piece or own_value(Dimension.SPECIALTY, own) for piece, own in zip(pieces, written, strict=True))
            found += [value for value in values if value is not None]
        elif (own := own_value(Dimension.SPECIALTY, part)) is not None:
            found.append(own)
    return tuple(dict.fromkeys(found))[:MOST_VALUES]


@lru_cache(maxsize=20_000)
def _career_stage(text: str, path: Path | None) -> Sequence[Value]:
    known = taxonomy(path).career_stages
    for part in (text, *_BETWEEN.split(text), *_WEAKLY_BETWEEN.split(text)):
        # "PGY-2" is one word with or without its line.
        stage = known.get(fold(part)) or known.get(fold(part).replace(" ", ""))
        if stage is not None:
            return (stage,)
    words = fold(text).split()
    named = {known[word] for word in words if word in known}
    if len(named) == 1:
        return tuple(named)
    own = own_value(Dimension.CAREER_STAGE, text)
    return () if own is None else (own,)


def _key(text: str) -> str:
    """A specialty as it is compared."""
    key = _NO_MATTER.sub(" ", fold(text))
    for person, subject in _PEOPLE:
        key = person.sub(subject, key)
    return " ".join(_DIPHTHONGS.sub("e", key).split())


# --- the list ---


@cache
def taxonomy(path: Path | None) -> Taxonomy:
    """The list in this file, or the shipped one; BadTaxonomy when it cannot be used. It is read once."""
    try:
        source = files("forum.facets").joinpath("taxonomy.toml") if path is None else path
        read = tomllib.loads(source.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadTaxonomy(f"{path} cannot be read as a taxonomy: {error}") from None
    try:
        return _from_toml(read)
    except BadTaxonomy as error:
        raise BadTaxonomy(f"{path or 'taxonomy.toml'}: {error}") from None


def _from_toml(read: Mapping[str, object]) -> Taxonomy:
    unknown = set(read) - {"specialties", "under", "career_stages"}
    if unknown:
        raise BadTaxonomy(f"there is no table {min(unknown)!r}; there are specialties, under and career_stages")
    specialties = _Words(Dimension.SPECIALTY)
    specialties.add_all(_table(read, "specialties"), None)
    waiting = dict(_table(read, "under"))
    while waiting:
        # A table may stand before the one that names what it is under.
        ready = [above for above in waiting if above in specialties.named]
        if not ready:
            raise BadTaxonomy(f"no specialty has the name {min(waiting)!r}, under which others stand")
        for above in ready:
            specialties.add_all(_table(waiting, above), specialties.named[above])
            del waiting[above]
    stages = _Words(Dimension.CAREER_STAGE)
    stages.add_all(_table(read, "career_stages"), None)
    return Taxonomy(specialties.by_key, stages.by_key)


def _table(read: Mapping[str, object], name: str) -> Mapping[str, object]:
    table = read.get(name, {})
    if not isinstance(table, Mapping):
        raise BadTaxonomy(f"{name!r} is not a table of names")
    return table


class _Words:
    """Words that were read so far: each means one value."""

    def __init__(self, dimension: Dimension) -> None:
        self._dimension = dimension
        self.by_key: dict[str, Value] = {}
        self.named: dict[str, Value] = {}

    def add_all(self, table: Mapping[str, object], above: Value | None) -> None:
        for name, words in table.items():
            if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
                raise BadTaxonomy(f"{name!r} needs a list of words in quotes, which may be empty")
            value = own_value(self._dimension, name)
            if value is None:
                raise BadTaxonomy(f"{name!r} has no letters")
            value = Value(value.dimension, value.code, name.strip()[:200], above)
            self.named[name] = value
            for word in (name, *words):
                self._add(word, value)

    def _add(self, word: str, value: Value) -> None:
        key = _key(word) if self._dimension is Dimension.SPECIALTY else fold(word)
        if not key:
            raise BadTaxonomy(f"{word!r} says nothing of {value.name!r}: it is a word that is left out")
        other = self.by_key.setdefault(key, value)
        if other is not value:
            raise BadTaxonomy(f"{word!r} means both {other.name!r} and {value.name!r}")
