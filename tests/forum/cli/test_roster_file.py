from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forum.cli.roster_file import BadHeader, RosterFile
from forum.groups.models import Delivery, Role
from forum.groups.roster import BadRow, RosterRow


def read(path: Path, content: bytes) -> Sequence[RosterRow | BadRow]:
    path.write_bytes(content)
    with RosterFile(path) as roster:
        return list(roster.rows())


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    return tmp_path / "staff.csv"


def bad_lines(rows: Sequence[RosterRow | BadRow]) -> list[int]:
    return [row.line for row in rows if isinstance(row, BadRow)]


def names(rows: Sequence[RosterRow | BadRow]) -> list[str]:
    return [row.name for row in rows if isinstance(row, RosterRow)]


def test_all_columns_are_read(csv: Path) -> None:
    header = "email,name,delivery,place,specialty,career_stage,employer,interests,role"
    rows = read(csv, f'{header}\nann@example.org,"Lee, Ann",none,Bath,ENT,fellow,Mercy,"a, b",owner\n'.encode())
    facets = {"place": "Bath", "specialty": "ENT", "career_stage": "fellow", "employer": "Mercy", "interests": "a, b"}
    assert rows == [RosterRow(2, "ann@example.org", "Lee, Ann", Delivery.NONE, Role.OWNER, facets)]


def test_only_address_and_name_are_needed_in_any_order_and_spelling(csv: Path) -> None:
    rows = read(csv, "\ufeffName;E Mail\r\n".replace("E Mail", "EMAIL").encode() + b" Ann  Lee ;Ann@Example.org\r\n")
    assert rows == [RosterRow(2, "Ann@Example.org", "Ann Lee")]
    assert names(read(csv, b"email\tname\tCareer Stage\nann@example.org\tAnn\tfellow\n")) == ["Ann"]


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        (b"", "email and name among them"),
        (b"email\n", "name among them"),
        (b"email,name,phone\n", "Unknown column 'phone'"),
        (b"email,name,email\n", "twice"),
        ("email,name\n".encode("utf-16"), "email and name among them"),
    ],
)
def test_a_wrong_first_line_is_named_at_once(csv: Path, header: bytes, sentence: str) -> None:
    with pytest.raises(BadHeader, match=sentence):
        read(csv, header)


def test_each_bad_row_is_named_with_its_line_and_skips_only_itself(csv: Path) -> None:
    rows = read(
        csv,
        b"email,name,delivery,role\n"
        b"ann@example.org,Ann,,\n"
        b"nowhere,Bob,,\n"  # line 3
        b"\n"
        b"cy@example.org,,,\n"  # 5
        b"dee@example.org,Dee,hourly,\n"  # 6
        b"eve@example.org,Eve,sometimes,\n"  # 7
        b"fay@example.org,Fay,,queen\n"  # 8
        b"gus@example.org,G\xfcs,,\n"  # 9
        b"hal@example.org,Hal,,,surplus\n"  # 10
        b"ida@example.org,Ida\n"
        b"joe@example.org," + b"j" * 201 + b",,\n"  # 12
        b"kim@example.org,Kim,,,,\n",
    )
    assert names(rows) == ["Ann", "Ida", "Kim"]
    assert bad_lines(rows) == [3, 5, 6, 7, 8, 9, 10, 12]
    sentences = [row.sentence for row in rows if isinstance(row, BadRow)]
    assert "not a mail address" in sentences[0]
    assert "has no name" in sentences[1]
    assert "'hourly'" in sentences[2]
    assert "'sometimes' is none of single, digest, weekly, followed, specials, none" in sentences[3]
    assert "'queen'" in sentences[4]
    assert "UTF-8" in sentences[5]
    assert "5 fields" in sentences[6]
    assert "more than 200" in sentences[7]


def test_a_quotation_mark_that_is_never_closed_swallows_no_other_row(csv: Path) -> None:
    rows = read(
        csv,
        b'email,name\nann@example.org,"Ann\nbob@example.org,Bob\ncy@example.org,"Cy\ndee@example.org,Dee\n',
    )
    assert names(rows) == ["Bob", "Dee"]
    assert bad_lines(rows) == [2, 4]


def test_a_name_may_go_over_two_lines_and_later_lines_keep_their_numbers(csv: Path) -> None:
    rows = read(csv, b'email,name\nann@example.org,"Ann\nLee"\nnowhere,Bob\n')
    assert names(rows) == ["Ann Lee"]
    assert bad_lines(rows) == [4]


WORDS = st.sampled_from(["ann@example.org", "bob@example.org", "A", '"', '""', ",", ";", "\n", "\r", "\xe9", " ", "x"])


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(WORDS, max_size=40).map("".join))
def test_a_good_row_after_any_rubbish_is_read(csv: Path, rubbish: str) -> None:
    rows = read(csv, f"email,name\n{rubbish}\nzoe@example.org,Zoe\n".encode("latin-1"))
    assert names(rows)[-1] == "Zoe"
    assert [row.line for row in rows] == sorted(row.line for row in rows)
