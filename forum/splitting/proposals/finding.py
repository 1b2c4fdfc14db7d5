"""Several cuts of a group from its evidence, coarse to fine, within bounds, with second places. Pure and seeded.

First those are cut who have ties of the kind that the proposal goes by. Then everybody else, and who has too few ties
to tell, goes where ties, facets and talk together make it likeliest that they belong. So light evidence places people
and does not bend the cut.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from forum.facets.models import Dimension
from forum.splitting.cut.bounds import Bounds, CannotBound
from forum.splitting.cut.cut import Cut, candidates, divide
from forum.splitting.cut.filling import within_bounds
from forum.splitting.cut.graph import Graph, Numbers, Weights, graph_of, numbered, part_of
from forum.splitting.cut.leiden import leiden
from forum.splitting.cut.quality import share_kept
from forum.splitting.cut.seconds import second_places
from forum.splitting.cut.sharing import Sharing, with_sharing
from forum.splitting.proposals.belonging import Known, anything_known, likelihoods
from forum.splitting.proposals.evidence import Evidence, Places
from forum.splitting.proposals.having import Having, facets_of, most_telling, talk_of
from forum.splitting.proposals.options import By, Options
from forum.splitting.proposals.settling import settle, spread
from forum.splitting.proposals.weights import ties_of

# Who has given and got fewer answers is placed by everything that is known.
_FEW_ANSWERS = 8
_ROUNDS = 2
# Of all weight: where talk is what counts, this much of it is what they talk about; where a facet is, this much people.
_TALK_SHARE, _PEOPLE_SHARE = 0.3, 0.1
# The words of one thread say much the same.
_TRUST_FACETS, _TRUST_TALK = 1.0, 0.1
# Words by which people are tied, beside all by which they are judged; and how many members have to have any ties before
# those lead alone.
_SHARED_TALK, _ENOUGH_TALK = 3, 0.2
# A group that keeps less than so much of the share of ties that all keep together is none: people with a tie or two
# that nothing but the cut has brought together.
_HOLLOW = 1 / 3
# A value that nearly everybody has divides nobody.
_ALL_BUT = 0.9
_OF = {By.PLACE: Dimension.PLACE, By.SPECIALTY: Dimension.SPECIALTY, By.INTEREST: Dimension.INTEREST}


@dataclass(frozen=True)
class Found:
    """A row for each candidate, from the fewest groups to the most: the place of everybody from 0, and a second one or
    -1. `unbounded` is what Leiden finds alone. `recommended` is the row to take."""

    labels: Places
    second: Places
    unbounded: Places
    recommended: int


def find_cuts(evidence: Evidence, options: Options) -> Found:
    """CannotBound, with the reason as a sentence, where the bounds or the evidence leave no two groups."""
    bounds = Bounds(options.smallest, options.largest)
    if evidence.members < 2 * bounds.smallest:
        raise CannotBound(f"{evidence.members} members are too few for two groups of at least {bounds.smallest}.")
    bounds.groups_for(evidence.members)
    ties, talk = ties_of(evidence), talk_of(evidence)
    leading = _leading(evidence, ties, talk, options)
    judge = _Judge(evidence, ties, talk, options, bounds)
    cuts = _cuts(leading, bounds, options.seed)
    placed, recommended = _different([judge.everybody(cut.labels, leading) for cut in cuts], cuts)
    second = [second_places(ties, labels, share=options.overlap, bounds=bounds) for labels in placed]
    return Found(
        labels=np.stack(placed).astype(np.int32),
        second=np.stack(second).astype(np.int32),
        unbounded=leiden(ties, resolution=1.0, seed=options.seed).astype(np.int32),
        recommended=recommended,
    )


def _different(placed: Sequence[Numbers], cuts: Sequence[Cut]) -> tuple[Sequence[Numbers], int]:
    """One for each number of groups, the recommended one before others, from few groups to many; and its row."""
    by_groups: dict[int, Numbers] = {}
    for labels, cut in zip(placed, cuts, strict=True):
        groups = int(labels.max()) + 1
        if cut.recommended:
            by_groups[groups], taken = labels, groups
        else:
            by_groups.setdefault(groups, labels)
    rows = sorted(by_groups)
    return [by_groups[groups] for groups in rows], rows.index(taken)


@dataclass(frozen=True)
class _Leading:
    """The ties that the cut goes by, of those `people` of all `members` who have any; and what is light beside them."""

    members: int
    people: Numbers
    graph: Graph
    beside: Sharing | None


def _leading(evidence: Evidence, ties: Graph, talk: Having, options: Options) -> _Leading:
    match options.by:
        case By.MIXED:
            facets = facets_of(evidence)
            if np.mean(ties.strength > 0) >= _ENOUGH_TALK:
                # What they talk about comes in when everybody is placed: whom they answer says the same, and better.
                return _among_tied(ties, _shared(facets))
            shared = _shared(facets, most_telling(talk, _SHARED_TALK))
            return _among_tied(with_sharing(ties, shared, seed=options.seed, share=_TALK_SHARE), None)
        case By.TALK:
            shared = _shared(most_telling(talk, _SHARED_TALK))
            return _among_tied(with_sharing(ties, shared, seed=options.seed, share=_TALK_SHARE), None)
        case By.PLACE | By.SPECIALTY | By.INTEREST:
            facets = facets_of(evidence, [_OF[options.by]])
            nobody = _without_ties(evidence.members)
            alike = with_sharing(nobody, _shared(facets), seed=options.seed, too_common=_ALL_BUT)
            if not len(alike.first):
                raise CannotBound(f"No {options.by} is known that some members share and others do not.")
            return _among_tied(_together(alike, ties), None, who=alike.strength > 0)
        case _:
            assert_never(options.by)


def _among_tied(graph: Graph, beside: Sharing | None, who: NDArray[np.bool_] | None = None) -> _Leading:
    people = np.flatnonzero(graph.strength > 0 if who is None else who)
    if not len(people):
        raise CannotBound("Nothing is known yet by which to tell members apart: no answers, facets or subjects.")
    if beside is not None:
        place = np.full(graph.people, -1, dtype=np.int64)
        place[people] = np.arange(len(people))
        theirs = place[beside.person] >= 0
        beside = Sharing(place[beside.person[theirs]], beside.value[theirs])
    return _Leading(graph.people, people, part_of(graph, people), beside)


def _shared(*kinds: Having) -> Sharing:
    """Everything of these kinds, numbered on."""
    before = np.cumsum([0, *(each.kinds for each in kinds)])
    return Sharing(
        np.concatenate([each.member for each in kinds]),
        np.concatenate([each.thing + first for each, first in zip(kinds, before[:-1], strict=True)]),
    )


def _without_ties(members: int) -> Graph:
    none = np.zeros(0, dtype=np.int64)
    return Graph(members, none, none, np.zeros(0))


def _together(graph: Graph, light: Graph) -> Graph:
    """Both graphs' ties; the second's weigh a small part of all."""
    total = float(light.weight.sum())
    scale = _PEOPLE_SHARE * float(graph.weight.sum()) / total if total else 0.0
    return graph_of(
        graph.people,
        np.concatenate((graph.first, light.first)),
        np.concatenate((graph.second, light.second)),
        np.concatenate((graph.weight, light.weight * scale)),
    )


def _cuts(leading: _Leading, bounds: Bounds, seed: int) -> Sequence[Cut]:
    """Cuts of those who lead, in at least two groups, with as much room left as the others will take."""
    among = _bounds_among(leading, bounds)
    found = candidates(leading.graph, among, seed=seed, facets=leading.beside)
    several = [cut for cut in found if cut.groups > 1]
    if not several:
        return [replace(found[0], labels=divide(leading.graph, among, seed=seed), recommended=True)]
    if not any(cut.recommended for cut in several):
        # Not to split would be best, and is what the figures say; of all splits the coarsest comes nearest.
        several[0] = replace(several[0], recommended=True)
    return several


def _bounds_among(leading: _Leading, bounds: Bounds) -> Bounds:
    share = len(leading.people) / leading.members
    smallest, largest = math.ceil(bounds.smallest * share), max(math.floor(bounds.largest * share), 1)
    try:
        among = Bounds(smallest, largest)
        among.groups_for(len(leading.people))
    except CannotBound:
        # Rounded, they leave no way; what is too small is filled up when all have their places.
        return Bounds(1, largest)
    return among


class _Judge:
    """Finds everybody's place, from the places of those who lead."""

    def __init__(self, evidence: Evidence, ties: Graph, talk: Having, options: Options, bounds: Bounds) -> None:
        self._ties, self._bounds, self._seed = ties, bounds, options.seed
        # A tie of the usual strength is one thing seen.
        usual = float(ties.weight.mean()) if len(ties.weight) else 1.0
        self._evened = Graph(ties.people, ties.first, ties.second, ties.weight / usual)
        self._known = (Known(facets_of(evidence), _TRUST_FACETS), Known(talk, _TRUST_TALK))
        self._can_tell = anything_known(ties, self._known)
        # Where a facet decides, everybody who has it is where it says.
        by_people = options.by in (By.MIXED, By.TALK)
        self._few = (evidence.given + evidence.received < _FEW_ANSWERS) & by_people

    def everybody(self, cut_labels: Numbers, leading: _Leading) -> Numbers:
        """Within the bounds, the largest group first."""
        labels = np.full(self._ties.people, -1, dtype=np.int64)
        labels[leading.people] = cut_labels
        hollow = _hold_together(leading.graph, cut_labels) < _HOLLOW * share_kept(leading.graph, cut_labels)
        labels = self._without(labels, hollow)
        judged = np.flatnonzero((self._few | (labels < 0)) & self._can_tell)
        for _round in range(_ROUNDS):
            labels = self._settled(labels, judged)
        sizes = np.bincount(labels[labels >= 0])
        crumbs = sizes * len(labels) < sizes.sum() * self._bounds.smallest / 2
        labels = self._without(labels, crumbs)
        labels = self._settled(labels, np.flatnonzero((labels < 0) & self._can_tell))
        groups = int(labels.max()) + 1
        labels = spread(labels, np.flatnonzero(labels < 0), groups=groups, largest=self._bounds.largest)
        labels = within_bounds(self._ties, numbered(labels), self._bounds)
        # A small group goes up in others where that moves fewer people, but two are left at least.
        return labels if labels.max() > 0 else divide(self._ties, self._bounds, seed=self._seed)

    def _settled(self, labels: Numbers, who: Numbers) -> Numbers:
        scores = likelihoods(labels, int(labels.max()) + 1, self._evened, self._known, who)
        return settle(labels, who, scores, largest=self._bounds.largest)

    def _without(self, labels: Numbers, unwanted: NDArray[np.bool_]) -> Numbers:
        """Nobody is any more in these groups, save in the largest of them if there would be too few to hold all."""
        sizes = np.bincount(labels[labels >= 0])
        fewest = max(math.ceil(len(labels) / self._bounds.largest), 2)
        order = np.lexsort((-sizes, unwanted))
        left = np.sort(order[: max(int((~unwanted).sum()), fewest)])
        # The last cell is for who has no group.
        place = np.full(len(sizes) + 1, -1, dtype=np.int64)
        place[left] = np.arange(len(left))
        return place[labels]


def _hold_together(graph: Graph, labels: Numbers) -> Weights:
    """Of the ties of each group's people, by weight, the share that stays inside."""
    inside = labels[graph.first] == labels[graph.second]
    both_ends = 2 * np.bincount(labels[graph.first][inside], graph.weight[inside], int(labels.max()) + 1)
    held: Weights = both_ends / np.maximum(np.bincount(labels, graph.strength), 1e-9)
    return held
