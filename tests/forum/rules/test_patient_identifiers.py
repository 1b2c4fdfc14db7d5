"""The check for patient identifiers: what has to be seen, what has to be left alone, and what it costs."""

import struct
from datetime import date
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forum.posting.image_location import without_location
from forum.rules.findings import Passage, Severity
from forum.rules.identifiers.safer_words import generalisation
from forum.rules.matter import Asks, Matter
from forum.rules.patient_identifiers import (
    KINDS,
    MOST_PASSAGES,
    MOST_READ,
    PatientIdentifierOptions,
    patient_identifiers,
)
from forum.rules.submission import File
from tests.forum.posting.images import a_jpeg, a_png, tiff_with_place
from tests.forum.rules.identifiers import notes
from tests.forum.rules.identifiers.report import Figures, measure, ordinary_posts, said_in_passing

OPTIONS = PatientIdentifierOptions()
TODAY = date(2026, 11, 23)


def seen(text: str, options: PatientIdentifierOptions = OPTIONS) -> list[tuple[str, str]]:
    """Kind and words of each passage, in the order of the text."""
    passages = [each for sighting in patient_identifiers(Matter(text), options) for each in sighting.passages]
    return [(each.kind, text[each.start : each.end]) for each in sorted(passages, key=lambda each: each.start)]


@pytest.fixture(scope="module")
def figures() -> Figures:
    return measure(list(notes.notes(notes.TEMPLATES, 60, seed=5)), ordinary_posts())


def test_nearly_all_of_what_made_up_notes_hold_is_seen(figures: Figures) -> None:
    least = {kind: 0.60 if kind == "name" else 0.95 for kind in figures.recall}
    assert {kind: recall for kind, recall in figures.recall.items() if recall < least[kind]} == {}
    assert set(figures.recall) == set(KINDS) - {"photo_metadata"}


def test_most_of_what_people_say_in_passing_is_seen() -> None:
    said = said_in_passing()
    assert len(said) > 130
    assert measure(said, []).missed.total() <= len(said) // 10


def test_ordinary_medical_words_are_left_alone(figures: Figures) -> None:
    assert figures.words > 2_500
    assert figures.false_per_thousand <= 2, figures.false_findings


