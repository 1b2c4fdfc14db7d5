"""The Leiden algorithm, from the one library that this product takes it from. Pure; the same seed, the same groups.

Traag, Waltman and van Eck, "From Louvain to Leiden: guaranteeing well-connected communities", Sci. Rep. 9, 5233 (2019).
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import graspologic_native
import numpy as np

from forum.splitting.cut.graph import Graph, Numbers

# Where there are so many ties, a third round changes next to nothing and doubles the time.
_MANY = 200_000
_LEAST = 1e-9
# The library lets other threads run while it works; a proposal is asked for on machines with two cores.
_AT_ONCE = 2


def leiden(graph: Graph, *, resolution: float, seed: int) -> Numbers:
    """For each person a group from 0, by modularity at this resolution; who has no tie is alone in a group."""
    if not len(graph.first):
        return np.arange(graph.people)
    ties = graph.neighbours
    _quality, found = graspologic_native.leiden_csr(
        ties.starts,
        ties.other.astype(np.int32),
        # The library panics on numbers too small to be multiplied; so much less than the largest weighs nothing anyway.
        np.maximum(ties.weight / ties.weight.max(), _LEAST),
        graph.people,
        resolution=resolution,
        iterations=3 if len(graph.first) <= _MANY else 2,
        seed=seed,
    )
    groups = np.full(graph.people, -1, dtype=np.int64)
    groups[np.fromiter(found.keys(), np.int64, len(found))] = np.fromiter(found.values(), np.int64, len(found))
    alone = groups < 0
    groups[alone] = groups.max() + 1 + np.arange(int(alone.sum()))
    return np.unique(groups, return_inverse=True)[1].astype(np.int64)


def leiden_runs(graph: Graph, *, resolution: float, seeds: Iterable[int]) -> list[Numbers]:
    """One result for each seed, in their order."""
    # Made here, once, and not by both threads at the same time.
    assert len(graph.neighbours.starts) == graph.people + 1
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        return list(threads.map(lambda seed: leiden(graph, resolution=resolution, seed=seed), seeds))
