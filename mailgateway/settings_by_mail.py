"""Commands by mail for everything that a member can set: one line a command, each answered with what it changed.

`carry_out` is called for a proven member only. Words are those of Mailman and LISTSERV as well as plain ones. What is
set for single groups and topics is here, what holds for all in `member_settings.py`; joining, leaving and help are in
`commands.py`. Nothing here sends mail.
"""

import re
from collections.abc import Callable, Sequence

from forum.accounts.actions import AddressTaken
from forum.accounts.emails import BadAddress
from forum.accounts.models import Member
from forum.accounts.sign_in import TooManyAttempts
from forum.groups.actions import NotPossible
from forum.groups.choices import set_acknowledge, set_copy_when_addressed, set_delivery, set_own_copy, set_topics_only
from forum.groups.models import READS, Delivery, Group, Membership
from forum.groups.queries import group_by_mail_name, group_by_slug, living, membership_of, memberships_of
from forum.threads.following import choice_of_thread, choose_tag, choose_thread, tag_choices
from forum.threads.models import Choice, Thread
from mailgateway.command_answers import Answer
from mailgateway.member_settings import (
    FACETS,
    be_away,
    change_address,
    choose_digest_format,
    choose_digest_time,
    choose_time_zone,
    come_back,
    write_profile,
)
from mailgateway.profile_answers import LABELS

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
_SWITCHES = {
    "own": ("own_copy", set_own_copy, "copies of your own posts"),
    "ack": ("acknowledge", set_acknowledge, "a short mail when your post has gone out"),
    "copies": ("copy_when_addressed", set_copy_when_addressed, "a copy also of what was sent to you directly"),
}
# LISTSERV's words for the first two.
_ALIASES = {"repro": "own yes", "norepro": "own no", "ack": "ack yes", "noack": "ack no"}


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
        return [each for each in memberships_of(member.id) if each.standing in READS]
    return [_membership(member, name)]


def _membership(member: Member, name: str) -> Membership:
    """The member's own membership in the group of this name; the same sentence for a group that must not be known."""
    group = known_group(member, name)
    own = membership_of(member.id, group.id) if group is not None else None
    if own is None or own.standing not in READS:
        raise ValueError(f"you are in no group with the name {name}. Write “which” for a list of yours.")
    return own


def known_group(member: Member, name: str) -> Group | None:
    """The group of this mail name or, if the member may know of it, of this slug."""
    local = name.partition("@")[0].lower()
    by_slug = group_by_slug(local)
    if by_slug is not None and not by_slug.listed and membership_of(member.id, by_slug.id) is None:
        by_slug = None
    return group_by_mail_name(local) or (living(by_slug) if by_slug is not None else None)


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


def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(words, re.IGNORECASE)


_GROUP = r"(?P<group>[\w@.-]{1,300})"
_TAG = r"(?P<tag>#[\w-]{1,60})"
_TAG_ACT = r"(?P<act>follow|mute|unfollow|unmute)"
# Where a word is looked up by its letters: without these "ſ" would pass for "s", and "ı" for "i".
_DAY = r"(?a:(?P<day>mon|tue|wed|thu|fri|sat|sun)[a-z]*)"
_COMMANDS: Sequence[tuple[re.Pattern[str], Act]] = (
    (_pattern(rf"set {_GROUP} (?P<what>\w+(?: (?:yes|no|on|off))?)"), _set),
    (_pattern(rf"digests? (?:at|hour) (?P<hour>\d{{1,2}})(?:[:.]00)?(?: on {_DAY})?"), choose_digest_time),
    (_pattern(rf"digests? (?P<hour>)(?:on|day) {_DAY}"), choose_digest_time),
    (_pattern(r"digests? format (?P<format>html|plain|rfc1153)"), choose_digest_format),
    (_pattern(r"time ?zone (?P<zone>[\w/+ -]{2,60})"), choose_time_zone),
    (_pattern(r"(?:away|vacation) until (?P<date>\d{4}-\d\d-\d\d)(?P<days>)"), be_away),
    (_pattern(r"(?:away|vacation)(?: for)? (?P<days>\d{1,3}) days?(?P<date>)"), be_away),
    (_pattern(r"(?:back|i am back|end vacation|vacation (?:off|end))"), come_back),
    (_pattern(rf"{_TAG_ACT} {_TAG} in {_GROUP}"), _tag),
    (_pattern(rf"{_TAG_ACT} {_GROUP} {_TAG}"), _tag),
    (_pattern(rf"profile (?a:(?P<field>{'|'.join(FACETS)})) (?P<value>.{{1,300}})"), write_profile),
    (_pattern(rf"(?a:(?P<field>{'|'.join(LABELS.values())})) ?: ?(?P<value>\S.{{0,299}})"), write_profile),
    (_pattern(r"address (?P<act>add|remove|main) (?P<email>\S{3,254})"), change_address),
)
