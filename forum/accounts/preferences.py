"""What a member sets for the mail of all groups: when digests come, how they look, and absence. Never commits.

Which groups send digests is `forum/groups/choices.py`; what stands in one is the mail gateway's.
"""

from datetime import datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from forum.accounts.models import DigestFormat, Member
from forum.clock import now
from forum.counter import PUBLISHED, last_number
from forum.log import record

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
AWAY_AT_MOST = timedelta(days=366)


def next_digest_at(member: Member, after: datetime) -> datetime:
    """The first moment later than `after` at which the member's clock shows the digest hour.

    An hour that the clock skips in spring comes as soon as the clock is past it; one that it shows twice in autumn
    counts the first time. So there is one such moment on each of the member's days.
    """
    zone = zone_of(member)
    day = after.astimezone(zone).date()
    while True:
        # `fold=0`, the default, reads a skipped hour by the clock before the change (PEP 495).
        there = datetime.combine(day, time(member.digest_hour), zone)
        moment = there.astimezone(after.tzinfo)
        if moment.astimezone(zone).date() != day:
            # The skipped hour was the day's last: by the clock after the change it still falls on that day.
            moment = there.replace(fold=1).astimezone(after.tzinfo)
        if moment > after:
            return moment
        day += timedelta(days=1)


def zone_of(member: Member) -> ZoneInfo:
    """The member's time zone; UTC for a name that no longer exists."""
    try:
        return ZoneInfo(member.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def set_digest_time(member: Member, hour: int, weekday: int | None = None) -> None:
    """The hour of digests, 0 to 23, and the day of weekly ones, 0 for Monday; None keeps the day."""
    if not 0 <= hour <= 23:
        raise ValueError("Choose an hour from 0 to 23.")
    if weekday is not None and not 0 <= weekday <= 6:
        raise ValueError("Choose a day of the week.")
    day = member.digest_weekday if weekday is None else weekday
    if (member.digest_hour, member.digest_weekday) == (hour, day):
        return
    undo = f"digest at {member.digest_hour}:00 on {WEEKDAYS[member.digest_weekday]}"
    member.digest_hour, member.digest_weekday = hour, day
    plan_again(member)
    _record(member, f"digest at {hour}:00 on {WEEKDAYS[day]}", undo)


def set_digest_format(member: Member, format: DigestFormat) -> None:
    """How digests look."""
    if member.digest_format is not format:
        undo = f"digest format {member.digest_format}"
        member.digest_format = format
        _record(member, f"digest format {format}", undo)


def set_time_zone(member: Member, name: str) -> None:
    """The time zone by its name, such as Europe/Vienna or just Vienna. ValueError with a sentence when unknown."""
    zone = _zones_by_word().get(_word(name))
    if zone is None:
        raise ValueError("This time zone is not known. Write a name such as Europe/Vienna, or UTC.")
    if member.time_zone != zone:
        undo = f"time zone {member.time_zone}"
        member.time_zone = zone
        plan_again(member)
        _record(member, f"time zone {zone}", undo)


def plan_again(member: Member) -> None:
    """The next digest at its new time, for who gets any."""
    if member.digest_due_at is not None:
        member.digest_due_at = next_digest_at(member, now())


def go_away(member: Member, until: datetime) -> None:
    """No mail of any group until then; what comes meanwhile is summed up once afterwards. ValueError for a bad day."""
    moment = now()
    if until <= moment:
        raise ValueError("Choose a day in the future.")
    if until > moment + AWAY_AT_MOST:
        raise ValueError("Choose a day within a year.")
    if member.away_until == until:
        return
    undo = f"away until {member.away_until:%Y-%m-%dT%H:%M} UTC" if member.away_until is not None else "back"
    if member.away_from_no is None:
        member.away_from_no = last_number(PUBLISHED)
    member.away_until = until
    _record(member, f"away until {until:%Y-%m-%dT%H:%M} UTC", undo)


def come_home(member: Member) -> None:
    """End an absence now. The summary of what came meanwhile is due from this moment, as after any absence."""
    moment = now()
    if member.away_until is not None and member.away_until > moment:
        undo = f"away until {member.away_until:%Y-%m-%dT%H:%M} UTC"
        member.away_until = moment
        _record(member, "back", undo)


def is_away(member: Member) -> bool:
    return member.away_until is not None and member.away_until > now()


def _record(member: Member, act: str, undo: str) -> None:
    record(act, "member", member.id, actor_id=member.id, undo=undo)


def _word(name: str) -> str:
    return " ".join(name.split()).replace(" ", "_").casefold()


@cache
def _zones_by_word() -> dict[str, str]:
    """Zones by their full name and, where only one region has it, by the name of the place alone."""
    zones = sorted(zone for zone in available_timezones() if len(zone) <= 60)
    places: dict[str, list[str]] = {}
    for zone in zones:
        places.setdefault(_word(zone.rpartition("/")[2]), []).append(zone)
    alone = {place: found[0] for place, found in places.items() if len(found) == 1}
    return alone | {_word(zone): zone for zone in zones}
