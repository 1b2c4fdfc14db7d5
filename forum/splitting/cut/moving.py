"""Moving single people to where more of their ties are, within bounds. Pure."""

import numpy as np

from forum.splitting.cut.bounds import Bounds
from forum.splitting.cut.graph import Graph, Numbers, Weights, numbered

_ROUNDS = 8


def move_to_ties(graph: Graph, labels: Numbers, bounds: Bounds, *, resolution: float) -> Numbers:
    """Each person who gains by it to the group with the most gain, while that has room and the old one can spare them.

    The gain is that of modularity at this resolution, as in Leiden's own moving of nodes: the weight of ties to the new
    group less that to the old, each less what chance would give. So every move makes the whole better, and it ends.
    """
    total = float(graph.weight.sum())
    if not total:
        return labels
    found, ties, strength = labels.copy(), graph.neighbours, graph.strength
    sizes = np.bincount(found)
    volumes = np.bincount(found, strength).astype(np.float64)
    charges = resolution / 2 * (strength / total)
    for _round in range(_ROUNDS):
        moved = 0
        for person in _who_may_gain(graph, found, volumes, charges).tolist():
            old = int(found[person])
            if sizes[old] <= bounds.smallest:
                continue
            around = slice(int(ties.starts[person]), int(ties.starts[person + 1]))
            groups, at = np.unique(np.append(found[ties.other[around]], old), return_inverse=True)
            weight = np.bincount(at, np.append(ties.weight[around], 0.0))
            others = volumes[groups] - np.where(groups == old, strength[person], 0.0)
            worth = weight - charges[person] * others
            at_home = float(worth[at[-1]])
            worth[(sizes[groups] >= bounds.largest) | (groups == old)] = -np.inf
            best = int(np.argmax(worth))
            if worth[best] <= at_home + 1e-9 * total / graph.people:
                continue
            new = int(groups[best])
            found[person] = new
            sizes[old] -= 1
            sizes[new] += 1
            volumes[old] -= strength[person]
            volumes[new] += strength[person]
            moved += 1
        if not moved:
            break
    return numbered(found)


def _who_may_gain(graph: Graph, labels: Numbers, volumes: Weights, charges: Weights) -> Numbers:
    """Those who would gain by a move were there room: all at once, so that the others need no look of their own."""
    ties = graph.neighbours
    width = len(volumes)
    pairs, at = np.unique(ties.end * width + labels[ties.other], return_inverse=True)
    weight = np.bincount(at, ties.weight)
    person, group = pairs // width, pairs % width
    own = group == labels[person]
    at_home = np.zeros(graph.people)
    at_home[person[own]] = weight[own]
    at_home -= charges * (volumes[labels] - graph.strength)
    gain = weight - charges[person] * volumes[group] - at_home[person]
    return np.unique(person[~own & (gain > 0)])


def join_own(graph: Graph, labels: Numbers) -> Numbers:
    """Who has no tie into the own group, and ties elsewhere, goes to the group with the most of them, one by one.

    Nothing that is kept is lost by it. It is for a division without bounds.
    """
    found, near = labels.copy(), graph.neighbours
    inside = found[near.end] == found[near.other]
    own = np.bincount(near.end[inside], minlength=graph.people)
    for person in np.flatnonzero((own == 0) & (graph.strength > 0)).tolist():
        ties = slice(near.starts[person], near.starts[person + 1])
        groups = found[near.other[ties]]
        if not np.any(groups == found[person]):
            found[person] = np.bincount(groups, near.weight[ties]).argmax()
    return numbered(found)
