"""What tells whether a split has worked: measures that are agreed beforehand, each a ratio over members. Pure.

Each measure is sum(count) / sum(of) over the members of a group, so that members can be resampled: what one member
writes hangs together, and treating it as independent would find effects where there are none. Without numpy: pages and
mails read this.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What is said of a change. THIN: there is too little to say anything."""

    BETTER = "better"
    WORSE = "worse"
    MORE = "more"
    FEWER = "fewer"
    NO_DIFFERENCE = "no_difference"
    THIN = "thin"


@dataclass(frozen=True)
class Measure:
    """`least` is how much there must be to count, in each period, before anything is said; and from how many members
    it must come at least (`from_members`). `better` is 1 where more is better, -1 where less is, 0 where neither."""

    name: str
    words: str
    unit: str
    better: int
    least: int
    from_members: int
    sentence: str


_TABLE = (
    Measure(
        "first_answer",
        "Time to the first answer",
        "hours",
        -1,
        20,
        10,
        "How long a new thread waits for its first answer by somebody else. Seven days is the most that counts.",
    ),
    Measure(
        "unanswered",
        "Threads without an answer",
        "of 100 threads",
        -1,
        30,
        10,
        "How many new threads nobody else has answered after seven days.",
    ),
    Measure(
        "posters",
        "Members who write",
        "of 100 members",
        1,
        50,
        50,
        "How many of the members have written at least once.",
    ),
    Measure(
        "newcomers_return",
        "Newcomers who write again",
        "of 100 newcomers",
        1,
        20,
        20,
        "Of those who wrote for the first time, how many wrote again within two weeks.",
    ),
    Measure(
        "leavers",
        "Members who left",
        "of 100 members",
        -1,
        50,
        50,
        "How many of the members have left by their own choice.",
    ),
    Measure(
        "concentration",
        "Posts by the busiest tenth",
        "of 100 posts",
        -1,
        50,
        20,
        "How many of the posts come from the tenth of the writers who write most.",
    ),
    Measure(
        "cross_reading",
        "Members who read across",
        "of 100 members",
        1,
        50,
        50,
        "How many of the members have read on the web what was written in another of the groups.",
    ),
)
MEASURES: Mapping[str, Measure] = {measure.name: measure for measure in _TABLE}
# What is agreed when nobody chooses: does one get an answer, do people write, do they stay.
USUAL = ("first_answer", "unanswered", "posters", "leavers")
