"""Examples of posts in words: with a subject and files where they matter, and back."""

import pytest

from forum.rulebook.changes import changes
from forum.rulebook.example_text import read_example, write_example
from forum.rulebook.examples import default_examples, failing
from forum.rules.checks import CHECKS, HISTORY_CHECKS
from forum.rules.matter import Matter
from forum.rules.submission import File
from forum.rules.terms import Terms


def test_an_example_may_have_a_subject_and_files() -> None:
    matter = Matter("Look at the foot.", "Gait", (File("gait.mp4", "video/mp4", bytes(12)),))
    written = write_example(matter)
    assert written == "Subject: Gait\nFile: gait.mp4, video/mp4, 12 bytes\n\nLook at the foot."
    assert read_example(written) == matter
    assert len(read_example("File: a.pdf, application/pdf, 3 MB\n\n").files[0].content) == 3_000_000


@pytest.mark.parametrize("text", ["", "A text.\n\nSubject: none", "Subject of debate\n\nMore", "File: x\n\ny", "\n\nx"])
def test_what_has_no_head_is_text(text: str) -> None:
    assert read_example(text) == Matter(text)


def test_files_of_an_example_cannot_fill_the_memory() -> None:
    with pytest.raises(ValueError, match="50 MB"):
        read_example("File: a.pdf, application/pdf, 999999999 MB\n\n")
    terms = Terms("No files.", "", "attachments", caught=("File: a.pdf, application/pdf, 60 MB\n\n",))
    assert "is no example" in failing(terms)[0]


@pytest.mark.parametrize("check", [*CHECKS, *HISTORY_CHECKS])
def test_what_a_rule_begins_with_holds(check: str) -> None:
    caught, passing = default_examples(check, {})
    assert failing(Terms("A sentence.", "", check, caught=caught, passing=passing)) == ()
    assert passing
    # A list that is empty, and a length that nobody has chosen, catch nothing yet.
    assert caught or check in ("words", "length")


def test_a_change_is_told_without_the_words_of_examples() -> None:
    before = Terms("One.", "", "length", {"most": 3}, caught=("secret",))
    after = Terms("Two.", "x", "length", {"most": 4, "fewest": 1}, caught=("other",), may_be_loosened=True, room_id=4)
    assert changes(before, before) == ()
    assert changes(before, after) == (
        "other options: fewest, most",
        "another sentence",
        "another reason",
        "another room",
        "groups below may loosen it",
        "other examples",
    )
