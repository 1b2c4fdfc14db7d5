"""An undirected weighted graph of people numbered from 0, as arrays. Pure."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Weights = NDArray[np.float64]


@dataclass(frozen=True)
class Graph:
    """`people` of them, some maybe without a tie. Tie i joins `first[i]` < `second[i]` with `weight[i]` > 0; each pair
    once, in the order of (first, second)."""

    people: int
    first: Numbers
    second: Numbers
    weight: Weights


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
