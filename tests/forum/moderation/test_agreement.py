"""The statistics behind the report on evenness, held against published examples and against chance."""

import random

import pytest

from forum.moderation.agreement import (
    Table,
    beyond_chance,
    chance_of_difference,
    cohens_kappa,
    difference_interval,
    kappa_interval,
    percentile,
    share_interval,
)


def _pairs(**cells: int) -> list[tuple[str, str]]:
    return [(cell[0], cell[1]) for cell, count in cells.items() for _ in range(count)]


def test_kappa_is_agreement_beyond_chance() -> None:
    # The table that textbooks show: 35 of 50 agree, 25 by chance.
    assert cohens_kappa(_pairs(yy=20, yn=5, ny=10, nn=15)) == pytest.approx(0.4)
    assert cohens_kappa(_pairs(yy=7, nn=3)) == 1
    assert cohens_kappa(_pairs(yy=25, yn=25, ny=25, nn=25)) == pytest.approx(0)
    assert cohens_kappa(_pairs(yy=9)) is None
    assert cohens_kappa([]) is None


def test_the_interval_of_kappa_holds_it_and_shrinks_with_more_pairs() -> None:
    few, many = (kappa_interval(_pairs(yy=20 * n, yn=5 * n, ny=10 * n, nn=15 * n)) for n in (1, 10))
    assert few is not None
    assert many is not None
    assert few.low < many.low < 0.4 < many.high < few.high
    # The large-sample error of this table (Fleiss, Cohen and Everitt 1969) is 0.127.
    assert few.high - few.low == pytest.approx(4 * 0.127, abs=0.06)
    assert kappa_interval(_pairs(yy=9)) is None


def test_intervals_of_shares_are_the_published_ones() -> None:
    # Newcombe 1998 (two proportions), example (a): 56/70 and 48/80.
    wide = difference_interval(Table(56, 70, 48, 80))
    assert (wide.low, wide.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    # Newcombe 1998 (one proportion): 81 of 263.
    one = share_interval(81, 263)
    assert (one.low, one.high) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_differences_between_strata_do_not_count_as_differences_within_them() -> None:
    # One moderator has mostly the bad posts, and judges them as the other does.
    alike = [Table(40, 50, 8, 10), Table(4, 20, 20, 100)]
    chance = chance_of_difference(alike)
    assert chance is not None
    assert chance > 0.9
    harsher = chance_of_difference([Table(40, 50, 20, 50), Table(20, 50, 8, 50)])
    assert harsher is not None
    assert harsher < 0.0001
    assert chance_of_difference([Table(2, 3, 0, 3)]) is None
    assert chance_of_difference([]) is None


def test_many_tests_together_give_few_false_alarms() -> None:
    assert list(beyond_chance([0.04, 0.2, 0.9])) == [False, False, False]
    assert list(beyond_chance([0.9, 0.001, 0.02])) == [False, True, True]
    chance = random.Random(7)
    alarms = sum(any(beyond_chance([chance.random() for _ in range(10)])) for _ in range(2000))
    assert 70 <= alarms <= 130


def test_percentiles_lie_between_values() -> None:
    assert percentile([3, 1, 2], 0.5) == 2
    assert percentile([1, 2], 0.5) == 1.5
    assert percentile([5], 0.9) == 5
