"""The Leiden algorithm, from the one library that this product takes it from. Pure; the same seed, the same groups.

Traag, Waltman and van Eck, "From Louvain to Leiden: guaranteeing well-connected communities", Sci. Rep. 9, 5233 (2019).
"""

import graspologic_native
import numpy as np

from forum.splitting.cut.graph import Graph, Numbers


def leiden(graph: Graph, *, resolution: float, seed: int) -> Numbers:
    """For each person a group from 0, by modularity at this resolution; who has no tie is alone in a group."""
    if not len(graph.first):
        return np.arange(graph.people)
    ends = np.concatenate((graph.first, graph.second))
    others = np.concatenate((graph.second, graph.first))
    order = np.lexsort((others, ends))
    starts = np.searchsorted(ends[order], np.arange(graph.people + 1)).astype(np.int64)
    weight = np.concatenate((graph.weight, graph.weight))[order]
    _quality, found = graspologic_native.leiden_csr(
        starts, others[order].astype(np.int32), weight, graph.people, resolution=resolution, iterations=3, seed=seed
    )
    groups = np.full(graph.people, -1, dtype=np.int64)
    groups[np.fromiter(found.keys(), np.int64, len(found))] = np.fromiter(found.values(), np.int64, len(found))
    alone = groups < 0
    groups[alone] = groups.max() + 1 + np.arange(int(alone.sum()))
    return np.unique(groups, return_inverse=True)[1].astype(np.int64)
