"""When an old mail came, out of clocks of which some were wrong."""

from datetime import UTC, datetime, timedelta

import pytest

from forum.archives.dates import fill_gaps, moment_of
from forum.archives.mail import ArchivedMail, Sender
from forum.threads.models import TextFormat

NOW = datetime(2026, 11, 20, tzinfo=UTC)
DAY = datetime(2019, 3, 7, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def a_mail(sent_at: datetime | None, *received: datetime, listed_at: datetime | None = None) -> ArchivedMail:
    return ArchivedMail(
        message_id="<1@x>",
        sender=Sender("Ann", "ann@x.org"),
        subject="x",
        text="x",
        text_format=TextFormat.PLAIN,
        html="",
        sent_at=sent_at,
        received=received,
        listed_at=listed_at,
    )


def test_the_date_of_the_mail_counts() -> None:
    assert moment_of(a_mail(DAY, DAY + HOUR), DAY + 2 * HOUR, NOW) == DAY


def test_what_the_list_wrote_counts_more() -> None:
    assert moment_of(a_mail(DAY, listed_at=DAY + HOUR), None, NOW) == DAY + HOUR


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(1989, 12, 31, tzinfo=UTC),
        NOW + timedelta(days=2),
        DAY + timedelta(days=400),
        DAY - timedelta(days=400),
    ],
)
def test_a_wrong_clock_gives_way_to_the_topmost_received_line(wrong: datetime | None) -> None:
    assert moment_of(a_mail(wrong, DAY + HOUR, DAY), DAY + 3 * HOUR, NOW) == DAY + HOUR


def test_a_mail_held_for_three_weeks_keeps_its_date() -> None:
    assert moment_of(a_mail(DAY - timedelta(days=21), DAY), None, NOW) == DAY - timedelta(days=21)


def test_an_archive_sent_on_years_later_keeps_its_dates() -> None:
    assert moment_of(a_mail(DAY, NOW, DAY + HOUR), None, NOW) == DAY


def test_the_separator_is_the_last_clock() -> None:
    assert moment_of(a_mail(None), DAY, NOW) == DAY
    assert moment_of(a_mail(None), None, NOW) is None


def test_without_any_clock_a_mail_has_the_time_of_the_one_before_it_or_of_the_next() -> None:
    later = DAY + HOUR
    assert fill_gaps([None, DAY, None, None, later, None], otherwise=NOW) == [DAY, DAY, DAY, DAY, later, later]
    assert fill_gaps([None], otherwise=NOW) == [NOW]
