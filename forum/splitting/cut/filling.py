"""Bringing every group within its bounds by moving as few people as that takes. Pure."""

import numpy as np

from forum.splitting.cut.bounds import Bounds
from forum.splitting.cut.graph import Graph, Numbers, numbered


def fill_smallest(labels: Numbers, waiting: Numbers, *, largest: int) -> Numbers:
    """These people, of whom nothing tells where they belong, one by one into what is then the smallest group; into new
    groups when all are full."""
    elsewhere = np.ones(len(labels), dtype=bool)
    elsewhere[waiting] = False
    groups = numbered(labels[elsewhere])
    sizes = np.bincount(groups) if len(groups) else np.zeros(0, dtype=np.int64)
    left = len(waiting) - int((largest - sizes).sum())
    if left > 0:
        sizes = np.concatenate((sizes, np.zeros(-(-left // largest), dtype=np.int64)))
    found = np.empty(len(labels), dtype=np.int64)
    found[elsewhere] = groups
    # Group by group the places from its size up; the lowest places are filled first.
    level = _level(sizes, len(waiting), largest)
    places = np.repeat(np.arange(len(sizes)), np.maximum(np.minimum(level, largest) - sizes, 0))
    spare = np.flatnonzero((sizes <= level) & (sizes < largest))[: len(waiting) - len(places)]
    found[waiting] = np.concatenate((places, spare)) if len(waiting) else places[:0]
    return numbered(found)


def _level(sizes: Numbers, people: int, largest: int) -> int:
    """The greatest size up to which so many people can fill every group that is below it."""
    low, high = 0, largest
    while low < high:
        middle = (low + high + 1) // 2
        if int(np.maximum(middle - sizes, 0).sum()) <= people:
            low = middle
        else:
            high = middle - 1
    return low


def within_bounds(graph: Graph, labels: Numbers, bounds: Bounds) -> Numbers:
    """Every group within the bounds, from groups of which none is above the largest size. CannotBound when there is no
    way to divide so many people so.

    Of the groups that are too small, the largest goes first: it is filled up with people of other groups, or its own
    people go to other groups, whichever moves fewer. One of both is always possible: were there neither enough people
    to spare nor enough room elsewhere, then with k groups there would be fewer people than k of the smallest
    size need and more than k - 1 of the largest can take, and no number of groups would do.
    """
    bounds.groups_for(len(labels))
    found = numbered(labels)
    while len(found):
        sizes = np.bincount(found)
        small = np.flatnonzero((sizes > 0) & (sizes < bounds.smallest))
        if not len(small):
            break
        group = int(small[np.argmax(sizes[small])])
        missing = bounds.smallest - int(sizes[group])
        spare = np.where(sizes >= bounds.smallest, sizes - bounds.smallest, sizes)
        room = np.where(sizes > 0, bounds.largest - sizes, 0)
        spare[group] = room[group] = 0
        can_fill = int(spare.sum()) >= missing
        can_leave = int(room.sum()) >= sizes[group]
        if can_leave and (sizes[group] <= missing or not can_fill):
            found = _empty(graph, found, group, room)
        else:
            found = _fill(graph, found, group, spare, missing)
    return numbered(found)


def _fill(graph: Graph, labels: Numbers, group: int, spare: Numbers, missing: int) -> Numbers:
    """So many of the others to this group: those who lose the fewest ties by it, as far as their group can spare."""
    ties = graph.neighbours
    to_group = np.bincount(ties.end, ties.weight * (labels[ties.other] == group), graph.people)
    to_own = np.bincount(ties.end, ties.weight * (labels[ties.other] == labels[ties.end]), graph.people)
    order = np.lexsort((np.arange(graph.people), to_own - to_group))
    order = order[spare[labels[order]] > 0]
    order = order[_rank_within(labels[order]) < spare[labels[order]]]
    found = labels.copy()
    found[order[:missing]] = group
    return found


def _empty(graph: Graph, labels: Numbers, group: int, room: Numbers) -> Numbers:
    """The people of this group to the groups where they have most ties, as long as there is room, then to any."""
    found, room, ties = labels.copy(), room.copy(), graph.neighbours
    members = np.flatnonzero(labels == group)
    for member in members[np.argsort(-graph.strength[members], kind="stable")].tolist():
        around = slice(ties.starts[member], ties.starts[member + 1])
        weight = np.bincount(found[ties.other[around]], ties.weight[around], len(room))
        # Ties first, then the most room; -1 shuts what is full.
        best = int(np.lexsort((-room, -np.where(room > 0, weight, -1.0)))[0])
        found[member] = best
        room[best] -= 1
    return found


def _rank_within(groups: Numbers) -> Numbers:
    """The how-manieth of its group each is, from 0, in the order in which they stand."""
    order = np.argsort(groups, kind="stable")
    counts = np.bincount(groups)
    ranks = np.empty(len(groups), dtype=np.int64)
    ranks[order] = np.arange(len(groups)) - np.repeat(np.cumsum(counts) - counts, counts)
    return ranks
