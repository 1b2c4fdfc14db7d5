"""What sets planned groups apart: facets, tags and words that are commoner there than in the whole. Pure.

It finds numbers; sentences say them without ever counting few people who share something sensitive.
"""

import enum
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forum.facets.models import Dimension
from forum.splitting.figures.seating import Numbers, Seating, Shares, each_once
from forum.splitting.figures.values import Trait
from forum.splitting.figures.words import Words
from forum.splitting.proposals.evidence import Evidence, Places

# A facet that fewer members of a group have says nothing of the group, and too much of them.
FEWEST_MEMBERS = 5
# Of what is sensitive neither those who have it nor those who have not may be fewer: either would point at people. So
# with employers, which are shown to nobody unless a member says otherwise, and once a draft is edited with interests.
FEWEST_SENSITIVE = 10
SMALLEST_SHARE = 0.1
SMALLEST_LIFT = 1.5
# A word sets a group apart when it stands in several subjects of several people, by more than chance (5 % of cases).
FEWEST_THREADS = 3
FEWEST_ASKERS = 3
SMALLEST_Z = 1.96
# The prior counts as much as so many words, or as a tenth of those there are: enough that a rare one needs evidence.
PRIOR_WORDS, PRIOR_SHARE = 100.0, 0.1
SHOWN_FACETS, SHOWN_TOPICS, SHOWN_SENSITIVE = 5, 3, 2
# So many of each group are looked at further; a facet further down sets nothing apart.
_LOOKED_AT = 40

# Shown to nobody unless a member says otherwise.
HIDDEN = (Dimension.EMPLOYER, Dimension.INTEREST)
_SAYS = {
    Dimension.PLACE: "{count} of {of} members are in {words}",
    Dimension.SPECIALTY: "{count} of {of} members work in {words}",
    Dimension.CAREER_STAGE: "{count} of {of} members say of their career: {words}",
    Dimension.EMPLOYER: "{count} of {of} members work for {words}",
    Dimension.INTEREST: "{count} of {of} members are interested in {words}",
}


class About(enum.Enum):
    """Where a mark of a group comes from."""

    FACET = enum.auto()
    TAG = enum.auto()
    TERM = enum.auto()


@dataclass(frozen=True)
class Mark:
    """A facet, tag or word (by its place in the evidence): `count` of `of` members or threads of a group have it,
    `lift` times as large a share as of the whole. `strength` orders marks of one kind."""

    about: About
    place: int
    count: int
    of: int
    lift: float
    strength: float

    @property
    def share(self) -> float:
        return self.count / self.of


def facet_marks(evidence: Evidence, seating: Seating) -> list[list[Mark]]:
    """For each group the facets that are commoner there, the ordinary ones with the most to say first; sensitive ones
    and employers only where neither few have them nor few have them not."""
    rows, groups = seating.seats_of(evidence.has_facet_member)
    facet, group, count = _pairs(evidence.has_facet[rows], groups, seating.groups)
    share = count / seating.sizes[group]
    overall = np.bincount(evidence.has_facet, minlength=len(evidence.facet_ids)) / max(evidence.members, 1)
    lift = share / overall[facet]
    employers = evidence.facet_dimension[facet] == list(Dimension).index(Dimension.EMPLOYER)
    told = np.where(
        evidence.facet_sensitive[facet] | employers,
        np.minimum(count, seating.sizes[group] - count) >= FEWEST_SENSITIVE,
        (count >= FEWEST_MEMBERS) & (share >= SMALLEST_SHARE),
    )
    strength = share * np.log(np.maximum(lift, 1.0))
    told &= lift >= SMALLEST_LIFT
    return _by_group(About.FACET, seating, (facet, group, count), seating.sizes, lift, strength, told)


def topic_marks(evidence: Evidence, seating: Seating, homes: Numbers) -> tuple[list[list[Mark]], list[list[Mark]]]:
    """For each group the tags, and the words of subjects, that set its threads apart, the clearest first."""
    tags = _topics(About.TAG, evidence, seating, homes, evidence.tagged_thread, evidence.tagged)
    terms = _topics(About.TERM, evidence, seating, homes, evidence.term_thread, evidence.term)
    return tags, terms


def _topics(
    about: About, evidence: Evidence, seating: Seating, homes: Numbers, threads: Places, topics: Places
) -> list[list[Mark]]:
    """By the log-odds ratio with an informative Dirichlet prior: Monroe, Colaresi and Quinn, "Fightin' Words",
    Political Analysis 16, 372-403 (2008), equations 16, 18 and 22. `strength` is their z."""
    at_home = homes[threads] >= 0
    topic, group, count = _pairs(topics[at_home], homes[threads[at_home]], seating.groups)
    if not len(topic):
        return [[] for _ in range(seating.groups)]
    everywhere = np.bincount(topics).astype(np.float64)
    here, total = np.bincount(group, count, seating.groups), float(len(topics))
    weight = min(PRIOR_WORDS, PRIOR_SHARE * total)
    prior = weight * everywhere[topic] / total
    inside, outside = count + prior, everywhere[topic] - count + prior
    words_in, words_out = here[group] + weight, total - here[group] + weight
    # Where there is but one word, it has no others to be measured by.
    others_in, others_out = np.maximum(words_in - inside, prior), np.maximum(words_out - outside, prior)
    odds = np.log(inside / others_in) - np.log(outside / others_out)
    z = odds / np.sqrt(1 / inside + 1 / outside)
    threads_at = np.bincount(homes[homes >= 0], minlength=seating.groups)
    lift = (count / threads_at[group]) / (everywhere[topic] / max(evidence.threads, 1))
    told = (z >= SMALLEST_Z) & (count >= FEWEST_THREADS)
    told &= _askers(evidence, seating, homes, threads, topics, (topic, group)) >= FEWEST_ASKERS
    return _by_group(about, seating, (topic, group, count), threads_at, lift, z, told)


