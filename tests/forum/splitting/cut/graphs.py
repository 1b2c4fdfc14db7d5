"""Graphs whose groups are known, for the tests of the cut."""

import numpy as np

from forum.splitting.cut.graph import Graph, Numbers, graph_of


def graph_from(people: int, *ties: tuple[int, int]) -> Graph:
    """These ties, each of weight 1."""
    ends = np.array(ties, dtype=np.int64).reshape(-1, 2)
    return graph_of(people, ends[:, 0], ends[:, 1], np.ones(len(ends)))


def cliques(*sizes: int) -> Graph:
    """Groups in which everybody is tied to everybody, one tie from each group to the next."""
    starts = np.cumsum((0, *sizes)).tolist()
    ties = [
        (one, other)
        for at, size in zip(starts, sizes, strict=False)
        for other in range(at, at + size)
        for one in range(at, other)
    ]
    return graph_from(starts[-1], *ties, *((at - 1, at) for at in starts[1:-1]))


def planted(seed: int, sizes: Numbers, ties: int, *, outside: float) -> tuple[Graph, Numbers]:
    """People of uneven activity in groups of these sizes, this share of their ties anywhere; and who is where."""
    random = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    activity = random.lognormal(0, 0.8, len(labels))
    first = random.choice(len(labels), ties, p=activity / activity.sum())
    second = random.choice(len(labels), ties, p=activity / activity.sum())
    inside = random.random(ties) >= outside
    for group in range(len(sizes)):
        members, here = np.flatnonzero(labels == group), inside & (labels[first] == group)
        second[here] = random.choice(members, int(here.sum()), p=activity[members] / activity[members].sum())
    return graph_of(len(labels), first, second, np.ones(ties)), labels
