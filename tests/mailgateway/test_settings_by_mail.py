"""Settings by mail: whatever a line says it is answered, and never breaks the mail that it stands in."""

import pytest
from sqlalchemy import select

from forum.accounts.models import Member
from forum.accounts.preferences import set_time_zone
from forum.db import db, transaction
from forum.queue import Task
from mailgateway.models import InboundMail, MailState
from mailgateway.settings_by_mail import carry_out
from tests.gateway import a_mail
from tests.people import a_member

SYSTEM = "banyan@lists.localhost"


@pytest.mark.parametrize(
    ("zone", "line"),
    [
        ("Asia/Tokyo", "away until 0001-01-01"),
        ("America/New_York", "away until 9999-12-31"),
        ("UTC", "digest at 7 on \u017funday"),
        ("UTC", "digest on fr\u0131day"),
        ("UTC", "profile \u0131nterests rowing"),
    ],
)
def test_a_line_of_odd_dates_or_letters_does_not_break_its_mail(take, zone: str, line: str) -> None:
    ann = a_member("ann@example.org", "Ann Lee")
    with transaction():
        set_time_zone(ann, zone)
    mail: InboundMail = take(a_mail("ann@example.org", SYSTEM, line, "which"), SYSTEM)
    assert mail.state is MailState.COMMAND
    db.session.rollback()
    assert ann.away_until is None


def test_a_member_asks_for_five_new_addresses_a_day_and_no_more(core, move_clock) -> None:
    ann, bea = a_member("ann@example.org", "Ann Lee"), a_member("bea@example.org", "Bea Okafor")

    def add(who: Member, number: int) -> str:
        with transaction():
            answers = carry_out(who, f"address add new{number}@example.net")
        assert answers is not None
        return answers[0].said

    assert all("A mail with a link has gone" in add(ann, number) for number in range(5))
    assert "asked for 5 new addresses within a day. Wait a day" in add(ann, 5)
    assert "A mail with a link has gone" in add(bea, 6)
    assert len(db.session.scalars(select(Task).where(Task.kind == "notice.verify_address")).all()) == 6
    move_clock(86_401)
    assert "A mail with a link has gone" in add(ann, 7)


def test_a_day_that_no_clock_reaches_is_refused_in_words(core) -> None:
    ann = a_member("ann@example.org", "Ann Lee")
    with transaction():
        set_time_zone(ann, "Asia/Tokyo")
        answers = carry_out(ann, "away until 0001-01-01")
    assert answers is not None
    assert "within a year" in answers[0].said
