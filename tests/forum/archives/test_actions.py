"""An archive comes in: what stands in the group afterwards, once, however often it is imported."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from forum.accounts.actions import confirm_address, request_address
from forum.accounts.models import Member, OneTimeLink
from forum.accounts.queries import member_by_email
from forum.archives import actions
from forum.blobs import content_of
from forum.db import db, transaction
from forum.groups.models import Group
from forum.groups.rights import viewer_of
from forum.log import LogEntry
from forum.posting.outcomes import Published
from forum.queue import Task
from forum.threads.actions import claim_posts
from forum.threads.models import Post, Thread, Via
from forum.threads.queries import author_id_of
from tests.mailing_list import OldMail, agreement, import_file, make_list, mark_of, write_mbox
from tests.people import a_group, a_member, post


def a_file(tmp_path: Path, *mails: str, name: str = "old.mbox") -> Path:
    """An mbox of mails given as text: headers, a blank line, words."""
    file = tmp_path / name
    file.write_text("".join(f"From a@x.org Thu Mar  7 12:00:0{n} 2019\n{mail}\n\n" for n, mail in enumerate(mails)))
    return file


def a_letter(number: int, *headers: str, sender: str = "Ann Lee <ann@example.org>", text: str = "Who can?") -> str:
    date = f"Date: Thu, {number:02d} Mar 2019 08:00:00 +0000"
    return "\n".join([f"From: {sender}", f"Message-ID: <{number}@x>", date, *headers, "", text])


def posts() -> list[Post]:
    return list(db.session.scalars(select(Post).order_by(Post.published_no)))


def test_a_month_comes_in_whole_with_its_tree(core: Flask, tmp_path: Path) -> None:
    group = a_group("locums", "Locums")
    mails = make_list(200, seed=3, threads=30)
    order = write_mbox(tmp_path / "old.mbox", mails)
    report, failed = import_file(tmp_path / "old.mbox", group)
    assert (report.messages, report.new, report.unreadable, failed) == (len(order), len(order), (), [])
    found = {_number(each, mails): each for each in posts()}
    assert found.keys() == {mail.number for mail in order}
    ours = {number: each.thread_id for number, each in found.items()}
    assert agreement(ours, {mail.number: mail.thread for mail in order}) == (1.0, 1.0)
    for mail in order:
        _compare(found, mail)
    for thread in db.session.scalars(select(Thread)):
        own = [each for each in posts() if each.thread_id == thread.id]
        last = max(own, key=lambda each: each.published_no)
        assert (thread.posts, thread.last_published_no) == (len(own), last.published_no)
        assert (thread.last_post_at, thread.last_byline) == (last.created_at, last.byline)
        assert "[locums]" not in thread.subject


def _number(found: Post, mails: list[OldMail]) -> int:
    """Which mail a post was: by its id, or by its own sentence when it had none."""
    by_id = {mail.message_id: mail.number for mail in mails if mail.message_id}
    if found.message_id in by_id:
        return by_id[found.message_id]
    return next(mail.number for mail in mails if not mail.message_id and mark_of(mail.number) in found.text)


def _compare(found: dict[int, Post], mail: OldMail) -> None:
    imported = found[mail.number]
    assert mail.words.splitlines()[0] in imported.text
    assert imported.created_at == mail.at
    assert (imported.byline, imported.via) == (mail.name, Via.IMPORT)
    assert len(imported.attachments) == mail.has_file
    answered = db.session.get(Post, imported.in_reply_to_id) if imported.in_reply_to_id else None
    if mail.answers is not None and mail.answers in found and f"{mark_of(mail.answers)}" in imported.folded:
        assert answered is not None
        assert answered.published_no < imported.published_no


def test_a_second_run_imports_nothing(core: Flask, tmp_path: Path) -> None:
    group = a_group()
    write_mbox(tmp_path / "old.mbox", make_list(60, seed=4))
    first, _ = import_file(tmp_path / "old.mbox", group)
    before = [(each.id, each.thread_id) for each in posts()]
    second, _ = import_file(tmp_path / "old.mbox", group)
    assert (second.new, second.duplicates) == (0, first.messages)
    assert [(each.id, each.thread_id) for each in posts()] == before


def test_a_file_in_two_halves_gives_the_same_threads_as_in_one(core: Flask, tmp_path: Path) -> None:
    group = a_group()
    mails = make_list(120, seed=5, threads=15)
    write_mbox(tmp_path / "1.mbox", mails[:60])
    write_mbox(tmp_path / "2.mbox", mails[60:])
    import_file(tmp_path / "1.mbox", group)
    report, _ = import_file(tmp_path / "2.mbox", group)
    assert report.threads_continued > 0
    ours = {_number(each, mails): each.thread_id for each in posts()}
    jaccard, _ = agreement(ours, {mail.number: mail.thread for mail in mails if mail.in_file})
    assert jaccard > 0.95


def test_an_import_that_stopped_is_finished_by_the_next(
    core: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = a_group()
    write_mbox(tmp_path / "old.mbox", make_list(450, seed=6))
    write = actions.write_posts
    monkeypatch.setattr("forum.cli.archives.write_posts", _once(write))
    with pytest.raises(KeyboardInterrupt):
        import_file(tmp_path / "old.mbox", group)
    assert len(posts()) == 200
    monkeypatch.setattr("forum.cli.archives.write_posts", write)
    report, _ = import_file(tmp_path / "old.mbox", group)
    assert report.duplicates == 200
    assert len(posts()) == report.messages
    for thread in db.session.scalars(select(Thread)):
        assert thread.posts == sum(each.thread_id == thread.id for each in posts())


def _once(write: Callable[..., actions.Ledger]) -> Callable[..., actions.Ledger]:
    calls = []

    def only_once(*arguments: object) -> actions.Ledger:
        calls.append(1)
        if len(calls) > 1:
            raise KeyboardInterrupt
        return write(*arguments)

    return only_once


def test_nobody_gets_mail_and_search_follows_in_the_background(core: Flask, tmp_path: Path) -> None:
    group = a_group()
    a_member("bea@example.org", "Bea Okafor", group)
    import_file(a_file(tmp_path, a_letter(1), a_letter(2)), group)
    kinds = db.session.execute(select(Task.kind, func.count()).group_by(Task.kind)).all()
    assert [tuple(kind) for kind in kinds] == [("index", 2)]


def test_imported_posts_follow_what_was_there_in_the_order_of_publishing(core: Flask, tmp_path: Path) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    post(ann, group)
    import_file(a_file(tmp_path, a_letter(2), a_letter(1)), group)
    post(ann, group)
    assert [each.published_no for each in posts()] == [1, 2, 3, 4]
    assert [each.message_id for each in posts()][1:3] == ["<1@x>", "<2@x>"]


def test_the_author_is_the_member_with_the_address_under_the_members_name(core: Flask, tmp_path: Path) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee, MD", group)
    report, _ = import_file(a_file(tmp_path, a_letter(1, sender="annie <Ann@Example.org>")), group)
    [imported] = posts()
    assert (author_id_of(imported), imported.byline) == (ann.id, "Ann Lee, MD")
    assert (report.authors_known, report.authors_new) == (1, 0)


def test_whoever_proves_the_address_gets_the_posts(core: Flask, tmp_path: Path) -> None:
    group = a_group()
    import_file(a_file(tmp_path, a_letter(1, sender="Old Hand <old@x.org>")), group)
    ann = a_member("ann@example.org", "Ann Lee", group)
    with transaction():
        request_address(ann, "old@x.org")
        link = db.session.scalars(select(OneTimeLink).order_by(OneTimeLink.id.desc())).first()
        assert link is not None
        confirm_address(link)
        task = db.session.scalars(select(Task).where(Task.kind == "claim_posts")).one()
        assert task.other_id is not None
        claim_posts(task.target_id, task.other_id)
    [imported] = posts()
    assert (author_id_of(imported), imported.byline, imported.thread.last_byline) == (ann.id, "Ann Lee", "Ann Lee")


def test_a_placeholder_sees_nothing_and_comes_back_for_the_next_file(core: Flask, tmp_path: Path) -> None:
    group = a_group()
    import_file(a_file(tmp_path, a_letter(1, sender="Old Hand <old@x.org>")), group)
    report, _ = import_file(a_file(tmp_path, a_letter(2, sender="Old Hand <OLD@x.org>")), group)
    assert (report.authors_known, report.authors_new) == (1, 0)
    first, second = posts()
    assert author_id_of(first) == author_id_of(second)
    placeholder = member_by_email("old@x.org")
    assert placeholder is not None
    assert viewer_of(placeholder) is None


def test_masked_authors_stay_apart_from_members_and_from_each_other(core: Flask, tmp_path: Path) -> None:
    group = a_group()
    a_member("abc@example.org", "Ann Lee", group)
    masked = [a_letter(n, sender=f"{name} <ab...@example.org>") for n, name in enumerate(["Ann Lee", "Bea Lee"], 1)]
    report, _ = import_file(a_file(tmp_path, *masked), group)
    assert (report.authors_known, report.authors_new, report.authors_without_address) == (0, 2, 2)
    authors = {author_id_of(each) for each in posts()}
    assert len(authors) == 2
    assert all(db.session.get_one(Member, each).placeholder for each in authors)


def test_files_are_kept_once_and_stand_with_their_posts(core: Flask, tmp_path: Path) -> None:
    group = a_group()
    part = (
        "--b\nContent-Type: text/plain\n\nSee the plan.\n--b\nContent-Type: text/csv\nContent-Disposition: attachment;"
    )
    body = f'{part} filename="plan.csv"\n\n1,2\n--b--'
    letters = [a_letter(n, "Content-Type: multipart/mixed; boundary=b", text=body) for n in (1, 2)]
    report, _ = import_file(a_file(tmp_path, *letters), group)
    assert report.files == 2
    files = [each.attachments[0] for each in posts()]
    assert [(file.name, file.type) for file in files] == [("plan.csv", "text/csv")] * 2
    assert len({file.digest for file in files}) == 1
    assert content_of(files[0].digest).strip() == b"1,2"


def test_one_bad_message_is_told_with_its_place_and_skips_only_itself(core: Flask, tmp_path: Path) -> None:
    report, _ = import_file(a_file(tmp_path, a_letter(1), "\x01\x02 nothing: here", a_letter(3)), a_group())
    assert [(each.position, bool(each.reason)) for each in report.unreadable] == [(2, True)]
    assert len(posts()) == 2


def test_what_the_database_refuses_skips_only_itself(
    core: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = a_group()
    file = a_file(tmp_path, a_letter(1, "Subject: Lake"), a_letter(2, "In-Reply-To: <1@x>"), a_letter(3))
    rows_of = actions._post_rows

    def with_a_bad_one(*arguments: object) -> actions.Rows:
        rows = rows_of(*arguments)  # type: ignore[arg-type]
        return [{**row, "text": None} if row["message_id"] == "<1@x>" else row for row in rows]

    monkeypatch.setattr(actions, "_post_rows", with_a_bad_one)
    _, failed = import_file(file, group)
    assert [each.position for each in failed] == [1]
    assert [each.message_id for each in posts()] == ["<2@x>", "<3@x>"]
    assert [each.thread.posts for each in posts()] == [1, 1]


def test_a_second_copy_in_the_file_is_left_out_and_a_reused_id_is_not(core: Flask, tmp_path: Path) -> None:
    group = a_group()
    other = a_letter(1, sender="Bea <bea@example.org>", text="Something else")
    file = a_file(tmp_path, a_letter(1), a_letter(1, "X-Copy: second"), other)
    report, _ = import_file(file, group)
    assert (report.new, report.duplicates) == (2, 1)
    assert [each.text for each in posts()] == ["Who can?", "Something else"]
    assert import_file(file, group)[0].new == 0


def test_a_message_without_an_id_has_a_stable_one(core: Flask, tmp_path: Path) -> None:
    group = a_group()
    nameless = a_letter(1).replace("Message-ID: <1@x>\n", "")
    import_file(a_file(tmp_path, nameless), group)
    report, _ = import_file(a_file(tmp_path, nameless, name="again.mbox"), group)
    assert (report.new, report.duplicates) == (0, 1)
    assert posts()[0].message_id.startswith("<")


def test_one_mail_to_two_lists_is_a_sibling_in_the_second_archive(core: Flask, tmp_path: Path) -> None:
    first, second = a_group(), a_group("surgery", "Surgery")
    file = a_file(tmp_path, a_letter(1))
    import_file(file, first)
    report, failed = import_file(file, second)
    assert (report.new, failed) == (1, [])
    one, two = posts()
    assert one.fan_out_key == two.fan_out_key
    assert two.author_message_id == one.message_id != two.message_id


def test_what_came_live_is_not_imported_again(core: Flask, tmp_path: Path) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    outcome = post(ann, group)
    assert isinstance(outcome, Published)
    ours = db.session.get_one(Post, outcome.post_id).message_id
    letter = a_letter(1).replace("<1@x>", ours)
    assert import_file(a_file(tmp_path, letter), group)[0].duplicates == 1


def test_the_log_says_that_an_archive_came_in(core: Flask, tmp_path: Path) -> None:
    group: Group = a_group()
    import_file(a_file(tmp_path, a_letter(1)), group)
    entry = db.session.scalars(select(LogEntry).where(LogEntry.act == "import")).one()
    assert (entry.group_id, entry.why) == (group.id, "1 posts from an mbox of 1 messages")
