"""How answers to plans are read: the first own word decides, and nothing that could mean otherwise is taken for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.splitting.models import Answer
from mailgateway.plan_words import Wanted, read_place, read_yes_or_no

NAMES = {
    "cardiology": 0,
    "Cardiology": 0,
    "heart-north": 1,
    "Heart North": 1,
    "heart-south": 2,
    "Heart South": 2,
    "all-about-hearts": 3,
    "All about hearts": 3,
}


@pytest.mark.parametrize(
    ("words", "answer", "numbers"),
    [
        ("keep", Answer.KEEP, ()),
        ("Yes please.\n\nAnn Lee, MD", Answer.KEEP, ()),
        ("**Keep** the proposal. I think that it is time.", Answer.KEEP, ()),
        ("OK, thanks", Answer.KEEP, ()),
        ("parent", Answer.PARENT, ()),
        ("Stay only in the parent, please", Answer.PARENT, ()),
        ("cardiology", Answer.PARENT, ()),
        ("ALL of them!", Answer.ALL, ()),
        ("2", Answer.CHOSEN, (2,)),
        ("1, 3 and 2 please", Answer.CHOSEN, (1, 3, 2)),
        ("groups 1 & 2\nAnn", Answer.CHOSEN, (1, 2)),
        ("#1\n#3\n\n2 weeks ago I wrote", Answer.CHOSEN, (1, 3)),
        ("heart-north", Answer.CHOSEN, (1,)),
        ("Heart South and 1, and Cardiology", Answer.CHOSEN, (2, 1)),
        ("All about hearts", Answer.CHOSEN, (3,)),
    ],
)
def test_the_four_ways(words: str, answer: Answer, numbers: tuple[int, ...]) -> None:
    assert read_place(words, NAMES) == Wanted(answer, numbers)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "Yes, but not group 2",
        "keep me only in the parent",
        "All the best, Ann",
        "Stay out of it",
        "1 or 2?",
        "9",
        "1 and 9",
        "0",
        "2 weeks are too short",
        "I would like 2",
        "heart-northwest",
        "I am away until 3 August. In urgent cases write to Ben.",
        "no",
    ],
)
def test_what_may_mean_something_else_is_not_understood(words: str) -> None:
    assert read_place(words, NAMES) is None


def test_yes_and_no() -> None:
    for words in ("yes", "Yes, I will.", "OK", "I agree\n\nAnn"):
        assert read_yes_or_no(words) is Answer.YES
    for words in ("no", "No, thank you", "I decline."):
        assert read_yes_or_no(words) is Answer.NO
    for words in ("", "not yet", "yes, if Ben does", "yes and no", "Noted", "no problem, yes", "I will not"):
        assert read_yes_or_no(words) is None


@given(st.text(max_size=300))
def test_whatever_comes_names_only_groups_that_there_are(words: str) -> None:
    wanted = read_place(words, NAMES)
    assert wanted is None or set(wanted.numbers) <= {1, 2, 3}
    assert (wanted is not None and wanted.answer is Answer.CHOSEN) == bool(wanted and wanted.numbers)
