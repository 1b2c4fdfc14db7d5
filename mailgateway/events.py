"""Say in plain lines what a calendar invitation is about: what, when with its zone, where, and who invites.

Text out, and "" for what cannot be read; addresses of people are not shown. icalendar is used only here.
"""

from datetime import UTC, date, datetime

from icalendar import Calendar, Event

MAX_EVENT = 200_000
_MAX_EVENTS = 5
_TITLES = {
    "REQUEST": "Invitation",
    "CANCEL": "Cancelled",
    "COUNTER": "Other time proposed",
    "REPLY": "Answer to an invitation",
}
_ANSWERS = {"ACCEPTED": "Accepted", "DECLINED": "Declined", "TENTATIVE": "Perhaps"}


def describe_events(data: bytes) -> str:
    """The lines for readers, one block an event; "" when it holds no event that can be read."""
    if len(data) > MAX_EVENT or b"BEGIN:VEVENT" not in data.upper():
        return ""
    try:
        calendar = Calendar.from_ical(data)
        method = str(calendar.get("METHOD", "")).upper()
        blocks = [
            _describe(event, method) for event in calendar.walk("VEVENT")[:_MAX_EVENTS] if isinstance(event, Event)
        ]
    except (ValueError, TypeError, AttributeError, LookupError, OverflowError, RecursionError, OSError):
        # The library promises only ValueError; a file that defeats it stays a file. It looks for a time zone's name
        # as for a file's, and the file system has its own word for one that is too long.
        return ""
    return "\n\n".join(block for block in blocks if block)


def _describe(event: Event, method: str) -> str:
    title = _line(event.get("SUMMARY"))
    when = _when(event)
    if not title and not when:
        return ""
    lines = [f"{_heading(event, method)}: {title or '(no title)'}"]
    if when:
        lines.append(f"When: {when}")
    where = _line(event.get("LOCATION"))
    if where:
        lines.append(f"Where: {where}")
    organiser = event.get("ORGANIZER")
    name = _line(organiser.params.get("CN")) if organiser is not None and hasattr(organiser, "params") else ""
    if name and "@" not in name:
        lines.append(f"From: {name}")
    if event.get("RRULE") is not None:
        lines.append("Repeats: see the file")
    return "\n".join(lines)


def _heading(event: Event, method: str) -> str:
    attendee = event.get("ATTENDEE")
    if method == "REPLY" and hasattr(attendee, "params"):
        return _ANSWERS.get(str(attendee.params.get("PARTSTAT", "")).upper(), _TITLES["REPLY"])
    return _TITLES.get(method, "Event")


def _line(value: object) -> str:
    return " ".join(str(value).split())[:300] if value is not None else ""


def _when(event: Event) -> str:
    start = _moment(event, "DTSTART")
    if start is None:
        return ""
    end = _moment(event, "DTEND")
    if end is None and isinstance(start, datetime) and event.get("DURATION") is not None:
        end = start + event.get("DURATION").dt
    if not isinstance(start, datetime):
        return f"{start:%A, %-d %B %Y}, all day"
    shown = f"{start:%A, %-d %B %Y, %H:%M}"
    if isinstance(end, datetime) and end > start:
        shown += f" to {end:%H:%M}" if end.date() == start.date() else f" to {end:%A, %-d %B %Y, %H:%M}"
    return f"{shown} ({_zone(event, start)})"


def _moment(event: Event, name: str) -> date | None:
    value = event.get(name)
    moment = getattr(value, "dt", None)
    return moment if isinstance(moment, date) else None


def _zone(event: Event, moment: datetime) -> str:
    if moment.tzinfo is None:
        return str(event["DTSTART"].params.get("TZID", "")) or "time zone not given"
    if moment.tzinfo is UTC or moment.tzname() == "UTC":
        return "UTC"
    key = getattr(moment.tzinfo, "key", "")
    return f"{key}, {moment:UTC%z}" if key else f"{moment.tzname()}, {moment:UTC%z}"
