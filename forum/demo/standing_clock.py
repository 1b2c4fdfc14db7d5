"""A clock that stands where it was put, in place of the core's own, so that what is made under it is dated there."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from flask import current_app

from forum.clock import Clock


class StandingClock(Clock):
    """Shows the moment at which it was set."""

    def __init__(self, moment: datetime) -> None:
        super().__init__()
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


@contextmanager
def standing_clock(moment: datetime) -> Iterator[StandingClock]:
    """Put a clock that stands still in place of the core's own, until the context ends."""
    running = current_app.extensions["banyan_clock"]
    standing = StandingClock(moment)
    current_app.extensions["banyan_clock"] = standing
    try:
        yield standing
    finally:
        current_app.extensions["banyan_clock"] = running
