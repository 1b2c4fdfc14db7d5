from pathlib import Path
from typing import Any

import pytest

from forum.cli import rosters
from tests.forum.cli.conftest import Ended, Run

HEADER = "email,name,delivery,specialty,role\n"


@pytest.fixture
def load(run: Run, tmp_path: Path) -> Any:
    """Import these rows into cardiology."""
    run("group", "create", "cardiology", "--name", "Cardiology")

    def _load(*rows: str, header: str = HEADER) -> Ended:
        file = tmp_path / "staff.csv"
        file.write_text(header + "".join(f"{row}\n" for row in rows))
        return run("member", "import", str(file), "--group", "cardiology")

    return _load


def groups_of(run: Run, email: str) -> dict[str, tuple[str, str]]:
    shown = run("member", "show", email, "--json").json
    return {row["slug"]: (row["role"], row["delivery"]) for row in shown["groups"]}


def test_a_roster_makes_members_and_nobody_gets_mail(run: Run, load: Any) -> None:
    ended = load("ann@example.org,Ann Lee,none,ENT,moderator", "bob@example.org,Bob Day,,,")
    assert (ended.code, ended.out, ended.err) == (0, "2 joined (2 new members).\n", "")
    assert groups_of(run, "ann@example.org") == {"community": ("member", "single"), "cardiology": ("moderator", "none")}
    assert groups_of(run, "bob@example.org") == {"community": ("member", "single"), "cardiology": ("member", "single")}
    assert run("work", "--only", "notices", "--once").out == "0 done.\n"


def test_a_second_time_changes_nothing(run: Run, load: Any) -> None:
    load("ann@example.org,Ann Lee,,,")
    run("member", "set", "ann@example.org", "--group", "cardiology", "--delivery", "none")
    ended = load("ANN@example.org,Other Name,single,,owner", "ann+tag@example.org,Third Name,,,")
    assert (ended.code, ended.out) == (0, "0 joined (0 new members); 2 belonged already.\n")
    shown = run("member", "show", "ann@example.org", "--json").json
    assert (shown["name"], shown["addresses"]) == ("Ann Lee", ["ann@example.org"])
    assert groups_of(run, "ann@example.org")["cardiology"] == ("member", "none")


def test_bad_rows_are_reported_and_the_others_come_in(run: Run, load: Any) -> None:
    ended = load("ann,Ann,,,", "bob@example.org,Bob,,,", "cy@example.org,,,,")
    assert (ended.code, ended.out) == (1, "1 joined (1 new members); 2 bad rows were skipped.\n")
    assert [line.split(":")[0] for line in ended.err.splitlines()] == ["Line 2", "Line 4"]
    assert run("member", "show", "bob@example.org").code == 0


def test_who_is_banned_does_not_come_back_by_a_roster(run: Run, load: Any) -> None:
    run("member", "add", "ann@example.org", "--name", "Ann")
    run("member", "set", "ann@example.org", "--group", "community", "--standing", "banned")
    ended = load("bob@example.org,Bob,,,", "ann@example.org,Ann,,,")
    assert ended.code == 1
    assert ended.err == "Line 3: ann@example.org has no standing in the community (banned).\n"
    assert groups_of(run, "ann@example.org") == {"community": ("member", "single")}


def test_a_roster_longer_than_a_batch_comes_in_whole(run: Run, load: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rosters, "_BATCH", 10)
    ended = load(
        *(f"doctor{number}@example.org,Doctor {number},,," for number in range(25)), "doctor3@example.org,D,,,"
    )
    assert ended.out == "25 joined (25 new members); 1 belonged already.\n"
    assert run("group", "show", "cardiology", "--json").json["members"] == 25
    assert run("group", "show", "community", "--json").json["members"] == 25


def test_an_unknown_column_is_wrong_use_and_adds_nobody(run: Run, load: Any) -> None:
    ended = load("ann@example.org,Ann,1", header="email,name,phone\n")
    assert ended.code == 2
    assert "staff.csv: Unknown column 'phone'" in ended.err
    assert run("group", "show", "community", "--json").json["members"] == 0


def test_an_unknown_group_or_file_is_said(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "staff.csv"
    file.write_text("email,name\n")
    assert run("member", "import", str(file), "--group", "nowhere").code == 1
    assert run("member", "import", str(tmp_path / "none.csv"), "--group", "community").code == 2
