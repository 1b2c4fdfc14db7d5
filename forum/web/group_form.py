"""The form of a group's settings: what stands in it, and the change it asks for. What it offers is in `offered.py`."""

import re
from collections.abc import Mapping

from forum.groups.actions import GroupChange
from forum.groups.models import Group
from forum.groups.offered import DAYS_TO_DECIDE, QUOTAS, SETTINGS, read_words

_NUMBER = re.compile("[0-9]{1,6}")


def as_typed(group: Group) -> dict[str, str]:
    """The settings as they stand, by field."""
    return {
        "name": group.name,
        "description": group.description,
        "quota": str(group.quota or ""),
        "decide_within_days": str(group.decide_within_days),
    } | {name: setting.word_of(group) for name, setting in SETTINGS.items()}


def read_change(group: Group, typed: Mapping[str, str]) -> tuple[GroupChange, dict[str, str]]:
    """The change that a form asks for, and a sentence for every field that will not do."""
    words = {name: typed[name] for name, setting in SETTINGS.items() if setting.offered_in(group)}
    errors = {} if typed["name"] else {"name": "Give the group a name."}
    errors |= {name: SETTINGS[name].missing for name, word in words.items() if word not in SETTINGS[name].words}
    if typed["quota"] and _number(typed["quota"]) not in QUOTAS:
        errors["quota"] = "Write a number of posts such as 20, or leave it empty for no limit."
    if _number(typed["decide_within_days"]) not in DAYS_TO_DECIDE:
        errors["decide_within_days"] = f"Write a number of days from {DAYS_TO_DECIDE[0]} to {DAYS_TO_DECIDE[-1]}."
    if errors:
        return GroupChange(), errors
    return GroupChange(
        name=typed["name"],
        description=typed["description"],
        quota=_number(typed["quota"]),
        decide_within_days=_number(typed["decide_within_days"]),
        **read_words(words),
    ), {}


def _number(typed: str) -> int:
    """What was typed as a number; 0 for what is none."""
    return int(typed) if _NUMBER.fullmatch(typed) else 0
