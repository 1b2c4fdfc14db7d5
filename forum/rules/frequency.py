"""How often somebody posts in a group and in one thread within a time: a pace that leaves room for others."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from forum.rules.findings import Severity
from forum.rules.history import LONGEST, History, InThread, in_window, spelled
from forum.rules.matter import Sighting


@dataclass(frozen=True)
class FrequencyOptions:
    """At most so many posts in so many seconds, in the group and in a thread; None: no limit."""

    most: int | None = 10
    seconds: int = 3_600
    most_in_thread: int | None = 5
    thread_seconds: int = 3_600

    def __post_init__(self) -> None:
        if self.most is None and self.most_in_thread is None:
            raise ValueError("A check on frequency needs a limit for the group or for a thread.")
        if any(most is not None and most < 1 for most in (self.most, self.most_in_thread)):
            raise ValueError("The most posts in a time are 1 or more.")
        if not 1 <= min(self.seconds, self.thread_seconds) <= max(self.seconds, self.thread_seconds) <= LONGEST:
            raise ValueError("The time in which posts are counted is 1 second to 366 days.")


def check_frequency(history: History, options: FrequencyOptions) -> tuple[Sighting, ...]:
    limits = (
        ("this group", history.own, options.most, options.seconds),
        ("this thread", history.own_in_thread(), options.most_in_thread, options.thread_seconds),
    )
    sightings = []
    for where, moments, most, seconds in limits:
        recent = in_window(moments, history.now, seconds)
        if most is None or len(recent) < most:
            continue
        # When so many have left the window that one more fits in.
        free = recent[len(recent) - most] + timedelta(seconds=seconds)
        wait = spelled((free - history.now).total_seconds())
        sightings.append(
            Sighting(
                Severity.RETURN,
                f"You have posted {_times(len(recent))} in {where} within {spelled(seconds)}, and {most} are the most,"
                f" so that everybody gets a word in. Send this again in {wait}.",
                f"{_times(len(recent))} in {where} within {spelled(seconds)}; {most} are the most.",
                (),
                label=where,
            )
        )
    return tuple(sightings)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


_NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
_QUIET = History(_NOON, writer=1)


def _minutes_ago(*minutes: int) -> tuple[datetime, ...]:
    return tuple(_NOON - timedelta(minutes=each) for each in minutes)


def _thread(writer: int, *minutes: int) -> tuple[InThread, ...]:
    return tuple(InThread(writer, at) for at in _minutes_ago(*minutes))


EXAMPLE_OPTIONS = FrequencyOptions(most=3, most_in_thread=2)
EXAMPLES_CAUGHT = (
    replace(_QUIET, own=_minutes_ago(1, 2, 3)),
    replace(_QUIET, own=_minutes_ago(59, 30, 0)),
    replace(_QUIET, own=_minutes_ago(1, 2, 3, 4, 5)),
    replace(_QUIET, own=_minutes_ago(5, 90, 10, 15)),
    replace(_QUIET, thread=_thread(1, 5, 10)),
    replace(_QUIET, thread=_thread(1, 5, 10) + _thread(2, 7)),
)
EXAMPLES_PASS = (
    _QUIET,
    replace(_QUIET, own=_minutes_ago(1, 2)),
    replace(_QUIET, own=_minutes_ago(60, 61, 62)),
    replace(_QUIET, own=_minutes_ago(1, 2, 600)),
    replace(_QUIET, thread=_thread(2, 1, 2, 3, 4, 5)),
    replace(_QUIET, thread=_thread(1, 5, 300)),
)
