"""Files and words that come back: programs, closed mail, mail that is nearly all quotes."""

import io
import zipfile
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.groups.models import Assurance
from forum.rules.encrypted import check_encrypted
from forum.rules.executables import check_executables, programs_in
from forum.rules.findings import Severity
from forum.rules.over_quoted import check_over_quoted
from forum.rules.submission import Facts, File, Submission
from forum.threads.models import TextFormat, Via

# These rules look at the submission alone.
FACTS: Facts = None  # type: ignore[assignment]
PLAIN = Submission(1, 1, "Ann", Assurance.PROVEN, Via.MAIL, "Rota", "Words.", TextFormat.PLAIN)


def zipped(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
    return packed.getvalue()


@pytest.mark.parametrize(
    "name", ["a.exe", "A.EXE", "photo.jpg.scr", "a.exe. ", "x.hta", "x.msi", "x.jar", "x.url", "x.ps1"]
)
def test_a_program_is_one_by_its_name(name: str) -> None:
    finding = check_executables(replace(PLAIN, files=(File(name, "image/png", b"x"),)), FACTS)
    assert finding is not None
    assert finding.severity is Severity.RETURN
    assert name in finding.sentence


@pytest.mark.parametrize("name", ["exe", "scan.pdf", "notes.docx", "com.txt", "plan.exe.pdf", "IMG_1.HEIC", "data.csv"])
def test_other_files_pass(name: str) -> None:
    assert check_executables(replace(PLAIN, files=(File(name, "application/pdf", b"x"),)), FACTS) is None


def test_a_program_under_another_name_is_known_by_its_first_octets() -> None:
    assert list(programs_in(File("scan.pdf", "application/pdf", b"MZ\x90\x00"))) == ["scan.pdf"]


def test_an_archive_is_read_by_its_listing() -> None:
    assert list(programs_in(File("a.zip", "", zipped("x/readme.txt", "x/run.bat")))) == ["a.zip: run.bat"]
    assert list(programs_in(File("a.docx", "", zipped("word/document.xml")))) == []
    many = zipped(*(f"{number}.txt" for number in range(5_001)))
    assert list(programs_in(File("a.zip", "", many))) == ["a.zip: more than 5000 files"]


@given(st.binary(max_size=200))
def test_no_archive_breaks_the_reading(octets: bytes) -> None:
    list(programs_in(File("a.zip", "", b"PK\x03\x04" + octets)))
    list(programs_in(File("a.zip", "", b"PK\x03\x04" + octets + zipped("run.bat"))))


@pytest.mark.parametrize(
    "changed",
    [
        replace(PLAIN, files=(File("smime.p7m", "application/pkcs7-mime", b"x"),)),
        replace(PLAIN, files=(File("a", "application/pgp-encrypted", b"Version: 1"),)),
        replace(PLAIN, text="-----BEGIN PGP MESSAGE-----\n\nabc"),
    ],
)
def test_what_readers_could_not_open_comes_back(changed: Submission) -> None:
    finding = check_encrypted(changed, FACTS)
    assert finding is not None
    assert "Turn off encryption" in finding.sentence


def test_nine_tenths_of_quotes_come_back_by_mail_and_not_from_the_web() -> None:
    quote = "\n".join("> five words in each line" for _ in range(90))
    heavy = replace(PLAIN, text=f"Yes.\n\n{quote}\n\nNo.")
    finding = check_over_quoted(heavy, FACTS)
    assert finding is not None
    assert "% of your mail is quoted text" in finding.sentence
    assert check_over_quoted(replace(heavy, via=Via.WEB), FACTS) is None


def test_a_short_quote_an_answer_and_a_folded_quote_are_fine() -> None:
    quote = "\n".join("> five words in each line" for _ in range(90))
    assert check_over_quoted(replace(PLAIN, text="> Is it?\n> Is it really?\n\nYes."), FACTS) is None
    assert check_over_quoted(replace(PLAIN, text=f"{quote}\n\n" + "own words " * 40), FACTS) is None
    assert check_over_quoted(replace(PLAIN, text="Agreed.", folded=quote), FACTS) is None
