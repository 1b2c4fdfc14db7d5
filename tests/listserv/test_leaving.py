"""Leaving, bouncing and complaints (LISTSERV.md, L51-L58), and what reports do (L23, L40)."""

import re
from email import message_from_bytes
from email.policy import default

import pytest
from sqlalchemy import select

from forum.accounts.models import Address, BounceNote, PauseReason
from forum.db import db, transaction
from forum.groups.models import FormerMembership, OneClick, Role
from forum.groups.queries import community, membership_of
from forum.housekeeping import run as housekeeping
from forum.log import LogEntry
from forum.queue import Task, enqueue
from forum.threads.models import Post
from mailgateway.models import InboundMail
from tests.forum.cli.conftest import environment, run
from tests.forum.web.browser import Browser
from tests.gateway import a_mail
from tests.people import a_group, a_member, post
from tests.reports import a_complaint, a_report
from tests.smtp_sink import Fault

__all__ = ["environment", "run"]

DAY = 24 * 3600
ANN, BEA = "ann@example.org", "bea@example.org"


@pytest.fixture
def two(site):
    """Ann and Bea in Cardiology; Ann writes."""
    group = a_group()
    return group, a_member(ANN, "Ann Lee", group), a_member(BEA, "Bea Okafor", group)


def _write(site, two, subject: str = "Locum cover"):
    post(two[1], two[0], subject)
    site.work()
    return site.mailed(BEA)[-1]


def _address(email: str = BEA) -> Address:
    db.session.rollback()
    return db.session.scalars(select(Address).where(Address.email == email)).one()


def _report(site, copy, *words: str, failed: str = BEA) -> None:
    assert site.hand_in(a_report(copy.envelope_sender, failed, *words), copy.envelope_sender, envelope_sender="") == {}
    site.work()


def _bounce_three_days(site, two, move_clock, email: str = BEA) -> None:
    for day in range(3):
        move_clock(day * DAY)
        copy = _write(site, two, f"Question of day {day}")
        _report(site, copy)
    assert _address(email).pause_reason is PauseReason.BOUNCES


def _tidy(core) -> None:
    """The clock's own work, as `banyan work` does it."""
    worker = housekeeping("test")
    next(worker)
    worker.close()


def _text(copy) -> str:
    return message_from_bytes(copy.content, policy=default).get_body(("plain",)).get_content()


def _link(copy, path: str) -> str:
    found = re.search(rf"({path}/[a-z0-9]+)", _text(copy).replace("=\n", ""))
    assert found is not None, _text(copy)
    return found[1]


def test_l23_reports_and_read_receipts_never_become_posts(site, two) -> None:
    """Delivery reports and read receipts go to the bounce handling, never to the list."""
    receipt = (
        f"From: Bea <{BEA}>\r\nTo: cardiology@lists.localhost\r\nSubject: Read: Locum\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=c\r\n\r\n--c\r\n\r\n"
        "Your mail was read.\r\n--c\r\nContent-Type: message/disposition-notification\r\n\r\n"
        f"Final-Recipient: rfc822;{BEA}\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n\r\n--c--\r\n"
    ).encode()
    site.hand_in(receipt, "cardiology@lists.localhost", envelope_sender=BEA)
    site.hand_in(a_report("cardiology@lists.localhost", BEA), "cardiology@lists.localhost", envelope_sender="")
    site.work()
    assert db.session.scalars(select(Post)).all() == []
    states = list(db.session.scalars(select(InboundMail.state).order_by(InboundMail.id)))
    assert states == ["automatic", "bounce"]
    assert site.sink.messages == []
    assert _address().bounce_score == 0


