from dataclasses import replace

import numpy as np
import pytest

from forum.splitting.cut.graph import graph_of
from forum.splitting.cut.leiden import leiden
from forum.splitting.cut.quality import modularity
from forum.splitting.figures.advice import Told, advise
from forum.splitting.figures.chance import chance_modularity
from forum.splitting.figures.values import GroupFigures


def a_group(position: int, members: int = 100, *, too_quiet: bool = False) -> GroupFigures:
    return GroupFigures(position, f"Group {position}", "", members, 0.8, 4.0, 3, too_quiet, (), (), (), ())


# A split that can work.
TOLD = Told(
    groups=tuple(a_group(position) for position in range(1, 6)),
    kept=0.7,
    kept_unbounded=0.8,
    modularity=0.5,
    modularity_unbounded=0.55,
    chance=0.2,
    now=40.0,
    after=8.0,
    mute_first=30.0,
)


def said(**change: object) -> str:
    advice = advise(replace(TOLD, **change))  # type: ignore[arg-type]
    assert advice.do_not_split == advice.sentence.startswith("Do not split")
    return advice.sentence


def test_a_split_that_keeps_the_talk_and_spares_mail_can_work():
    assert said() == (
        "A split into these 5 groups can work: they keep 70% of all answers, and mail for a member who gets each post "
        "goes from 40.0 to 8.0 a day."
    )


def test_one_group_is_no_split():
    assert "only one group" in said(groups=TOLD.groups[:1])


def test_without_structure_there_is_nothing_to_split_along():
    assert "no groups beyond what chance would make" in said(modularity=0.15, modularity_unbounded=0.21)
    # Groups of another kind than those that were proposed are structure as well.
    assert "chance" not in said(modularity=0.15, modularity_unbounded=0.3)


@pytest.mark.parametrize(("kept", "refused"), [(0.55, True), (0.57, False)])
def test_bounds_that_cost_three_in_ten_answers_are_too_narrow(kept, refused):
    assert ("keep 55% of all answers, and groups as people talk would keep 80%" in said(kept=kept)) == refused


def test_groups_too_quiet_to_live_are_no_gain():
    quiet = tuple(a_group(position, too_quiet=position > 3) for position in range(1, 6))
    assert "of 5 groups, 2 would be too quiet to live" in said(groups=quiet)
    # One of five is a detail, unless many members are to live in it.
    assert "can work" in said(groups=(a_group(1, too_quiet=True), *TOLD.groups[1:]))
    assert "too quiet" in said(groups=(a_group(1, 300, too_quiet=True), *TOLD.groups[1:]))


def test_muting_comes_first_where_it_saves_nearly_as_much():
    assert "first ask people to mute tags. That brings mail from 40.0 to 14.0 a day" in said(mute_first=14.0)
    assert "can work" in said(mute_first=15.0)
    # Two mails a day are no burden from which anybody must be saved.
    assert "can work" in said(now=2.0, after=0.5, mute_first=0.5)


def _planted(outside: float, seed: int):
    """300 people in 6 groups, 1,500 ties, so many of them to anybody."""
    draw = np.random.default_rng(seed)
    first = draw.integers(0, 300, 1500)
    near = first // 50 * 50 + draw.integers(0, 50, 1500)
    second = np.where(draw.random(1500) < outside, draw.integers(0, 300, 1500), near)
    return graph_of(300, first, second, np.ones(1500))


@pytest.mark.parametrize("seed", range(3))
def test_chance_is_told_from_structure(seed):
    random, planted = _planted(1.0, seed), _planted(0.4, seed)
    assert modularity(random, leiden(random, resolution=1.0, seed=2)) < 1.1 * chance_modularity(random)
    assert modularity(planted, leiden(planted, resolution=1.0, seed=2)) > 1.3 * chance_modularity(planted)


def test_chance_in_a_large_community_is_seen_from_some_of_its_people():
    draw = np.random.default_rng(5)
    graph = graph_of(9000, draw.integers(0, 9000, 45000), draw.integers(0, 9000, 45000), np.ones(45000))
    assert chance_modularity(graph) == pytest.approx(modularity(graph, leiden(graph, resolution=1.0, seed=1)), rel=0.1)
    assert chance_modularity(graph) == chance_modularity(graph)


def test_where_nobody_answers_there_is_no_structure():
    nobody = np.zeros(0, dtype=np.int64)
    assert chance_modularity(graph_of(5, nobody, nobody, np.zeros(0))) == 1.0