def _askers(
    evidence: Evidence,
    seating: Seating,
    homes: Numbers,
    threads: Places,
    topics: Places,
    pairs: tuple[Numbers, Numbers],
) -> Numbers:
    """How many people began the threads of these topics in these groups: one who writes a lot makes no topic."""
    known = (homes[threads] >= 0) & (evidence.thread_asker[threads] >= 0)
    pair = topics[known].astype(np.int64) * seating.groups + homes[threads[known]]
    asker = evidence.thread_asker[threads[known]].astype(np.int64)
    found = each_once(pair * max(evidence.members, 1) + asker) // max(evidence.members, 1)
    wanted = pairs[0] * seating.groups + pairs[1]
    return np.searchsorted(found, wanted, side="right") - np.searchsorted(found, wanted, side="left")


def _pairs(things: Places, groups: Numbers, width: int) -> tuple[Numbers, Numbers, Numbers]:
    """Each thing of each group once, and how often it stands there."""
    keys, counts = np.unique(things.astype(np.int64) * max(width, 1) + groups, return_counts=True)
    return keys // max(width, 1), keys % max(width, 1), counts.astype(np.int64)


def _by_group(
    about: About,
    seating: Seating,
    pairs: tuple[Numbers, Numbers, Numbers],
    of: Numbers,
    lift: Shares,
    strength: Shares,
    told: NDArray[np.bool_],
) -> list[list[Mark]]:
    """What is told, by group, the strongest first; equals in the order of their places."""
    place, group, count = pairs
    kept = np.flatnonzero(told)
    kept = kept[np.lexsort((place[kept], -np.round(strength[kept], 9), group[kept]))]
    rank = np.arange(len(kept)) - np.searchsorted(group[kept], group[kept])
    marks: list[list[Mark]] = [[] for _ in range(seating.groups)]
    for at in kept[rank < _LOOKED_AT].tolist():
        number = int(group[at])
        marks[number].append(
            Mark(about, int(place[at]), int(count[at]), int(of[number]), float(lift[at]), float(strength[at]))
        )
    return marks


def without_what_points_at_people(evidence: Evidence, marks: Sequence[Mark]) -> list[Mark]:
    """What may be said of groups that somebody has edited: whoever moves one member and looks again must not learn
    what that member shows to nobody."""
    hidden = np.isin(evidence.facet_dimension, [list(Dimension).index(each) for each in HIDDEN])
    return [
        mark
        for mark in marks
        if not evidence.facet_sensitive[mark.place]
        and not (hidden[mark.place] and min(mark.count, mark.of - mark.count) < FEWEST_SENSITIVE)
    ]


def say_traits(
    evidence: Evidence,
    words: Words,
    facets: Sequence[Mark],
    topics: Sequence[Mark],
    uncounted: Collection[Dimension] = (),
) -> tuple[Trait, ...]:
    """The strongest in sentences; of the dimensions that are `uncounted` without numbers. What is sensitive comes last
    and without a number: with numbers, who moves one member and looks again would learn of that member."""
    dimensions = list(Dimension)
    traits: list[Trait] = []
    hushed: list[Trait] = []
    for mark in _without_what_says_the_same(words, facets):
        name = words.facets.get(mark.place, "")
        if not name:
            continue
        if evidence.facet_sensitive[mark.place]:
            sentence = (
                f"{FEWEST_SENSITIVE} members or more share {name} and agreed to be matched by it. How many is not said."
            )
            hushed.append(Trait(name, None, None, sentence, sensitive=True))
        elif len(traits) < SHOWN_FACETS:
            dimension = dimensions[int(evidence.facet_dimension[mark.place])]
            says = _SAYS[dimension]
            if dimension in uncounted:
                some = says.format(count=f"{FEWEST_SENSITIVE} or more", of=mark.of, words=name)
                traits.append(Trait(name, None, None, f"{some}. In an edited draft it is not said how many."))
                continue
            sentence = f"{says.format(count=mark.count, of=mark.of, words=name)}, {_times(mark.lift)}."
            traits.append(Trait(name, mark.share, mark.lift, sentence))
    for mark in topics[:SHOWN_TOPICS]:
        name = words.topic(mark.place, is_tag=mark.about is About.TAG)
        where = "carry the tag" if mark.about is About.TAG else "have in the subject the word"
        sentence = f"{mark.count} of {mark.of} threads that would go along {where} “{name}”, {_times(mark.lift)}."
        traits.append(Trait(name, mark.share, mark.lift, sentence))
    return (*traits, *hushed[:SHOWN_SENSITIVE])


def _without_what_says_the_same(words: Words, facets: Sequence[Mark]) -> list[Mark]:
    """Without a country or specialty that most have only since they are in one place or subspecialty of it."""
    narrower = {
        words.facet_parents[mark.place]: mark.count for mark in reversed(facets) if mark.place in words.facet_parents
    }
    return [mark for mark in facets if narrower.get(mark.place, 0) < 0.8 * mark.count]


def _times(lift: float) -> str:
    return f"{lift:.1f} times as large a share as in the whole group"
