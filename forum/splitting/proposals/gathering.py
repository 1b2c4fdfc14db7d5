"""Evidence from the database: a few statements over one group, numbers alone. Reads only, never commits.

Of the plan's own group, not of those below or beside it. Posts under a pseudonym, erased ones and those of people who
are no members leave a hole: nobody wrote them, and nobody is answered by answering them. A thread that begins with an
anonymous or erased post has no subject here and no tags.
"""

from array import array
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

import numpy as np
from sqlalchemy import BigInteger, ColumnElement, Select, case, cast, extract, func, select
from sqlalchemy.orm import InstrumentedAttribute

from forum.accounts.models import Member
from forum.clock import now
from forum.db import db
from forum.groups.models import READS, Delivery, Group, Membership
from forum.splitting.proposals.counting import HOLE, NO_MEMBER, Counted, Days, Posts, count_posts
from forum.splitting.proposals.evidence import Counts, Evidence, Ids, Places
from forum.splitting.proposals.held_facets import held_facets
from forum.splitting.proposals.talk import key_of, telling, words_of
from forum.threads.models import Choice, Post, TagChoice, Thread, ThreadChoice, ThreadTag
from forum.threads.queries import author_column

LOOK_BACK_DAYS = 730
_AT_ONCE = 20_000
_DAY = 86_400
_DELIVERIES = list(Delivery)


def gather(group: Group, *, days: int = LOOK_BACK_DAYS) -> Evidence:
    """The group's evidence as it is now, without candidates. Call it inside `reading()`: one picture of everything.

    Ages count to the end of the day: what is proposed twice a day from the same rows is the same to the last digit.
    """
    end_of_day = now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    look = _Look(group, end_of_day, days)
    member_ids, joined_days, delivery = _members(look)
    threads = _threads(look)
    posts = _posts(look, member_ids, threads.ids)
    counted = count_posts(posts, threads.age <= days, len(member_ids))
    facets = held_facets(group, member_ids)
    tags = _tags(look, member_ids, threads.ids, counted)
    follow_thread, follow_member = _follows(look, member_ids, threads.ids)
    spoken = counted.thread_is_open[threads.word_thread]
    term_keys, term_thread, term = telling(threads.word_thread[spoken], threads.word_key[spoken], len(threads.ids))
    nobody = np.zeros((0, len(member_ids)), dtype=np.int32)
    return Evidence(
        moment=np.array([int(look.moment.timestamp()), days]),
        member_ids=member_ids,
        member_joined_days=joined_days,
        member_delivery=delivery,
        thread_ids=threads.ids,
        thread_days=threads.age.astype(np.int32),
        follow_thread=follow_thread,
        follow_member=follow_member,
        term_keys=term_keys,
        term_thread=term_thread,
        term=term,
        labels=nobody,
        second=nobody,
        unbounded=np.zeros(len(member_ids), dtype=np.int32),
        **vars(tags),
        **vars(facets),
        **{name: column for name, column in vars(counted).items() if name != "thread_is_open"},
    )


@dataclass(frozen=True)
class _Look:
    """Which group, and which days."""

    group: Group
    moment: datetime
    days: int

    @property
    def since(self) -> datetime:
        return self.moment - timedelta(days=self.days)

    def age(self, seconds: Ids) -> Days:
        """Days ago, of seconds of the epoch."""
        days: Days = (self.moment.timestamp() - seconds) / _DAY
        return days


@dataclass(frozen=True)
class _Threads:
    """Threads with posts in these days, ascending; their age in days; and the words of their subjects."""

    ids: Ids
    age: Days
    word_thread: Places
    word_key: Ids


@dataclass(frozen=True)
class _Tags:
    """Columns of `Evidence`."""

    tag_ids: Ids
    tagged_thread: Places
    tagged: Places
    tag_follow_member: Places
    tag_follow: Places


def _members(look: _Look) -> tuple[Ids, Counts, Counts]:
    """Who reads the group, ascending; since how many days, and how its mail comes to them."""
    rows = (
        select(Membership.member_id, _epoch(Membership.joined_at), Membership.delivery)
        .join(Member, Member.id == Membership.member_id)
        .where(Membership.group_id == look.group.id, ~Member.placeholder)
        .where(Membership.standing.in_(READS))
        .order_by(Membership.member_id)
    )
    found = [(row[0], row[1], _DELIVERIES.index(row[2])) for row in db.session.execute(rows)]
    table = np.array(found, dtype=np.int64).reshape(-1, 3)
    return table[:, 0], look.age(table[:, 1]).astype(np.int32), table[:, 2].astype(np.int32)


def _threads(look: _Look) -> _Threads:
    rows = (
        select(Thread.id, _epoch(Thread.created_at), Thread.subject_key)
        .where(Thread.group_id == look.group.id, Thread.last_post_at >= look.since, Thread.posts > 0)
        .order_by(Thread.id)
    )
    # Arrays of numbers from the first: as lists, the words of all subjects would take ten times as much.
    table, word_thread, word_key = array("q"), array("l"), array("q")
    with db.session.execute(rows.execution_options(yield_per=_AT_ONCE)) as found:
        for place, (thread_id, began, subject) in enumerate(found):
            table.extend((thread_id, began))
            keys = [key_of(word) for word in words_of(subject)]
            word_key.extend(keys)
            word_thread.extend([place] * len(keys))
    numbers = np.array(table, dtype=np.int64).reshape(-1, 2)
    return _Threads(
        numbers[:, 0],
        look.age(numbers[:, 1]),
        np.array(word_thread, dtype=np.int32),
        np.array(word_key, dtype=np.int64),
    )


