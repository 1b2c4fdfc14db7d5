"""The form of a group's settings: what it offers, what stands in it, what change it asks for. Writes nothing."""

import re
from collections.abc import Mapping

from forum.groups.actions import GroupChange
from forum.groups.models import (
    Assurance,
    Group,
    JoinPolicy,
    Kind,
    MailContent,
    Moderate,
    OneClick,
    ReplyTo,
    Strangers,
)

_QUOTA = re.compile("[1-9][0-9]{0,5}")
_DAYS = re.compile("[0-9]{1,3}")
_CHOOSE = {
    "moderators_obey": "Choose what becomes of moderators' own posts.",
    "hold_unaddressed": "Choose what becomes of mail that does not name the group.",
    "strangers": "Choose what becomes of mail from unknown addresses.",
    "mail_content": "Choose what the mail of the group says.",
    "reply_to": "Choose where answers go.",
    "one_click": "Choose what one-click unsubscribe does.",
}

WORDS = {
    "moderate": (
        (Moderate.NONE, "Nobody's: every post goes out at once"),
        (Moderate.NEWCOMERS, "Newcomers': the first three posts of a new member wait"),
        (Moderate.ALL, "Everybody's: each post waits for a moderator"),
    ),
    "join_policy": (
        (JoinPolicy.OPEN, "Every member of the community, at once"),
        (JoinPolicy.REQUEST, "Who asks and is let in by a moderator"),
        (JoinPolicy.INVITE, "Only who is invited"),
    ),
    "assurance": (
        (Assurance.PROVEN, "Proven: the sender's mail system vouches for the sender"),
        (Assurance.TOKEN, "Proven, or sent to the member's own reply address"),
        (Assurance.CLAIMED, "What stands in the From line is believed, unless the check fails"),
    ),
    "moderators_obey": (("no", "Go out at once"), ("yes", "Wait like everybody's")),
    "hold_unaddressed": (("no", "Goes out like any other"), ("yes", "Waits for a moderator")),
    "strangers": (
        (Strangers.HOLD, "Wait for a moderator"),
        (Strangers.REFUSE, "Are refused"),
    ),
    "mail_content": (
        (MailContent.FULL, "The post"),
        (MailContent.LINK, "Only that there is one, with a link to sign in: no word of it, not even its subject"),
    ),
    "reply_to": ((ReplyTo.GROUP, "To the group"), (ReplyTo.AUTHOR, "To its author alone")),
    "one_click": (
        (OneClick.LEAVE, "Ends the membership in that group"),
        (OneClick.STOP, "Only stops the mail of that group"),
    ),
}


def as_typed(group: Group) -> dict[str, str]:
    """The settings as they stand, by field."""
    return {
        "name": group.name,
        "description": group.description,
        "moderate": group.moderate,
        "join_policy": group.join_policy,
        "listed": "yes" if group.listed else "no",
        "quota": str(group.quota or ""),
        "assurance_new": group.assurance_new,
        "assurance_reply": group.assurance_reply,
        "moderators_obey": "yes" if group.moderators_obey else "no",
        "hold_unaddressed": "yes" if group.hold_unaddressed else "no",
        "decide_within_days": str(group.decide_within_days),
        "strangers": group.strangers,
        "mail_content": group.mail_content,
        "reply_to": group.reply_to,
        "one_click": group.one_click,
    }


def has_door(group: Group) -> bool:
    """Whether listing and joining are a choice: into the community and into circles leads only an invitation."""
    return group.kind not in (Kind.COMMUNITY, Kind.CIRCLE)


def _is_root(group: Group) -> bool:
    return group.kind is Kind.COMMUNITY


def read_change(group: Group, typed: Mapping[str, str]) -> tuple[GroupChange, dict[str, str]]:
    """The change that a form asks for, and a sentence for every field that will not do."""
    errors = {}
    if not typed["name"]:
        errors["name"] = "Give the group a name."
    if typed["moderate"] not in list(Moderate):
        errors["moderate"] = "Choose whose posts wait."
    if has_door(group) and typed["join_policy"] not in list(JoinPolicy):
        errors["join_policy"] = "Choose who can join."
    for name in ("assurance_new", "assurance_reply"):
        if typed[name] not in {value for value, _words in WORDS["assurance"]}:
            errors[name] = "Choose how sure the sender must be."
    if typed["quota"] and not _QUOTA.fullmatch(typed["quota"]):
        errors["quota"] = "Write a number of posts such as 20, or leave it empty for no limit."
    for name, sentence in _CHOOSE.items():
        if typed[name] not in {value for value, _words in WORDS[name]} and (name != "one_click" or _is_root(group)):
            errors[name] = sentence
    if not _DAYS.fullmatch(typed["decide_within_days"]) or int(typed["decide_within_days"]) not in range(2, 366):
        errors["decide_within_days"] = "Write a number of days from 2 to 365."
    if errors:
        return GroupChange(), errors
    return GroupChange(
        name=typed["name"],
        description=typed["description"],
        moderate=Moderate(typed["moderate"]),
        assurance_new=Assurance(typed["assurance_new"]),
        assurance_reply=Assurance(typed["assurance_reply"]),
        quota=int(typed["quota"] or 0),
        join_policy=JoinPolicy(typed["join_policy"]) if has_door(group) else None,
        listed=typed["listed"] == "yes" if has_door(group) else None,
        moderators_obey=typed["moderators_obey"] == "yes",
        hold_unaddressed=typed["hold_unaddressed"] == "yes",
        decide_within_days=int(typed["decide_within_days"]),
        strangers=Strangers(typed["strangers"]),
        mail_content=MailContent(typed["mail_content"]),
        reply_to=ReplyTo(typed["reply_to"]),
        one_click=OneClick(typed["one_click"]) if _is_root(group) else None,
    ), {}
