"""The form of a group's settings: what it offers, what stands in it, what change it asks for. Writes nothing."""

import re
from collections.abc import Mapping

from forum.groups.actions import GroupChange
from forum.groups.models import Assurance, Group, JoinPolicy, Kind, Moderate

_QUOTA = re.compile("[1-9][0-9]{0,5}")

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
    }


def has_door(group: Group) -> bool:
    """Whether listing and joining are a choice: into the community and into circles leads only an invitation."""
    return group.kind not in (Kind.COMMUNITY, Kind.CIRCLE)


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
    ), {}
