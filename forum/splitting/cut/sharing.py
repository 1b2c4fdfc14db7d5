"""Light ties between people who share something: a facet value, a topic. They mainly place those without ties. Pure."""

from dataclasses import dataclass

import numpy as np

from forum.splitting.cut.graph import Graph, Numbers, graph_of

# Of all weight of ties, what sharing adds.
SHARE = 0.1
# What more than this part of the people have tells nobody apart.
_TOO_COMMON = 0.3
# Those who share a value are not all tied to each other: each is to so many of them.
_PARTNERS = 6


@dataclass(frozen=True)
class Sharing:
    """Pairs of a person and something that others may have, too: person[i] has value[i]."""

    person: Numbers
    value: Numbers


def with_sharing(
    graph: Graph, sharing: Sharing, *, seed: int, share: float = SHARE, too_common: float = _TOO_COMMON
) -> Graph:
    """The graph with ties of sharing besides: together they weigh this share of all ties (or, where there is none, are
    all there is). A rare value ties closer than a common one; one that more than this part of all people have does not
    tie at all."""
    light = _ties_of_sharing(graph.people, sharing, seed, too_common)
    if not len(light.first):
        return graph
    total = float(graph.weight.sum())
    scale = share * total / float(light.weight.sum()) if total else 1.0
    return graph_of(
        graph.people,
        np.concatenate((graph.first, light.first)),
        np.concatenate((graph.second, light.second)),
        np.concatenate((graph.weight, light.weight * scale)),
    )


def _ties_of_sharing(people: int, sharing: Sharing, seed: int, too_common: float) -> Graph:
    """Everybody in a ring, for each value some rings in another order each: so that few ties hold all together."""
    pairs = np.unique(np.stack((sharing.value, sharing.person)), axis=1)
    value, person = np.unique(pairs[0], return_inverse=True)[1], pairs[1]
    holders = np.bincount(value) if len(value) else np.zeros(0, dtype=np.int64)
    telling = (holders >= 2) & (holders <= max(2.0, too_common * people))
    value, person = value[telling[value]], person[telling[value]]
    random = np.random.default_rng(seed)
    firsts, seconds, weights = [], [], []
    for _ring in range(_PARTNERS // 2):
        order = np.lexsort((random.random(len(value)), value))
        around, at = person[order], value[order]
        starts = np.searchsorted(at, at)
        following = np.arange(len(at)) + 1
        closes = np.append(at[1:] != at[:-1], True) if len(at) else np.zeros(0, dtype=bool)
        following[closes] = starts[closes]
        firsts.append(around)
        seconds.append(around[following])
        weights.append(np.log(people / holders[at]) + 0.1)
    return graph_of(people, np.concatenate(firsts), np.concatenate(seconds), np.concatenate(weights))
