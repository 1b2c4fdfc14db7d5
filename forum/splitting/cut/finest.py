"""The finest groups that still keep most ties that plain Leiden keeps. Pure; the same seed, the same groups.

Plain Leiden (resolution 1) finds groups larger than the units that people know. A higher resolution comes closer to
them, and loses ties. In trials on simulated organisations, of all divisions that keep as many ties as they must, the
one with the fewest pairs of people in one group agreed best with the units, whichever way it was found. So it is looked
for: by many runs around the resolution where too many ties begin to be lost, then by separating parts of its groups,
along a finer division, until no more ties can be spared.

Where a graph holds no finer groups, a higher resolution breaks groups at random. That shows in two ways: the division
says less about the graph, and another seed breaks them elsewhere. Such divisions are not taken.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from forum.splitting.cut.agreement import adjusted_rand_index
from forum.splitting.cut.graph import Graph, Numbers, numbered
from forum.splitting.cut.joining import join_crumbs
from forum.splitting.cut.leiden import leiden_runs
from forum.splitting.cut.quality import description_length, modularity, share_counted, share_kept
from forum.splitting.cut.separating import CRUMB, pairs_together, separate_along

# Of the ties that plain Leiden keeps. What is asked for is 0.85; the rest is for runs of another seed, or another
# program's, that happen to keep more. Runs of low modularity keep a lot by having joined what does not belong together:
# the better half of the runs is the measure, and of these the one that keeps most.
KEEPS = 0.88
_HIGHEST = 4.0
# How much finer are the divisions along which parts are separated.
_FINER = 1.6
# So many ties may be looked at for one resolution: small graphs are looked at with more seeds, and at more resolutions.
_TIES_A_STEP = 200_000
_FEWEST_RUNS, _MOST_RUNS = 2, 12
_FEWEST_STEPS, _MOST_STEPS = 4, 6
# So much more than those of plain Leiden may the runs of different seeds differ.
_MORE_DIFFERENT = 1.6
# So many of the divisions found are refined.
_REFINED = 12


@dataclass(frozen=True)
class Level:
    """One division, groups numbered from the largest, and the resolution at which it was found."""

    labels: Numbers
    resolution: float


@dataclass(frozen=True)
class Levels:
    """`plain` is Leiden's own division, `finest` the one to take; `least_kept` is the share of the weight of ties that
    a division has to keep."""

    plain: Level
    finest: Level
    least_kept: float


def finest(graph: Graph, *, given: Graph | None = None, seed: int) -> Levels:
    """The division to take. With `given`, what is kept is measured by those ties alone, and `graph` has some more."""
    search = _Search(graph, given or graph, seed)
    plain = leiden_runs(search.given, resolution=1.0, seeds=search.seeds(1.0, more=1))
    search.expect(plain)
    best = max(plain, key=lambda labels: share_kept(search.given, labels))
    known = [Level(labels, 1.0) for labels in plain if labels is best or search.keeps(labels)]
    low, high = 1.0, _HIGHEST
    for _step in range(search.steps):
        middle = float(np.sqrt(low * high))
        runs = leiden_runs(graph, resolution=middle, seeds=search.seeds(middle))
        kept = [Level(labels, middle) for labels in runs if search.keeps(labels)] if search.holds(runs, middle) else []
        known.extend(kept)
        if 2 * len(kept) >= len(runs):
            low = middle
        else:
            high = middle
    known.sort(key=lambda level: pairs_together(level.labels))
    finer = leiden_runs(graph, resolution=_FINER * low, seeds=search.seeds(_FINER * low)[:3])
    if search.holds(finer, _FINER * low):
        known += [
            Level(
                separate_along(
                    search.given, level.labels, parts, least_kept=search.by_weight, least_counted=search.by_count
                ),
                level.resolution,
            )
            for level in known[: search.refined]
            for parts in finer
        ]
        known = [level for level in known if level.labels is best or search.keeps(level.labels)]
    taken = min(known, key=lambda level: pairs_together(level.labels))
    whole = join_crumbs(graph, taken.labels, smallest=CRUMB, largest=graph.people)
    return Levels(Level(numbered(plain[0]), 1.0), Level(whole, taken.resolution), search.by_weight)


class _Search:
    """What every division is held against."""

    def __init__(self, graph: Graph, given: Graph, seed: int) -> None:
        self.given = given
        self._graph = graph
        self._seed = seed
        self._runs = int(np.clip(_TIES_A_STEP // max(len(graph.first), 1), _FEWEST_RUNS, _MOST_RUNS))
        large = len(graph.first) > _TIES_A_STEP
        self.steps = _FEWEST_STEPS if large else _MOST_STEPS
        self.refined = 1 if large else _REFINED
        self.by_weight = self.by_count = self._length = self._difference = 0.0

    def seeds(self, resolution: float, *, more: int = 0) -> list[int]:
        """As many as one resolution is worth, others for each."""
        first = (self._seed * 1_000_003 + round(resolution * 10_000) * 101) % 2**31
        return [first + run for run in range(self._runs + more)]

    def expect(self, plain: Sequence[Numbers]) -> None:
        """Take plain Leiden as the measure; for the number of ties, plain Leiden that knows no weights."""
        better = self._better_half(plain, 1.0)
        self.by_weight = KEEPS * max(share_kept(self.given, labels) for labels in better)
        self._length = self._mean_length(better)
        self._difference = _difference(better)
        if len(np.unique(self.given.weight)) > 1:
            counted = replace(self.given, weight=np.ones(len(self.given.weight)))
            runs = leiden_runs(counted, resolution=1.0, seeds=self.seeds(1.0, more=1))
            better = sorted(runs, key=lambda labels: -modularity(counted, labels))[: (len(runs) + 1) // 2]
        self.by_count = KEEPS * max(share_counted(self.given, labels) for labels in better)

    def keeps(self, labels: Numbers) -> bool:
        """Whether enough ties lie inside groups, by their weight and by their number."""
        enough = share_kept(self.given, labels) >= self.by_weight
        return enough and share_counted(self.given, labels) >= self.by_count

    def holds(self, runs: Sequence[Numbers], resolution: float) -> bool:
        """Whether the groups are in the graph, and not in the seed."""
        better = self._better_half(runs, resolution)
        if self._mean_length(better) <= self._length:
            return True
        return _difference(better) <= _MORE_DIFFERENT * self._difference

    def _better_half(self, runs: Sequence[Numbers], resolution: float) -> Sequence[Numbers]:
        """Of a few runs some end early in what is not the best; those say little."""
        order = sorted(runs, key=lambda labels: -modularity(self._graph, labels, resolution=resolution))
        return order[: max((len(runs) + 1) // 2, 2)]

    def _mean_length(self, runs: Sequence[Numbers]) -> float:
        return float(np.mean([description_length(self.given, labels) for labels in runs]))


def _difference(runs: Sequence[Numbers]) -> float:
    return 1 - float(np.mean([adjusted_rand_index(one, other) for one, other in combinations(runs, 2)]))
