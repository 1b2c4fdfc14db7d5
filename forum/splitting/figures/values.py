"""What is said of a proposal: sizes, ties, mail, fit; frozen values, each number with a sentence that explains it.

Made by `describing`, shown by the terminal, the studio and mails. Pure.
"""

from dataclasses import dataclass

from forum.groups.models import Kind


@dataclass(frozen=True)
class Trait:
    """What sets a planned group apart: a facet or a term. `share` of its members or threads have it, 0 to 1; `lift`
    is how many times as common it is there as in the whole group. Of a sensitive facet both are None: it is among them
    only where 10 people or more have it and as many have not, and never in what goes to members. So they are of an
    employer and an interest once a draft is edited."""

    words: str
    share: float | None
    lift: float | None
    sentence: str
    sensitive: bool = False


@dataclass(frozen=True)
class SampleThread:
    """A thread in which mostly members of the planned group write; `posts` of the last 90 days."""

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
    # Of the answers that its members write, the share that goes to members of it, 0 to 1; None where there are none.
    kept: float | None
    posts_a_day: float
    # Members whose ties lie mostly elsewhere, or who have none.
    weak_fit: int
    too_quiet: bool
    traits: tuple[Trait, ...]
    threads: tuple[SampleThread, ...]
    moderators: tuple[LikelyModerator, ...]
    # One for each number, in the order in which they are shown.
    sentences: tuple[str, ...]
    # What a group of this made-up name is; of one that a moderator has named, nothing is meant by it.
    kind: Kind = Kind.INTEREST


@dataclass(frozen=True)
class MailForecast:
    """Mails a day that members of one type get: now, after the split, and if people followed tags instead."""

    member_type: str
    members: int
    now: float
    after: float
    mute_first: float
    sentence: str = ""


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
    # Mails a day of a member who gets each post, in the mean: if nothing is done, after the split, by muting first.
    mail_now: float = 0.0
    mail_after: float = 0.0
    mail_mute_first: float = 0.0
