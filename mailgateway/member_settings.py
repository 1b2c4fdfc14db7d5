"""Commands by mail for what a member sets once, for all groups: digests, time zone, absence, profile, addresses.

Each takes the words that `settings_by_mail` has matched, and says what it changed. It sends nothing.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from forum.accounts.actions import choose_primary, remove_address, request_address
from forum.accounts.models import DigestFormat, Member
from forum.accounts.preferences import (
    WEEKDAYS,
    come_home,
    go_away,
    set_digest_format,
    set_digest_time,
    set_time_zone,
    zone_of,
)
from forum.accounts.queries import address_by_email
from forum.clock import now
from forum.facets.profile import write_profile as write_whole_profile
from mailgateway.command_answers import Answer

FORMS = {
    DigestFormat.HTML: "formatted",
    DigestFormat.PLAIN: "as plain text",
    DigestFormat.RFC1153: "as plain text that mail programs can take apart (RFC 1153)",
}
FACETS = ("name", "place", "specialty", "career stage", "employer", "interests")


def choose_digest_time(member: Member, found: re.Match[str]) -> Sequence[Answer]:
    undo = f"digest at {member.digest_hour} on {WEEKDAYS[member.digest_weekday]}"
    hour = int(found["hour"]) if found["hour"] else member.digest_hour
    set_digest_time(member, hour, _weekday(found["day"]) if found["day"] else None)
    said = f"Digests come at {member.digest_hour}:00 your time, weekly ones on {WEEKDAYS[member.digest_weekday]}."
    return (Answer(said, undo),)


def _weekday(word: str) -> int:
    return next(number for number, day in enumerate(WEEKDAYS) if day.lower().startswith(word.lower()[:3]))


def choose_digest_format(member: Member, found: re.Match[str]) -> Sequence[Answer]:
    before = member.digest_format
    set_digest_format(member, DigestFormat(found["format"].lower()))
    return (Answer(f"Digests come {FORMS[member.digest_format]}.", f"digest format {before}"),)


def choose_time_zone(member: Member, found: re.Match[str]) -> Sequence[Answer]:
    before = member.time_zone
    set_time_zone(member, found["zone"])
    return (Answer(f"Your time zone is {member.time_zone}.", f"time zone {before}"),)


def be_away(member: Member, found: re.Match[str]) -> Sequence[Answer]:
    zone = zone_of(member)
    undo = f"away until {member.away_until.astimezone(zone):%Y-%m-%d}" if member.away_until is not None else "back"
    if found["days"]:
        until = now() + timedelta(days=int(found["days"]))
    else:
        until = datetime.combine(date.fromisoformat(found["date"]), time(0), zone)
    go_away(member, until.astimezone(now().tzinfo))
    day = f"{until.astimezone(zone):%d %B %Y}".lstrip("0")
    said = f"No mail of any group until {day}. Then one mail sums up what there was."
    return (Answer(said, undo),)


def come_back(member: Member, _found: re.Match[str]) -> Sequence[Answer]:
    if member.away_until is None:
        return (Answer("You were not away: your mail comes as you have chosen."),)
    come_home(member)
    return (Answer("Welcome back. One mail sums up what there was; from now on mail comes as you have chosen."),)


def write_profile(member: Member, found: re.Match[str]) -> Sequence[Answer]:
    field = found["field"].lower().replace(" ", "_")
    before = str(getattr(member, field))
    write_whole_profile(member, {field: found["value"].strip("-") if field != "name" else found["value"]})
    said = f"Your {found['field'].lower()} is now: {getattr(member, field) or 'empty'}."
    return (Answer(said, f"profile {found['field'].lower()} {before or '-'}"),)


def change_address(member: Member, found: re.Match[str]) -> Sequence[Answer]:
    email, act = found["email"], found["act"].lower()
    if act == "add":
        request_address(member, email)
        return (Answer(f"A mail with a link has gone to {email}. Open the link to make it yours."),)
    address = address_by_email(email)
    if address is None or address.member_id != member.id:
        raise ValueError(f"{email} is not one of your addresses.")
    if act == "remove":
        remove_address(member, address.id)
        return (Answer(f"{email} is no longer yours.", f"address add {email}"),)
    main = next(each.email for each in member.addresses if each.is_primary)
    choose_primary(member, address.id)
    return (Answer(f"Mail goes to {email} from now on.", f"address main {main}"),)