def test_what_tells_one_person_from_all_others_must_be_confirmed_and_the_rest_only_looked_at() -> None:
    text = "Mrs. Alvarez, MRN 1234567, was admitted on 3/14/2026 and lives in Dayton."
    hard, soft = patient_identifiers(Matter(text), OPTIONS)
    assert (hard.severity, hard.asks) == (Severity.RETURN, Asks.CONFIRM)
    assert [each.kind for each in hard.passages] == ["name", "record_number"]
    assert (soft.severity, soft.asks) == (Severity.ADVISE, Asks.NOTHING)
    assert [each.kind for each in soft.passages] == ["date", "place"]
    for sentence in (hard.sentence, hard.for_moderator, soft.sentence, soft.for_moderator):
        assert "Alvarez" not in sentence
        assert "1234567" not in sentence


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pt is Mrs. Alvarez", [("name", "Mrs. Alvarez")]),
        ("saw mrs alvarez today", [("name", "mrs alvarez")]),
        ("MR OKAFOR IS BACK IN CLINIC", [("name", "MR OKAFOR")]),
        ("DOB 3/4/41", [("birth_date", "3/4/41")]),
        ("born on the 3rd of March 1941", [("birth_date", "on the 3rd of March 1941")]),
        ("MRN#1234567", [("record_number", "1234567")]),
        ("mr no 445566", [("record_number", "445566")]),
        ("acct 778899", [("account_number", "778899")]),
        ("SSN １２３-４５-６７８９", [("ssn", "１２３-４５-６７８９")]),
        ("SSN 123\u201145\u20116789", [("ssn", "123\u201145\u20116789")]),
        ("SSN 12\u200b3-45-6789", [("ssn", "12\u200b3-45-6789")]),
        ("SSN ٤٢٣-٤٥-٦٧٨٩", [("ssn", "٤٢٣-٤٥-٦٧٨٩")]),
        ("> Her number is\n> 212-555-0100.", [("phone", "212-555-0100")]),
        ("**Name:** Maria Alvarez", [("name", "Maria Alvarez")]),
        ("Her number is 001-555-123-4567 x12.", [("phone", "001-555-123-4567 x12")]),
        ("NHS number 943 476 5919", [("insurance_number", "943 476 5919")]),
        ("Frau Weißmüller wohnt in der Goethestraße 7", [("name", "Frau Weißmüller"), ("street", "Goethestraße 7")]),
        ("94yo M", [("age", "94yo M")]),
        # So come the tables of a mail.
        ("MRN | 00482913\nDOB | 4/12/1951", [("record_number", "00482913"), ("birth_date", "4/12/1951")]),
        ("| Name | Maria Alvarez |", [("name", "Maria Alvarez")]),
    ],
)
def test_odd_ways_to_write_it_are_seen(text: str, expected: list[tuple[str, str]]) -> None:
    assert seen(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Thanks in advance,\nJane Lee, MD, FACP\nLakeside Cardiology\n12 Maple Street\n614-555-0101\njane@example.org",
        "Please comment.\n-- \nJane Lee\n(614) 555-0101",
        "Call our clinic at 614-555-0142.",
        "Dr Lee and Dr. Alvarez-Gomez run the lipid clinic.",
        "In a crisis call 988, for poisons 1-800-222-1222.",
        "The conference is on March 14, 2026 in Chicago, IL.",
        "Smith J, Jones K. N Engl J Med 2021;384:1305-1315. doi:10.1056/NEJMoa2034577",
        "Adults aged 90 and older made up 2% of the trial.",
        "T3 burst fracture, C5 palsy, L5 radiculopathy, CHA2DS2-VASc 3, BP 120/80, 4/5 strength.",
        "Graves disease, Parkinson disease, Sister Mary Joseph nodule, a syndrome named Alport.",
        "Serial troponins; serial number of cases; chart review of 1,250 admissions.",
    ],
)
def test_what_belongs_to_the_community_is_no_patients(text: str) -> None:
    assert seen(text) == []


def test_what_stands_below_a_sign_off_with_a_record_number_is_no_signature() -> None:
    text = "See below.\nThanks\n\n614-555-0101\nMRN 1234567"
    assert seen(text) == [("phone", "614-555-0101"), ("record_number", "1234567")]


def test_ten_digits_are_a_phone_number_in_america_and_may_be_an_nhs_number_in_britain() -> None:
    assert seen("Hers is 943 476 5919") == [("phone", "943 476 5919")]
    assert seen("Hers is 943 476 5919", PatientIdentifierOptions(country="GB"))[0][0] == "insurance_number"


def test_the_communitys_own_words_are_allowed() -> None:
    allowing = PatientIdentifierOptions(allowed=frozenset({"212-555-0100", "dayton"}))
    assert seen("She lives in Dayton, her phone is 212-555-0100.", allowing) == []


def test_a_subject_is_read_too() -> None:
    (hard,) = patient_identifiers(Matter("See below.", "Mrs. Alvarez again"), OPTIONS)
    assert hard.passages == (Passage(0, 12, "name", "subject"),)


DATED = b"II*\x00" + struct.pack("<IHHHII", 8, 1, 0x0132, 2, 20, 26) + bytes(4) + b"2026:03:14 10:00:00\x00"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (a_jpeg(), "more than its picture: place."),
        (a_png(), "more than its picture: place."),
        (tiff_with_place(order=">"), "more than its picture: place."),
        (DATED, "more than its picture: date."),
        (bytes(128) + b"DICM" + bytes(40), "carries data of its patient."),
    ],
)
def test_what_a_picture_tells_beside_the_picture_is_for_a_second_look(content: bytes, told: str) -> None:
    matter = Matter(
        "See the film.", files=(File("notes.txt", "text/plain", b"x"), File("x.jpg", "image/jpeg", content))
    )
    (soft,) = patient_identifiers(matter, OPTIONS)
    assert soft.severity is Severity.ADVISE
    assert [each.kind for each in soft.passages] == ["photo_metadata"]
    assert soft.sentence.endswith(told)


