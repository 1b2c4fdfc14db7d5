"""When it may be time to grow smaller groups out of one: what its moderators should know. Suggestions only; reads only.

The bounds are rules of thumb, each with its reason beside it; they tell when to look, not what to do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations

import numpy as np
from sqlalchemy import func, select

from forum.clock import now
from forum.db import db
from forum.groups.models import READS, FormerMembership, Group, Membership
from forum.splitting.looking_back.observing import PATIENCE, Ids, Span, talk_counts, talk_in
from forum.threads.models import Post, Thread, ThreadTag
from forum.threads.queries import author_column

LOOKS_BACK = timedelta(days=90)
# Beyond so many mails a day people stop reading, mute or leave: what a busy list of peers sends at most.
_MAILS_A_DAY = 20.0
# A group that grows by more than this in 90 days doubles within a year.
_GROWTH = 0.19
# On large lists nine of ten never write; from there on almost nobody is heard.
_SILENT = 0.95
_MEMBERS_TO_BE_SILENT = 500
# Of ten threads more than two without any answer after a week.
_UNANSWERED = 0.2
_TOPICS_TO_COUNT = 30
# Two topics of which fewer than one writer in ten writes about both; each with so many writers.
_MIXING = 0.1
_WRITERS_OF_A_TOPIC = 10
_TOPICS_AT_MOST = 12


@dataclass(frozen=True)
class Signal:
    """One thing that can say that it is time. `says_so` is whether it does; `sentence` has the number in words."""

    name: str
    title: str
    says_so: bool
    sentence: str


@dataclass(frozen=True)
class Signals:
    """All of them, and what they come to, in one sentence."""

    each: tuple[Signal, ...]
    advice: str

    @property
    def saying_so(self) -> int:
        return sum(signal.says_so for signal in self.each)


def signals_of(group: Group) -> Signals:
    """What the last 90 days of one group say; nothing of the groups below or beside it."""
    moment = now()
    span = Span(moment - LOOKS_BACK, moment)
    members = _members(group.id)
    talk = talk_in([group.id], span)
    counts = talk_counts(talk, members, [group.id])
    each = (
        _growth(group.id, span, len(members)),
        _silent(members, counts["posters"].value),
        _mails(len(talk.author)),
        _missed(int(counts["unanswered"].of.sum()), counts["unanswered"].value),
        _apart(_topics_apart(group.id, span)),
    )
    return Signals(each, _advice(sum(signal.says_so for signal in each)))


def _advice(saying_so: int) -> str:
    if saying_so >= 3:
        return "Several signs say that smaller groups may help. Ask for a proposal; nothing changes by asking."
    if saying_so:
        return "One or two signs are up. Following tags, or one spin-off, may be enough."
    return "Nothing here says that the group is too large."


def _members(group_id: int) -> Ids:
    rows = select(Membership.member_id).where(Membership.group_id == group_id, Membership.standing.in_(READS))
    return np.array(sorted(db.session.scalars(rows)), np.int64)


def _growth(group_id: int, span: Span, members: int) -> Signal:
    joined = select(func.count()).where(Membership.group_id == group_id, Membership.joined_at >= span.begins)
    left = select(func.count()).where(FormerMembership.group_id == group_id, FormerMembership.left_at >= span.begins)
    came, went = db.session.scalar(joined) or 0, db.session.scalar(left) or 0
    before = members - came + went
    growth = (came - went) / before if before > 0 else 0.0
    # A group whose roster was brought in lately has not grown: it has begun.
    says_so = before > 0 and growth > _GROWTH and came < members / 2
    return Signal(
        "growth",
        "Growth",
        says_so,
        f"{members:,} members. In 90 days {came:,} came and {went:,} went.",
    )


def _silent(members: Ids, posters: float) -> Signal:
    silent = 0.0 if np.isnan(posters) else 1 - posters
    return Signal(
        "silent",
        "Silent members",
        len(members) >= _MEMBERS_TO_BE_SILENT and silent > _SILENT,
        f"{_of_hundred(silent)} of 100 members have not written in 90 days. In large groups 90 are usual.",
    )


def _mails(posts: int) -> Signal:
    a_day = posts / LOOKS_BACK.days
    return Signal(
        "mails",
        "Mail",
        a_day > _MAILS_A_DAY,
        f"{a_day:.1f} mails a day to everybody who gets single mails. Many stop reading beyond {_MAILS_A_DAY:.0f}.",
    )


def _missed(topics: int, unanswered: float) -> Signal:
    if topics < _TOPICS_TO_COUNT:
        sentence = f"Threads that are old enough to count: {topics}. That is too few to say anything."
        return Signal("missed", "Answers missed", False, sentence)
    return Signal(
        "missed",
        "Answers missed",
        unanswered > _UNANSWERED,
        f"{_of_hundred(unanswered)} of 100 threads had no answer after {PATIENCE.days} days.",
    )


def _apart(pairs: Sequence[tuple[str, str]]) -> Signal:
    if not pairs:
        sentence = "No two tags have writers of their own, as far as tags tell."
    else:
        named = "; ".join(f"#{first} and #{second}" for first, second in pairs[:3])
        sentence = f"Hardly anybody writes about both: {named}."
    return Signal("apart", "Topics that do not mix", len(pairs) >= 3, sentence)


def _topics_apart(group_id: int, span: Span) -> Sequence[tuple[str, str]]:
    """Pairs of tags with many writers each of whom hardly any writes about both, the largest first."""
    rows = (
        select(ThreadTag.tag, author_column())
        .join(Thread, Thread.id == ThreadTag.thread_id)
        .join(Post, Post.thread_id == Thread.id)
        .where(Thread.group_id == group_id, Post.created_at >= span.begins, Post.pseudonym_id.is_(None))
        .distinct()
    )
    writers: dict[str, set[int]] = {}
    for tag, author_id in db.session.execute(rows):
        writers.setdefault(tag, set()).add(author_id)
    large = sorted(
        (tag for tag, who in writers.items() if len(who) >= _WRITERS_OF_A_TOPIC),
        key=lambda tag: (-len(writers[tag]), tag),
    )
    return [
        (first, second)
        for first, second in combinations(large[:_TOPICS_AT_MOST], 2)
        if len(writers[first] & writers[second]) < _MIXING * min(len(writers[first]), len(writers[second]))
    ]


def _of_hundred(share: float) -> str:
    return f"{100 * share:.0f}"
