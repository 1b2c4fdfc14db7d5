"""Scale, import and trust: L78, L79, L82 and L83."""

from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import event, func, select, text

from forum.accounts.queries import member_by_email
from forum.archives.models import OldNumber
from forum.cli import main
from forum.db import db, transaction
from forum.groups.models import Group, Role
from forum.groups.roster import RosterRow, import_rows
from forum.log import LogEntry
from forum.posting.models import HeldPost
from forum.settings import Settings
from forum.threads.models import Post
from forum.work import work_once, workers
from mailgateway.models import Delivery
from tests.forum.web.browser import Browser
from tests.gateway import a_mail
from tests.people import a_group, a_member
from tests.site import Site

CARDIOLOGY = "cardiology@lists.localhost"
MANY = 3_000


@contextmanager
def statements() -> Iterator[list[str]]:
    """The SQL that runs meanwhile."""
    seen: list[str] = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def fill(group: Group, count: int, start: int = 0) -> None:
    rows = [RosterRow(n, f"m{n}@example.org", f"Member {n}") for n in range(start, start + count)]
    with transaction():
        import_rows(group, rows)


def test_l78_a_large_group_is_queued_and_shown_with_no_more_work_than_a_small_one(site: Site) -> None:
    """A post is queued for 70,000 with one statement; pages look at a page of rows however large the group is."""
    group = a_group(quota=None)
    owner = a_member("ann@example.org", "Ann Lee", group, role=Role.OWNER)
    browser = Browser(site.core).sign_in(owner)

    def work_for(subject: str) -> tuple[int, int, int]:
        site.hand_in(a_mail("Ann <ann@example.org>", CARDIOLOGY, subject, "Who can?"), CARDIOLOGY)
        with statements() as queueing:
            every = workers()
            work_once(site.core, {kind: every[kind] for kind in ("intake", "fan_out")}, "test")
        with statements() as members:
            browser.open("/g/cardiology/members")
        assert browser.status == 200
        with statements() as group_page:
            browser.open("/g/cardiology")
        # The one ANALYZE after many new rows and the counting of prepared ids are no work per member.
        return len([each for each in queueing if "ANALYZE" not in each]), len(members), len(group_page)

    small = work_for("To a few")
    fill(group, MANY)
    large = work_for("To thousands")
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Delivery)) == 1 + MANY + 1
    assert [more - few for more, few in zip(large, small, strict=True)] == pytest.approx([0, 0, 0], abs=3)


