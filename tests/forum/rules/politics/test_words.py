import time
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from forum.rules.politics.words import sentences_of, words_of


def test_words_are_small_plain_and_without_genitive() -> None:
    assert [word.form for word in words_of("Orbán’s Clinic doesn't OPEN.")] == ["orban", "clinic", "doesn't", "open"]


def test_tags_of_several_words_are_read_as_several_and_names_stay_whole() -> None:
    assert [word.form for word in words_of("RaiseTheWage McCain")] == ["raise", "the", "wage", "mccain"]


def test_titles_and_initials_do_not_end_a_sentence() -> None:
    text = "Dr. A. Rao saw him at 5 p.m. yesterday. Was it sepsis? Yes!"
    assert [text[start:end] for start, end in sentences_of(text)] == [
        "Dr. A. Rao saw him at 5 p.m. yesterday.",
        "Was it sepsis?",
        "Yes!",
    ]


def test_rows_of_marks_and_of_lines_are_cut_in_time() -> None:
    begun = time.process_time()
    for row in (".", '."', "\n ", ". ", "?!"):
        sentences_of(row * 100_000 + "x")
    assert time.process_time() - begun < 5


@given(st.text())
def test_sentences_hold_all_words_in_order(text: str) -> None:
    words = words_of(text)
    spans = sentences_of(text)
    assert all(start < end for start, end in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert all(any(start <= word.start and word.end <= end for start, end in spans) for word in words)
