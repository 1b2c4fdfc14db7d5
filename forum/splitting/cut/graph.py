"""An undirected weighted graph of people numbered from 0, as arrays. Pure."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Weights = NDArray[np.float64]


@dataclass(frozen=True)
class Neighbours:
    """Each tie from both its ends: those of person p stand at `starts[p]` to `starts[p + 1]`, in the order of `other`;
    `end` is p itself."""

    starts: Numbers
    end: Numbers
    other: Numbers
    weight: Weights


@dataclass(frozen=True)
class Graph:
    """`people` of them, some maybe without a tie. Tie i joins `first[i]` < `second[i]` with `weight[i]` > 0; each pair
    once, in the order of (first, second)."""

    people: int
    first: Numbers
    second: Numbers
    weight: Weights

    @cached_property
    def neighbours(self) -> Neighbours:
        """The same ties by person."""
        ends = np.concatenate((self.first, self.second))
        others = np.concatenate((self.second, self.first))
        order = np.argsort(ends * max(self.people, 1) + others, kind="stable")
        ends, others = ends[order], others[order]
        starts = np.searchsorted(ends, np.arange(self.people + 1)).astype(np.int64)
        return Neighbours(starts, ends, others, np.concatenate((self.weight, self.weight))[order])

    @cached_property
    def strength(self) -> Weights:
        """The weight of all ties of each person."""
        ends = self.neighbours
        return np.bincount(ends.end, ends.weight, self.people).astype(np.float64)


def graph_of(people: int, first: Numbers, second: Numbers, weight: Weights) -> Graph:
    """The graph of these ties, in whatever direction and however often: weights add up, a tie to oneself is none.

    ValueError for a number outside 0 to people - 1, and for a weight that is negative or not a number.
    """
    if not (len(first) == len(second) == len(weight)):
        raise ValueError("ties need two ends and a weight each")
    if len(first) and (min(first.min(), second.min()) < 0 or max(first.max(), second.max()) >= people):
        raise ValueError("a tie names somebody who is not in the graph")
    if not np.all(np.isfinite(weight)) or np.any(weight < 0):
        raise ValueError("weights are finite numbers, none below 0")
    low, high = np.minimum(first, second), np.maximum(first, second)
    counts = (low != high) & (weight > 0)
    pairs, at = np.unique(low[counts] * people + high[counts], return_inverse=True)
    sums = np.bincount(at, weight[counts], len(pairs)).astype(np.float64)
    return Graph(people, pairs // max(people, 1), pairs % max(people, 1), sums)


def part_of(graph: Graph, members: Numbers) -> Graph:
    """The graph of these people alone (each once), numbered as they stand in `members`."""
    place = np.full(graph.people, -1, dtype=np.int64)
    place[members] = np.arange(len(members))
    first, second = place[graph.first], place[graph.second]
    inside = (first >= 0) & (second >= 0)
    return graph_of(len(members), first[inside], second[inside], graph.weight[inside])


def quotient(graph: Graph, labels: Numbers) -> Graph:
    """The graph of the groups 0 to labels.max(), a tie weighing all that goes between two of them."""
    groups = int(labels.max()) + 1 if len(labels) else 0
    return graph_of(groups, labels[graph.first], labels[graph.second], graph.weight)


def numbered(labels: Numbers) -> Numbers:
    """The same groups, numbered from the largest; groups of one size in the order of their first member."""
    _names, firsts, groups, sizes = np.unique(labels, return_index=True, return_inverse=True, return_counts=True)
    order = np.lexsort((firsts, -sizes))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank[groups]
