"""Passages by the names that a form carries: they fall away when the words change and are found when they move."""

from collections.abc import Mapping
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from forum.rules.findings import Field, Passage
from forum.web.confirmations import name_of, passages_named, written_instead

WORDS = st.lists(st.sampled_from(["Smith", "Jones", "4471902"]), max_size=8)


def of(text: str, subject: str = "") -> Mapping[Field, str]:
    return {"subject": subject, "text": text}


def passages_of(words: list[str], before: str) -> tuple[str, tuple[Passage, ...]]:
    """A text of these words, each of them a passage, and the passages."""
    text, found = before, []
    for word in words:
        found.append(Passage(len(text), len(text) + len(word), "name"))
        text += f"{word} "
    return text, tuple(found)


@settings(max_examples=60)
@given(words=WORDS, before=st.text("ab ", max_size=12), data=st.data())
def test_what_moves_together_is_found_again_and_nothing_else(
    words: list[str], before: str, data: st.DataObject
) -> None:
    text, found = passages_of(words, "")
    chosen = [each for each in found if data.draw(st.booleans())]
    names = [name_of(each, of(text)) for each in chosen]
    moved_text, moved = passages_of(words, before)
    meant = passages_named(names, moved, of(moved_text))
    assert len(meant) == len(chosen)
    assert sorted(moved_text[each.start : each.end] for each in meant) == sorted(
        text[each.start : each.end] for each in chosen
    )
    assert passages_named(names, found, of(text)) == tuple(chosen)
    other_text, other = passages_of([word.lower()[::-1] for word in words], before)
    assert passages_named(names, other, of(other_text)) == ()


def test_the_same_words_of_another_kind_or_field_are_another_passage() -> None:
    name = name_of(Passage(0, 5, "name"), of("Smith"))
    assert "Smith" not in name
    assert passages_named([name], [Passage(0, 5, "place")], of("Smith")) == ()
    assert passages_named([name], [Passage(0, 5, "name", "subject")], of("", "Smith")) == ()
    assert passages_named(["", "name", "a:b:c:d:e:f", "::::"], [Passage(0, 5, "name")], of("Smith")) == ()


def test_other_words_stand_in_the_place_of_the_passage_alone() -> None:
    text = "I saw Mrs Alvarez, 74 years old, on March 3."
    alvarez = Passage(6, 17, "name")
    assert (
        written_instead(alvarez, of(text), date(2026, 11, 23)) == "I saw a woman in her 70s, 74 years old, on March 3."
    )
    assert written_instead(Passage(6, 17, "listed word"), of(text), date(2026, 11, 23)) is None
