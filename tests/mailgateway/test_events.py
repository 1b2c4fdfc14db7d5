"""What readers are told of a calendar file, and that no file breaks the telling."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailgateway.events import MAX_EVENT, describe_events


def calendar(*lines: str, method: str = "REQUEST") -> bytes:
    own = ("BEGIN:VEVENT", "UID:1", "DTSTAMP:20260701T080000Z", *lines, "END:VEVENT")
    return "\r\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", f"METHOD:{method}", *own, "END:VCALENDAR", "")).encode()


@pytest.mark.parametrize(
    ("lines", "when"),
    [
        (("DTSTART:20260709T160000Z", "DTEND:20260709T170000Z"), "Thursday, 9 July 2026, 16:00 to 17:00 (UTC)"),
        (
            ("DTSTART;TZID=America/New_York:20261224T090000", "DURATION:PT30M"),
            "Thursday, 24 December 2026, 09:00 to 09:30 (America/New_York, UTC-0500)",
        ),
        (("DTSTART;VALUE=DATE:20260709",), "Thursday, 9 July 2026, all day"),
        (("DTSTART:20260709T180000",), "Thursday, 9 July 2026, 18:00 (time zone not given)"),
        (
            ("DTSTART:20260709T220000Z", "DTEND:20260710T010000Z"),
            "Thursday, 9 July 2026, 22:00 to Friday, 10 July 2026, 01:00 (UTC)",
        ),
    ],
)
def test_the_time_is_told_with_its_zone(lines: tuple[str, ...], when: str) -> None:
    assert describe_events(calendar("SUMMARY:Round", *lines)) == f"Invitation: Round\nWhen: {when}"


def test_an_answer_and_a_cancellation_say_what_they_are() -> None:
    answer = calendar("SUMMARY:Round", "ATTENDEE;PARTSTAT=DECLINED:mailto:ann@example.org", method="REPLY")
    assert describe_events(answer) == "Declined: Round"
    assert describe_events(calendar("SUMMARY:Round", method="CANCEL")) == "Cancelled: Round"


def test_addresses_of_people_are_not_shown() -> None:
    shown = describe_events(
        calendar(
            "SUMMARY:Round", "ORGANIZER;CN=bob@example.org:mailto:bob@example.org", "ATTENDEE:mailto:a@example.org"
        )
    )
    assert shown == "Invitation: Round"


def test_what_cannot_be_read_stays_a_file() -> None:
    assert describe_events(b"") == ""
    assert describe_events(b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n") == ""
    assert describe_events(b"BEGIN:VEVENT\r\n" * 3) == ""
    assert describe_events(b"BEGIN:VEVENT" + b"x" * MAX_EVENT) == ""
    assert describe_events(calendar("SUMMARY:Round", f"DTSTART;TZID=Europe/{'x' * 300}:20260709T160000")) == ""


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_no_octets_break_it(octets: bytes) -> None:
    describe_events(calendar("SUMMARY:Round", "DTSTART:20260709T160000Z").replace(b"Round", octets))
    describe_events(b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" + octets + b"\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")
