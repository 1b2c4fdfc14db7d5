"""What members see of moderation in their group: counts and reasons per month, and nobody's name. Reads only.

What is done to persons is not counted exactly where it could point at one: below three it is "fewer than 3". In a small
group that holds for all that moderators do.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, extract, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute

from forum.clock import now
from forum.db import db
from forum.groups.models import Group
from forum.groups.queries import count_members
from forum.log import LogEntry
from forum.moderation.models import Appeal, AppealState, FlaggedPost, FlagState, Restriction, Restricts
from forum.posting.models import HeldPost
from forum.rulebook.models import PostingRule, RuleSighting, RuleVersion
from forum.rules import NAMES_OF_THE_GATE
from forum.threads.models import Post, Thread, Via

# Fewer readers, and whoever knows them could tell of whom a single case speaks.
SMALL_GROUP = 20
_TELLS_OF_ONE = 3
FEWER = "fewer than 3"


@dataclass(frozen=True)
class Measure:
    """A row of the table: what is counted, in words, and whether it is done to persons."""

    key: str
    words: str
    meaning: str
    of_persons: bool = False


MEASURES = (
    Measure("posts", "Posts", "what went out in the group, by mail and on the web"),
    Measure("held", "Held", "posts that waited for a moderator first"),
    Measure("approved", "Approved", "held posts that a moderator let out"),
    Measure("returned", "Returned", "held posts that a moderator sent back to be changed"),
    Measure("rejected", "Rejected", "held posts that a moderator did not let out"),
    Measure("withdrawn", "Taken back", "held posts that their author took back"),
    Measure("undecided", "Not decided in time", "held posts that went back since no moderator had decided"),
    Measure("flagged", "Flagged", "posts that members asked a moderator to look at"),
    Measure("kept", "Flagged and kept", "flagged posts that a moderator left as they were"),
    Measure("acted", "Flagged and acted on", "flagged posts after which a moderator did something"),
    Measure("locks", "Threads locked", "threads in which nobody could answer for a while"),
    Measure("mutes", "Mutes", "members who could read and not write for a while", of_persons=True),
    Measure("bans", "Bans", "members who were put out of the group", of_persons=True),
    Measure("upheld", "Appeals upheld", "a second moderator looked, and the decision stood", of_persons=True),
    Measure("overturned", "Appeals overturned", "a second moderator looked and decided otherwise", of_persons=True),
)

# What the gate asks of every post, in words for members.
GATE_WORDS: Mapping[str, str] = {
    "membership": "The author is not, or not yet, a member who may write",
    "assurance": "It was not sure who wrote it",
    "reused_id": "Another mail had come under the same number",
    "implicit_destination": "The mail did not name the group",
    "many_recipients": "The mail went to many addresses",
    "size": "Too large",
    "encrypted": "Encrypted, so that nobody could read it",
    "empty": "Without words or files",
    "executables": "A program or script as a file",
    "over_quoted": "Mostly quotes",
    "locked": "The thread is closed",
    "erased_parent": "An answer to an erased post",
    "quota": "More posts in an hour than the group allows",
    "slow_mode": "Too soon after the last answer in a slowed thread",
    "emergency": "Every post waited for a while",
    "thread_moderated": "A moderator reads every answer in this thread first",
    "moderated": "A moderator reads posts here first",
    "newcomer": "A moderator reads a newcomer's first posts",
    "returned_before": "A moderator had sent it back before",
}


@dataclass(frozen=True)
class Reason:
    """A rule, and how many posts waited or went back for it."""

    rule: str
    sentence: str
    held: int | str
    returned: int | str


@dataclass(frozen=True)
class MonthNumbers:
    """What moderation did in one month (UTC). A count is a number, or words where it would tell of one person."""

    month: date
    counts: Mapping[str, int | str]
    reasons: Sequence[Reason]
    # Of the decisions of moderators, from the coming of a post; None where there are too few to tell.
    median_seconds: float | None


def numbers_of(group: Group, months: Sequence[date]) -> Sequence[MonthNumbers]:
    """The numbers of a group in consecutive months, in the order of these, for its members."""
    if not months:
        return ()
    ordered = sorted(months)
    bounds = [_beginning(each) for each in (*ordered, after(ordered[-1]))]
    counts, reasons, medians = _counts(group.id, bounds), _reasons(group.id, bounds), _medians(group.id, bounds)
    small = count_members(group.id) < SMALL_GROUP
    found = {
        month: MonthNumbers(
            month,
            {
                each.key: _told(counts[place][each.key], each.of_persons or (small and each.key != "posts"))
                for each in MEASURES
            },
            [
                Reason(rule, _sentence(rule, reasons.sentences), _told(held, small), _told(returned, small))
                for rule, (held, returned) in sorted(reasons.counts[place].items(), key=lambda row: -sum(row[1]))
            ],
            medians.get(place),
        )
        for place, month in enumerate(ordered)
    }
    return [found[month] for month in months]


def last_months(count: int, upto: date | None = None) -> Sequence[date]:
    """So many months as their first days, the newest first, from `upto` or the present one back."""
    month = (upto or now().date()).replace(day=1)
    months = []
    for _ in range(count):
        months.append(month)
        month = before(month)
    return months


def before(month: date) -> date:
    return month.replace(year=month.year - 1, month=12) if month.month == 1 else month.replace(month=month.month - 1)


def after(month: date) -> date:
    return month.replace(year=month.year + 1, month=1) if month.month == 12 else month.replace(month=month.month + 1)


def _beginning(month: date) -> datetime:
    return datetime(month.year, month.month, 1, tzinfo=now().tzinfo)


def _told(count: int, guarded: bool) -> int | str:
    return FEWER if guarded and 0 < count < _TELLS_OF_ONE else count


def _sentence(rule: str, of_rules: Mapping[str, str]) -> str:
    return GATE_WORDS.get(rule) or of_rules.get(rule, "")


# --- counting, in the database ---

_Moment = InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None]


def _place_of(column: _Moment, bounds: Sequence[datetime]) -> ColumnElement[int]:
    """The place of the month in which a moment lies; both databases count months alike, whatever their own zone."""
    places = list(enumerate(bounds[:-1]))
    return case(*((column >= start, literal(place)) for place, start in reversed(places)), else_=literal(-1))


def _by_month(column: _Moment, bounds: Sequence[datetime], *keys: ColumnElement[Any], where: Any) -> Sequence[Any]:
    """Rows of (place of the month, *keys, count)."""
    rows = (
        select(_place_of(column, bounds).label("place"), *keys)
        .where(column >= bounds[0], column < bounds[-1], *where)
        .subquery()
    )
    return db.session.execute(select(*rows.c, func.count()).group_by(*rows.c)).all()


_ACTS = {
    "hold": "held",
    "approve": "approved",
    "return": "returned",
    "reject": "rejected",
    "withdraw": "withdrawn",
    "time out": "undecided",
}
_FLAGS = {FlagState.KEPT: "kept", FlagState.ACTED: "acted"}
_RESTRICTED = {Restricts.LOCK: "locks", Restricts.MUTE: "mutes", Restricts.BAN: "bans"}
_APPEALS = {AppealState.UPHELD: "upheld", AppealState.OVERTURNED: "overturned"}


def _counts(group_id: int, bounds: Sequence[datetime]) -> Mapping[int, Mapping[str, int]]:
    counts: dict[int, dict[str, int]] = defaultdict(lambda: {each.key: 0 for each in MEASURES})

    def add(rows: Sequence[Any], name_of: Mapping[Any, str]) -> None:
        for place, word, count in rows:
            counts[place][name_of[word]] += count

    for place, count in _posts(group_id, bounds):
        counts[place]["posts"] = count
    # A rule of the gate sends back by itself, without a moderator, under the same word.
    by_somebody = (LogEntry.act != "return") | LogEntry.actor_id.is_not(None)
    of_held = (LogEntry.object_kind == "held_post", LogEntry.group_id == group_id, LogEntry.act.in_(_ACTS), by_somebody)
    add(_by_month(LogEntry.at, bounds, LogEntry.act.label("act"), where=of_held), _ACTS)
    opened = _by_month(FlaggedPost.opened_at, bounds, where=(FlaggedPost.group_id == group_id,))
    for place, count in opened:
        counts[place]["flagged"] = count
    ended = (FlaggedPost.group_id == group_id, FlaggedPost.state.in_(_FLAGS))
    add(_by_month(FlaggedPost.decided_at, bounds, FlaggedPost.state.label("state"), where=ended), _FLAGS)
    begun = (Restriction.group_id == group_id, Restriction.kind.in_(_RESTRICTED))
    add(_by_month(Restriction.starts_at, bounds, Restriction.kind.label("kind"), where=begun), _RESTRICTED)
    answered = (Appeal.group_id == group_id, Appeal.state.in_(_APPEALS))
    add(_by_month(Appeal.decided_at, bounds, Appeal.state.label("state"), where=answered), _APPEALS)
    return counts


def _posts(group_id: int, bounds: Sequence[datetime]) -> Sequence[Any]:
    """Posts by month, out of the threads that were written in since; an imported archive is not the group's work."""
    rows: Select[Any] = (
        select(_place_of(Post.created_at, bounds).label("place"))
        .join(Thread, Thread.id == Post.thread_id)
        .where(
            Thread.group_id == group_id,
            Thread.last_post_at >= bounds[0],
            Post.created_at >= bounds[0],
            Post.created_at < bounds[-1],
            Post.via != Via.IMPORT,
        )
    )
    posts = rows.subquery()
    return db.session.execute(select(posts.c.place, func.count()).group_by(posts.c.place)).all()


