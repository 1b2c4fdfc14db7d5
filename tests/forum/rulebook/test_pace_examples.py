"""Examples of checks of pace are sentences that anybody can write, and stand for what they say."""

from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.rulebook.examples import default_examples, failing
from forum.rulebook.pace_examples import read_pace_example
from forum.rules.checks import CHECKS, HISTORY_CHECKS
from forum.rules.cool_down import CoolDownOptions
from forum.rules.cross_post import CrossPostOptions
from forum.rules.frequency import FrequencyOptions
from forum.rules.newcomer import NewcomerOptions
from forum.rules.terms import Terms

COUNT, SECONDS = st.integers(1, 500), st.integers(60, 40 * 86_400)
OPTIONS = st.one_of(
    st.builds(FrequencyOptions, most=COUNT, seconds=SECONDS, most_in_thread=st.none() | COUNT, thread_seconds=SECONDS),
    st.builds(NewcomerOptions, first_posts=COUNT),
    st.builds(CrossPostOptions, most_groups=COUNT, seconds=SECONDS),
    st.builds(
        CoolDownOptions,
        answers=st.integers(10, 300),
        people=st.integers(1, 9),
        seconds=SECONDS,
        pause_seconds=SECONDS,
    ),
)
CHECK_OF = {kind.options: name for name, kind in HISTORY_CHECKS.items()}


def terms(check: str, caught: tuple[str, ...], passing: tuple[str, ...], **options: Any) -> Terms:
    return Terms("A sentence.", "A reason.", check, options, caught=caught, passing=passing)


@given(OPTIONS)
def test_examples_to_begin_with_stand_on_either_side_of_the_limit(options: Any) -> None:
    check = CHECK_OF[type(options)]
    caught, passing = default_examples(check, asdict(options))
    assert caught
    assert passing
    assert failing(terms(check, caught, passing, **asdict(options))) == ()


@pytest.mark.parametrize("check", CHECKS)
def test_examples_of_words_hold_under_the_usual_options(check: str) -> None:
    caught, passing = default_examples(check, {})
    assert passing
    assert failing(terms(check, caught, passing)) == ()


@pytest.mark.parametrize(
    ("check", "caught", "passing"),
    [
        ("frequency", "4 posts in 60 minutes", "3 posts in 60 minutes"),
        ("frequency", "  4 Posts in 1 hour.", "4 posts in 2 hours"),
        ("frequency", "3 posts in one thread in 10 minutes", "2 posts in one thread in 10 minutes"),
        ("newcomer", "post 3", "post 4"),
        ("cross_post", "3 groups in 7 days", "3 groups in 20 days"),
        ("cool_down", "after 8 answers by 2 people in 20 minutes", "after 8 answers by 8 people in 20 minutes"),
    ],
)
def test_an_example_says_the_pace_in_words(check: str, caught: str, passing: str) -> None:
    options = {"most": 3, "most_in_thread": 2} if check == "frequency" else {}
    assert failing(terms(check, (caught,), (passing,), **options)) == ()
    wrong = failing(terms(check, (passing,), (caught,), **options))
    assert [sentence.partition(":")[0] for sentence in wrong] == [
        "It must be caught, and is not",
        "It must pass, and is caught",
    ]


@pytest.mark.parametrize(
    ("check", "example"),
    [
        ("frequency", "Who can cover two weeks?"),
        ("frequency", "0 posts in 1 hour"),
        ("frequency", "3 posts in 999999 days"),
        ("newcomer", "post"),
        ("cool_down", "after 3 answers by 4 people in 1 hour"),
    ],
)
def test_what_cannot_be_read_says_how_an_example_is_written(check: str, example: str) -> None:
    (wrong,) = failing(terms(check, (example,), ()))
    assert "is no example. " in wrong
    with pytest.raises(ValueError, match=r"example"):
        read_pace_example(check, example)
