"""What checks of pace know besides a post: who wrote what when, as plain values; nothing here gathers them.

People are numbers that say only which posts are of the same person, so that a pseudonym serves as well.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

# No check looks back further, in seconds: a year and a day.
LONGEST = 366 * 86_400


@dataclass(frozen=True)
class InThread:
    """A post of the thread that is answered."""

    writer: int
    at: datetime


@dataclass(frozen=True)
class SameWords:
    """The same words of the same person in another group."""

    group: int
    at: datetime


@dataclass(frozen=True)
class History:
    """What was before a post that somebody wants to publish `now`; the post itself is not among it.

    `own` are the moments of the writer's posts in this group and `published` how many there ever were; `thread` the
    thread's posts by everybody, empty for a new one. All may reach back further than a check asks, in any order.
    """

    now: datetime
    writer: int
    own: tuple[datetime, ...] = ()
    published: int = 0
    thread: tuple[InThread, ...] = ()
    same_words: tuple[SameWords, ...] = ()

    def __post_init__(self) -> None:
        elsewhere = (each.at for each in self.same_words)
        moments = (self.now, *self.own, *(each.at for each in self.thread), *elsewhere)
        if any(moment.tzinfo is None for moment in moments):
            raise ValueError("A moment without a time zone says nothing.")

    def own_in_thread(self) -> tuple[datetime, ...]:
        """The moments of the writer's own posts in the thread."""
        return tuple(each.at for each in self.thread if each.writer == self.writer)


def in_window(moments: tuple[datetime, ...], now: datetime, seconds: int) -> list[datetime]:
    """Those of the last `seconds`, the oldest first."""
    since = now - timedelta(seconds=seconds)
    return sorted(moment for moment in moments if since < moment <= now)


def spelled(seconds: float) -> str:
    """A length of time as people say it, rounded up where nobody would be more exact: "90 minutes", "4 hours"."""
    units = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
    size, name = next(
        unit
        for unit in units
        if seconds >= 3 * unit[0] or (seconds >= unit[0] and seconds % unit[0] == 0) or unit[0] == 1
    )
    count = max(1, ceil(seconds / size))
    return f"{count} {name}" if count == 1 else f"{count} {name}s"
