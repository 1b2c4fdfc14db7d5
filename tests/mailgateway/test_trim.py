"""Trimming of plain text: what stays, what is set aside, and that nothing of the author's is lost."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailgateway.trim import Intent, read_intent, trim


def test_the_earliest_of_several_quotes_counts() -> None:
    block = "From: Bob <b@x.org>\nSent: 5 May 2026 12:00\nTo: Ann\nSubject: Q"
    text = f"Yes.\n\n{block}\n\nReally?\n\nOn 4 May 2026 at 9:00, Ann wrote:\n> Q"
    assert trim(text, "reply").text == "Yes."
    assert trim(text, "forward").text == text


def test_a_forward_stays_whole_with_its_signatures_and_quotes() -> None:
    forward = "Begin forwarded message:\n\nFrom: Bob <b@x.org>\nDate: 5 May 2026\n\nWords.\n\n-- \nBob\n\n> quoted"
    trimmed = trim(f"For you.\n\n-- \nAnn\n\n{forward}", "reply")
    assert trimmed.text.startswith("For you.")
    assert trimmed.text.endswith("> quoted")
    assert "Bob" in trimmed.text


def test_quotes_between_answers_stay_and_the_last_one_goes() -> None:
    text = "> one?\n\nYes.\n\n> two?\n\nNo.\n\n> three?\n> four?"
    trimmed = trim(text, "reply")
    assert trimmed.text == "> one?\n\nYes.\n\n> two?\n\nNo."
    assert trimmed.folded == "> three?\n> four?"


def test_a_quoted_line_wrapped_without_its_mark_belongs_to_the_quote() -> None:
    long = "> " + "this line was so long that some program on the way broke it in two, and"
    trimmed = trim(f"No.\n\nOn 5 Oct 2026 at 20:12, Bob wrote:\n{long}\nlost the mark.\n> Bob", "reply")
    assert trimmed.text == "No."


def test_words_between_quoted_lines_are_an_answer() -> None:
    text = "> Is it sterile?\nYes.\n> Is it cheap?\nNo."
    assert trim(text, "reply").text == text


@pytest.mark.parametrize(
    ("subject", "answers", "intent"),
    [
        ("Re: x", False, "reply"),
        ("AW: x", False, "reply"),
        ("[Cardiology] SV: x", False, "reply"),
        ("x", True, "reply"),
        ("Fwd: x", True, "forward"),
        ("WG: x", False, "forward"),
        ("TR: x", False, "forward"),
        ("Reading list", False, "new"),
        ("x", False, "new"),
    ],
)
def test_the_intent_is_read_from_subject_and_headers(subject: str, answers: bool, intent: Intent) -> None:
    assert read_intent(subject, answers=answers) == intent


@given(st.text(max_size=400), st.sampled_from(["new", "reply", "forward"]))
@settings(max_examples=300, deadline=None)
def test_each_word_is_in_the_text_or_set_aside(text: str, intent: Intent) -> None:
    trimmed = trim(text, intent)
    assert sorted(re.findall(r"\w+", f"{trimmed.text}\n{trimmed.folded}")) == sorted(re.findall(r"\w+", text))


@given(
    st.text(st.characters(categories=("Ll", "Zs")), min_size=1, max_size=200).filter(lambda text: bool(text.strip()))
)
def test_a_mail_of_plain_words_is_never_touched(text: str) -> None:
    assert trim(text, "reply").text.split() == text.split()


def test_a_quote_above_the_closing_goes_and_one_above_an_answer_stays() -> None:
    quote = "On 5 Oct 2026 at 20:12, Bob wrote:\n> Is it sterile?"
    assert trim(f"All is well.\n\n{quote}\n\nRegards, Ann", "reply").text == "All is well.\n\nRegards, Ann"
    kept = f"All is well.\n\n{quote}\n\nYes"
    assert trim(kept, "reply").text == kept


def test_a_header_block_may_be_short_or_glued_but_hours_are_none() -> None:
    for block in (
        "From: Bob <b@x.org>\nSent: Monday, 5 October 2026 20:12",
        "From: Bob Sent: 5 October 2026 20:12 To: Ann Subject: Q",
        "Bob Stone <b@x.org>\n05.10.2026 20:12\n\nAn\nAnn\n\nThema\nQ\nBetreff\nQ",
    ):
        assert trim(f"Yes.\n\n{block}\n\nReally?", "reply").text == "Yes."
    for hours in ("From: 8:00 To: 16:00 Date: 5/10/2026", "Bob Stone\n05.10.2026 20:12\n\nTo do: the rota"):
        assert trim(f"Yes.\n\n{hours}\n\nReally.", "reply").text == f"Yes.\n\n{hours}\n\nReally."
