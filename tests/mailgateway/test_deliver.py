"""Copies on their way out: each gets there at least once, whatever the smarthost, the database or the clock does."""

import mailbox
import sqlite3
import threading
import time
from contextlib import closing
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from sqlalchemy import create_engine, event, select, text, update
from sqlalchemy.exc import OperationalError

from forum.accounts.actions import choose_primary, confirm_address
from forum.accounts.models import LinkPurpose, Member
from forum.accounts.sign_in import make_link
from forum.clock import now
from forum.db import db, transaction
from forum.groups.choices import set_delivery
from forum.groups.leaving import leave, stop_mail
from forum.groups.models import Delivery as DeliveryMode
from forum.groups.models import Standing
from forum.groups.queries import community, membership_of
from forum.groups.standing import set_standing
from forum.queue import LEASE, back_off, claim
from forum.threads.models import Post, Thread
from forum.work import work_once, work_until, workers
from mailgateway import deliver, outgoing
from mailgateway.models import Delivery, DeliveryState
from mailgateway.receipts import MAX_TRIES
from tests.gateway import a_mail, addresses, do_mail_work
from tests.people import a_group, a_member, post
from tests.smtp_sink import Fault, cut, defer, refuse, shut_down

GROUP = "cardiology@lists.localhost"
ANN, BEA, CY = "ann@example.org", "bea@example.org", "cy@example.org"


@pytest.fixture
def three(core):
    """Ann, Bea and Cy in Cardiology."""
    group = a_group()
    return group, [a_member(email, email.partition("@")[0].title(), group) for email in (ANN, BEA, CY)]


def run(core, *kinds: str) -> None:
    every = workers()
    work_once(core, {kind: every[kind] for kind in kinds}, "test")
    db.session.rollback()


def states() -> dict[str, tuple[str, int]]:
    """State and attempts by the reader's name."""
    rows = db.session.execute(
        select(Member.name, Delivery.state, Delivery.attempts).join(Member, Member.id == Delivery.member_id)
    )
    return {row.name: (row.state.value, row.attempts) for row in rows}


# --- the smarthost refuses, defers, goes away ---


def test_one_refused_and_one_deferred_reader_delay_nobody(core, sink, three, move_clock) -> None:
    group, (ann, _, _) = three
    sink.faults = [refuse("rcpt", BEA), defer("rcpt", CY, times=1)]
    post(ann, group)
    do_mail_work(core)
    assert states() == {"Ann": ("sent", 1), "Bea": ("refused", 1), "Cy": ("waiting", 1)}
    errors = db.session.scalars(select(Delivery.error).order_by(Delivery.member_id)).all()
    assert errors[0] is None
    assert errors[1].startswith("refused: 550 5.1.1")
    assert errors[2].startswith("deferred: 451 4.7.1")
    do_mail_work(core)
    assert sink.recipients == [ANN]
    move_clock(31)
    do_mail_work(core)
    assert sink.recipients == [ANN, CY]
    assert db.session.scalars(select(Delivery.error).order_by(Delivery.member_id)).all()[2] is None


def test_a_copy_whose_reply_was_lost_goes_again(core, sink, three, move_clock) -> None:
    group, (ann, _, _) = three
    sink.faults = [cut("dot", BEA, times=1)]
    post(ann, group)
    do_mail_work(core)
    move_clock(31)
    do_mail_work(core)
    assert {state for state, _ in states().values()} == {"sent"}
    assert sorted(sink.recipients) == [ANN, BEA, BEA, CY]


def test_a_smarthost_in_trouble_costs_nobody_an_attempt_and_all_goes_out_later(core, sink, three, move_clock) -> None:
    group, (ann, _, _) = three
    sink.faults = [shut_down("banner")]
    post(ann, group)
    for seconds in range(0, 100, 21):
        move_clock(seconds)
        do_mail_work(core)
    assert set(states().values()) == {("waiting", 0)}
    sink.faults = [Fault("mail", reply="421 4.3.2 going down", cut=True)]
    move_clock(121)
    do_mail_work(core)
    assert {state for state, _ in states().values()} == {"waiting"}
    sink.faults = []
    move_clock(180)
    do_mail_work(core)
    assert {state for state, _ in states().values()} == {"sent"}
    assert sorted(sink.recipients) == [ANN, BEA, CY]


