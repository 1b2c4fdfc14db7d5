"""`banyan import mbox` and `banyan export mbox`, as the operator sees them."""

from pathlib import Path
from typing import Any

import pytest

from tests.forum.cli.conftest import Run
from tests.mailing_list import make_list, write_mbox


@pytest.fixture
def site(run: Run) -> Run:
    run("group", "create", "locums", "--name", "Locums")
    return run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_mbox(tmp_path / "old.mbox", make_list(30, seed=11, threads=5))
    return tmp_path / "old.mbox"


def posts_of(run: Run) -> list[dict[str, Any]]:
    rows = run("thread", "list", "--group", "locums", "--json").json
    return [post for row in rows for post in run("thread", "show", row["id"], "--json").json["posts"]]


def test_a_dry_run_says_what_would_come_and_brings_nothing(site: Run, file: Path) -> None:
    report = site("import", "mbox", str(file), "--group", "locums", "--dry-run", "--json").json
    assert report["dry_run"] is True
    assert report["new"] == report["messages"] == report["duplicates"] + report["messages"] > 25
    assert report["threads"] == {"new": 5, "continued": 0}
    assert report["authors"]["known"] == 0
    assert posts_of(site) == []


def test_an_import_brings_the_posts_and_a_second_one_nothing(site: Run, file: Path) -> None:
    first = site("import", "mbox", str(file), "--group", "locums", "--json").json
    assert len(posts_of(site)) == first["new"]
    assert {post["via"] for post in posts_of(site)} == {"import"}
    assert all(post["message_id"] == post["author_message_id"] for post in posts_of(site))
    second = site("import", "mbox", str(file), "--group", "locums", "--json").json
    assert (second["new"], second["duplicates"]) == (0, first["messages"])
    assert len(posts_of(site)) == first["new"]


def test_the_report_is_a_few_plain_lines_without_a_progress_bar(site: Run, file: Path) -> None:
    ended = site("import", "mbox", str(file), "--group", "locums")
    assert (ended.code, ended.err) == (0, "")
    assert "posts imported, in 5 new threads" in ended.out
    assert "\r" not in ended.out
    assert "\x1b" not in ended.out


def test_what_cannot_be_read_is_named_by_its_place(site: Run, tmp_path: Path) -> None:
    file = tmp_path / "old.mbox"
    good = b"From a@x.org Thu Mar  7 12:00:01 2019\nFrom: ann@x.org\nSubject: x\n\nWho can?\n\n"
    file.write_bytes(good + b"From b Thu Mar  7 12:00:01 2019\n\x00\x01\n\n" + good.replace(b"can", b"may"))
    ended = site("import", "mbox", str(file), "--group", "locums")
    assert ended.code == 0
    assert ended.err.startswith("Message 2: ")
    assert "2 posts imported" in ended.out


@pytest.mark.parametrize(
    ("content", "group", "code", "sentence"),
    [
        (b"", "locums", 1, "is empty"),
        (b"no mbox at all", "locums", 1, "holds no message"),
        (b"From a Thu Mar  7 12:00:01 2019\nA: b\n", "nowhere", 1, "There is no group 'nowhere'"),
        (None, "locums", 2, "does not exist"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    site: Run, tmp_path: Path, content: bytes | None, group: str, code: int, sentence: str
) -> None:
    if content is not None:
        (tmp_path / "old.mbox").write_bytes(content)
    ended = site("import", "mbox", str(tmp_path / "old.mbox"), "--group", group)
    assert ended.code == code
    assert sentence in ended.err


def test_an_export_goes_to_a_file_or_to_standard_output(site: Run, file: Path, tmp_path: Path) -> None:
    site("import", "mbox", str(file), "--group", "locums")
    out = tmp_path / "out.mbox"
    assert site("export", "mbox", "--group", "locums", "--output", str(out)).code == 0
    printed = site("export", "mbox", "--group", "locums")
    assert printed.out.encode() == out.read_bytes()
    assert out.read_bytes().count(b"\nMessage-ID: ") == len(posts_of(site))
    again = site("import", "mbox", str(out), "--group", "locums", "--dry-run", "--json").json
    assert (again["new"], again["unreadable"]) == (0, [])


def test_an_export_that_cannot_be_written_leaves_nothing(site: Run, tmp_path: Path) -> None:
    ended = site("export", "mbox", "--group", "locums", "--output", str(tmp_path / "nowhere" / "out.mbox"))
    assert ended.code == 1
    assert "cannot be written" in ended.err
    assert site("export", "mbox", "--group", "nowhere", "--output", str(tmp_path / "out.mbox")).code == 1
    assert not (tmp_path / "out.mbox").exists()


def test_the_help_of_the_export_says_that_it_holds_addresses(run: Run) -> None:
    assert "real addresses" in " ".join(run("export", "mbox", "--help").out.split())
