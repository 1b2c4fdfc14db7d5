"""Separating parts from their groups where that costs few ties. Pure."""

import numpy as np

from forum.splitting.cut.graph import Graph, Numbers, numbered
from forum.splitting.cut.quality import share_counted, share_kept

# A part is one by its own ties: at least so much of what its people have in ties lies inside it. Else it is people with
# a tie or two each, whom nothing but a finer division has brought together.
_OWN = 0.1
# Without bounds nobody who has ties is left in a smaller group, where there is another to join.
CRUMB = 3


def pairs_together(labels: Numbers) -> float:
    """How many pairs of people are in one group."""
    sizes = np.bincount(labels).astype(np.float64)
    return float((sizes * (sizes - 1)).sum() / 2)


def separate_along(
    graph: Graph,
    labels: Numbers,
    parts: Numbers,
    *,
    least_kept: float,
    least_counted: float = 0.0,
    smallest: int = CRUMB,
) -> Numbers:
    """The same groups, parts of them separated along another, finer division as long as these shares of ties stay
    inside groups, by their weight and by their number: first what separates the most pairs of people for the weight of
    ties that it costs.

    No part has fewer than `smallest` people, nor leaves fewer behind, and each has ties of its own. What has no tie to
    the rest of its group was put there for another reason, and stays.
    """
    found = numbered(labels)
    pieces = np.unique(found * (int(parts.max(initial=0)) + 1) + parts, return_inverse=True)[1]
    sizes = np.bincount(pieces)
    group_of = np.zeros(len(sizes), dtype=np.int64)
    group_of[pieces] = found
    one, other = pieces[graph.first], pieces[graph.second]
    between = one != other
    one, other, weight = one[between], other[between], graph.weight[between]
    own = np.bincount(pieces[graph.first[~between]], graph.weight[~between], len(sizes))
    hangs_together = 2 * own >= _OWN * np.bincount(pieces, graph.strength, len(sizes))
    spare = (share_kept(graph, found) - least_kept) * float(graph.weight.sum())
    spare_ties = (share_counted(graph, found) - least_counted) * len(graph.first)
    while True:
        together = group_of[one] == group_of[other]
        ends = np.concatenate((one[together], other[together]))
        cost = np.bincount(ends, np.concatenate((weight[together], weight[together])), len(sizes))
        ties = np.bincount(ends, minlength=len(sizes))
        others = np.bincount(group_of, sizes)[group_of] - sizes
        possible = (cost > 0) & (cost <= spare) & (ties <= spare_ties) & (sizes >= smallest) & (others >= smallest)
        possible &= hangs_together
        if not possible.any():
            return numbered(group_of[pieces])
        best = int(np.argmax(np.where(possible, sizes * others / np.maximum(cost, 1e-9), -1.0)))
        spare -= float(cost[best])
        spare_ties -= int(ties[best])
        group_of[best] = int(group_of.max()) + 1
