"""A second group for those whose ties lie in two. Pure."""

import numpy as np

from forum.splitting.cut.bounds import Bounds
from forum.splitting.cut.graph import Graph, Numbers

# Somebody bridges two groups when so much of the weight of their ties lies in both together, and so much in the lesser.
_IN_BOTH = 2 / 3
_IN_LESSER = 1 / 3


def second_places(graph: Graph, labels: Numbers, *, share: float, bounds: Bounds | None = None) -> Numbers:
    """For each person a second group, or -1: at most this share of all people, those first who would keep the most
    ties by it, and no group above the largest size with its second members counted."""
    found = np.full(graph.people, -1, dtype=np.int64)
    most = int(share * graph.people)
    if most <= 0 or not len(graph.first):
        return found
    ties = graph.neighbours
    width = int(labels.max()) + 1
    pairs, at, counts = np.unique(ties.end * width + labels[ties.other], return_inverse=True, return_counts=True)
    weight = np.bincount(at, ties.weight)
    person, group = pairs // width, pairs % width
    own = np.zeros(graph.people)
    at_home = group == labels[person]
    own[person[at_home]] = weight[at_home]
    # One tie elsewhere bridges nothing.
    elsewhere = ~at_home & (counts >= 2)
    person, group, weight = person[elsewhere], group[elsewhere], weight[elsewhere]
    order = np.lexsort((group, -weight, person))
    person, group, weight = person[order], group[order], weight[order]
    best = np.append(True, person[1:] != person[:-1]) if len(person) else np.zeros(0, dtype=bool)
    person, group, weight = person[best], group[best], weight[best]
    all_ties = graph.strength[person]
    lesser = np.minimum(weight, own[person])
    bridging = (weight + own[person] >= _IN_BOTH * all_ties) & (lesser >= _IN_LESSER * all_ties)
    person, group, weight = person[bridging], group[bridging], weight[bridging]
    sizes = np.bincount(labels, minlength=width)
    largest = bounds.largest if bounds else graph.people
    for one in np.lexsort((person, -weight)).tolist():
        if not most:
            break
        if sizes[group[one]] < largest:
            found[person[one]] = group[one]
            sizes[group[one]] += 1
            most -= 1
    return found
