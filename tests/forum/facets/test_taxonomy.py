"""Specialties and career stages as people write them, by the list that ships and by one of an operator's own."""

from pathlib import Path

import pytest

from forum.facets import taxonomy as read
from forum.facets.taxonomy import BadTaxonomy, read_career_stage, read_specialties, taxonomy


@pytest.fixture(autouse=True)
def shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "current_taxonomy_file", lambda: None)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("interventional cardiology", ["Interventional cardiology"]),
        ("Interventional Cardiologist", ["Interventional cardiology"]),
        ("OB/GYN", ["Obstetrics and gynecology"]),
        ("Ob-Gyn", ["Obstetrics and gynecology"]),
        ("gynaecological oncology", ["Gynecologic oncology"]),
        ("EM", ["Emergency medicine"]),
        ("Emergency physician", ["Emergency medicine"]),
        ("peds", ["Pediatrics"]),
        ("paediatric anaesthesia", ["Pediatric anesthesiology"]),
        ("ENT surgeon", ["Otolaryngology - head and neck surgery"]),
        ("PM&R", ["Physical medicine and rehabilitation"]),
        ("Anaesthesia", ["Anesthesiology"]),
        ("IM", ["Internal medicine"]),
        ("Internal Medicine, Cardiology", ["Internal medicine", "Cardiology"]),
        ("EM/peds", ["Emergency medicine", "Pediatrics"]),
        ("med/peds", ["Medicine-pediatrics"]),
        ("Radiology (IR)", ["Radiology", "Interventional radiology"]),
        ("hematology/oncology", ["Hematology and oncology"]),
        ("EM / expedition doctor", ["Emergency medicine", "expedition doctor"]),
        ("Locum in everything", ["Locum in everything"]),
        ("MD", ["MD"]),
        (" - ", []),
    ],
)
def test_specialties_are_found_by_the_words_that_people_use(text: str, names: list[str]) -> None:
    assert [value.name for value in read_specialties(text)] == names


def test_a_subspecialty_stands_below_its_specialty() -> None:
    [value] = read_specialties("interventional cardiology")
    assert value.parent is not None
    assert (value.parent.name, value.parent.parent.name) == ("Cardiology", "Internal medicine")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("PGY-2", ["Resident"]),
        ("Resident (PGY-3)", ["Resident"]),
        ("3rd year resident", ["Resident"]),
        ("cardiology fellow", ["Fellow"]),
        ("medical student", ["Student"]),
        ("Attending physician", ["Attending"]),
        ("semi-retired", ["Senior"]),
        ("Emerita", ["Retired"]),
        ("between jobs", ["between jobs"]),
    ],
)
def test_career_stages_are_found_by_the_words_that_people_use(text: str, names: list[str]) -> None:
    assert [value.name for value in read_career_stage(text)] == names


def test_every_name_of_the_shipped_list_finds_itself() -> None:
    for value in set(taxonomy(None).specialties.values()):
        assert list(read_specialties(value.name)) == [value], value.name


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[specialties]\n"Nursing" = ["RN"]\n"Radiology" = ["rn"]', "'rn' means both 'Nursing' and 'Radiology'"),
        ('[under."Nursing"]\n"Wound care" = []', "no specialty has the name 'Nursing'"),
        ('[specialties]\n"Nursing" = "RN"', "needs a list of words"),
        ('[special]\n"Nursing" = []', "there is no table 'special'"),
        ('[specialties]\n"Nursing" = ["doctor"]', "'doctor' says nothing of 'Nursing'"),
        ("[specialties", "cannot be read"),
    ],
)
def test_a_list_that_cannot_be_used_says_where(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "list.toml"
    path.write_text(text)
    with pytest.raises(BadTaxonomy, match=said):
        taxonomy(path)


def test_an_operators_own_list_takes_the_place_of_the_shipped_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "list.toml"
    path.write_text('[under."Nursing"]\n"Wound care" = ["wounds"]\n[specialties]\n"Nursing" = ["RN"]')
    monkeypatch.setattr(read, "current_taxonomy_file", lambda: path)
    [value] = read_specialties("wounds")
    assert (value.name, value.parent and value.parent.name) == ("Wound care", "Nursing")
    assert [value.code for value in read_specialties("cardiologist")] == ["cardiologist"]