def old_mail(number: int, sender: str, body: str, **headers: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, CARDIOLOGY, headers.pop("Subject", "Old talk")
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message["X-GroupsIO-MsgNum"] = str(number)
    message.set_content(body)
    return message


ANN, BEA, CY = "Ann <ann@example.org>", "Bea <bea@example.org>", "Cy <cy@example.org>"
STRANGE = (
    b"From: Dee <dee@example.org>\nSubject: Caf\xe9\nMessage-ID: <e@old.example>\n"
    b"Content-Type: text/plain; charset=x-unknown-8\n\nCaf\xe9 at noon.\n"
)


def an_old_archive(file: Path) -> None:
    first = old_mail(101, ANN, "BODY", Message_ID="<a@old.example>", Date="Mon, 2 Nov 2009 08:00:00 +0100")
    escaped = first.as_bytes().replace(b"\nBODY", b"\n>From the start it was so.\n>>From below.")
    broken_date = old_mail(102, BEA, "No such day.", Message_ID="<b@old.example>", In_Reply_To="<a@old.example>")
    broken_date["Date"] = "Mon, 32 Foo 2009 99:00:00"
    no_id = old_mail(103, CY, "I have no id.", Date="Tue, 3 Nov 2009 08:00:00 +0100")
    plan = old_mail(104, ANN, "See the plan.", Message_ID="<d@old.example>", Date="Wed, 4 Nov 2009 08:00:00 +0100")
    plan.add_attachment(b"%PDF plan", maintype="application", subtype="pdf", filename="plan.pdf")
    mails = [escaped, broken_date.as_bytes(), no_id.as_bytes(), plan.as_bytes(), STRANGE, escaped]
    line = b"From someone@old.example Mon Nov  2 08:00:00 2009\n"
    file.write_bytes(b"".join(line + mail + b"\n" for mail in mails))


def command(settings: Settings, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """Run a command as an operator would, on the site's own database."""
    db.session.rollback()
    monkeypatch.setenv("BANYAN_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("BANYAN_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("BANYAN_SECRET_KEY", settings.secret_key)
    with pytest.raises(SystemExit) as ended:
        main(words)
    return int(ended.value.code or 0)


def test_l79_an_old_archive_comes_in_whole_and_only_once(
    site: Site, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An old mbox comes in whole: >From, broken dates, missing ids, odd charsets, files, old links; safe twice."""
    group = a_group()
    reader = a_member("ann@example.org", "Ann Lee", group)
    file = tmp_path / "old.mbox"
    an_old_archive(file)
    assert command(settings, monkeypatch, "import", "mbox", str(file), "--group", "cardiology", "--dry-run") == 0
    assert db.session.scalar(select(func.count()).select_from(Post)) == 0
    for _ in range(2):
        assert command(settings, monkeypatch, "import", "mbox", str(file), "--group", "cardiology") == 0
    db.session.rollback()
    posts = {post.text.split("\n")[0]: post for post in db.session.scalars(select(Post))}
    first = posts["From the start it was so."]
    assert set(posts) == {first.text.split("\n")[0], "No such day.", "I have no id.", "See the plan.", "Café at noon."}
    assert first.text.split("\n")[1] == ">From below."
    assert posts["No such day."].in_reply_to_id == first.id
    assert [each.name for each in posts["See the plan."].attachments] == ["plan.pdf"]
    assert db.session.scalar(select(func.count()).select_from(OldNumber)) == 4
    site.work()
    assert site.sink.messages == []
    browser = Browser(site.core).sign_in(reader)
    assert "See the plan." in browser.open("/g/cardiology/old/104")


def test_l82_a_roster_that_would_remove_many_waits_for_a_yes_and_can_be_undone(
    site: Site, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A roster sync that would remove over 5% changes nothing until a person says yes, and can be undone."""
    group = a_group()
    fill(group, 40)
    roster = tmp_path / "staff.csv"
    roster.write_text("email,name\n" + "".join(f"m{n}@example.org,Member {n}\n" for n in range(20)))
    sync = ("member", "sync", str(roster), "--group", "cardiology")

    def still_there() -> int:
        db.session.rollback()
        return db.session.execute(
            text("SELECT count(*) FROM membership WHERE group_id = :group"), {"group": group.id}
        ).scalar_one()

    assert command(settings, monkeypatch, *sync) == 1
    assert still_there() == 40
    capsys.readouterr()
    assert command(settings, monkeypatch, *sync, "--yes") == 0
    undo = capsys.readouterr().out.split()[-1]
    assert still_there() == 20
    assert command(settings, monkeypatch, "member", "sync", "--undo", undo) == 0
    assert still_there() == 40
    site.work()
    assert site.sink.messages == []


def test_l83_every_change_is_in_one_log_with_who_why_and_the_way_back(site: Site) -> None:
    """Every change by mail, web, command or rule is in one log: who, what, why and the way back."""
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group, role=Role.OWNER)
    bea = a_member("bea@example.org", "Bea Okafor", group)
    # By mail, by rule, on the web.
    leave = a_mail("Bea <bea@example.org>", "cardiology-leave@lists.localhost", "leave", "")
    site.hand_in(leave, "cardiology-leave@lists.localhost")
    failed = a_mail("Ann <ann@example.org>", CARDIOLOGY, "Is it me?", "Guess.", dmarc="fail")
    site.hand_in(failed, CARDIOLOGY)
    site.work()
    held = db.session.scalars(select(HeldPost)).one()
    browser = Browser(site.core).sign_in(ann)
    browser.open("/g/cardiology/settings")
    browser.press("Save the settings", name="Heart")
    db.session.rollback()
    entries = db.session.scalars(select(LogEntry).order_by(LogEntry.id)).all()
    found = {entry.act: entry for entry in entries}
    assert (found["leave"].actor_id, found["leave"].object_id, found["leave"].undo) == (bea.id, bea.id, "join again")
    assert (found["hold"].object_id, found["hold"].why) == (held.id, "assurance")
    assert (found["change group"].actor_id, found["change group"].undo) == (ann.id, "name Cardiology")
    written = " ".join(f"{entry.why} {entry.undo}" for entry in entries)
    assert "Guess." not in written
    assert "@example.org" not in written
    assert member_by_email("bea@example.org") is not None