@dataclass(frozen=True)
class _Reasons:
    """By month and rule, how many posts were held and how many returned; and the sentences of the group's rules."""

    counts: Mapping[int, Mapping[str, tuple[int, int]]]
    sentences: Mapping[str, str]


def _reasons(group_id: int, bounds: Sequence[datetime]) -> _Reasons:
    found: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    # What the gate's own rules saw stands in the log as a list of their names.
    of_gate = (
        LogEntry.object_kind == "held_post",
        LogEntry.group_id == group_id,
        LogEntry.act.in_(("hold", "return")),
        LogEntry.actor_id.is_(None),
    )
    words = (LogEntry.act.label("act"), LogEntry.why.label("why"))
    for place, act, why, count in _by_month(LogEntry.at, bounds, *words, where=of_gate):
        for rule in NAMES_OF_THE_GATE.intersection(why.split(", ")) & GATE_WORDS.keys():
            found[place][rule][act == "return"] += count
    # What a group's rules saw has rows of its own, also for what went back at once on the web.
    own = (RuleSighting.group_id == group_id, ~RuleSighting.shadow, RuleSighting.severity.in_(("hold", "return")))
    version, grave = RuleSighting.version_id.label("version_id"), RuleSighting.severity.label("severity")
    seen = _by_month(RuleSighting.created_at, bounds, version, grave, where=own)
    rules = _rules_of({version_id for _, version_id, _, _ in seen})
    for place, version_id, severity, count in seen:
        found[place][rules[version_id][0]][severity == "return"] += count
    counts = {
        place: {rule: (held, returned) for rule, (held, returned) in of_month.items()}
        for place, of_month in found.items()
    }
    return _Reasons(defaultdict(dict, counts), {name: sentence for name, sentence in rules.values()})


