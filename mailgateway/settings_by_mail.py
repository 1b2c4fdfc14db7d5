"""Commands by mail for everything that a member can set: one line a command, each answered with what it changed.

`carry_out` is called for a proven member only. Words are those of Mailman and LISTSERV as well as plain ones. Joining,
leaving and help are in `commands.py`; nothing here sends mail.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from forum.accounts.actions import (
    AddressTaken,
    change_profile,
    choose_primary,
    remove_address,
    request_address,
)
from forum.accounts.emails import BadAddress
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
from forum.accounts.sign_in import TooManyAttempts
from forum.clock import now
from forum.groups.actions import NotPossible
from forum.groups.choices import (
    set_acknowledge,
    set_copy_when_addressed,
    set_delivery,
    set_own_copy,
    set_topics_only,
)
from forum.groups.models import Delivery, Group, Membership, Standing
from forum.groups.queries import group_by_mail_name, group_by_slug, membership_of, memberships_of
from forum.threads.following import choice_of_thread, choose_tag, choose_thread, tag_choices
from forum.threads.models import Choice, Thread


@dataclass(frozen=True)
class Answer:
    """What a command did, in one sentence, and the command that puts it back; "" where nothing need be put back."""

    said: str
    undo: str = ""


# Between what was done and how to undo it, where both stand on one line.
UNDO = " To undo this, write: "

Act = Callable[[Member, re.Match[str]], Sequence[Answer]]

# The word for a way to get posts, with what digests hold: None leaves that as it is.
_MODES = {
    "single": (Delivery.SINGLE, None),
    "mail": (Delivery.SINGLE, None),
    "mails": (Delivery.SINGLE, None),
    "each": (Delivery.SINGLE, None),
    "digest": (Delivery.DIGEST, False),
    "digests": (Delivery.DIGEST, False),
    "daily": (Delivery.DIGEST, False),
    "weekly": (Delivery.WEEKLY, False),
    "topics": (Delivery.DIGEST, True),
    "summary": (Delivery.DIGEST, True),
    "index": (Delivery.DIGEST, True),
    "followed": (Delivery.FOLLOWED, None),
    "specials": (Delivery.SPECIALS, None),
    "special": (Delivery.SPECIALS, None),
    "none": (Delivery.NONE, None),
    "nomail": (Delivery.NONE, None),
}
# The words that help offers; the others are those of other list servers.
_OFFERED = ("single", "digest", "weekly", "topics", "followed", "specials", "none")
SENTENCES = {
    Delivery.SINGLE: "every post as its own mail",
    Delivery.DIGEST: "one mail a day with all posts",
    Delivery.WEEKLY: "one mail a week with all posts",
    Delivery.FOLLOWED: "only topics you follow",
    Delivery.SPECIALS: "only special announcements",
    Delivery.NONE: "no mail",
}
FORMS = {
    DigestFormat.HTML: "formatted",
    DigestFormat.PLAIN: "as plain text",
    DigestFormat.RFC1153: "as plain text that mail programs can take apart (RFC 1153)",
}
_SWITCHES = {
    "own": ("own_copy", set_own_copy, "copies of your own posts"),
    "ack": ("acknowledge", set_acknowledge, "a short mail when your post has gone out"),
    "copies": ("copy_when_addressed", set_copy_when_addressed, "a copy also of what was sent to you directly"),
}
# LISTSERV's words for the first two.
_ALIASES = {"repro": "own yes", "norepro": "own no", "ack": "ack yes", "noack": "ack no"}
_FACETS = ("name", "place", "specialty", "career stage", "employer", "interests")


def as_line(answer: Answer) -> str:
    """An answer on one line, as it is kept with the mail that asked."""
    return f"{answer.said}{UNDO}{answer.undo}" if answer.undo else answer.said


def as_answer(line: str) -> Answer:
    said, _, undo = line.partition(UNDO)
    return Answer(said, undo)


def is_setting(line: str) -> bool:
    """Whether a line reads like one of these commands."""
    bare = _bare(line)
    return any(pattern.fullmatch(bare) for pattern, _ in _COMMANDS)


def _bare(line: str) -> str:
    return " ".join(line.split()).strip(" .;")


def carry_out(member: Member, line: str) -> Sequence[Answer] | None:
    """Do what one line asks for; None for a line that is no command. What cannot be done says why."""
    bare = _bare(line)
    for pattern, act in _COMMANDS:
        found = pattern.fullmatch(bare)
        if found is not None:
            try:
                return act(member, found)
            except OverflowError:  # The year 1 or 9999, in a zone where it is another year by UTC.
                return (Answer(f"“{bare}” was not done: choose a day within a year."),)
            except (NotPossible, AddressTaken, BadAddress, TooManyAttempts, ValueError) as refusal:
                return (Answer(f"“{bare}” was not done: {refusal}"),)
    return None


def is_thread_word(text: str) -> bool:
    """Whether an answer is nothing but a word that follows or mutes its topic."""
    return len(text) < 20 and _thread_word(text) in _THREAD_WORDS


def _thread_word(text: str) -> str:
    return text.strip(" .!,\n").lower()


def follow_by_word(member: Member, thread: Thread, text: str) -> Answer:
    """A topic followed or muted by answering its mail with one word (see `is_thread_word`)."""
    wanted = _THREAD_WORDS[_thread_word(text)]
    before = choice_of_thread(member.id, thread.id)
    choose_thread(member.id, thread, wanted)
    undo = next(words for words, choice in _THREAD_WORDS.items() if choice is before)
    if wanted is Choice.FOLLOW:
        said = f"You follow “{thread.subject}”: you get its posts also when you get only followed topics."
    elif wanted is Choice.MUTE:
        said = f"You have muted “{thread.subject}”: no more mail of this topic."
    else:
        said = f"You neither follow nor mute “{thread.subject}” any more."
    return Answer(f"{said} To undo this, answer a mail of the topic with the word: {undo}")


_THREAD_WORDS: dict[str, Choice | None] = {
    "follow": Choice.FOLLOW,
    "mute": Choice.MUTE,
    "unmute": None,
    "unfollow": None,
}


def _set(member: Member, found: re.Match[str]) -> Sequence[Answer]:
    what = found["what"].lower()
    what = _ALIASES.get(what, what)
    chosen = _chosen(member, found["group"])
    if what in _MODES:
        return [_set_mode(member, each, what) for each in chosen]
    switch, _, value = what.partition(" ")
    if switch in _SWITCHES and value in ("yes", "no", "on", "off"):
        return [_set_switch(member, each, switch, value in ("yes", "on")) for each in chosen]
    raise ValueError(f"choose one of {', '.join(_OFFERED)}; or own, ack or copies with yes or no.")


def _chosen(member: Member, name: str) -> Sequence[Membership]:
    if name.lower() == "all":
        return [each for each in memberships_of(member.id) if each.standing in (Standing.ACTIVE, Standing.MUTED)]
    return [_membership(member, name)]


def _membership(member: Member, name: str) -> Membership:
    """The member's own membership in the group of this name; the same sentence for a group that must not be known."""
    group = known_group(member, name)
    own = membership_of(member.id, group.id) if group is not None else None
    if own is None or own.standing not in (Standing.ACTIVE, Standing.MUTED):
        raise ValueError(f"you are in no group with the name {name}. Write “which” for a list of yours.")
    return own


