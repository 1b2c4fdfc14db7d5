"""Second places and light ties."""

import numpy as np
import pytest

from forum.splitting.cut.bounds import Bounds
from forum.splitting.cut.cut import cut
from forum.splitting.cut.seconds import second_places
from forum.splitting.cut.sharing import Sharing, with_sharing
from tests.forum.splitting.cut.graphs import cliques, graph_from

CLIQUES = [(a, b) for b in range(6) for a in range(b)] + [(a, b) for b in range(6, 12) for a in range(6, b)]


def test_who_bridges_two_groups_gets_the_other_as_well() -> None:
    # 12 has as many ties to either group, 13 only one elsewhere.
    graph = graph_from(14, *CLIQUES, *((each, 12) for each in (0, 1, 2, 6, 7, 8)), (0, 13), (1, 13), (2, 13), (6, 13))
    labels = np.repeat([0, 1, 0], [6, 6, 2])
    assert np.flatnonzero(second_places(graph, labels, share=0.5) >= 0).tolist() == [12]
    assert second_places(graph, labels, share=0.5)[12] == 1
    assert np.all(second_places(graph, labels, share=0.05) == -1)


def test_second_members_do_not_break_the_largest_size() -> None:
    graph = graph_from(13, *CLIQUES, *((each, 12) for each in (0, 1, 2, 6, 7, 8)))
    labels = np.repeat([0, 1, 0], [6, 6, 1])
    assert np.all(second_places(graph, labels, share=1.0, bounds=Bounds(1, 6)) == -1)
    assert second_places(graph, labels, share=1.0, bounds=Bounds(1, 7))[12] == 1


def test_what_people_share_places_those_without_ties_and_weighs_a_tenth() -> None:
    graph = cliques(8, 8)
    alone = graph_from(18, *zip(graph.first.tolist(), graph.second.tolist(), strict=True))
    sharing = Sharing(np.array([16, 0, 1, 17, 9, 10]), np.array([0, 0, 0, 1, 1, 1]))
    tied = with_sharing(alone, sharing, seed=1)
    assert tied.weight.sum() == pytest.approx(1.1 * alone.weight.sum())
    labels = cut(alone, facets=sharing).labels
    assert labels[16] == labels[0] != labels[9] == labels[17]


def test_what_nearly_everybody_shares_ties_nobody() -> None:
    graph = cliques(8, 8)
    common = Sharing(np.arange(16), np.zeros(16, dtype=np.int64))
    assert with_sharing(graph, common, seed=1) is graph
