"""How long something lasts, as moderators write it in a mail: "7 days", "for 2 weeks", "until 2027-01-31". Pure."""

import re
from collections.abc import Mapping
from datetime import date, timedelta

# So long from now, or to the end of a day.
Length = timedelta | date

_DAYS: Mapping[str, float] = {"min": 1 / 1440, "h": 1 / 24, "d": 1, "w": 7, "mon": 30, "y": 365}
_SO_LONG = (
    r"(?P<count>\d{1,3}|an?|one)[ \t]*"
    r"(?P<unit>min(?:ute)?s?|h(?:ou)?rs?|h|days?|d|weeks?|w|months?|years?)\b"
)
_UNTIL = r"until[ \t]+(?P<day>\d{4}-\d{2}-\d{2})\b"
_LENGTH = re.compile(rf"[ \t*_]*(?:(?:for[ \t]+)?{_SO_LONG}|{_UNTIL})", re.IGNORECASE)
# Where a number alone means something else.
_LENGTH_AFTER_FOR = re.compile(rf"[ \t*_]*(?:for[ \t]+{_SO_LONG}|{_UNTIL})", re.IGNORECASE)


def read_length(text: str, position: int, *, after_for: bool = False) -> tuple[Length | None, int]:
    """The length that stands here and where it ends; None and the same place when there is none."""
    found = (_LENGTH_AFTER_FOR if after_for else _LENGTH).match(text, position)
    if found is None:
        return None, position
    if found["day"]:
        try:
            return date.fromisoformat(found["day"]), found.end()
        except ValueError:
            return None, position
    count = int(found["count"]) if found["count"].isdigit() else 1
    unit = next(each for each in _DAYS if found["unit"].lower().startswith(each))
    return timedelta(days=count * _DAYS[unit]), found.end()
