"""What is taken out of one site comes back whole on another."""

import mailbox
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import decode_header, make_header
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from forum.accounts.queries import primary_address
from forum.app import create_core
from forum.archives.exporting import count_posts, export_mbox
from forum.blobs import content_of
from forum.clock import now
from forum.db import db, reading, transaction
from forum.groups.models import Assurance, Group
from forum.posting.outcomes import Published
from forum.posting.submit import submit
from forum.rules.submission import File, Submission
from forum.settings import Settings
from forum.text import html_to_safe, normalise
from forum.text.lines import one_line
from forum.threads.models import Post, TextFormat, Thread, Via
from forum.threads.queries import author_id_of
from tests.conftest import SECRET
from tests.mailing_list import import_file, make_list, write_mbox
from tests.people import a_group, a_member, post


@contextmanager
def a_site(template: Path, folder: Path) -> Iterator[Flask]:
    """A whole other site, with a community in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    shutil.copy(template, folder / "banyan.db")
    core = create_core(Settings(data_dir=folder, secret_key=SECRET))
    with core.app_context():
        try:
            yield core
        finally:
            db.session.remove()
            db.engine.dispose()


def export_to(file: Path, group: Group) -> int:
    with reading(), file.open("wb") as out:
        return export_mbox(group, out, lambda _posts: None)


def everything(group: Group) -> list[tuple[object, ...]]:
    """What must be the same on both sites: of each thread its posts with author, date, words and files."""
    rows = []
    for found in db.session.scalars(select(Post).join(Thread, Thread.id == Post.thread_id).order_by(Post.published_no)):
        if found.thread.group_id != group.id:
            continue
        answered = db.session.get(Post, found.in_reply_to_id) if found.in_reply_to_id else None
        address = primary_address(author_id_of(found))
        files = [(each.name, each.type, content_of(each.digest)) for each in found.attachments]
        opener = db.session.scalars(
            select(Post.message_id).where(Post.thread_id == found.thread_id).order_by(Post.published_no)
        ).first()
        rows.append(
            (
                found.message_id,
                answered.message_id if answered is not None else None,
                opener,
                found.thread.subject,
                found.byline,
                address.email if address is not None else None,
                found.subject,
                found.text,
                found.text_format,
                found.html,
                found.folded,
                found.created_at.replace(microsecond=0),
                files,
            )
        )
    return rows


@dataclass(frozen=True)
class Drawn:
    """One post of a drawn archive; `answers` counts back from it, 0 is a new thread."""

    author: int
    subject: str
    text: str
    text_format: TextFormat
    folded: str
    answers: int
    files: tuple[tuple[str, bytes], ...]


WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], include_characters="\n\t>- "), min_size=1, max_size=80
)
TRICKY = st.sampled_from(
    [
        "From the start\n>From me",
        "> quoted\n\nmine",
        "-- \nAnn",
        "On Monday, Bea wrote:\n> x",
        "a" * 1200,
        "=20 =\n.",
        "* b",
    ]
)
POSTS = st.builds(
    Drawn,
    author=st.integers(0, 2),
    subject=st.one_of(WORDS, st.sampled_from(["", "Lake", "Re: Lake", "Ärzte " * 30, "[x] =?utf-8?q?a?="])).map(
        one_line
    ),
    text=st.one_of(WORDS, TRICKY),
    text_format=st.sampled_from(TextFormat),
    folded=st.one_of(st.just(""), WORDS, TRICKY),
    answers=st.integers(0, 3),
    files=st.lists(
        st.tuples(st.sampled_from(["plan.pdf", "Übersicht 1.csv", "a.eml"]), st.binary(max_size=60)), max_size=2
    ).map(tuple),
)


def publish(group_id: int, drawn: Drawn, authors: list[int], before: list[int]) -> int | None:
    text = normalise(drawn.text)
    with transaction():
        outcome = submit(
            Submission(
                group_id=group_id,
                author_id=authors[drawn.author],
                byline=f"Member {drawn.author}",
                assurance=Assurance.PROVEN,
                via=Via.WEB,
                subject=drawn.subject,
                text=text,
                text_format=drawn.text_format,
                html=html_to_safe(f"<p>{text}</p>") if drawn.text_format is TextFormat.HTML else "",
                folded=normalise(drawn.folded),
                files=tuple(File(name, "application/octet-stream", content) for name, content in drawn.files),
                answers_post_id=before[-drawn.answers] if 0 < drawn.answers <= len(before) else None,
            )
        )
    return outcome.post_id if isinstance(outcome, Published) else None


# Each example makes two sites, so that shrinking a failing one would take minutes.
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(drawn=st.lists(POSTS, min_size=1, max_size=5))
def test_an_export_imported_elsewhere_is_the_same(sqlite_template: Path, tmp_path: Path, drawn: list[Drawn]) -> None:
    file = tmp_path / "out.mbox"
    with a_site(sqlite_template, tmp_path / "one"):
        group = a_group(quota=None)
        authors = [a_member(f"m{number}@example.org", f"Member {number}", group).id for number in range(3)]
        made: list[int] = []
        for each in drawn:
            post_id = publish(group.id, each, authors, made)
            made += [post_id] if post_id is not None else []
        expected = everything(group)
        assert export_to(file, group) == len(expected) == len(made)
    if not expected:
        return
    with a_site(sqlite_template, tmp_path / "two"):
        group = a_group()
        report, failed = import_file(file, group)
        assert (report.new, report.unreadable, failed) == (len(expected), (), [])
        assert everything(group) == expected


def test_an_imported_archive_survives_export_and_import(sqlite_template: Path, tmp_path: Path) -> None:
    write_mbox(tmp_path / "old.mbox", make_list(80, seed=8, threads=12))
    with a_site(sqlite_template, tmp_path / "one"):
        group = a_group()
        import_file(tmp_path / "old.mbox", group)
        expected = everything(group)
        export_to(tmp_path / "out.mbox", group)
    with a_site(sqlite_template, tmp_path / "two"):
        group = a_group()
        import_file(tmp_path / "out.mbox", group)
        found = everything(group)

    def without_parent(rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
        # A post that joined its thread by a lost mail alone refers to the first one afterwards.
        return [row[:1] + row[2:] for row in rows]

    assert without_parent(found) == without_parent(expected)
    changed = [(was, became) for was, became in zip(expected, found, strict=True) if was[1] != became[1]]
    assert all(was[1] is None and became[1] == became[2] for was, became in changed)


def test_other_programs_read_the_export(core: Flask, tmp_path: Path) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    first = post(ann, group, subject="Überlegung zum Dienst", text="From the start: *no*.\n\n> quoted")
    assert isinstance(first, Published)
    post(ann, group, subject="Re: Überlegung zum Dienst", text="Yes", answers=first.post_id)
    assert export_to(tmp_path / "out.mbox", group) == 2 == count_posts(group.id)
    box = mailbox.mbox(tmp_path / "out.mbox")
    one, two = list(box)
    box.close()
    assert one["From"] == "Ann Lee <ann@example.org>"
    assert str(make_header(decode_header(one["Subject"]))) == "Überlegung zum Dienst"
    assert b"\n>From the start" in (tmp_path / "out.mbox").read_bytes().replace(b"\n\n>", b"\n>")
    assert two["In-Reply-To"] == two["References"] == one["Message-ID"]
    assert two.get_payload(decode=True) == b"Yes\n"


def test_an_erased_post_is_in_no_export(core: Flask, tmp_path: Path) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    outcome = post(ann, group)
    assert isinstance(outcome, Published)
    with transaction():
        db.session.get_one(Post, outcome.post_id).erased_at = now()
    assert export_to(tmp_path / "out.mbox", group) == 0
    assert (tmp_path / "out.mbox").read_bytes() == b""


def test_an_export_holds_the_posts_of_its_group_only(core: Flask, tmp_path: Path) -> None:
    group, other = a_group(), a_group("surgery", "Surgery")
    ann = a_member("ann@example.org", "Ann Lee", group, other)
    post(ann, other)
    assert export_to(tmp_path / "out.mbox", group) == 0


@pytest.mark.parametrize("posts", [101])
def test_a_long_archive_is_written_page_by_page(core: Flask, tmp_path: Path, posts: int) -> None:
    group = a_group()
    write_mbox(tmp_path / "old.mbox", make_list(posts, seed=9))
    report, _ = import_file(tmp_path / "old.mbox", group)
    assert export_to(tmp_path / "out.mbox", group) == report.new
    assert report.last is not None
    assert report.last < datetime(2022, 1, 1, tzinfo=UTC)