def known_group(member: Member, name: str) -> Group | None:
    """The group of this mail name or, if the member may know of it, of this slug."""
    local = name.partition("@")[0].lower()
    by_slug = group_by_slug(local)
    if by_slug is not None and not by_slug.listed and membership_of(member.id, by_slug.id) is None:
        by_slug = None
    return group_by_mail_name(local) or by_slug


def _set_mode(member: Member, own: Membership, word: str) -> Answer:
    delivery, topics = _MODES[word]
    before, was = _mode_of(own), (own.delivery, own.topics_only)
    set_delivery(own, delivery, actor_id=member.id)
    if topics is not None:
        set_topics_only(own, topics, actor_id=member.id)
    words = "one mail a day with the topics" if topics else SENTENCES[delivery]
    if was == (own.delivery, own.topics_only):
        return Answer(f"{own.group.name}: {words}, as before.")
    return Answer(f"{own.group.name}: {words}.", f"set {own.group.slug} {before}")


def _mode_of(own: Membership) -> str:
    if own.delivery is Delivery.DIGEST and own.topics_only:
        return "topics"
    return str(own.delivery)


def _set_switch(member: Member, own: Membership, switch: str, wanted: bool) -> Answer:
    column, act, words = _SWITCHES[switch]
    before = "yes" if getattr(own, column) else "no"
    act(own, wanted, actor_id=member.id)
    return Answer(
        f"{own.group.name}: {'you get' if wanted else 'you do not get'} {words}.",
        f"set {own.group.slug} {switch} {before}",
    )


def _digest_time(member: Member, found: re.Match[str]) -> Sequence[Answer]:
    undo = f"digest at {member.digest_hour} on {WEEKDAYS[member.digest_weekday]}"
    hour = int(found["hour"]) if found["hour"] else member.digest_hour
    set_digest_time(member, hour, _weekday(found["day"]) if found["day"] else None)
    said = f"Digests come at {member.digest_hour}:00 your time, weekly ones on {WEEKDAYS[member.digest_weekday]}."
    return (Answer(said, undo),)