def test_after_five_days_of_trying_a_copy_is_given_up_with_its_reason(core, sink, three, move_clock) -> None:
    group, (ann, _, _) = three
    sink.faults = [defer("rcpt", BEA)]
    post(ann, group)
    began, moment = now(), timedelta()
    for _ in range(MAX_TRIES):
        move_clock(moment.total_seconds())
        do_mail_work(core)
        row = db.session.scalars(select(Delivery).where(Delivery.attempts > 1)).first()
        if row is not None and row.done_at is not None:
            break
        waiting = db.session.scalars(select(Delivery.due_at).where(Delivery.state == DeliveryState.WAITING)).one()
        moment = waiting - began + timedelta(seconds=1)
    given_up = db.session.scalars(select(Delivery).where(Delivery.state == DeliveryState.GIVEN_UP)).one()
    assert "greylisted" in given_up.error
    assert timedelta(days=5) < given_up.done_at - began < timedelta(days=5, hours=12)
    assert sum((back_off(tries) for tries in range(1, MAX_TRIES)), timedelta()) > timedelta(days=5)


def test_connections_that_were_closed_while_nothing_was_due_cost_no_attempt(core, sink, three) -> None:
    group, (ann, _, _) = three
    with core.app_context():
        worker = deliver.run("test")
        try:
            for number in range(3):
                post(ann, group, f"Question {number}")
                run(core, "fan_out")
                while next(worker):
                    pass
                sink.cut_all()
                time.sleep(0.05)
                assert [next(worker) for _ in range(3)] == [0, 0, 0]
        finally:
            worker.close()
    db.session.rollback()
    assert set(db.session.scalars(select(Delivery.attempts))) == {1}
    assert len(sink.messages) == 9


# --- what changes between fan-out and sending ---


def test_permission_is_looked_up_at_the_moment_of_sending(core, sink) -> None:
    group = a_group()
    names = ("stays", "banned", "outcast", "left", "unsubscribed", "muted", "moved")
    members = {name: a_member(f"{name}@example.org", name, group) for name in names}
    post(members["stays"], group)
    run(core, "fan_out")
    with transaction():
        set_standing(membership_of(members["banned"].id, group.id), Standing.BANNED, actor_id=None)
        set_standing(membership_of(members["outcast"].id, community().id), Standing.BANNED, actor_id=None)
        leave(members["left"], group, actor_id=members["left"].id)
        stop_mail(members["unsubscribed"], group, why="test")
        until = now() + timedelta(days=1)
        set_standing(membership_of(members["muted"].id, group.id), Standing.MUTED, actor_id=None, until=until)
        link = make_link(members["moved"], LinkPurpose.VERIFY_ADDRESS, "new@example.net")
        choose_primary(members["moved"], confirm_address(link).id)
    run(core, "deliver")
    assert sorted(sink.recipients) == ["muted@example.org", "new@example.net", "stays@example.org"]
    found = states()
    assert {name for name, (state, _) in found.items() if state == "skipped"} == {
        "banned",
        "outcast",
        "left",
        "unsubscribed",
    }


def test_an_erased_post_and_a_changed_wish_stop_copies_in_flight(core, sink, three) -> None:
    group, (ann, bea, _) = three
    erased = post(ann, group, "To be erased").post_id
    post(ann, group, "To be read")
    run(core, "fan_out")
    with transaction():
        db.session.get_one(Post, erased).erased_at = now()
        set_delivery(membership_of(bea.id, group.id), DeliveryMode.DIGEST, actor_id=bea.id)
    run(core, "deliver")
    assert sorted(sink.recipients) == [ANN, CY]
    assert not any(b"To be erased" in message.content for message in sink.messages)


def test_what_a_dead_worker_held_comes_due_when_its_lease_ends(core, sink, three, move_clock) -> None:
    group, (ann, _, _) = three
    post(ann, group)
    run(core, "fan_out")
    with transaction():
        claim(Delivery, 10, "a worker that died")
    run(core, "deliver")
    assert sink.recipients == []
    move_clock(LEASE.total_seconds() + 1)
    run(core, "deliver")
    assert sorted(sink.recipients) == [ANN, BEA, CY]


