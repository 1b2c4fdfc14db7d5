"""What holds of every check: its examples, its places, its sentences, its options, and that it ends."""

import re
import time
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.rules.checks import CHECKS, HISTORY_CHECKS, CheckKind, read_options
from forum.rules.findings import Severity
from forum.rules.matter import Matter, Sighting

BOTH: dict[str, CheckKind[Any]] = {**CHECKS, **HISTORY_CHECKS}


def sights(kind: CheckKind[Matter], text: str, subject: str = "") -> tuple[Sighting, ...]:
    return kind.check(Matter(text, subject), kind.example_options)


@pytest.mark.parametrize("name", BOTH)
def test_examples_are_caught_and_pass(name: str) -> None:
    kind = BOTH[name]
    assert min(len(kind.caught), len(kind.passes)) >= 2
    assert [each for each in kind.caught if not kind.check(each, kind.example_options)] == []
    assert [each for each in kind.passes if kind.check(each, kind.example_options)] == []


@pytest.mark.parametrize("name", BOTH)
def test_sentences_end_shout_at_nobody_and_repeat_no_words_of_the_post(name: str) -> None:
    kind = BOTH[name]
    assert kind.name == name
    said = [kind.sentence, kind.why]
    for each in kind.caught:
        for sighting in kind.check(each, kind.example_options):
            said += [sighting.sentence, sighting.for_moderator]
            assert sighting.severity is not Severity.REFUSE
            assert 0 < sighting.score <= 1
    for sentence in said:
        assert re.fullmatch(r"[A-Z0-9][^!\n]*\.", sentence), sentence
        assert not re.search(r"\b(?:she|he|her|his)\b", sentence), sentence


@pytest.mark.parametrize("name", CHECKS)
def test_places_are_code_points_within_their_field(name: str) -> None:
    kind = CHECKS[name]
    for matter in kind.caught:
        shifted = replace(matter, text=f"😀 é\n\n{matter.text}")
        for sighting in kind.check(shifted, kind.example_options):
            for passage in sighting.passages:
                field = getattr(shifted, passage.field)
                assert 0 <= passage.start < passage.end <= len(field)
                assert field[passage.start : passage.end].strip()
                assert passage.kind


# Two count what stands beside a quote, attachments are nobody's words, and the others judge quotes apart.
_QUOTES_COUNT = {"length", "over_quoted", "attachments", "political", "patient_identifiers"}


@pytest.mark.parametrize("name", sorted(set(CHECKS) - _QUOTES_COUNT))
def test_what_is_quoted_is_not_the_authors(name: str) -> None:
    kind = CHECKS[name]
    for matter in kind.caught:
        quoted = "".join(f"> {line}\n" for line in matter.text.splitlines())
        assert sights(kind, f"{quoted}I would rather wait a week.", "Re: " + matter.text.replace("\n", " ")) == ()


PIECES = (
    "a", "you ", "a.", "http://", "www.", '"a b', "THE NOT YOU ", "e\u0301", " ", "\n", "!?", ">", "please the ",
    "漢", "\ud800", "-", "you are an idiot ", "Aa is a ", "[", " 'a", "crypto ", "dick's sign ", "'", "de la ",
)  # fmt: skip


@pytest.mark.parametrize("name", CHECKS)
def test_a_hostile_megabyte_ends(name: str) -> None:
    kind = CHECKS[name]
    # What takes the square of its length shows in 40,000 characters of a kind.
    text = "\n\n".join(piece * (1_000_000 // len(PIECES) // len(piece)) for piece in PIECES)
    started = time.perf_counter()
    kind.check(Matter(text, "x"), kind.example_options)
    assert time.perf_counter() - started < 10


@given(st.text())
def test_any_text_can_be_checked(text: str) -> None:
    for kind in CHECKS.values():
        kind.check(Matter(text, text), kind.example_options)


@pytest.mark.parametrize(
    ("name", "mapping", "sentence"),
    [
        ("length", {"mots": 3}, "The check length has no option 'mots'. It has: fewest, most."),
        ("length", {"most": "3"}, "The option most of the check length is a whole number, not '3'."),
        ("length", {"most": True}, "The option most of the check length is a whole number, not True."),
        ("length", {"fewest": 9, "most": 3}, "The fewest words are 0 or more, and the most words not less than that"),
        ("links", {"refused": "a.org"}, "The option refused of the check links is a list of texts, not 'a.org'."),
        ("links", {"refused": ["https://a.org/x"]}, "'https://a.org/x' is no domain."),
        ("words", {"words": ["/a(/"]}, "The pattern 'a(' cannot be read"),
        ("words", {"words": ["a*b"]}, "The entry 'a*b' may have a star at its end alone."),
        ("language", {"allowed": ["xx"]}, "'xx' is no language that can be told."),
        ("solicitation", {"survey": 1}, "The option survey of the check solicitation is true or false, not 1."),
        ("shouting", {"largest_share": "much"}, "The option largest_share of the check shouting is a number"),
        ("frequency", {"most": None, "most_in_thread": None}, "A check on frequency needs a limit"),
        ("cool_down", {"answers": 2}, "A heated thread has more answers than people"),
    ],
)
def test_wrong_options_are_a_sentence(name: str, mapping: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}"):
        read_options(name, mapping)


def test_options_are_read_and_the_rest_keeps_its_default() -> None:
    links = read_options("links", {"refused": ["a.org", "b.org"], "fewest_words": 0})
    assert links == BOTH["links"].options(refused=("a.org", "b.org"), fewest_words=0)
    assert read_options("shouting", {"largest_share": 0.5}).most_marks == 5
    assert read_options("frequency", {"most": None}).most is None
    for name, kind in BOTH.items():
        assert read_options(name, {}) == kind.options()
    with pytest.raises(LookupError):
        read_options("mood", {})
