"""Whether somebody is new to a group: the first posts wait for a moderator, whatever they say."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from forum.rules.findings import Severity
from forum.rules.history import History
from forum.rules.matter import Sighting


@dataclass(frozen=True)
class NewcomerOptions:
    """How many first posts are looked at."""

    first_posts: int = 3

    def __post_init__(self) -> None:
        if self.first_posts < 1:
            raise ValueError("The number of first posts that are looked at is 1 or more.")


def check_newcomer(history: History, options: NewcomerOptions) -> tuple[Sighting, ...]:
    if history.published >= options.first_posts:
        return ()
    number = history.published + 1
    return (
        Sighting(
            Severity.HOLD,
            f"Your first {_posts(options.first_posts)} in this group {'waits' if options.first_posts == 1 else 'wait'}"
            " for a moderator, as everybody's did. You need do nothing; you get a mail when it is decided.",
            f"Post {number} of a newcomer; the first {_posts(options.first_posts)} are looked at.",
            (),
        ),
    )


def _posts(count: int) -> str:
    return "post" if count == 1 else f"{count} posts"


_NEW = History(datetime(2026, 3, 2, 12, tzinfo=UTC), writer=1)
EXAMPLES_CAUGHT = (
    _NEW,
    replace(_NEW, published=1),
    replace(_NEW, published=2),
    replace(_NEW, own=(_NEW.now,), published=1),
    replace(_NEW, writer=7),
    replace(_NEW, own=(_NEW.now, _NEW.now), published=2),
)
EXAMPLES_PASS = tuple(replace(_NEW, published=published) for published in (3, 4, 5, 20, 300, 4_000))