def test_two_workers_share_the_copies_and_send_none_twice(core, sink, monkeypatch) -> None:
    monkeypatch.setattr(deliver, "SMALLEST_BATCH", 20)
    monkeypatch.setattr(deliver, "LARGEST_BATCH", 20)
    group = a_group()
    members = [a_member(f"m{number}@example.org", f"M {number}", group) for number in range(25)]
    for number in range(8):
        post(members[number], group, f"Question {number}")
    run(core, "fan_out")
    stop = threading.Event()
    both = [
        threading.Thread(target=work_until, args=(core, {"deliver": workers()["deliver"]}, owner, stop))
        for owner in ("one", "two")
    ]
    for thread in both:
        thread.start()
    sink.wait_for(200, timeout=30)
    until = time.monotonic() + 10
    while db.session.scalar(select(Delivery.id).where(Delivery.done_at.is_(None)).limit(1)) is not None:
        assert time.monotonic() < until
        db.session.rollback()
        time.sleep(0.02)
    stop.set()
    for thread in both:
        thread.join()
    assert len(sink.messages) == 200
    assert len({(message.recipients, message.content) for message in sink.messages}) == 200
    if db.engine.dialect.name == "postgresql":
        assert sink.connections > 4  # Both have sent: one alone has four connections.


# --- the database and the line ---


def test_no_transaction_waits_for_what_smtp_says(core, sink, three, monkeypatch) -> None:
    group, (ann, _, _) = three
    post(ann, group)
    run(core, "fan_out")
    db.session.rollback()
    looks: list[object] = []
    other = create_engine(db.engine.url)
    on_sqlite = db.engine.dialect.name == "sqlite"

    def look(stage: str, _address: str, _connection: int) -> None:
        if stage in ("mail", "rcpt", "data", "body") and not sink.messages:
            # The smarthost says nothing until no transaction is open: one that waited for it would never end.
            until = time.monotonic() + 2.0
            while (found := open_transactions()) and time.monotonic() < until:
                time.sleep(0.002)
            looks.append(found)

    def open_transactions() -> int:
        if on_sqlite:
            with closing(sqlite3.connect(other.url.database, timeout=2.0, isolation_level=None)) as alone:
                alone.execute("BEGIN EXCLUSIVE").close()
            return 0
        with other.connect() as connection:
            return connection.execute(
                text(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                    "AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
                )
            ).scalar_one()

    monkeypatch.setattr(sink, "fault", look)
    run(core, "deliver")
    other.dispose()
    assert len(sink.messages) == 3
    assert len(looks) >= 3
    assert set(looks) == {0}


def test_while_marks_cannot_be_written_they_are_kept_and_nothing_goes_twice(core, sink, three, monkeypatch) -> None:
    monkeypatch.setattr(deliver, "MARK_AGAIN_SECONDS", 0.02)
    group, (ann, _, _) = three
    post(ann, group)
    run(core, "fan_out")
    left = iter(range(5))

    def fail(_connection, _cursor, statement: str, *_rest) -> None:
        if statement.startswith("UPDATE delivery SET state") and next(left, None) is not None:
            raise OperationalError(statement, {}, Exception("database is locked"))

    event.listen(db.engine, "before_cursor_execute", fail)
    run(core, "deliver")
    event.remove(db.engine, "before_cursor_execute", fail)
    assert next(left, None) is None
    assert set(states().values()) == {("sent", 1)}
    assert sorted(sink.recipients) == [ANN, BEA, CY]


def test_a_post_that_cannot_be_composed_waits_for_a_person_and_stops_no_other(core, sink, three) -> None:
    group, (ann, _, _) = three
    bad = post(ann, group, "Bad").thread_id
    post(ann, group, "Good")
    run(core, "fan_out")
    with transaction() as session:
        session.execute(update(Thread).where(Thread.id == bad).values(subject="no \u2028 header"))
    run(core, "deliver")
    assert sorted(sink.recipients) == [ANN, BEA, CY]
    waiting = db.session.scalars(select(Delivery).where(Delivery.state == DeliveryState.WAITING)).all()
    assert [row.error[:10] for row in waiting] == ["ValueError"] * 3


# --- what readers get ---