def _rules_of(version_ids: set[int]) -> Mapping[int, tuple[str, str]]:
    """Name and sentence of the rules of these versions."""
    rows = (
        select(RuleVersion.id, PostingRule.name, RuleVersion.sentence)
        .join(PostingRule, PostingRule.id == RuleVersion.rule_id)
        .where(RuleVersion.id.in_(version_ids))
    )
    return {version_id: (name, sentence) for version_id, name, sentence in db.session.execute(rows).tuples()}


def _medians(group_id: int, bounds: Sequence[datetime]) -> Mapping[int, float]:
    """The median time from the coming of a post to a moderator's decision, by month, where three or more decided."""
    place = _place_of(LogEntry.at, bounds)
    took = (
        select(
            place.label("place"),
            (extract("epoch", LogEntry.at) - extract("epoch", HeldPost.created_at)).label("seconds"),
        )
        .join(HeldPost, HeldPost.id == LogEntry.object_id)
        .where(
            LogEntry.object_kind == "held_post",
            LogEntry.group_id == group_id,
            LogEntry.at >= bounds[0],
            LogEntry.at < bounds[-1],
            LogEntry.act.in_(("approve", "return", "reject")),
            LogEntry.actor_id.is_not(None),
        )
        .subquery()
    )
    ranked = select(
        took.c.place,
        took.c.seconds,
        func.row_number().over(partition_by=took.c.place, order_by=took.c.seconds).label("rank"),
        func.count().over(partition_by=took.c.place).label("of"),
    ).subquery()
    middle = ranked.c.rank * 2
    rows = (
        select(ranked.c.place, func.avg(ranked.c.seconds))
        .where(middle >= ranked.c.of, middle <= ranked.c.of + 2, ranked.c.of >= _TELLS_OF_ONE)
        .group_by(ranked.c.place)
    )
    return {place: float(seconds) for place, seconds in db.session.execute(rows).tuples()}
