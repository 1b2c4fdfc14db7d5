"""What is said of a proposal: sizes, ties, mail, fit; frozen values, each number with a sentence that explains it.

Made by `describing`, shown by the terminal, the studio and mails. Pure.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Trait:
    """What sets a planned group apart: a facet or a term. `share` of its members or threads have it, 0 to 1; `lift`
    is how many times as common it is there as in the whole group. Sensitive facets are never among them below 10
    people."""

    words: str
    share: float
    lift: float
    sentence: str


@dataclass(frozen=True)
class SampleThread:
    """A thread in which mostly members of the planned group write."""

    thread_id: int
    public_id: str
    subject: str
    posts: int


@dataclass(frozen=True)
class LikelyModerator:
    """A member who could look after the planned group, and why: active, answering, well-regarded, willing."""

    member_id: int
    public_id: str
    name: str
    sentence: str


@dataclass(frozen=True)
class GroupFigures:
    """A planned group in numbers. `position` is its place in the plan, from 1."""

    position: int
    name: str
    # The slug for the name that was made up; empty where a moderator has named it.
    slug: str
    members: int
    # Of the answers that its members write, the share that goes to members of it, 0 to 1.
    kept: float
    posts_a_day: float
    # Members whose ties lie mostly elsewhere, or who have none.
    weak_fit: int
    too_quiet: bool
    traits: tuple[Trait, ...]
    threads: tuple[SampleThread, ...]
    moderators: tuple[LikelyModerator, ...]
    # One for each number, in the order in which they are shown.
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class MailForecast:
    """Mails a day that members of one type get: now, after the split, and if people followed tags instead."""

    member_type: str
    members: int
    now: float
    after: float
    mute_first: float


@dataclass(frozen=True)
class Border:
    """Answers between two planned groups, by their positions: their share of all answers, 0 to 1."""

    first: int
    second: int
    share: float


@dataclass(frozen=True)
class PlanFigures:
    """A whole proposal in numbers, beside doing nothing and muting first."""

    members: int
    placed_twice: int
    groups: tuple[GroupFigures, ...]
    borders: tuple[Border, ...]
    # Of all answers, the share within the groups, 0 to 1; and what plain Leiden without bounds would keep.
    kept: float
    kept_unbounded: float
    modularity: float
    forecasts: tuple[MailForecast, ...]
    # Threads of the last 90 days whose answerers would sit in another group than who asked.
    threads_without_answerers: int
    threads_looked_at: int
    # Groups that would be too quiet to live, by position.
    too_quiet: tuple[int, ...]
    # The advice: whether to split at all, in one sentence; and whether it is "do not split".
    advice: str
    do_not_split: bool
    sentences: tuple[str, ...]
