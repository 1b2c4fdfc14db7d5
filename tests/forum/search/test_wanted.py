import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.search.wanted import Beginning, Part, Phrase, Word, read_wanted


@pytest.mark.parametrize(
    ("typed", "present"),
    [
        ("locum covers", (Word("locum"), Word("cover"))),
        ('"call schedules" august', (Phrase(("call", "schedul")), Word("august"))),
        ("“call schedules”", (Phrase(("call", "schedul")),)),
        ("vaccinat*", (Beginning("vaccinat"),)),
        ("follow-up", (Phrase(("follow", "up")),)),
        ("Jos\u00e9", (Word("jose"),)),
        ("call call calls", (Word("call"),)),
        ("the locum for August", (Word("locum"), Word("august"))),
        ("what is it", (Word("what"), Word("is"), Word("it"))),
        ('"to be"', (Phrase(("to", "be")),)),
    ],
)
def test_words_phrases_and_beginnings_are_read(typed: str, present: tuple[Part, ...]) -> None:
    assert read_wanted(typed).present == present
    assert read_wanted(typed).absent == ()


def test_a_minus_before_a_word_or_phrase_excludes_it() -> None:
    wanted = read_wanted('locum -august -"call schedule" -vaccin*')
    assert wanted.present == (Word("locum"),)
    assert wanted.absent == (Word("august"), Phrase(("call", "schedul")), Beginning("vaccin"))


@pytest.mark.parametrize("typed", ['"locum', 'locum"', "(locum", "locum)", "locum*:", "'locum'"])
def test_what_is_odd_is_read_as_plain_words(typed: str) -> None:
    assert read_wanted(typed).present == (Word("locum"),)


@pytest.mark.parametrize("typed", ["", "   ", "-", '""', "***", "-- !!! ?", "\x00", "\ud800"])
def test_what_has_no_word_asks_for_nothing(typed: str) -> None:
    assert not read_wanted(typed)


def test_one_letter_and_a_star_is_only_the_letter() -> None:
    assert read_wanted("c*").present == (Word("c"),)


def test_the_author_is_read_as_words_of_a_name() -> None:
    assert read_wanted("", "Dr. José O'Neill").author == ("dr", "jose", "oneill")


@given(st.text(), st.text())
def test_anything_typed_is_read(words: str, author: str) -> None:
    wanted = read_wanted(words, author)
    assert len(wanted.present) + len(wanted.absent) <= 32