def test_l40_the_return_path_names_the_recipient_and_a_forged_one_does_nothing(site, two) -> None:
    """Each copy's return path is signed for its recipient; a forged one bounces nobody."""
    copy = _write(site, two)
    own = site.mailed(ANN)[-1]
    assert copy.envelope_sender != own.envelope_sender
    assert copy.envelope_sender.startswith("bounce+")
    token = copy.envelope_sender.partition("@")[0]
    forged = f"{token[:-1]}{'a' if token[-1] != 'a' else 'b'}@lists.localhost"
    refused = site.hand_in(a_report(forged, ANN), forged, envelope_sender="")
    assert refused[forged][0] == 550
    # A true report that names another member inside counts for whom the token names, and for nobody else.
    _report(site, copy, failed=ANN)
    assert (_address(ANN).bounce_score, _address(BEA).bounce_score) == (0, 1)


def test_l51_one_click_needs_nothing_but_the_post_of_rfc_8058(site, two) -> None:
    """One-click unsubscribe works with the bare POST of RFC 8058, twice the same; GET only shows a page."""
    group, _, bea = two
    mail = message_from_bytes(_write(site, two).content, policy=default)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    url = re.search(r"<(https?://[^>]+)>", mail["List-Unsubscribe"])
    assert url is not None
    path = url[1].removeprefix(site.settings.base_url)
    for method in ("GET", "HEAD", "OPTIONS"):
        assert site.client.open(path, method=method).status_code == 200
    db.session.rollback()
    assert membership_of(bea.id, group.id) is not None
    for _ in range(2):
        answer = site.client.post(
            path, data=b"List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
        )
        assert (answer.status_code, "Set-Cookie" in answer.headers, "Location" in answer.headers) == (200, False, False)
        assert group.name in answer.text
    db.session.rollback()
    assert membership_of(bea.id, group.id) is None
    assert membership_of(bea.id, community().id) is not None


def test_l52_one_click_leaves_that_group_only_or_stops_its_mail(site, two) -> None:
    """It leaves that group only, or stops its mail by policy or in the community; a mail with undo follows."""
    group, _, bea = two
    other = a_group("sepsis", "Sepsis")
    with transaction():
        community().one_click = OneClick.STOP
    mail = message_from_bytes(_write(site, two).content, policy=default)
    path = re.search(r"https?://[^/]+(/u/[a-z0-9]+)", mail["List-Unsubscribe"])[1]
    site.client.post(path, data={"List-Unsubscribe": "One-Click"})
    site.work()
    db.session.rollback()
    assert membership_of(bea.id, group.id).delivery == "none"
    assert "/my-groups" in _text(site.mailed(BEA)[-1])
    with transaction():
        community().one_click = OneClick.LEAVE
    site.client.post(path, data={"List-Unsubscribe": "One-Click"})
    db.session.rollback()
    assert membership_of(bea.id, group.id) is None
    assert membership_of(bea.id, other.id) is None
    assert membership_of(bea.id, community().id).delivery == "single"
    # In the community itself, mail only stops: leaving is a page of its own with a second step.
    site.hand_in(a_mail(BEA, "community-leave@lists.localhost", "leave", "leave"), "community-leave@lists.localhost")
    site.work()
    db.session.rollback()
    assert membership_of(bea.id, community().id).delivery == "none"
    browser = Browser(site.core).sign_in(bea)
    browser.open("/g/community/leave")
    assert membership_of(bea.id, community().id) is not None
    browser.press("Leave the community and all groups")
    assert membership_of(bea.id, community().id) is None
    site.work()
    undo = _link(site.mailed(BEA)[-1], "/u")
    assert site.client.get(undo).status_code == 200
    assert membership_of(bea.id, community().id) is None
    browser.open(undo)
    browser.press("Undo: come back to Banyan Physicians and my groups")
    assert membership_of(bea.id, community().id).delivery == "none"


def test_l53_unsubscribe_by_mail_works_and_another_address_is_asked(site, two) -> None:
    """Unsubscribing by mailto works from any mail program; from another address it is asked back first."""
    group, _, bea = two
    mail = message_from_bytes(_write(site, two).content, policy=default)
    leave = re.search(r"<mailto:([^>?]+)", mail["List-Unsubscribe"])[1]
    site.hand_in(a_mail("x@home.example", leave, "unsubscribe", ""), leave)
    site.work()
    db.session.rollback()
    assert membership_of(bea.id, group.id) is not None
    asked = site.mailed(BEA)[-1]
    assert site.client.get(_link(asked, "/u")).status_code == 200
    assert membership_of(bea.id, group.id) is not None
    site.hand_in(a_mail(BEA, leave, "", ""), leave)
    site.work()
    db.session.rollback()
    assert membership_of(bea.id, group.id) is None


