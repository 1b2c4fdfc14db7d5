"""Folding keeps places, and patterns of any shape end."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.rules.patterns import Pattern, fold


def found(expression: str, text: str) -> list[str]:
    return [text[start:end] for start, end in Pattern(expression).find(fold(text))]


@pytest.mark.parametrize(
    "text", ["naïve", "NAI\u0308VE", "na\u00adive", "n\u200baive", "ｎａｉｖｅ", "😀 naïve", "漢字 naive"]
)
def test_case_accents_and_invisible_letters_make_no_difference(text: str) -> None:
    (hit,) = found("naive", text)
    assert text.endswith(hit)
    plain = unicodedata.normalize("NFKD", hit).lower()
    assert "".join(letter for letter in plain if letter.isascii()) == "naive"


@given(st.text(), st.text())
def test_a_word_is_found_in_its_place_whatever_stands_around(before: str, after: str) -> None:
    text = f"{before} zqxzq {after}"
    places = list(Pattern("zqxzq").find(fold(text)))
    assert (len(before) + 1, len(before) + 6) in places


def test_adjacent_matches_share_what_is_between_them() -> None:
    assert found("(?:^| )(no)(?:$| )", "no no no") == ["no", "no", "no"]


@pytest.mark.parametrize("expression", ["a(", "x*", "(a{900}){900}", r"(?=a)b", r"(a)\1", ""])
def test_a_bad_pattern_is_a_sentence(expression: str) -> None:
    with pytest.raises(ValueError, match=r"^The pattern .*\.$"):
        Pattern(expression)


def test_a_pattern_that_explodes_elsewhere_ends_here() -> None:
    assert found(r"(?:a+)+b", "a" * 200_000) == []
    assert found(r"\ba*b?\B", "é" * 10_000) == []
