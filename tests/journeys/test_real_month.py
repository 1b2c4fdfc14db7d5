"""A month of a list, half of it imported and half sent on live: every post stands in the thread where it belongs.

The month is generated (`tests.mailing_list`). `make demo-check` does the same with a real one (`tests/real_month.py`).
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select, update

from forum.db import db, transaction
from forum.groups.models import Delivery, Group, Membership
from forum.threads.models import Post, Via
from mailgateway.models import InboundMail, MailState
from tests.gateway import AUTHSERV_ID
from tests.mailing_list import OldMail, agreement, import_file, make_list, mark_of, write_mbox
from tests.people import a_group, a_member
from tests.site import Site

MESSAGES = 120
AT_ONCE = 12


def test_half_a_month_imported_and_half_sent_live_is_one_archive(
    site: Site, tmp_path: Path, move_clock: Callable[[float], None]
) -> None:
    mails = make_list(MESSAGES, seed=21, threads=15)
    half = MESSAGES // 2
    old = write_mbox(tmp_path / "old.mbox", mails[:half])
    live = [mail for mail in mails[half:] if mail.in_file]
    group = a_group("locums", "Locums", quota=None)
    _join(live, group)

    report, failed = import_file(tmp_path / "old.mbox", group)
    assert (report.new, failed) == (len(old), [])
    assert (report.authors_known > 0, report.authors_new > 0) == (True, True)
    for start in range(0, len(live), AT_ONCE):
        _send_live(site, live[start : start + AT_ONCE], move_clock)
    move_clock(0)
    db.session.rollback()

    states = db.session.scalars(select(InboundMail.state)).all()
    assert states == [MailState.POSTED] * len(live)
    found = _posts_by_number([*old, *live])
    ours = {number: post.thread_id for number, post in found.items()}
    jaccard, rand = agreement(ours, {mail.number: mail.thread for mail in (*old, *live)})
    assert jaccard >= 0.95
    assert rand >= 0.99
    for mail in (*old, *live):
        post = found[mail.number]
        assert post.via is (Via.IMPORT if mail.number < half else Via.MAIL)
        assert mail.words.splitlines()[0] in post.text
        assert post.byline == mail.name
        assert len(post.attachments) == mail.has_file
    _nobody_got_history_and_the_reader_got_the_rest(site, old, live)


def _join(live: list[OldMail], group: Group) -> None:
    """Who writes live is a member, and one who reads; nobody but the reader wants mail."""
    for address, name in sorted({(mail.address, mail.name) for mail in live}):
        a_member(address, name, group)
    with transaction():
        db.session.execute(update(Membership).values(delivery=Delivery.NONE))
    a_member("reader@example.org", "Reader", group)


def _send_live(site: Site, mails: list[OldMail], move_clock: Callable[[float], None]) -> None:
    """Hand the mails to the door at the time when they were written, as our own mail server would."""
    for mail in mails:
        move_clock((mail.at - datetime.now(UTC)).total_seconds())
        stamp = f"Authentication-Results: {AUTHSERV_ID}; dmarc=pass header.from=practice.example\n"
        refused = site.hand_in(stamp.encode() + mail.raw, "locums@lists.localhost", envelope_sender=mail.address)
        assert refused == {}
    site.work()


def _posts_by_number(mails: list[OldMail]) -> dict[int, Post]:
    numbers = {mail.message_id: mail.number for mail in mails if mail.message_id}
    nameless = [mail.number for mail in mails if not mail.message_id]
    found: dict[int, Post] = {}
    for post in db.session.scalars(select(Post)):
        number = numbers.get(post.author_message_id or "")
        if number is None:
            number = next(each for each in nameless if mark_of(each) in post.text)
        found[number] = post
    assert found.keys() == {mail.number for mail in mails}
    return found


def _nobody_got_history_and_the_reader_got_the_rest(site: Site, old: list[OldMail], live: list[OldMail]) -> None:
    assert {email for message in site.sink.messages for email in message.recipients} == {"reader@example.org"}
    assert len(site.mailed("reader@example.org")) == len(live)