def _posts(look: _Look, member_ids: Ids, thread_ids: Ids) -> Posts:
    author = case((_is_hole(), HOLE), else_=author_column())
    rows = (
        select(
            Post.id,
            Post.thread_id,
            Post.published_no,
            author,
            func.coalesce(Post.in_reply_to_id, 0),
            _epoch(Post.created_at),
        )
        .join(Thread, Thread.id == Post.thread_id)
        .where(Thread.group_id == look.group.id, Post.created_at >= look.since)
    )
    table = _table(rows)
    table = table[np.isin(table[:, 1], thread_ids)]
    place = _places(table[:, 3], member_ids)
    return Posts(
        ids=table[:, 0],
        thread=np.searchsorted(thread_ids, table[:, 1]).astype(np.int32),
        number=table[:, 2],
        author=np.where(table[:, 3] == HOLE, HOLE, place).astype(np.int32),
        answers=table[:, 4],
        age=look.age(table[:, 5]),
    )


def _is_hole() -> ColumnElement[bool]:
    return Post.pseudonym_id.is_not(None) | Post.erased_at.is_not(None)


def _tags(look: _Look, member_ids: Ids, thread_ids: Ids, counted: Counted) -> _Tags:
    """Tags by number: of each, the first of these threads' rows that says it."""
    first_row: dict[str, int] = {}
    tagged: list[tuple[int, int]] = []
    rows = select(ThreadTag.id, ThreadTag.thread_id, ThreadTag.tag).where(ThreadTag.group_id == look.group.id)
    with db.session.execute(rows.order_by(ThreadTag.id).execution_options(yield_per=_AT_ONCE)) as found:
        open_threads = set(thread_ids[counted.thread_is_open].tolist())
        tagged = [
            (thread_id, first_row.setdefault(tag, row_id))
            for row_id, thread_id, tag in found
            if thread_id in open_threads
        ]
    pairs = np.array(tagged, dtype=np.int64).reshape(-1, 2)
    tag_ids = np.array(sorted(first_row.values()), dtype=np.int64)
    followed = select(TagChoice.member_id, TagChoice.tag).where(
        TagChoice.group_id == look.group.id, TagChoice.choice == Choice.FOLLOW
    )
    chosen = [(member, first_row[tag]) for member, tag in db.session.execute(followed) if tag in first_row]
    follow = np.unique(np.array(chosen, dtype=np.int64).reshape(-1, 2), axis=0)
    follow = follow[np.isin(follow[:, 0], member_ids)]
    return _Tags(
        tag_ids=tag_ids,
        tagged_thread=np.searchsorted(thread_ids, pairs[:, 0]).astype(np.int32),
        tagged=np.searchsorted(tag_ids, pairs[:, 1]).astype(np.int32),
        tag_follow_member=np.searchsorted(member_ids, follow[:, 0]).astype(np.int32),
        tag_follow=np.searchsorted(tag_ids, follow[:, 1]).astype(np.int32),
    )


def _follows(look: _Look, member_ids: Ids, thread_ids: Ids) -> tuple[Places, Places]:
    """Who chose to follow which thread."""
    rows = (
        select(ThreadChoice.thread_id, ThreadChoice.member_id)
        .join(Thread, Thread.id == ThreadChoice.thread_id)
        .where(Thread.group_id == look.group.id, ThreadChoice.choice == Choice.FOLLOW)
        .order_by(ThreadChoice.thread_id, ThreadChoice.member_id)
    )
    table = _table(rows)
    table = table[np.isin(table[:, 0], thread_ids) & np.isin(table[:, 1], member_ids)]
    return (
        np.searchsorted(thread_ids, table[:, 0]).astype(np.int32),
        np.searchsorted(member_ids, table[:, 1]).astype(np.int32),
    )


def _table(rows: Select[Any]) -> Ids:
    """Rows of whole numbers as an array, read in parts: as Python's numbers they would take ten times as much."""
    columns = len(rows.selected_columns)
    parts: list[Ids] = []
    # Past the ORM, which would take as long again for a million rows.
    with db.session.connection().execute(rows.execution_options(yield_per=_AT_ONCE)) as found:
        for part in found.partitions():
            flat = np.fromiter(chain.from_iterable(part), np.int64, len(part) * columns)
            parts.append(flat.reshape(-1, columns))
    return np.concatenate(parts) if parts else np.zeros((0, columns), dtype=np.int64)


def _places(ids: Ids, among: Ids) -> Ids:
    """Where each stands among these ascending ids, or NO_MEMBER."""
    if not len(among):
        return np.full(len(ids), NO_MEMBER, dtype=np.int64)
    place = np.minimum(np.searchsorted(among, ids), len(among) - 1)
    return np.where(among[place] == ids, place, NO_MEMBER)


def _epoch(moment: InstrumentedAttribute[datetime]) -> ColumnElement[int]:
    return cast(extract("epoch", moment), BigInteger)
