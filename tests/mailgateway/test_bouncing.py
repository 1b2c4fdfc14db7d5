"""What one report does to an address, and what many do; what doctor says of it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from forum.accounts.actions import choose_primary
from forum.accounts.models import Address, BounceNote, PauseReason
from forum.accounts.pausing import PROBE_DAYS, next_probe_at, pause, paused_address, resume, send_due_probes, way_back
from forum.clock import now
from forum.db import db, transaction
from forum.queue import Task, enqueue
from mailgateway.bounces import BounceReport
from mailgateway.bouncing import note
from mailgateway.models import DeliveryState, Digest, DigestKind
from mailgateway.refused import checks
from mailgateway.retention import forget_notes
from tests.gateway import addresses, do_mail_work
from tests.people import a_member
from tests.reports import a_complaint, a_report

DAY = 24 * 3600
DEAD = BounceReport("", "5.1.1", "dead")


@pytest.fixture
def ann(core):
    return a_member("ann@example.org", "Ann Lee")


def _address(email: str = "ann@example.org") -> Address:
    return db.session.scalars(select(Address).where(Address.email == email)).one()


def _note(report: BounceReport = DEAD, email: str = "ann@example.org") -> str:
    with transaction():
        return note(_address(email), report)


def test_many_reports_of_one_day_are_one_bad_day_and_one_row(ann) -> None:
    assert [_note() for _ in range(3)] == ["dead: counted for today", *["dead: noted, not counted"] * 2]
    assert _address().bounce_score == 1
    assert db.session.scalar(select(func.count()).select_from(BounceNote)) == 1


def test_the_day_is_the_calendars_in_utc(ann, move_clock) -> None:
    until_midnight = DAY - (now().hour * 3600 + now().minute * 60 + now().second)
    move_clock(until_midnight - 60)
    _note()
    move_clock(until_midnight + 60)
    assert _note() == "dead: counted for today"


def test_the_third_bad_day_pauses_and_says_so(ann, move_clock) -> None:
    said = []
    for day in range(4):
        move_clock(day * DAY)
        said.append(_note())
    assert said[2] == "dead: counted, and mail to the address is paused"
    assert said[3] == "dead: noted, not counted"
    assert (_address().pause_reason, _address().bounce_score) == (PauseReason.BOUNCES, 3)


def test_bad_days_more_than_a_week_apart_never_pause(ann, move_clock) -> None:
    for day in (0, 8, 16, 24):
        move_clock(day * DAY)
        _note()
    assert (_address().pause_reason, _address().bounce_score) == (None, 1)


def test_a_report_on_several_addresses_counts_only_if_all_are_dead(take, ann) -> None:
    path = addresses().bounce(_address().id, now())
    two = a_report(path, "one@corp.example").replace(
        b"\r\n\r\n--cut--",
        b"\r\n\r\nFinal-Recipient: rfc822; two@corp.example\r\nAction: failed\r\nStatus: 5.2.2\r\n\r\n--cut--",
    )
    mail = take(two, path, envelope_sender="")
    assert (mail.state, "full: noted" in mail.reason) == ("bounce", True)
    assert _address().bounce_score == 0


def test_a_report_to_an_address_that_was_removed_since_is_harmless(take, ann) -> None:
    mail = take(a_report(path := addresses().bounce(999_999, now()), "x@y.example"), path, envelope_sender="")
    assert (mail.state, "nobody's any more" in mail.reason) == ("bounce", True)


def test_an_automatic_answer_to_a_return_path_counts_for_nothing(take, ann) -> None:
    path = addresses().bounce(_address().id, now())
    away = f"From: ann@example.org\r\nTo: {path}\r\nSubject: Away\r\nAuto-Submitted: auto-replied\r\n\r\nBack soon"
    assert take(away.encode(), path, envelope_sender="").state == "automatic"
    assert db.session.scalar(select(func.count()).select_from(BounceNote)) == 0


def test_a_complaint_without_a_return_path_is_known_by_the_reply_address(take, ann) -> None:
    copy = f"From: x@y.example\r\nReply-To: {addresses().reply(ann.id, 1)}\r\n\r\nHello\r\n".encode()
    mail = take(a_complaint(copy, "redacted@example.net"), "abuse@lists.localhost")
    assert (mail.state, mail.reason.endswith("mail to the address is paused")) == ("bounce", True)
    assert _address().pause_reason is PauseReason.COMPLAINT


def test_a_complaint_outlasts_a_bounce_and_a_removal_outlasts_both(ann) -> None:
    with transaction():
        for reason in (PauseReason.BOUNCES, PauseReason.COMPLAINT, PauseReason.BOUNCES):
            pause(_address(), reason, why="test")
    assert (_address().pause_reason, _address().probe_due_at) == (PauseReason.COMPLAINT, None)
    with transaction():
        pause(_address(), PauseReason.REMOVED, why="test")
        assert resume(_address(), actor_id=None, why="test") is False
    assert _address().pause_reason is PauseReason.REMOVED


def test_the_link_of_one_pause_is_nothing_in_the_next(ann) -> None:
    with transaction():
        pause(_address(), PauseReason.BOUNCES, why="test")
        link = way_back(_address())
        assert paused_address(link) is not None
        resume(_address(), actor_id=None, why="test")
        assert paused_address(link) is None
        pause(_address(), PauseReason.BOUNCES, why="test")
        assert paused_address(link) is None


def test_probes_come_rarer_and_rarer_and_end(ann, move_clock) -> None:
    with transaction():
        pause(_address(), PauseReason.BOUNCES, why="test")
    sent = []
    for day in range(130):
        move_clock(day * DAY + 60)
        with transaction():
            if send_due_probes(now()):
                sent.append(day)
    assert sent == list(PROBE_DAYS)
    assert db.session.scalar(select(func.count()).where(Task.kind == "notice.probe")) == len(PROBE_DAYS)


@given(st.integers(0, 400 * DAY))
def test_the_next_probe_is_always_ahead(seconds: int) -> None:
    begun = datetime(2026, 11, 9, tzinfo=UTC)
    due = next_probe_at(begun, begun + timedelta(seconds=seconds))
    assert due is None or due > begun + timedelta(seconds=seconds)
    assert (due is None) == (seconds >= PROBE_DAYS[-1] * DAY)


def test_choosing_a_paused_address_for_mail_ends_its_pause(ann) -> None:
    with transaction():
        pause(_address(), PauseReason.BOUNCES, why="test")
        choose_primary(ann, _address().id)
    assert _address().pause_reason is None


def test_doctor_warns_of_a_domain_that_refuses_us(core) -> None:
    for number in range(4):
        a_member(f"m{number}@hospital.example", f"M {number}")
        if number:
            _note(BounceReport("", "5.7.1", "dmarc"), f"m{number}@hospital.example")
    found = {name: (health, text) for name, health, text, _ in checks()}
    assert found["refused mail"] == (
        "warn",
        "refused for policy in the last day by hospital.example (3 of 4 members).",
    )
    assert found["paused addresses"] == ("ok", "paused in the last day: 0; in all: 0.")
    assert _address("m1@hospital.example").pause_reason is None


def test_a_refused_digest_is_read_like_a_report(core, ann) -> None:
    with transaction() as session:
        digest = Digest(member_id=ann.id, kind=DigestKind.DAILY, slot="2026-11-09", through_no=1, due_at=now())
        digest.state, digest.done_at, digest.error = DeliveryState.REFUSED, now(), "refused: 550 5.1.1 no such user"
        session.add(digest)
        session.flush()
        enqueue("bounce.digest_refused", digest.id)
    do_mail_work(core)
    assert _address().bounce_score == 1


def test_old_notes_are_forgotten(core, ann, move_clock) -> None:
    _note()
    move_clock(91 * DAY)
    assert forget_notes(now()) == 1
    assert db.session.scalar(select(func.count()).select_from(BounceNote)) == 0
