import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forum.splitting.cut.agreement import adjusted_rand_index
from forum.splitting.cut.bounds import Bounds, CannotBound
from forum.splitting.cut.cut import candidates, cut, divide
from forum.splitting.cut.graph import Graph, graph_of, part_of
from forum.splitting.cut.leiden import leiden
from forum.splitting.cut.organisations import organisation
from forum.splitting.cut.quality import share_kept
from tests.forum.splitting.cut.graphs import cliques, graph_from, planted

SIZES = np.array([40, 60, 80, 100, 150])


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    people = draw(st.integers(0, 25))
    if people == 0:
        return graph_from(0)
    end = st.integers(0, people - 1)
    ties = draw(st.lists(st.tuples(end, end, st.floats(0, 50)), max_size=150))
    ends = np.array([tie[:2] for tie in ties], dtype=np.int64).reshape(-1, 2)
    return graph_of(people, ends[:, 0], ends[:, 1], np.array([tie[2] for tie in ties]))


@given(graphs(), st.integers(1, 26), st.integers(0, 26), st.integers(0, 3))
@settings(max_examples=25, deadline=None)
def test_every_group_is_within_the_bounds_or_there_is_a_reason(
    graph: Graph, smallest: int, more: int, seed: int
) -> None:
    bounds = Bounds(smallest, smallest + more)
    possible = any(n * bounds.smallest <= graph.people <= n * bounds.largest for n in range(graph.people + 1))
    if not possible:
        with pytest.raises(CannotBound, match=r"people .*\."):
            cut(graph, bounds, seed=seed)
        return
    found = cut(graph, bounds, seed=seed)
    sizes = np.bincount(found.labels)
    assert len(found.labels) == graph.people
    assert all(bounds.smallest <= size <= bounds.largest for size in sizes)
    assert np.array_equal(cut(graph, bounds, seed=seed).labels, found.labels)
    for each in candidates(graph, bounds, seed=seed):
        assert all(bounds.smallest <= size <= bounds.largest for size in np.bincount(each.labels))


@given(graphs(), st.integers(1, 10), st.integers(0, 45))
@settings(max_examples=25, deadline=None)
def test_a_group_divides_into_two_or_more_within_the_bounds(graph: Graph, smallest: int, more: int) -> None:
    bounds = Bounds(smallest, smallest + more)
    try:
        labels = divide(graph, bounds)
    except CannotBound:
        assert not any(n * smallest <= graph.people <= n * bounds.largest for n in range(2, graph.people + 1))
        return
    assert len(set(labels.tolist())) >= 2
    assert all(bounds.smallest <= size <= bounds.largest for size in np.bincount(labels))


@pytest.mark.parametrize("bounds", [None, Bounds(35, 170)])
def test_planted_groups_are_found_with_bounds_and_without(bounds: Bounds | None) -> None:
    graph, labels = planted(1, SIZES, 6_000, outside=0.3)
    found = cut(graph, bounds)
    assert adjusted_rand_index(found.labels, labels) >= 0.9


def test_units_of_an_organisation_are_found_better_than_by_plain_leiden_and_most_ties_kept() -> None:
    graph, units = organisation(1)
    plain = [leiden(graph, resolution=1.0, seed=run) for run in range(900, 905)]
    found = cut(graph)
    assert adjusted_rand_index(found.labels, units) > max(adjusted_rand_index(each, units) for each in plain)
    assert found.kept >= 0.85 * float(np.mean([share_kept(graph, each) for each in plain]))
    assert not any(size == 2 for size in np.bincount(found.labels))
    alone = np.flatnonzero(graph.strength == 0)
    assert np.all(np.bincount(found.labels)[found.labels[alone]] == 1)


def test_with_bounds_it_tells_what_they_cost() -> None:
    graph = cliques(40, 40, 40)
    free, bound = cut(graph), cut(graph, Bounds(10, 20))
    assert free.kept == free.kept_unbounded == pytest.approx(2340 / 2342)
    assert bound.kept < 0.6
    assert bound.kept_unbounded == free.kept


def test_people_without_ties_fill_the_smallest_groups() -> None:
    graph = graph_from(
        24, *((a, b) for b in range(12) for a in range(b)), *((a, b) for b in range(12, 18) for a in range(12, b))
    )
    found = cut(graph, Bounds(5, 15))
    assert sorted(np.bincount(found.labels).tolist()) == [12, 12]


def test_candidates_go_from_coarse_to_fine_and_one_is_the_cut() -> None:
    graph, _units = organisation(3, people=300, units=12, ties=2500)
    several = candidates(graph, Bounds(5, 80))
    groups = [each.groups for each in several]
    assert groups == sorted(set(groups))
    assert len(groups) >= 3
    (recommended,) = [each for each in several if each.recommended]
    assert np.array_equal(recommended.labels, cut(graph, Bounds(5, 80)).labels)


def test_a_group_divides_where_its_ties_are_thin() -> None:
    graph = cliques(6, 9)
    labels = divide(graph)
    assert adjusted_rand_index(labels, np.repeat([0, 1], [6, 9])) == 1
    alone = part_of(graph, np.arange(6))
    assert sorted(np.bincount(divide(alone, Bounds(3, 6))).tolist()) == [3, 3]
    with pytest.raises(CannotBound, match="6 people are too few for two groups of at least 4"):
        divide(alone, Bounds(4, 6))