def test_copies_hold_no_members_address_and_the_right_references(site, three) -> None:
    first = a_mail(f"Ann <{ANN}>", GROUP, "Locum in August", "Who can?", Message_ID="<first@phone.example>")
    site.hand_in(first, GROUP)
    site.work()
    [to_bea] = site.mailed(BEA)
    seen = message_from_bytes(to_bea.content, policy=default)
    answer = a_mail(
        f"Bea <{BEA}>",
        seen["Reply-To"],
        "AW: Re: [Cardiology] Locum in August",
        f"> Who can?\nI can, ask Cy too.\n\nOn Monday Ann <{ANN}> wrote:\n> Who can?\n",
        In_Reply_To=seen["Message-ID"],
        Message_ID="<second@phone.example>",
    )
    site.hand_in(answer, seen["Reply-To"].addresses[0].addr_spec)
    site.work()
    copies = {email: site.mailed(email)[-1] for email in (ANN, BEA, CY)}
    for email, copy in copies.items():
        raw = copy.content
        assert not any(address.encode() in raw for address in (ANN, BEA, CY)), raw
        assert copy.recipients == (email,)
        assert addresses().read(copy.envelope_sender) is not None
    assert len({copy.envelope_sender for copy in copies.values()}) == 3
    assert len({copy.content.partition(b"\r\n\r\n")[2] for copy in copies.values()}) == 1
    mails = {email: message_from_bytes(copy.content, policy=default) for email, copy in copies.items()}
    assert {mail["Subject"] for mail in mails.values()} == {"Re: [Cardiology] Locum in August"}
    assert mails[ANN]["References"].split() == [seen["Message-ID"], "<first@phone.example>"]
    assert mails[CY]["References"] == mails[BEA]["References"] == seen["Message-ID"]
    assert mails[CY]["From"].addresses[0].addr_spec.startswith("author+")
    assert mails[CY]["Message-ID"] == mails[ANN]["Message-ID"] != "<second@phone.example>"


def test_imported_ids_that_fit_no_header_are_left_out(core, sink, three) -> None:
    group, (ann, bea, _) = three
    first = post(ann, group).post_id
    with transaction():
        row = db.session.get_one(Post, first)
        row.message_id, row.author_message_id = "<ä b\n@old>", "<" + "x" * 900 + "@old>"
    post(bea, group, "Re: Locum cover in August", answers=first)
    do_mail_work(core)
    copies = [message_from_bytes(message.content, policy=default) for message in sink.messages]
    answers = [mail for mail in copies if mail["Subject"].startswith("Re:")]
    assert len(answers) == 3
    assert all(mail["References"] is None for mail in answers)


def test_large_files_and_files_for_very_many_go_as_links(site, three, monkeypatch) -> None:
    message = a_mail(f"Ann <{ANN}>", GROUP, "Roster", "See the files.")
    message.add_attachment(b"small", maintype="application", subtype="pdf", filename="small.pdf")
    message.add_attachment(b"\0" * 1_200_000, maintype="application", subtype="pdf", filename="large one.pdf")
    site.hand_in(message, GROUP)
    site.work()
    copy = message_from_bytes(site.mailed(BEA)[0].content, policy=default)
    assert [file.get_filename() for file in copy.iter_attachments()] == ["small.pdf"]
    assert "/large%20one.pdf" in copy.get_body(("plain",)).get_content()
    monkeypatch.setattr(outgoing, "LARGEST_FAN_OUT", 1000)
    site.hand_in(a_mail_with_small_file(), GROUP)
    site.work()
    copy = message_from_bytes(site.mailed(BEA)[1].content, policy=default)
    assert list(copy.iter_attachments()) == []
    assert "/small.pdf" in copy.get_body(("plain",)).get_content()


def a_mail_with_small_file():
    message = a_mail(f"Ann <{ANN}>", GROUP, "Roster again", "See the file.")
    message.add_attachment(b"x" * 400, maintype="application", subtype="pdf", filename="small.pdf")
    return message


def test_capture_keeps_a_maildir_for_each_reader(core, settings, three) -> None:
    core.extensions["banyan_settings"] = settings.model_copy(update={"smarthost": "capture"})
    group, (ann, _, _) = three
    post(ann, group, "Dots", ".\n..two\nplain")
    do_mail_work(core)
    assert set(states().values()) == {("sent", 1)}
    for email in (ANN, BEA, CY):
        [kept] = mailbox.Maildir(settings.data_dir / "mail" / email, create=False)
        assert kept["Delivered-To"] == email
        assert kept["Return-Path"].startswith("<bounce+")
        mail = message_from_bytes(kept.as_bytes(), policy=default)
        assert mail.get_body(("plain",)).get_content().startswith(".\n..two\nplain\n")
