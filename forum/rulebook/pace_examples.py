"""Examples for checks of pace, in words: "4 posts in 60 minutes" stands for somebody who sends the fourth. Pure.

Other checks take a text as an example. What these look at is nothing that anybody could paste, so it is said.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from forum.rules.cool_down import CoolDownOptions
from forum.rules.cross_post import CrossPostOptions
from forum.rules.frequency import FrequencyOptions
from forum.rules.history import LONGEST, History, InThread, SameWords
from forum.rules.newcomer import NewcomerOptions

_NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
_WRITER = 1
# Nobody's rule counts further, and a number of any size must not become a list of that size.
_MOST = 9_999
_SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}
_TIME = r"in (?P<time>\d{1,8}) (?P<unit>second|minute|hour|day)s?"
_COUNT = r"(?P<count>\d{1,4})"


@dataclass(frozen=True)
class _Form:
    """How an example of a check is written, and two that show it."""

    pattern: re.Pattern[str]
    shown: str


_FORMS = {
    "frequency": _Form(
        re.compile(rf"{_COUNT} posts?(?P<thread> in one thread)? {_TIME}"),
        "4 posts in 60 minutes, or 3 posts in one thread in 10 minutes; the last of them is judged",
    ),
    "newcomer": _Form(re.compile(r"post (?P<count>\d{1,4})"), "post 2"),
    "cross_post": _Form(
        re.compile(rf"{_COUNT} groups? {_TIME}"), "3 groups in 7 days; the last of them is where it is judged"
    ),
    "cool_down": _Form(
        re.compile(rf"after {_COUNT} answers? by (?P<people>\d{{1,4}}) (people|person) {_TIME}"),
        "after 8 answers by 2 people in 20 minutes; one of them writes again",
    ),
}


def read_pace_example(check: str, words: str) -> History:
    """What an example of a check of pace stands for. ValueError with a sentence that shows how one is written."""
    form = _FORMS[check]
    found = form.pattern.fullmatch(" ".join(words.lower().split()).rstrip("."))
    if found is None:
        raise ValueError(f"An example for {check} is written like this: {form.shown}.")
    parts = found.groupdict()
    count, people = int(parts["count"]), int(parts.get("people") or 1)
    if not 1 <= people <= count <= _MOST:
        raise ValueError(f"The numbers in an example go from 1 to {_MOST}, and people are no more than answers.")
    seconds = int(parts["time"]) * _SECONDS[parts["unit"]] if "time" in parts else 0
    if "time" in parts and not 1 <= seconds <= LONGEST:
        raise ValueError(f"The time in an example is 1 second to {LONGEST // 86_400} days.")
    return _meant(check, count, people, bool(parts.get("thread")), seconds)


def _meant(check: str, count: int, people: int, in_thread: bool, seconds: int) -> History:
    match check:
        case "newcomer":
            return History(_NOW, _WRITER, published=count - 1)
        case "cross_post":
            elsewhere = _spread(count, seconds)[:-1]
            return History(_NOW, _WRITER, same_words=tuple(SameWords(n, at) for n, at in enumerate(elsewhere)))
        case "cool_down":
            # In turns, and the last answer is the writer's own.
            writers = [_WRITER + back % people for back in range(count)][::-1]
            return History(_NOW, _WRITER, thread=tuple(map(InThread, writers, _spread(count, seconds))))
        case _:
            before = _spread(count, seconds)[:-1]
            thread = tuple(InThread(_WRITER, at) for at in before) if in_thread else ()
            return History(_NOW, _WRITER, own=before, thread=thread)


def _spread(count: int, seconds: int) -> tuple[datetime, ...]:
    """So many moments over a time, the oldest first: it is just inside, and the last one is now."""
    whole = timedelta(seconds=seconds * 0.999)
    return tuple(_NOW - whole * (back / max(count - 1, 1)) for back in range(count - 1, -1, -1))


def default_pace_examples(options: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Examples for such options: those to catch one step over a limit, those to pass at it.

    What is at one limit may be over another one.
    """
    caught, passing = zip(*_either_side(options), strict=True)
    return caught, passing


def _either_side(options: Any) -> Iterator[tuple[str, str]]:
    match options:
        case FrequencyOptions():
            for most, where, seconds in (
                (options.most, "", options.seconds),
                (options.most_in_thread, " in one thread", options.thread_seconds),
            ):
                if most is not None:
                    time = _exactly(seconds)
                    yield f"{_many(most + 1, 'post')}{where} in {time}", f"{_many(most, 'post')}{where} in {time}"
        case NewcomerOptions():
            yield f"post {options.first_posts}", f"post {options.first_posts + 1}"
        case CrossPostOptions():
            time = _exactly(options.seconds)
            yield f"{options.most_groups + 1} groups in {time}", f"{_many(options.most_groups, 'group')} in {time}"
        case CoolDownOptions():
            time, people = _exactly(min(options.seconds, options.pause_seconds)), options.people
            by = f"by {people} {'person' if people == 1 else 'people'} in {time}"
            yield f"after {options.answers} answers {by}", f"after {_many(options.answers - 1, 'answer')} {by}"


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _exactly(seconds: int) -> str:
    """A time in the largest unit that it is a whole number of."""
    name, size = max(((name, size) for name, size in _SECONDS.items() if seconds % size == 0), key=lambda each: each[1])
    return _many(seconds // size, name)
