import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.search.words import fold, forms_of, placed_forms, words_in


def folded(text: str) -> list[str]:
    return [word for word, _, _ in words_in(text)]


@pytest.mark.parametrize(
    ("typed", "found_as"),
    [
        ("José", "jose"),
        ("JOSE\u0301", "jose"),
        ("Søren", "soren"),
        ("Łódź", "lodz"),
        ("Straße", "strasse"),
        ("O'Brien", "obrien"),
        ("O’Brien", "obrien"),
        ("patient's", "patient"),
        ("pa\u00adtient", "patient"),
    ],
)
def test_accents_capitals_and_apostrophes_do_not_count(typed: str, found_as: str) -> None:
    assert folded(typed) == [found_as]


def test_an_english_ending_does_not_count() -> None:
    assert forms_of("protocols")[-1] == forms_of("protocol")[-1]
    assert forms_of("vaccination") == ("vaccination", "vaccin")


def test_a_name_in_another_script_is_kept_as_it_is() -> None:
    assert folded("Дежурство в августе") == ["дежурство", "в", "августе"]
    assert forms_of("дежурство") == ("дежурство",)


def test_each_character_of_chinese_and_japanese_is_a_word() -> None:
    assert folded("夜勤のIV表") == ["夜", "勤", "の", "iv", "表"]


def test_hyphens_slashes_and_underscores_part_words() -> None:
    assert folded("follow-up on_call A&E 24/7") == ["follow", "up", "on", "call", "a", "e", "24", "7"]


def test_a_position_stays_free_between_two_parts() -> None:
    places = {(form, position) for form, position, _ in placed_forms(("Night call", "Ann Lee"))}
    assert {("night", 1), ("call", 2), ("ann", 4), ("lee", 5)} <= places


@given(st.text())
def test_whatever_the_text_its_words_are_letters_and_digits_at_their_place(text: str) -> None:
    for word, start, end in words_in(text):
        assert word.isalnum()
        assert len(word) <= 64
        assert fold(text[start:end]) == word
        assert all(form.isalnum() for form in forms_of(word))
