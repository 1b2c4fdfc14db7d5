"""Dividing a group that is too large along its own ties. Pure; the same seed, the same parts."""

import numpy as np

from forum.splitting.cut.graph import Graph, Numbers, numbered, part_of
from forum.splitting.cut.leiden import leiden

# Each step asks for parts half as large; after so many even a group tied evenly has fallen into single people.
_STEPS = 24


def divide_large(graph: Graph, labels: Numbers, *, largest: int, seed: int) -> Numbers:
    """The same groups, those above the largest size divided into parts that are not."""
    labels = numbered(labels)
    found = labels.copy()
    for group in np.flatnonzero(np.bincount(labels) > largest):
        members = np.flatnonzero(labels == group)
        found[members] = int(found.max()) + 1 + parts_of(part_of(graph, members), largest=largest, seed=seed)
    return numbered(found)


def parts_of(graph: Graph, *, largest: int, seed: int) -> Numbers:
    """All these people in at least two parts of at most `largest` (one where there is only one person)."""
    labels = np.zeros(graph.people, dtype=np.int64)
    resolution = 1.0
    for _step in range(_STEPS):
        labels = leiden(graph, resolution=resolution, seed=seed)
        if labels.max(initial=0) > 0:
            break
        resolution *= 2
    if labels.max(initial=0) == 0:
        # Nothing tells these people apart: any half is as good as another.
        labels = np.arange(graph.people) * 2 // max(graph.people, 1)
    if len(graph.first) == 0:
        # Without a tie each is alone; no part is larger than one.
        return np.arange(graph.people) // largest
    return divide_large(graph, labels, largest=largest, seed=seed)
