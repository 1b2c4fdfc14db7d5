"""What members of some groups did in a span of time, counted for each measure. Reads only, numbers only.

Anonymous posts count as answers and belong to no member; imported posts are history and count nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import case, func, select

from forum.db import db
from forum.groups.models import READS, FormerMembership, Membership
from forum.splitting.looking_back.tally import Counts, Values
from forum.threads.models import Post, Thread, Via
from forum.threads.queries import author_column

# How long a topic may wait for its first answer until it counts as unanswered.
PATIENCE = timedelta(days=7)
# Within which time somebody who wrote for the first time should write again, another day.
RETURN_WITHIN = timedelta(days=14)
_DAY = timedelta(days=1)
_HOUR = 3600.0
_NOBODY = 0

Ids = NDArray[np.int64]


@dataclass(frozen=True)
class Span:
    """From `begins` up to but not including `ends`, in UTC."""

    begins: datetime
    ends: datetime


@dataclass(frozen=True)
class Talk:
    """The posts of some groups in a span, in the order of publishing: who (0 for a pseudonym), where and when (UTC
    seconds); and the topics begun in it that could be waited for: who asked, and hours to the first answer (at most
    seven days, which stands for none)."""

    span: Span
    author: Ids
    group: Ids
    at: Values
    asker: Ids
    topic_group: Ids
    hours: Values


def talk_in(group_ids: Collection[int], span: Span) -> Talk:
    """Two statements, whatever the number of members."""
    author = case((Post.pseudonym_id.is_(None), author_column()), else_=_NOBODY)
    rows = db.session.execute(
        select(Post.thread_id, author, Thread.group_id, Post.created_at, Thread.created_at)
        .join(Thread, Thread.id == Post.thread_id)
        .where(Thread.group_id.in_(group_ids), Post.via != Via.IMPORT)
        .where(Post.created_at >= span.begins, Post.created_at < span.ends)
        .order_by(Post.published_no)
        .execution_options(yield_per=10_000)
    )
    wrote: list[tuple[int, int, float]] = []
    topics: dict[int, _Topic] = {}
    for thread_id, who, group_id, at, begun in rows:
        wrote.append((who, group_id, at.timestamp()))
        topic = topics.get(thread_id)
        if topic is None:
            # An answer in a topic that was begun before the span begins none.
            topics[thread_id] = _Topic(who, group_id, at, begun >= span.begins - _CLOCKS_DIFFER)
        elif topic.answered_at is None and who != topic.asker:
            topic.answered_at = at
    waited = [each for each in topics.values() if each.is_new and each.at <= span.ends - PATIENCE]
    return Talk(
        span,
        np.array([each[0] for each in wrote], np.int64),
        np.array([each[1] for each in wrote], np.int64),
        np.array([each[2] for each in wrote], np.float64),
        np.array([each.asker for each in waited], np.int64),
        np.array([each.group_id for each in waited], np.int64),
        np.array([each.hours for each in waited], np.float64),
    )


# A thread's row is written a moment before its first post.
_CLOCKS_DIFFER = timedelta(minutes=1)


@dataclass
class _Topic:
    asker: int
    group_id: int
    at: datetime
    is_new: bool
    answered_at: datetime | None = None

    @property
    def hours(self) -> float:
        waited = PATIENCE if self.answered_at is None else min(self.answered_at - self.at, PATIENCE)
        return waited.total_seconds() / _HOUR


def talk_counts(talk: Talk, members: Ids, group_ids: Collection[int]) -> Mapping[str, Counts]:
    """Of these members (sorted ids), in these groups: time to an answer, unanswered, posters, concentration."""
    within = np.isin(talk.group, list(group_ids))
    posts = _tally(members, talk.author[within])
    here = np.isin(talk.topic_group, list(group_ids))
    asker, hours = talk.asker[here], talk.hours[here]
    topics = _tally(members, asker)
    none = hours >= PATIENCE.total_seconds() / _HOUR
    return {
        "first_answer": Counts(_tally(members, asker, hours), topics),
        "unanswered": Counts(_tally(members, asker[none]), topics),
        "posters": Counts((posts > 0).astype(np.float64), np.ones(len(members))),
        "concentration": Counts(posts, posts),
    }


def newcomers_return(talk: Talk, members: Ids, group_ids: Collection[int], wrote_before: Ids) -> Counts:
    """Of the members who wrote for the first time early enough in the span, who wrote again on another day."""
    within = np.isin(talk.group, list(group_ids)) & ~np.isin(talk.author, wrote_before) & (talk.author != _NOBODY)
    author, at = talk.author[within], talk.at[within]
    first = np.full(len(members), np.inf)
    place, known = _places(members, author)
    np.minimum.at(first, place[known], at[known])
    new = first <= (talk.span.ends - RETURN_WITHIN).timestamp()
    since = at[known] - first[place[known]]
    again = (since >= _DAY.total_seconds()) & (since <= RETURN_WITHIN.total_seconds())
    returned = np.zeros(len(members))
    returned[place[known][again]] = 1.0
    return Counts(returned * new, new.astype(np.float64))


def wrote_before(group_ids: Collection[int], moment: datetime) -> Ids:
    """Who had written in these groups before then, imported posts included: no newcomer."""
    rows = (
        select(author_column())
        .join(Thread, Thread.id == Post.thread_id)
        .where(Thread.group_id.in_(group_ids), Post.created_at < moment, Post.pseudonym_id.is_(None))
        .distinct()
    )
    return np.array(sorted(db.session.scalars(rows)), np.int64)


def members_at(group_id: int, moment: datetime) -> Ids:
    """Who belonged to a group then and belongs now, or has left since: sorted ids."""
    here = select(Membership.member_id).where(
        Membership.group_id == group_id,
        Membership.joined_at < moment,
        Membership.standing.in_(READS),
    )
    gone = select(FormerMembership.member_id).where(
        FormerMembership.group_id == group_id, FormerMembership.left_at >= moment
    )
    return np.array(sorted({*db.session.scalars(here), *db.session.scalars(gone)}), np.int64)


def leavers(members: Ids, group_ids: Collection[int], span: Span) -> Counts:
    """Who of these members left one of these groups in the span, by their own choice."""
    rows = select(FormerMembership.member_id).where(
        FormerMembership.group_id.in_(group_ids),
        FormerMembership.by_choice,
        FormerMembership.left_at >= span.begins,
        FormerMembership.left_at < span.ends,
    )
    left = np.array(sorted(set(db.session.scalars(rows))), np.int64)
    return Counts(np.isin(members, left).astype(np.float64), np.ones(len(members)))


def count_posts_in(group_ids: Sequence[int], span: Span) -> Mapping[int, int]:
    """Posts by group, for finding groups that are alike."""
    rows = (
        select(Thread.group_id, func.count())
        .select_from(Post)
        .join(Thread, Thread.id == Post.thread_id)
        .where(Thread.group_id.in_(group_ids), Post.via != Via.IMPORT)
        .where(Post.created_at >= span.begins, Post.created_at < span.ends)
        .group_by(Thread.group_id)
    )
    return {group_id: count for group_id, count in db.session.execute(rows)}


def aligned(before: tuple[Ids, Counts], after: tuple[Ids, Counts]) -> tuple[Counts, Counts]:
    """Two counts over different members, over all of them: who is in one alone counts nothing in the other."""
    everybody = np.union1d(before[0], after[0])
    return _spread(everybody, *before), _spread(everybody, *after)


def _spread(everybody: Ids, members: Ids, counts: Counts) -> Counts:
    places = np.searchsorted(everybody, members)
    count, of = np.zeros(len(everybody)), np.zeros(len(everybody))
    count[places], of[places] = counts.count, counts.of
    return Counts(count, of)


def _tally(members: Ids, who: Ids, weight: Values | None = None) -> Values:
    place, known = _places(members, who)
    tally: Values = np.bincount(place[known], None if weight is None else weight[known], minlength=len(members)).astype(
        np.float64
    )
    return tally


def _places(members: Ids, who: Ids) -> tuple[Ids, NDArray[np.bool_]]:
    """Where each stands among the sorted members, and whether at all."""
    if not len(members):
        return np.zeros(len(who), np.int64), np.zeros(len(who), np.bool_)
    place = np.minimum(np.searchsorted(members, who), len(members) - 1)
    return place, members[place] == who
