"""Sees a heated thread: many answers by few people in a short time, which a pause serves better than one more.

It looks at the pace alone and at nobody's opinion, and it binds those who set the pace: others may still come in.
"""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from forum.rules.findings import Severity
from forum.rules.history import LONGEST, History, InThread, in_window, spelled
from forum.rules.matter import Sighting

# A remark by a bystander does not cool a quarrel.
_SHARE_OF_FEW = 0.75


@dataclass(frozen=True)
class CoolDownOptions:
    """So many answers by so few people within a time are heated; then those people pause."""

    answers: int = 8
    people: int = 3
    seconds: int = 1_800
    pause_seconds: int = 1_800

    def __post_init__(self) -> None:
        if self.people < 1 or self.answers <= self.people:
            raise ValueError("A heated thread has more answers than people, and at least 1 of them.")
        if not 60 <= min(self.seconds, self.pause_seconds) <= max(self.seconds, self.pause_seconds) <= LONGEST:
            raise ValueError("The time and the pause are 60 seconds to 366 days.")


def check_cool_down(history: History, options: CoolDownOptions) -> tuple[Sighting, ...]:
    since = history.now - timedelta(seconds=options.seconds)
    recent = [each for each in history.thread if since < each.at <= history.now]
    busiest = Counter(each.writer for each in recent).most_common(options.people)
    theirs = sum(count for _, count in busiest)
    if theirs < options.answers or theirs < _SHARE_OF_FEW * len(recent):
        return ()
    if history.writer not in dict(busiest):
        return ()
    last = in_window(history.own_in_thread(), history.now, options.seconds)[-1]
    wait = options.pause_seconds - (history.now - last).total_seconds()
    if wait <= 0:
        return ()
    return (
        Sighting(
            Severity.RETURN,
            f"This thread has had {theirs} answers by {_people(len(busiest))} within {spelled(options.seconds)}. Such"
            " exchanges push others out, so the same few pause here, on every side. Read it once more and send it in"
            f" {spelled(wait)}.",
            f"{theirs} answers by {_people(len(busiest))} within {spelled(options.seconds)}.",
            (),
        ),
    )


def _people(count: int) -> str:
    return "one person" if count == 1 else f"{count} people"


_NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def _thread(*writers: int, every: int = 1) -> History:
    """One post every so many minutes, the last one just now; written for the person 1."""
    moments = (_NOON - timedelta(minutes=every * back) for back in range(len(writers)))
    return History(_NOON, 1, thread=tuple(map(InThread, reversed(writers), moments)))


EXAMPLES_CAUGHT = (
    _thread(1, 2, 1, 2, 1, 2, 1, 2),
    _thread(1, 2, 3, 1, 2, 3, 1, 2),
    _thread(1, 1, 1, 1, 1, 1, 1, 1),
    _thread(1, 2, 1, 2, 4, 1, 2, 1, 2, 5),
    _thread(1, 2, 1, 2, 1, 2, 1, 2, every=3),
    _thread(2, 1, 2, 2, 1, 2, 2, 2, 1, 2, 3),
)
EXAMPLES_PASS = (
    _thread(),
    _thread(1, 2, 1, 2),
    _thread(1, 2, 3, 4, 5, 6, 7, 8),
    _thread(2, 3, 2, 3, 2, 3, 2, 3),
    _thread(1, 2, 1, 2, 1, 2, 1, 2, every=20),
    replace(_thread(1, 2, 1, 2, 1, 2, 1, 2), writer=9),
)
