"""A roster that would remove many stops and asks, and what a sync did can be put back."""

from pathlib import Path
from typing import Any

import pytest

from tests.forum.cli.conftest import Ended, Run


@pytest.fixture
def align(run: Run, tmp_path: Path) -> Any:
    """Sync cardiology with these addresses; names are made from them."""
    run("group", "create", "cardiology", "--name", "Cardiology")

    def _align(*emails: str, options: tuple[str, ...] = ()) -> Ended:
        file = tmp_path / "staff.csv"
        file.write_text("email,name\n" + "".join(f"{email},{email.partition('@')[0]}\n" for email in emails))
        return run("member", "sync", str(file), "--group", "cardiology", *options)

    return _align


def members(run: Run) -> int:
    return run("group", "show", "cardiology", "--json").json["members"]


STAFF = [f"m{number}@example.org" for number in range(30)]


def test_a_sync_adds_and_removes_within_the_share(run: Run, align: Any) -> None:
    assert align(*STAFF).out.startswith("30 joined, 0 removed.")
    ended = align(*STAFF[1:], "new@example.org")
    assert (ended.code, members(run)) == (0, 30)
    assert ended.out.startswith("1 joined, 1 removed.")


def test_a_roster_that_would_remove_many_changes_nothing_until_somebody_says_yes(run: Run, align: Any) -> None:
    align(*STAFF)
    ended = align(*STAFF[:20])
    assert (ended.code, members(run)) == (1, 30)
    assert "would remove 10 of 30 members (33%)" in ended.err
    assert align(*STAFF[:20], options=("--yes",)).code == 0
    assert members(run) == 20


def test_an_undone_sync_gives_back_choices_and_roles_and_takes_the_added_out(run: Run, align: Any) -> None:
    align(*STAFF)
    run("member", "set", "m0@example.org", "--group", "cardiology", "--delivery", "none")
    out = align(*STAFF[1:], "new@example.org").out
    undo = out.rstrip().rpartition(" ")[2]
    ended = run("member", "sync", "--undo", undo)
    assert ended.out == "1 are back with what they had; 1 who had been added are out again.\n"
    back = {row["slug"]: row["delivery"] for row in run("member", "show", "m0@example.org", "--json").json["groups"]}
    assert back["cardiology"] == "none"
    assert "cardiology" not in {
        row["slug"] for row in run("member", "show", "new@example.org", "--json").json["groups"]
    }
    assert run("member", "sync", "--undo", undo).code == 1


def test_undoing_lets_nobody_in_who_was_put_out_by_somebody_else_since(run: Run, align: Any) -> None:
    run("group", "create", "echo", "--name", "Echo")
    align(*STAFF)
    align(*STAFF, options=("--group", "echo"))
    undo = align(*STAFF[1:]).out.rstrip().rpartition(" ")[2]
    assert "1 removed." in align(*STAFF[1:], options=("--group", "echo")).out
    assert run("member", "sync", "--undo", undo).out.startswith("1 are back")
    slugs = {row["slug"] for row in run("member", "show", "m0@example.org", "--json").json["groups"]}
    assert "cardiology" in slugs
    assert "echo" not in slugs


def test_moderators_stay_whatever_the_roster_says(run: Run, align: Any) -> None:
    run("member", "add", "mo@example.org", "--name", "Mo", "--group", "cardiology", "--role", "moderator")
    align(*STAFF)
    assert members(run) == 31


def test_a_bad_row_or_an_empty_file_changes_nothing(run: Run, align: Any) -> None:
    align(*STAFF)
    assert align(*STAFF[:-1], "no-address").err.startswith("Line 31:")
    assert align().err == "The file names nobody. Nothing was changed.\n"
    assert members(run) == 30
