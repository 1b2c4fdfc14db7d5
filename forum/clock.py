"""The one clock: UTC, and the only thing that tests may move. Nothing else asks the system for the time of day."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import current_app


class Clock:
    """The system's time plus the seconds that stand in a file (tests), or plus nothing."""

    def __init__(self, offset_file: Path | None = None) -> None:
        self._offset_file = offset_file

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._offset())

    def _offset(self) -> float:
        if self._offset_file is None:
            return 0.0
        try:
            return float(self._offset_file.read_text().strip() or 0)
        except FileNotFoundError:
            return 0.0


def now() -> datetime:
    """The time, aware and in UTC, by the clock of the running core."""
    clock = current_app.extensions["banyan_clock"]
    assert isinstance(clock, Clock)
    return clock.now()
