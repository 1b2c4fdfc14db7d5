"""Dividing people into groups along their ties: one cut, several from coarse to fine, and one group once more. Pure.

The same graph, bounds and seed give the same cut; bounds are always respected, or refused with the reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from forum.splitting.cut.bounds import Bounds, CannotBound
from forum.splitting.cut.dividing import divide_large
from forum.splitting.cut.filling import fill_smallest, within_bounds
from forum.splitting.cut.finest import Level, finest
from forum.splitting.cut.graph import Graph, Numbers
from forum.splitting.cut.joining import join_closest, join_crumbs
from forum.splitting.cut.leiden import leiden
from forum.splitting.cut.moving import join_own, move_to_ties
from forum.splitting.cut.quality import modularity, share_kept
from forum.splitting.cut.separating import CRUMB, separate_along
from forum.splitting.cut.sharing import Sharing, with_sharing

# Where a cap costs too many ties, single people move for their ties alone, by and by.
_COARSER = (1.0, 0.5, 0.0)
# How much finer the candidates beyond the recommended one are.
_FINER = (1.5, 2.25)


@dataclass(frozen=True)
class Cut:
    """`labels`: the group of each person, from 0, the largest group first.

    `modularity`, and `kept`, the share of the weight of ties inside groups, are those of the ties alone, whatever was
    shared besides. `kept_unbounded` is what would be kept without bounds: the difference is what they cost.
    """

    labels: Numbers
    modularity: float
    kept: float
    kept_unbounded: float
    resolution: float
    recommended: bool = True

    @property
    def groups(self) -> int:
        """How many there are."""
        return int(self.labels.max(initial=-1)) + 1


def cut(graph: Graph, bounds: Bounds | None = None, *, seed: int = 0, facets: Sharing | None = None) -> Cut:
    """The recommended cut. Without bounds, who has no tie is alone. CannotBound when the bounds cannot be met."""
    if bounds:
        bounds.groups_for(graph.people)
    tied = with_sharing(graph, facets, seed=seed) if facets else graph
    levels = finest(tied, given=graph, seed=seed)
    return _cut(graph, tied, levels.finest, bounds, levels.least_kept, share_kept(graph, levels.finest.labels), seed)


def candidates(
    graph: Graph, bounds: Bounds | None = None, *, seed: int = 0, facets: Sharing | None = None
) -> Sequence[Cut]:
    """Cuts of different numbers of groups, from few to many; the one that cut() gives is `recommended`."""
    if bounds:
        bounds.groups_for(graph.people)
    tied = with_sharing(graph, facets, seed=seed) if facets else graph
    levels = finest(tied, given=graph, seed=seed)
    unbounded = share_kept(graph, levels.finest.labels)
    found = [_cut(graph, tied, levels.finest, bounds, levels.least_kept, unbounded, seed)]
    others = [(levels.plain, share_kept(graph, levels.plain.labels))]
    for factor in _FINER:
        resolution = factor * levels.finest.resolution
        # Nothing is joined for its ties alone here: what is finer keeps less.
        others.append((Level(leiden(tied, resolution=resolution, seed=seed), resolution), 0.0))
    for level, least_kept in others:
        another = _cut(graph, tied, level, bounds, least_kept, share_kept(graph, level.labels), seed)
        if another.groups not in [known.groups for known in found]:
            found.append(replace(another, recommended=False))
    return sorted(found, key=lambda each: each.groups)


def divide(graph: Graph, bounds: Bounds | None = None, *, seed: int = 0) -> Numbers:
    """These people in two groups or more, as few as their ties suggest. CannotBound when that cannot be."""
    people = graph.people
    smallest, largest = (bounds.smallest, bounds.largest) if bounds else (1, people)
    if people < 2 * smallest or people < 2:
        raise CannotBound(f"{people} people are too few for two groups of at least {smallest}.")
    apart = Bounds(smallest, min(largest, people - smallest))
    apart.groups_for(people)
    level = Level(leiden(graph, resolution=1.0, seed=seed), 1.0)
    return _bounded(graph, level, apart, share_kept(graph, level.labels), seed)


def _cut(
    graph: Graph,
    tied: Graph,
    level: Level,
    bounds: Bounds | None,
    least_kept: float,
    unbounded: float,
    seed: int,
) -> Cut:
    if bounds:
        labels = _bounded(tied, level, bounds, least_kept, seed)
    else:
        labels = join_crumbs(tied, join_own(tied, level.labels), smallest=CRUMB, largest=graph.people)
    kept = share_kept(graph, labels)
    return Cut(labels, modularity(graph, labels), kept, max(kept, unbounded), level.resolution)


def _bounded(graph: Graph, level: Level, bounds: Bounds, least_kept: float, seed: int) -> Numbers:
    """This division within the bounds: large groups divided, small ones joined, then single people moved."""
    largest, smallest = bounds.largest, bounds.smallest
    weight_inside = least_kept * float(graph.weight.sum())
    parts = divide_large(graph, level.labels, largest=largest, seed=seed)
    parts = join_crumbs(graph, parts, smallest=smallest, largest=largest)
    labels = join_closest(graph, parts, largest=largest, weight_inside=weight_inside)
    labels = fill_smallest(labels, np.flatnonzero(graph.strength == 0), largest=largest)
    labels = within_bounds(graph, labels, bounds)
    for resolution in (level.resolution, *_COARSER):
        labels = move_to_ties(graph, labels, bounds, resolution=resolution)
        if share_kept(graph, labels) >= least_kept:
            break
    return separate_along(graph, labels, parts, least_kept=least_kept, smallest=smallest)
