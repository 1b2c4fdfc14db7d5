"""Names for planned groups, from what sets them apart: "Oregon and Washington", "Cardiology: imaging". Pure.

A group is never named after something sensitive, and no two of a plan share a name or a short name.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from forum.facets.models import Dimension
from forum.groups.models import Kind
from forum.groups.slugs import BadSlug, check_slug
from forum.splitting.figures.seating import Numbers, Seating, each_once
from forum.splitting.figures.traits import About, Mark
from forum.splitting.figures.words import Words
from forum.splitting.proposals.evidence import Evidence

# A facet names a group that so many of those have who say anything of the kind, and who are enough of the group.
NAMES_FROM, KNOWN_FROM, FEWEST_KNOWN = 0.6, 0.25, 5
# Of two or three that do so together, each has at least this share.
EACH_FROM, TOGETHER_AT_MOST = 0.15, 3
# Where nothing names most of a group, one or two that so many share, so much oftener than elsewhere, name some of it.
SOME_FROM, SOME_LIFT, SOME_AT_MOST = 0.25, 2.0, 2
# Whom somebody works for is shown to nobody unless its member says otherwise; the name of a group is shown to all.
_NAMELESS = frozenset({Dimension.EMPLOYER})
# A name wants more certainty than a trait: one word in a thousand passes this by chance.
TOPIC_Z = 3.1
_LONGEST = 80
_LONGEST_SLUG = 40
_KINDS = {Dimension.PLACE: Kind.REGION, Dimension.SPECIALTY: Kind.SPECIALTY}
_NOT_SLUG = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Name:
    """A name that was made up, its short name, and the kind that a group so named is."""

    name: str
    slug: str
    kind: Kind


@dataclass(frozen=True)
class _Phrase:
    """Words of one dimension that most of a group share, or only some of it."""

    words: str
    dimension: Dimension
    names_most: bool
    worth: float


def names_of(
    evidence: Evidence,
    seating: Seating,
    words: Words,
    facets: Sequence[Sequence[Mark]],
    topics: Sequence[Sequence[Mark]],
) -> tuple[Name | None, ...]:
    """A name for each group that no moderator has named, None for the others."""
    known = _known(evidence, seating)
    phrases = [
        sorted(_phrases(evidence, words, marks, known[at]), key=lambda each: (not each.names_most, -each.worth))
        for at, marks in enumerate(facets)
    ]
    first = Counter(each[0].words for each in phrases if each)
    taken = {*words.taken_names, *(name.casefold() for name in words.named.values())}
    slugs = set(words.taken_slugs)
    names: list[Name | None] = []
    for at, position in enumerate(seating.positions):
        if position in words.named:
            names.append(None)
            continue
        said = [topic for mark in topics[at] if (topic := _topic(words, mark))]
        wanted, kind = _wanted(phrases[at], said, first)
        name = _free_name(_capital(wanted) or f"{words.group_name} {position}", taken)
        slug = free_slug(name, slugs, f"{words.group_slug}-{position}")
        taken.add(name.casefold())
        slugs.add(slug)
        names.append(Name(name, slug, kind))
    return tuple(names)


def _known(evidence: Evidence, seating: Seating) -> Numbers:
    """For each group and dimension, how many members say anything of that kind that is not sensitive."""
    kinds = len(Dimension)
    ordinary = ~evidence.facet_sensitive[evidence.has_facet]
    dimension = evidence.facet_dimension[evidence.has_facet[ordinary]].astype(np.int64)
    pairs = each_once(evidence.has_facet_member[ordinary].astype(np.int64) * kinds + dimension)
    rows, groups = seating.seats_of((pairs // kinds).astype(np.int32))
    counts = np.bincount(groups * kinds + pairs[rows] % kinds, minlength=seating.groups * kinds)
    return counts.reshape(seating.groups, kinds).astype(np.int64)


def _phrases(evidence: Evidence, words: Words, marks: Sequence[Mark], known: Numbers) -> Iterator[_Phrase]:
    """What most of a group share, or some, at most one phrase of each dimension."""
    for number, dimension in enumerate(Dimension):
        if dimension in _NAMELESS:
            continue
        # Traits ask how many of all members; a name asks how many of those who say anything.
        told = [
            mark
            for mark in marks
            if evidence.facet_dimension[mark.place] == number
            and not evidence.facet_sensitive[mark.place]
            and words.facets.get(mark.place)
        ]
        if not told or known[number] < max(FEWEST_KNOWN, KNOWN_FROM * told[0].of):
            continue
        shares = {mark.place: mark.count / int(known[number]) for mark in told}
        chosen = _narrowest(told, shares) or _together(words, told, shares, TOGETHER_AT_MOST, NAMES_FROM)
        said = [words.facets[mark.place] for mark in chosen]
        names_most = bool(chosen)
        if not names_most:
            lifted = [mark for mark in told if mark.lift >= SOME_LIFT]
            chosen = _together(words, lifted, shares, SOME_AT_MOST, SOME_FROM)
            said = [*(words.facets[mark.place] for mark in chosen), "others"]
        phrase = _listed(said)
        if chosen and len(phrase) <= _LONGEST:
            covered = min(1.0, sum(shares[mark.place] for mark in chosen))
            yield _Phrase(phrase, dimension, names_most, covered * sum(mark.strength for mark in chosen))


def _narrowest(told: Sequence[Mark], shares: dict[int, float]) -> list[Mark]:
    """The one facet that most have: of a city, its region and its country the narrowest."""
    enough = [mark for mark in told if shares[mark.place] >= NAMES_FROM]
    return [max(enough, key=lambda mark: (round(mark.lift, 6), mark.count, -mark.place))] if enough else []


def _together(words: Words, told: Sequence[Mark], shares: dict[int, float], at_most: int, least: float) -> list[Mark]:
    """The commonest side by side, none above another one, that so many share together; none where they do not."""
    chosen: list[Mark] = []
    for mark in sorted(told, key=lambda mark: (-mark.count, mark.place)):
        if shares[mark.place] < EACH_FROM or len(chosen) == at_most:
            break
        if any(_is_above(words, mark.place, each.place) or _is_above(words, each.place, mark.place) for each in chosen):
            continue
        chosen.append(mark)
        if sum(shares[each.place] for each in chosen) >= least:
            return chosen
    return []


def _is_above(words: Words, place: int, other: int) -> bool:
    above = words.facet_parents.get(other)
    met: set[int] = set()
    while above is not None and above != place and above not in met:
        met.add(above)
        above = words.facet_parents.get(above)
    return above == place


def _topic(words: Words, mark: Mark) -> str:
    return words.topic(mark.place, is_tag=mark.about is About.TAG) if mark.strength >= TOPIC_Z else ""


def _wanted(phrases: Sequence[_Phrase], topics: Sequence[str], first: Counter[str]) -> tuple[str, Kind]:
    """What most of the group share; what several groups would be called gets a second half. Else two topics of its
    talk, else what some of it share, else nothing."""
    if not phrases or (topics and not phrases[0].names_most):
        return _listed(topics[:2]), Kind.INTEREST
    words, kind = phrases[0].words, _KINDS.get(phrases[0].dimension, Kind.INTEREST)
    if first[words] > 1:
        halves = [*topics, *(phrase.words for phrase in phrases[1:] if phrase.names_most)]
        half = next((each for each in halves if each.casefold() not in words.casefold()), "")
        if half and len(words) + len(half) <= _LONGEST:
            return f"{words}: {half}", kind
    return words, kind


def _free_name(name: str, taken: Collection[str]) -> str:
    free, number = name, 1
    while free.casefold() in taken:
        number += 1
        free = f"{name} {number}"
    return free


def free_slug(name: str, taken: Collection[str], otherwise: str) -> str:
    """A short name that a group may have and none has; `otherwise` where the name has no plain letters."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    stem = _cut(_NOT_SLUG.sub("-", plain).strip("-"), _LONGEST_SLUG) or _cut(otherwise, _LONGEST_SLUG)
    try:
        check_slug(stem)
    except BadSlug:
        # A word of the mail system, or an ending of it.
        stem = f"{_cut(stem, _LONGEST_SLUG - len('-group'))}-group"
    slug, number = stem, 1
    while slug in taken:
        number += 1
        slug = f"{_cut(stem, _LONGEST_SLUG - 1 - len(str(number)))}-{number}"
    return slug


def _cut(slug: str, at_most: int) -> str:
    """At the end of a word, if that leaves half of it."""
    if len(slug) <= at_most:
        return slug
    word = slug[: at_most + 1].rfind("-")
    return slug[: word if word >= at_most // 2 else at_most].strip("-")


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