@pytest.mark.parametrize(
    ("status", "words", "klass", "counted"),
    [
        ("5.1.1", "550 5.1.1 no such user here", "dead", True),
        ("5.2.2", "552 5.2.2 the mailbox is full", "full", False),
        ("5.7.1", "554 5.7.1 refused as spam", "policy", False),
        ("5.7.26", "550 5.7.26 refused by the DMARC policy of the sender's domain", "dmarc", False),
        ("4.4.1", "connection timed out", "transient", False),
        ("5.0.0", "something else", "unknown", False),
    ],
)
def test_l54_only_dead_addresses_count(site, two, status: str, words: str, klass: str, counted: bool) -> None:
    """Dead, full, policy, DMARC and passing refusals are told apart; only dead ones count, once a day."""
    copy = _write(site, two)
    for _ in range(2):
        _report(site, copy, status, words)
    notes = db.session.scalars(select(BounceNote)).all()
    assert (notes[0].klass, notes[0].counted) == (klass, counted)
    assert _address().bounce_score == int(counted)


def test_l54_a_refusal_at_the_relay_is_read_like_a_report(site, two, move_clock) -> None:
    """What the relay refuses at once is read in the same way."""
    site.sink.faults = [Fault("rcpt", match=BEA, reply="550 5.1.1 no such user")]
    for day in range(3):
        move_clock(day * DAY)
        post(two[1], two[0], f"Question {day}")
        site.work()
    address = _address()
    assert address.pause_reason is PauseReason.BOUNCES
    site.sink.faults = []
    post(two[1], two[0], "After the pause")
    site.work()
    assert site.mailed(BEA) == []
    assert len(site.mailed(ANN)) == 4


def test_l55_three_bad_days_pause_all_mail_and_a_probe_ends_it(site, two, move_clock) -> None:
    """Three bad days pause all groups of the address; a probe's one-time link, pressed, ends the pause."""
    group, _, bea = two
    _bounce_three_days(site, two, move_clock)
    sent = len(site.mailed(BEA))
    post(two[1], a_group("sepsis", "Sepsis"), "x")
    post(two[1], group, "During the pause")
    site.work()
    assert len(site.mailed(BEA)) == sent
    probes = []
    for day in (1, 4, 11):
        move_clock((2 + day) * DAY + 60)
        _tidy(site.core)
        site.work()
        assert len(site.mailed(BEA)) == sent + len(probes) + 1
        probes.append(_link(site.mailed(BEA)[-1], "/mail-again"))
    # A scanner opens every link; only the newest one still has the button, and opening it changes nothing.
    assert [site.client.get(path).status_code for path in probes] == [410, 410, 200]
    assert site.client.head(probes[-1]).status_code == 200
    assert _address().pause_reason is PauseReason.BOUNCES
    browser = Browser(site.core)
    browser.open(probes[-1])
    browser.press("Send my mail again")
    assert _address().pause_reason is None
    assert site.client.get(probes[-1]).status_code == 410
    site.work()
    post(two[1], group, "After the pause")
    site.work()
    assert "After the pause" in message_from_bytes(site.mailed(BEA)[-1].content, policy=default)["Subject"]
    acts = set(db.session.scalars(select(LogEntry.act).where(LogEntry.object_kind == "address")))
    assert acts == {"pause mail", "resume mail"}
    assert _address(ANN).bounce_score == 0
    assert bea.id == _address().member_id


