"""The bar goes where decisions carry it, and no further."""

import random

from hypothesis import given
from hypothesis import strategies as st

from forum.rulebook.calibration import LEAST, Decided, calibrate


def decided(*scores: float, kept_out: bool) -> list[Decided]:
    return [Decided(score, kept_out) for score in scores]


def test_a_few_decisions_move_nothing_however_clear() -> None:
    clear = decided(*[0.6] * 10, kept_out=False) + decided(*[0.95] * (LEAST - 11), kept_out=True)
    few = calibrate(clear, 0.5)
    assert (few.enough, few.proposed) == (False, None)
    enough = calibrate([*clear, Decided(0.95, True)], 0.5)
    assert enough.proposed is not None
    assert 0.6 < enough.proposed.bar < 0.95


def test_posts_approved_again_and_again_raise_the_bar_above_them() -> None:
    chance = random.Random(4)
    approved = decided(*(chance.uniform(0.5, 0.8) for _ in range(40)), kept_out=False)
    rejected = decided(*(chance.uniform(0.85, 0.999) for _ in range(40)), kept_out=True)
    found = calibrate([*approved, *rejected], 0.5)
    assert found.present.agree == 40
    assert found.present.held_in_vain == 40
    assert found.proposed is not None
    assert 0.8 <= found.proposed.bar <= 0.85
    assert (found.proposed.agree, found.proposed.held_in_vain, found.proposed.let_pass) == (80, 0, 0)


def test_one_odd_decision_among_many_moves_nothing() -> None:
    rejected = decided(*(0.7 + number / 200 for number in range(40)), kept_out=True)
    assert calibrate([*rejected, Decided(0.72, False)], 0.5).proposed is None


def test_a_bar_that_was_too_high_comes_down_for_what_was_kept_out_below_it() -> None:
    """Such decisions are from a time when the bar lay lower."""
    rejected = decided(*(0.6 + number / 200 for number in range(30)), kept_out=True)
    approved = decided(*(0.4 + number / 200 for number in range(20)), kept_out=False)
    found = calibrate([*rejected, *approved], 0.9)
    assert found.proposed is not None
    assert 0.49 < found.proposed.bar < 0.6


SCORES = st.floats(0, 1)


@given(st.lists(st.builds(Decided, SCORES, st.booleans()), max_size=60), st.floats(0.02, 0.99))
def test_what_is_proposed_agrees_with_more_decisions_and_is_a_bar(decisions: list[Decided], bar: float) -> None:
    found = calibrate(decisions, bar)
    assert found.present.agree + found.present.held_in_vain + found.present.let_pass == len(decisions)
    if found.proposed is not None:
        assert len(decisions) >= LEAST
        assert 0 < found.proposed.bar < 1
        assert found.proposed.agree > found.present.agree
        held = [each for each in decisions if each.score >= found.proposed.bar]
        assert found.proposed.held_in_vain == sum(not each.kept_out for each in held)
