import numpy as np
import pytest

from forum.splitting.cut.agreement import adjusted_rand_index
from forum.splitting.cut.graph import graph_of
from forum.splitting.cut.quality import description_length, modularity, share_counted, share_kept
from tests.forum.splitting.cut.graphs import cliques, planted


def test_ties_are_kept_by_weight_and_by_number() -> None:
    graph = graph_of(4, np.array([0, 2, 1]), np.array([1, 3, 2]), np.array([4.0, 3.0, 1.0]))
    labels = np.array([0, 0, 1, 1])
    assert share_kept(graph, labels) == 7 / 8
    assert share_counted(graph, labels) == pytest.approx(2 / 3)


def test_modularity_is_that_of_newman_and_girvan() -> None:
    # Two triangles with one tie between: 6 of 7 ties inside, each group has half of all ends.
    assert modularity(cliques(3, 3), np.array([0, 0, 0, 1, 1, 1])) == pytest.approx(6 / 7 - 1 / 2)
    assert modularity(cliques(3, 3), np.zeros(6, dtype=np.int64)) == pytest.approx(0)


def test_agreement_is_that_of_hubert_and_arabie() -> None:
    one, other = np.array([0, 0, 0, 1, 1, 1]), np.array([0, 0, 1, 1, 2, 2])
    # Pairs together: 6 in the one, 3 in the other, 2 in both, of 15.
    assert adjusted_rand_index(one, other) == pytest.approx((2 - 6 * 3 / 15) / (4.5 - 6 * 3 / 15))
    assert adjusted_rand_index(one, one + 7) == 1
    assert adjusted_rand_index(np.zeros(5, dtype=np.int64), np.arange(5)) == 0


def test_groups_that_are_there_describe_the_graph_more_shortly_than_halves_of_them() -> None:
    graph, labels = planted(2, np.array([80, 120, 200]), 4000, outside=0.3)
    halves = labels * 2 + np.arange(len(labels)) % 2
    merged = np.minimum(labels, 1)
    assert description_length(graph, labels) < description_length(graph, merged)
    assert description_length(graph, labels) < description_length(graph, halves)
