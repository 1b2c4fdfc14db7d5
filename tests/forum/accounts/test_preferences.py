"""When digests come, how they look, and absence."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from forum.accounts.actions import change_profile
from forum.accounts.models import DigestFormat, Member
from forum.accounts.preferences import (
    come_home,
    go_away,
    is_away,
    next_digest_at,
    set_digest_format,
    set_digest_time,
    set_time_zone,
)
from forum.clock import now
from forum.counter import PUBLISHED, last_number
from forum.db import db, transaction
from forum.groups.choices import set_delivery
from forum.groups.models import Delivery
from forum.groups.queries import membership_of
from forum.log import LogEntry
from tests.people import a_group, a_member, post

ZONES = ["UTC", "Europe/Vienna", "America/New_York", "America/St_Johns", "Asia/Kolkata", "Australia/Lord_Howe"]


def a_reader(zone: str, hour: int) -> Member:
    return Member(name="Ann Lee", time_zone=zone, digest_hour=hour)


@given(
    zone=st.sampled_from(ZONES),
    hour=st.integers(0, 23),
    after=st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
)
def test_there_is_one_digest_on_each_of_the_members_days(zone: str, hour: int, after: datetime) -> None:
    reader, there = a_reader(zone, hour), ZoneInfo(zone)
    first = next_digest_at(reader, after)
    second = next_digest_at(reader, first)
    assert after < first <= after + timedelta(hours=26)
    assert second.astimezone(there).date() - first.astimezone(there).date() == timedelta(days=1)
    # An hour that the clock skips comes just after it; every other one is what the clock shows.
    assert first.astimezone(there).hour in (hour, (hour + 1) % 24)


@pytest.mark.parametrize(
    ("hour", "after", "expected"),
    [
        # Vienna skips the hour from 2 to 3 on 29 March 2026, and has it twice on 25 October.
        (2, datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 29, 1, tzinfo=UTC)),
        (2, datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 25, 0, tzinfo=UTC)),
        (2, datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 26, 1, tzinfo=UTC)),
        (7, datetime(2026, 3, 28, 6, tzinfo=UTC), datetime(2026, 3, 29, 5, tzinfo=UTC)),
        (7, datetime(2026, 3, 29, 5, tzinfo=UTC), datetime(2026, 3, 30, 5, tzinfo=UTC)),
    ],
)
def test_the_hour_holds_when_the_clocks_change(hour: int, after: datetime, expected: datetime) -> None:
    assert next_digest_at(a_reader("Europe/Vienna", hour), after) == expected


def test_a_zone_that_no_longer_exists_is_utc(core: Flask) -> None:
    assert next_digest_at(a_reader("Mars/Olympus", 7), datetime(2026, 1, 1, tzinfo=UTC)).hour == 7


def test_a_new_hour_or_zone_moves_the_next_digest(core: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    with transaction():
        set_digest_time(ann, 9)
        assert ann.digest_due_at is None
        set_delivery(membership_of(ann.id, group.id), Delivery.DIGEST, actor_id=ann.id)
        assert ann.digest_due_at == next_digest_at(ann, now())
        set_digest_time(ann, 21, 4)
        assert (ann.digest_due_at.hour, ann.digest_weekday) == (21, 4)
        set_time_zone(ann, "kolkata")
        assert (ann.time_zone, ann.digest_due_at.minute) == ("Asia/Kolkata", 30)
        change_profile(ann, name="Ann Lee", time_zone="UTC")
        assert (ann.digest_due_at.hour, ann.digest_due_at.minute) == (21, 0)
        set_delivery(membership_of(ann.id, group.id), Delivery.NONE, actor_id=ann.id)
        assert ann.digest_due_at is None


def test_a_place_alone_names_its_zone_and_nonsense_gets_a_sentence(core: Flask) -> None:
    ann = a_member("ann@example.org", "Ann Lee")
    with transaction():
        for typed, zone in (
            ("vienna", "Europe/Vienna"),
            ("New York", "America/New_York"),
            ("EUROPE/berlin", "Europe/Berlin"),
            ("utc", "UTC"),
        ):
            set_time_zone(ann, typed)
            assert ann.time_zone == zone
        for typed in ("", "Atlantis", "../etc/passwd", "Europe/"):
            with pytest.raises(ValueError, match="Write a name such as Europe/Vienna"):
                set_time_zone(ann, typed)


@pytest.mark.parametrize(("hour", "weekday"), [(24, 0), (-1, 0), (7, 7)])
def test_an_hour_or_a_day_that_is_none_is_refused(core: Flask, hour: int, weekday: int) -> None:
    ann = a_member("ann@example.org", "Ann Lee")
    with transaction(), pytest.raises(ValueError, match="Choose"):
        set_digest_time(ann, hour, weekday)


def test_absence_begins_with_what_was_last_published_and_ends_on_demand(core: Flask, move_clock) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    post(ann, group)
    until = now() + timedelta(days=7)
    with transaction():
        go_away(ann, until)
        assert (ann.away_from_no, is_away(ann)) == (last_number(PUBLISHED), True)
    post(ann, group, "Another")
    with transaction():
        go_away(ann, until + timedelta(days=1))
        # A longer absence began when it began.
        assert ann.away_from_no == last_number(PUBLISHED) - 1
        come_home(ann)
        # The summary is owed from this moment: the worker of digests makes it and takes the marks away.
        assert (is_away(ann), ann.away_until is not None, ann.away_from_no is not None) == (False, True, True)
    for days in (-1, 400):
        with transaction(), pytest.raises(ValueError, match="Choose a day"):
            go_away(ann, now() + timedelta(days=days))


def test_each_change_is_logged_with_the_way_back(core: Flask) -> None:
    ann = a_member("ann@example.org", "Ann Lee")
    with transaction():
        set_digest_time(ann, 18, 2)
        set_digest_format(ann, DigestFormat.RFC1153)
        set_time_zone(ann, "Europe/Vienna")
    logged = db.session.execute(select(LogEntry.act, LogEntry.undo).order_by(LogEntry.id)).all()[-3:]
    assert [tuple(row) for row in logged] == [
        ("digest at 18:00 on Wednesday", "digest at 7:00 on Monday"),
        ("digest format rfc1153", "digest format html"),
        ("time zone Europe/Vienna", "time zone UTC"),
    ]
