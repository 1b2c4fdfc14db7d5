"""How well people could be cut into groups if it were chance who answers whom; a real cut must be better. Pure.

Any graph can be cut so that much stays inside, one without structure too: Guimerà, Sales-Pardo and Amaral, "Modularity
from fluctuations in random graphs and complex networks", Phys. Rev. E 70, 025101 (2004). So the same people, each with
as many ties, are tied at random, and cut in the same way.
"""

import numpy as np

from forum.splitting.cut.graph import Graph, Numbers, graph_of
from forum.splitting.cut.leiden import leiden
from forum.splitting.cut.quality import modularity

# The modularity of a random graph hangs on how many ties people have, hardly on how many people: of more, some stand
# for all.
_PEOPLE = 2_000
_ROUNDS = 20
_SEED = 1


def chance_modularity(graph: Graph) -> float:
    """The modularity of the best groups when ties are dealt at random; 1 where there are none."""
    if not len(graph.first):
        return 1.0
    draw = np.random.default_rng(_SEED)
    people = np.unique(np.concatenate((graph.first, graph.second)))
    dealt = _rewired(graph, draw) if len(people) <= _PEOPLE else _some_dealt(graph, people, draw)
    return modularity(dealt, leiden(dealt, resolution=1.0, seed=_SEED))


def _rewired(graph: Graph, draw: np.random.Generator) -> Graph:
    """Two ties after another exchange ends, unless that would tie somebody to oneself or a pair twice: Maslov and
    Sneppen, Science 296, 910-913 (2002). In a small community the busiest have little choice of whom to answer."""
    first, second = graph.first.copy(), graph.second.copy()
    half = len(first) // 2
    for _ in range(_ROUNDS):
        order = draw.permutation(len(first))
        one, other = order[:half], order[half : 2 * half]
        turned = other[draw.random(half) < 0.5]
        first[turned], second[turned] = second[turned], first[turned]
        new = np.concatenate((_keys(graph, first[one], second[other]), _keys(graph, first[other], second[one])))
        found, at, times = np.unique(new, return_inverse=True, return_counts=True)
        known = (
            np.isin(found, _keys(graph, first, second)) | (times > 1) | (found // graph.people == found % graph.people)
        )
        free = ~known[at[:half]] & ~known[at[half:]]
        one, other = one[free], other[free]
        second[one], second[other] = second[other], second[one]
    return graph_of(graph.people, first, second, graph.weight)


def _some_dealt(graph: Graph, people: Numbers, draw: np.random.Generator) -> Graph:
    """Some people, the ends of their ties put together at random."""
    chosen = np.zeros(graph.people, dtype=np.bool_)
    chosen[draw.choice(people, _PEOPLE, replace=False)] = True
    ends = np.concatenate((graph.first, graph.second))
    weight = np.concatenate((graph.weight, graph.weight))[chosen[ends]]
    ends = ends[chosen[ends]]
    order = draw.permutation(len(ends) // 2 * 2)
    half = len(order) // 2
    return graph_of(graph.people, ends[order[:half]], ends[order[half:]], weight[order[:half]])


def _keys(graph: Graph, one: Numbers, other: Numbers) -> Numbers:
    """One number for each pair, whichever comes first."""
    keys: Numbers = np.minimum(one, other) * graph.people + np.maximum(one, other)
    return keys
