"""Whether the same words go to several groups, whose members then answer in several places or read it twice."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from forum.rules.findings import Severity
from forum.rules.history import LONGEST, History, SameWords, in_window, spelled
from forum.rules.matter import Sighting


@dataclass(frozen=True)
class CrossPostOptions:
    """In how many groups at most the same words may stand within a time, this one among them."""

    most_groups: int = 2
    seconds: int = 7 * 86_400

    def __post_init__(self) -> None:
        if self.most_groups < 1 or not 1 <= self.seconds <= LONGEST:
            raise ValueError("The most groups are 1 or more, and the time is 1 second to 366 days.")


def check_cross_post(history: History, options: CrossPostOptions) -> tuple[Sighting, ...]:
    others = {each.group for each in history.same_words if in_window((each.at,), history.now, options.seconds)}
    if len(others) < options.most_groups:
        return ()
    groups = "one other group" if len(others) == 1 else f"{len(others)} other groups"
    return (
        Sighting(
            Severity.HOLD,
            f"You have sent the same words to {groups} within {spelled(options.seconds)}. Answers scatter over several"
            " places that way. Choose the group that fits best.",
            f"The same words went to {groups} within {spelled(options.seconds)}.",
            (),
        ),
    )


_NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
_QUIET = History(_NOW, writer=1)


def _in_groups(*groups: int, days: int = 1) -> History:
    return replace(_QUIET, same_words=tuple(SameWords(group, _NOW - timedelta(days=days)) for group in groups))


EXAMPLES_CAUGHT = (
    _in_groups(1, 2),
    _in_groups(1, 2, 3),
    _in_groups(1, 2, days=6),
    _in_groups(1, 2, 2, 1),
    _in_groups(1, 2, days=0),
    _in_groups(*range(30)),
)
EXAMPLES_PASS = (
    _QUIET,
    _in_groups(1),
    _in_groups(1, 1, 1),
    _in_groups(1, 2, days=7),
    _in_groups(1, 2, 3, days=30),
    replace(_in_groups(1), published=40),
)