def test_l55_the_second_address_takes_over(site, two, move_clock) -> None:
    """A member's second verified address takes the mail over, and is told how to undo it."""
    _, _, bea = two
    with transaction():
        db.session.add(Address(member_id=bea.id, email="bea@home.example", key="bea@home.example", base_key="b"))
    _bounce_three_days(site, two, move_clock)
    site.work()
    [told] = site.mailed("bea@home.example")
    assert "/me/addresses" in _text(told)
    post(two[1], two[0], "Goes to the other one")
    site.work()
    assert len(site.mailed("bea@home.example")) == 2
    assert _address().probe_due_at is None
    browser = Browser(site.core).sign_in(bea)
    assert "No mail goes to" not in browser.open("/me/addresses")
    browser.post(f"/me/addresses/{_address().id}/primary")
    assert (_address().is_primary, _address().pause_reason) == (True, None)


def test_l55_the_web_shows_the_pause_to_the_member_and_to_moderators(site, two, move_clock) -> None:
    """A banner on every page tells the member, one button ends the pause; moderators see the list."""
    group, _, bea = two
    _bounce_three_days(site, two, move_clock)
    moderator = a_member("mo@example.org", "Mo Diaz", group, role=Role.MODERATOR)
    looking = Browser(site.core).sign_in(moderator)
    assert "Bea Okafor" in looking.open(f"/g/{group.slug}/members?paused=yes")
    assert "Ann Lee" not in looking.text
    assert "paused" in looking.text
    browser = Browser(site.core).sign_in(bea)
    for page in ("/", "/my-groups", f"/g/{group.slug}"):
        assert f"No mail goes to {BEA}" in browser.open(page)
    browser.press("Send my mail again")
    assert "No mail goes to" not in browser.open("/")
    assert _address().pause_reason is None


def test_l55_days_on_which_mail_arrives_take_bad_days_back(site, two, move_clock) -> None:
    """A day on which mail went out and no report came takes a bad day back; old reports lapse."""
    for day in range(2):
        move_clock(day * DAY)
        _report(site, _write(site, two, f"Bad day {day}"))
    assert _address().bounce_score == 2
    for day in (2, 3):
        move_clock(day * DAY)
        _write(site, two, f"Good day {day}")
    move_clock(4 * DAY)
    _report(site, _write(site, two, "Bad again"))
    assert _address().bounce_score == 1
    move_clock(12 * DAY)
    _report(site, _write(site, two, "Bad once more"))
    assert (_address().bounce_score, _address().pause_reason) == (1, None)


def test_l55_a_report_that_is_too_old_counts_for_nothing(site, two, move_clock) -> None:
    """A report on mail of months ago counts for nothing."""
    copy = _write(site, two)
    move_clock(100 * DAY)
    _report(site, copy)
    assert _address().bounce_score == 0
    assert db.session.scalars(select(BounceNote)).all() == []


def test_l56_a_complaint_pauses_and_never_expels(site, two, move_clock) -> None:
    """A complaint (ARF) pauses the address and never expels; the way back stays open for months."""
    group, _, bea = two
    copy = _write(site, two)
    site.hand_in(
        a_complaint(copy.content, copy.envelope_sender), "abuse@lists.localhost", envelope_sender="fbl@mail.example.net"
    )
    site.work()
    sent = len(site.mailed(BEA))
    assert _address().pause_reason is PauseReason.COMPLAINT
    assert membership_of(bea.id, group.id) is not None
    move_clock(120 * DAY)
    post(two[1], group, "While paused")
    _tidy(site.core)
    site.work()
    assert len(site.mailed(BEA)) == sent
    # A complaint is no proof of a dead mailbox: writing does not end it, the person's own press does. Who writes is
    # told so, once in a while.
    for subject in ("I write", "I write again"):
        site.hand_in(a_mail(BEA, "cardiology@lists.localhost", subject, "Hello all"), "cardiology@lists.localhost")
        site.work()
    assert [message_from_bytes(each.content)["Subject"] for each in site.mailed(BEA)[sent:]] == [
        "Why no mail comes to you"
    ]
    assert _address().pause_reason is PauseReason.COMPLAINT
    mail = message_from_bytes(copy.content, policy=default)
    browser = Browser(site.core)
    browser.open(re.search(r"https?://[^/]+(/u/[a-z0-9]+)", mail["List-Unsubscribe"])[1])
    browser.follow("Send my mail again")
    assert _address().pause_reason is PauseReason.COMPLAINT
    browser.press("Send my mail again")
    assert _address().pause_reason is None


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure"])
def test_l56_a_report_that_is_no_complaint_pauses_nobody(site, two, kind: str) -> None:
    """Reports of other kinds in the same format (not spam, DMARC failures) pause nobody."""
    copy = _write(site, two)
    report = a_complaint(copy.content, copy.envelope_sender, kind)
    site.hand_in(report, "abuse@lists.localhost", envelope_sender="fbl@mail.example.net")
    site.work()
    assert _address().pause_reason is None


