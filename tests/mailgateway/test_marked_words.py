"""Marks around what was seen in an author's words, their numbers, and how they come off again."""

from dataclasses import asdict

from hypothesis import given
from hypothesis import strategies as st

from forum.rules.findings import Finding, Passage, Severity, as_row
from mailgateway.marked_words import (
    carried_over,
    listed,
    marked_html,
    marked_text,
    numbered_places,
    unmarked,
    version_of,
)

TEXT = "I saw <Ann Lee> and Bo Wu on 3 May."
ANN, BO, DAY = Passage(7, 14, "name"), Passage(20, 25, "name"), Passage(29, 34, "date")


def row(*passages: Passage, to_confirm: bool = True, severity: Severity = Severity.RETURN) -> dict[str, object]:
    return as_row(Finding("patients", severity, "s", "m", passages=passages, to_confirm=to_confirm))


HARD, SOFT = row(ANN, BO), row(DAY, to_confirm=False, severity=Severity.ADVISE)


def test_a_number_stays_with_its_place_when_others_are_spoken_for() -> None:
    before = numbered_places([HARD, SOFT], [])
    after = numbered_places([row(BO), SOFT], [asdict(ANN)])
    assert [(each.number, each.passage) for each in before] == [(1, ANN), (2, BO), (3, DAY)]
    assert [(each.number, each.passage) for each in after] == [(1, ANN), (2, BO), (3, DAY)]
    assert [each.open for each in before] == [True, True, False]
    assert [each.open for each in after] == [False, True, False]
    assert [each.hint for each in before] == [False, False, True]
    assert version_of(TEXT, "", before) == version_of(TEXT, "", after)
    assert version_of(TEXT, "", before) != version_of(TEXT + "!", "", before)


def test_marks_stand_in_text_and_page_and_context_in_the_list() -> None:
    places = numbered_places([HARD, SOFT], [])
    marked = marked_text(TEXT, places).replace("\u00a0", " ")
    assert marked == "I saw <[[1: Ann Lee]]> and [[2: Bo Wu]] on [[3: 3 May]]."
    page = marked_html(TEXT, places)
    assert "&lt;<mark" in page
    assert "<strong>2</strong>\u00a0Bo Wu</mark>" in page
    assert listed(places[1], TEXT) == "I saw <Ann Lee> and [Bo Wu] on 3 May."
    assert listed(places[0], TEXT * 9).startswith("I saw <[Ann Lee]> and Bo Wu on")


def test_places_inside_others_are_one_unless_the_author_can_speak_for_them() -> None:
    sentence = row(Passage(0, len(TEXT), "partisan sentence"), DAY, to_confirm=False, severity=Severity.HOLD)
    places = numbered_places([sentence, row(BO)], [])
    assert [(each.passage.kind, each.open) for each in places] == [("partisan sentence", False), ("name", True)]
    assert marked_text(TEXT, places).replace("\u00a0", " ") == f"[[1: {TEXT[:20]}[[2: Bo Wu]]{TEXT[25:]}]]"


def test_what_was_spoken_for_stays_so_in_another_text_while_it_stands_there_as_often() -> None:
    after = f"Hello,\n{TEXT}"
    [moved] = carried_over([asdict(BO)], TEXT, after)
    assert after[moved.start : moved.end] == "Bo Wu"
    assert carried_over([asdict(BO)], TEXT, f"{TEXT} Bo Wu again.") == ()
    assert carried_over([asdict(BO)], TEXT, "I saw nobody.") == ()
    second = "Bo Wu met Bo Wu"
    [moved] = carried_over([asdict(Passage(10, 15, "name"))], second, f"Then {second}")
    assert moved.start == 15
    subject = Passage(0, 3, "name", "subject")
    assert carried_over([asdict(subject)], TEXT, "") == (subject,)


@given(
    st.text(alphabet=st.sampled_from("ab [:1\n"), max_size=40),
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9)), max_size=4),
)
def test_marks_come_off_again(text: str, stretches: list[tuple[int, int]]) -> None:
    passages = [Passage(a, min(a + n, len(text)), "name") for a, n in stretches if a < len(text) and "[" not in text]
    places = numbered_places([row(*passages)], [])
    assert unmarked(marked_text(text, places)) == text
    assert str(marked_html(text, places)).count("<mark") == str(marked_html(text, places)).count("</mark>")
