from markupsafe import Markup

from forum.search.excerpts import LENGTH, marked_excerpt
from forum.search.wanted import read_wanted

FILLER = "We met at noon and went through the list of open points one after another. " * 12


def test_every_form_of_the_word_is_marked_as_it_was_written() -> None:
    found = marked_excerpt("Two protocols, one Protocol: José wrote both.", read_wanted("protocol jose"))
    assert found == Markup("Two <mark>protocols</mark>, one <mark>Protocol</mark>: <mark>José</mark> wrote both.")


def test_beginnings_and_phrases_are_marked() -> None:
    found = marked_excerpt("Vaccination and vaccines on the night shift.", read_wanted('vaccin* "night shift"'))
    assert found.count("<mark>") == 4


def test_what_must_not_be_there_is_not_marked() -> None:
    assert "<mark>" not in marked_excerpt("Locum cover in August", read_wanted("-nothing"))


def test_everything_but_the_marks_is_escaped() -> None:
    found = marked_excerpt('<script>alert("locum")</script> & more', read_wanted("locum script"))
    assert "<script>" not in found
    assert "<mark>locum</mark>" in found
    assert found.striptags() == '<script>alert("locum")</script> & more'


def test_the_excerpt_is_where_most_of_the_words_stand_together() -> None:
    text = f"The rota is late. {FILLER} The rota for August needs a locum. {FILLER}"
    found = marked_excerpt(text, read_wanted("rota august locum"))
    assert found.startswith("…")
    assert found.endswith("…")
    assert "<mark>rota</mark> for <mark>August</mark> needs a <mark>locum</mark>" in found
    assert len(found.striptags()) <= LENGTH + 2


def test_without_a_marked_word_the_first_words_stand_there() -> None:
    assert marked_excerpt(f"First of all. {FILLER}", read_wanted("locum")).startswith("First of all.")


def test_quote_marks_and_line_ends_are_left_out() -> None:
    assert marked_excerpt("> Who can\n> cover?\n\nI can.", read_wanted("cover")) == Markup(
        "Who can <mark>cover</mark>? I can."
    )


def test_one_very_long_word_is_shown_and_ends() -> None:
    assert len(marked_excerpt("x" * 5000 + " locum", read_wanted("locum")).striptags()) < 2 * LENGTH