def test_l56_a_forged_complaint_pauses_nobody(site, two) -> None:
    """A complaint without a token of ours, or from a sender who is not proven, pauses nobody."""
    copy = _write(site, two)
    unproven = a_complaint(copy.content, copy.envelope_sender, dmarc="fail")
    site.hand_in(unproven, "abuse@lists.localhost", envelope_sender="fbl@mail.example.net")
    forged = a_complaint(
        f"From: x@y.example\r\nTo: {BEA}\r\n\r\nSpam\r\n".encode(), f"bounce+aaaa{'b' * 20}@lists.localhost"
    )
    site.hand_in(forged, "abuse@lists.localhost", envelope_sender="fbl@mail.example.net")
    site.work()
    assert _address().pause_reason is None


def test_l57_reactivation_sends_no_backlog_but_offers_a_summary(site, two, move_clock) -> None:
    """When mail goes again, one summary tells what was missed, and no old post is sent; a proven mail ends a pause."""
    _bounce_three_days(site, two, move_clock)
    for number in range(5):
        post(two[1], two[0], f"Missed {number}")
    site.work()
    sent = len(site.mailed(BEA))
    site.hand_in(a_mail(BEA, "cardiology@lists.localhost", "Here again", "Hello"), "cardiology@lists.localhost")
    site.work()
    assert _address().pause_reason is None
    subjects = [message_from_bytes(each.content, policy=default)["Subject"] for each in site.mailed(BEA)[sent:]]
    assert not any(subject.startswith("[Cardiology] Missed") for subject in subjects)
    assert len([subject for subject in subjects if "while you were away" in subject]) == 1
    [asked] = db.session.scalars(select(Task).where(Task.kind == "digest.catch_up")).all()
    assert (asked.target_id, asked.other_id) == (_address().member_id, 3)


def test_l58_a_removed_member_gets_no_mail_whatever_is_on_its_way(site, two, run) -> None:
    """A removed or deceased member's address gets no mail ever again, not even what is on its way."""
    group, ann, bea = two
    bea_id = bea.id
    post(bea, group, "Bea's last post")
    post(ann, group, "On its way")
    with transaction():
        enqueue("notice.help", bea_id, group.id)
    assert run("member", "remove", BEA, "--deceased").code == 0
    db.session.rollback()
    site.work()
    Browser(site.core).open("/sign-in")
    browser = Browser(site.core)
    browser.open("/sign-in")
    browser.press("Send me a sign-in link", email=BEA)
    site.hand_in(a_mail("x@home.example", "cardiology@lists.localhost", "x", "y"), "cardiology@lists.localhost")
    post(ann, group, "Afterwards")
    site.work()
    assert site.mailed(BEA) == []
    assert [each.text for each in db.session.scalars(select(Post).where(Post.subject == "Bea's last post"))]
    assert db.session.scalar(select(FormerMembership.by_choice).where(FormerMembership.member_id == bea_id)) is False
    assert run("member", "add", BEA, "--name", "Bea Okafor", "--group", "cardiology").code == 0
    db.session.rollback()
    post(ann, group, "Welcome back")
    site.work()
    assert len(site.mailed(BEA)) == 1