def test_the_end_of_a_text_that_is_too_long_hides_nobody() -> None:
    [sighting] = patient_identifiers(Matter("good " * (MOST_READ // 5) + "MRN 00482913"), OPTIONS)
    assert (sighting.severity, sighting.asks, sighting.passages) == (Severity.RETURN, Asks.NOTHING, ())


def test_the_name_of_a_file_is_looked_at_and_not_repeated() -> None:
    files = [File(name, "", b"") for name in ("IMG_20231104_5551234.jpg", "Okafor_MRN_00482913.pdf", "Dr. Lee.pptx")]
    [sighting] = patient_identifiers(Matter("See the files.", files=tuple(files)), OPTIONS)
    assert (sighting.severity, [each.kind for each in sighting.passages]) == (Severity.ADVISE, ["record_number"])
    assert "The name of file 2 holds it" in sighting.sentence
    assert "00482913" not in sighting.sentence + sighting.for_moderator


def test_a_picture_that_was_cleaned_tells_nothing() -> None:
    files = tuple(File("x", "image/jpeg", without_location(content)) for content in (a_jpeg(), a_jpeg(6), a_png()))
    assert patient_identifiers(Matter("See the film.", files=files), OPTIONS) == ()


def test_a_table_of_patients_is_cut_short() -> None:
    (hard,) = patient_identifiers(Matter("MRN 1234567\n\n" * 1_000), OPTIONS)
    assert len(hard.passages) == MOST_PASSAGES


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Mrs. Alvarez, a 74-year-old with AF.", "a woman in her 70s, a 74-year-old with AF."),
        ("His wife, Rosa, found him.", "His wife, (name left out), found him."),
        ("She was admitted on April 2nd, 2026.", "She was admitted last spring."),
        ("He was discharged 2023-05-01.", "He was discharged in 2023."),
        ("DOB 3/4/1951", "DOB in the 1950s"),
        ("DOB 3/4/1931", "DOB at least 90 years ago"),
        ("A 94-year-old woman fell.", "A woman aged 90 or older fell."),
        ("He is 94 years old.", "He is 90 or older."),
        ("She lives in Dayton, OH with cats.", "She lives in OH with cats."),
        ("Her cell is 212-555-0100.", "Her cell is [phone number]."),
    ],
)
def test_a_safer_wording_is_offered(text: str, words: str) -> None:
    ((passage,),) = [each.passages for each in patient_identifiers(Matter(text), OPTIONS)]
    safer = generalisation(text, passage, TODAY)
    assert safer is not None
    assert text[: passage.start] + safer + text[passage.end :] == words


@pytest.mark.parametrize("today", [date(2026, 1, 1), date(2024, 2, 29)])
@pytest.mark.parametrize("kind", KINDS)
@given(text=st.text(max_size=40), start=st.integers(0, 40), end=st.integers(0, 40))
@settings(max_examples=15)
def test_a_safer_wording_can_be_asked_for_anything(kind: str, today: date, text: str, start: int, end: int) -> None:
    generalisation(text, Passage(start, end, kind), today)


@given(st.text(st.sampled_from("aA9 10/-.()@:,'\nÄß９\u200bİmrDOB#+<>*"), max_size=200))
@settings(max_examples=200)
def test_passages_lie_within_any_text(text: str) -> None:
    for sighting in patient_identifiers(Matter(text), OPTIONS):
        places = [(each.start, each.end) for each in sighting.passages]
        assert all(0 <= start < end <= len(text) for start, end in places)
        assert places == sorted(places)


HOSTILE = ("a", "1", "9 ", "1-", "(0", "\n", "> ", "a@", "http://", "mrn is ", "55 maple st ", "A, ", "De La ", "3/4/")


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_megabyte_made_to_be_slow_is_not(piece: str) -> None:
    began = perf_counter()
    patient_identifiers(Matter(piece * (1_000_000 // len(piece))), OPTIONS)
    assert perf_counter() - began < 5