def _weekday(word: str) -> int:
    return next(number for number, day in enumerate(WEEKDAYS) if day.lower().startswith(word.lower()[:3]))


def _digest_format(member: Member, found: re.Match[str]) -> Sequence[Answer]:
    before = member.digest_format
    set_digest_format(member, DigestFormat(found["format"].lower()))
    return (Answer(f"Digests come {FORMS[member.digest_format]}.", f"digest format {before}"),)


def _time_zone(member: Member, found: re.Match[str]) -> Sequence[Answer]:
    before = member.time_zone
    set_time_zone(member, found["zone"])
    return (Answer(f"Your time zone is {member.time_zone}.", f"time zone {before}"),)


def _away(member: Member, found: re.Match[str]) -> Sequence[Answer]:
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


def _back(member: Member, _found: re.Match[str]) -> Sequence[Answer]:
    if member.away_until is None:
        return (Answer("You were not away: your mail comes as you have chosen."),)
    come_home(member)
    return (Answer("Welcome back. One mail sums up what there was; from now on mail comes as you have chosen."),)


def _tag(member: Member, found: re.Match[str]) -> Sequence[Answer]:
    own = _membership(member, found["group"])
    tag, act = found["tag"].lstrip("#").lower(), found["act"].lower()
    before = tag_choices(member.id, own.group_id).get(tag)
    choose_tag(member.id, own.group_id, tag, _TAG_ACTS[act])
    undo = {Choice.FOLLOW: "follow", Choice.MUTE: "mute", None: f"un{act.removeprefix('un')}"}[before]
    words = {Choice.FOLLOW: "you follow", Choice.MUTE: "you have muted", None: "you neither follow nor mute"}
    said = f"{own.group.name}: {words[_TAG_ACTS[act]]} #{tag}."
    return (Answer(said, f"{undo} #{tag} in {own.group.slug}"),)


_TAG_ACTS = {"follow": Choice.FOLLOW, "mute": Choice.MUTE, "unfollow": None, "unmute": None}


def _profile(member: Member, found: re.Match[str]) -> Sequence[Answer]:
    field = found["field"].lower().replace(" ", "_")
    before = str(getattr(member, field))
    if field == "name":
        change_profile(member, name=found["value"])
    else:
        change_profile(member, name=member.name, **{field: found["value"].strip("-")})
    said = f"Your {found['field'].lower()} is now: {getattr(member, field) or 'empty'}."
    return (Answer(said, f"profile {found['field'].lower()} {before or '-'}"),)


def _address(member: Member, found: re.Match[str]) -> Sequence[Answer]:
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


def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(words, re.IGNORECASE)


_GROUP = r"(?P<group>[\w@.-]{1,300})"
_TAG = r"(?P<tag>#[\w-]{1,60})"
_TAG_ACT = r"(?P<act>follow|mute|unfollow|unmute)"
# Where a word is looked up by its letters: without these "ſ" would pass for "s", and "ı" for "i".
_DAY = r"(?a:(?P<day>mon|tue|wed|thu|fri|sat|sun)[a-z]*)"
_COMMANDS: Sequence[tuple[re.Pattern[str], Act]] = (
    (_pattern(rf"set {_GROUP} (?P<what>\w+(?: (?:yes|no|on|off))?)"), _set),
    (_pattern(rf"digests? (?:at|hour) (?P<hour>\d{{1,2}})(?:[:.]00)?(?: on {_DAY})?"), _digest_time),
    (_pattern(rf"digests? (?P<hour>)(?:on|day) {_DAY}"), _digest_time),
    (_pattern(r"digests? format (?P<format>html|plain|rfc1153)"), _digest_format),
    (_pattern(r"time ?zone (?P<zone>[\w/+ -]{2,60})"), _time_zone),
    (_pattern(r"(?:away|vacation) until (?P<date>\d{4}-\d\d-\d\d)(?P<days>)"), _away),
    (_pattern(r"(?:away|vacation)(?: for)? (?P<days>\d{1,3}) days?(?P<date>)"), _away),
    (_pattern(r"(?:back|i am back|end vacation|vacation (?:off|end))"), _back),
    (_pattern(rf"{_TAG_ACT} {_TAG} in {_GROUP}"), _tag),
    (_pattern(rf"{_TAG_ACT} {_GROUP} {_TAG}"), _tag),
    (_pattern(rf"profile (?a:(?P<field>{'|'.join(_FACETS)})) (?P<value>.{{1,300}})"), _profile),
    (_pattern(r"address (?P<act>add|remove|main) (?P<email>\S{3,254})"), _address),
)
