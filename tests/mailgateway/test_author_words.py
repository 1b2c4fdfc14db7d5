"""The words of authors: what an answer about an own post asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgateway.author_words import (
    Ask,
    AuthorAnswer,
    Edit,
    NotAPatient,
    Unclear,
    Withdraw,
    read_author_answer,
    says_yes,
)


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ("edit\nDear all,\n\nedit this.", Edit("Dear all,\n\nedit this.")),
        ("*Edit:* A man came in.", Edit(" A man came in.")),
        ("EDIT.\n\n\nA man came in.", Edit("A man came in.")),
        ("edit", Edit("")),
        ("edit\n\nSubject: An ECG\n\nA man came in.", Edit("A man came in.", "An ECG")),
        ("edit\n*Subject:* An ECG*", Edit("", "An ECG")),
        ("Withdraw, please.\nAnn", Withdraw()),
        ("withdraw my post", Withdraw()),
        ("> withdraw", Withdraw()),
        ("Ask", Ask()),
        ("ask a moderator please", Ask()),
        ("Ask: it is a published case.", Ask()),
        ("not a patient 1 3", NotAPatient((1, 3))),
        ("Not a patient: 1, 2 and 12.\nAnn", NotAPatient((1, 2, 12))),
        ("Not patients #1, #3", NotAPatient((1, 3))),
        ("not a patient’s 2 2", NotAPatient((2,))),
        ("1 and 3 are not patients", NotAPatient((1, 3))),
        ("No. 2 is not a patient!", NotAPatient((2,))),
        ("Not a patient.", NotAPatient(())),
    ],
)
def test_the_first_line_says_what_is_asked(words: str, asked: AuthorAnswer) -> None:
    assert read_author_answer(words) == asked


@pytest.mark.parametrize(
    "words",
    [
        "",
        "Dear all, a woman in her 70s came in.",
        "edit the last line, please",
        "edited: a woman came in",
        "Withdraw the drug slowly over two weeks.",
        "Withdrawal was hard for him.",
        "Ask your patients about it first.",
        "Not a patient of mine, but of a colleague.",
        # One by one: a number must not slip in or out.
        "not a patient 1-3",
        "not a patient 1 3 but 2 is",
        "not a patient all",
        "1 is a patient",
        "not 1",
        "I would withdraw it",
    ],
)
def test_in_doubt_nothing_is_asked(words: str) -> None:
    assert read_author_answer(words) == Unclear()


@pytest.mark.parametrize(("words", "yes"), [("Yes.", True), ("ja", True), ("Yes not mine", False), ("No, yes", False)])
def test_yes_is_said_first(words: str, yes: bool) -> None:
    assert says_yes(words) is yes


@given(st.text(alphabet=st.sampled_from("edit withdraw ask not a patient 123,.-:>\n*"), max_size=80))
def test_no_answer_breaks_the_reading(words: str) -> None:
    asked = read_author_answer(words)
    if isinstance(asked, NotAPatient):
        assert all(str(number) in words for number in asked.numbers)
