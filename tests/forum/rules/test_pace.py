"""What checks of pace say beyond their examples: when to come back, and moments that tell their zone."""

from datetime import UTC, datetime, timedelta

import pytest

from forum.rules.cool_down import CoolDownOptions, check_cool_down
from forum.rules.frequency import FrequencyOptions, check_frequency
from forum.rules.history import History, InThread, spelled

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def ago(minutes: int) -> datetime:
    return NOON - timedelta(minutes=minutes)


def test_the_wait_is_until_one_more_fits() -> None:
    history = History(NOON, 1, own=(ago(50), ago(20), ago(10), ago(5)))
    options = FrequencyOptions(most=3, most_in_thread=None)
    (sighting,) = check_frequency(history, options)
    assert sighting.sentence.endswith("Send this again in 40 minutes.")
    later = History(NOON + timedelta(minutes=40), 1, own=history.own)
    assert check_frequency(later, options) == ()


def test_a_pause_ends() -> None:
    thread = tuple(InThread(1 + minute % 2, ago(minute)) for minute in range(8))
    options = CoolDownOptions(pause_seconds=600)
    (sighting,) = check_cool_down(History(NOON, 1, thread=thread), options)
    assert sighting.sentence.endswith("send it in 10 minutes.")
    assert check_cool_down(History(NOON + timedelta(minutes=10), 1, thread=thread), options) == ()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "1 second"),
        (1, "1 second"),
        (60, "1 minute"),
        (61, "61 seconds"),
        (5_400, "90 minutes"),
        (3_600, "1 hour"),
        (12_000, "4 hours"),
        (604_800, "7 days"),
    ],
)
def test_times_are_spelled_as_people_say_them(seconds: float, words: str) -> None:
    assert spelled(seconds) == words


def test_a_moment_without_its_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        History(datetime(2026, 3, 2), 1)
