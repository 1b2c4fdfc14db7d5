"""What was before a past post, for rules of pace: one look at all posts of the time, then everything from memory.

It keeps who wrote when and where, and of words only a digest. What was held counts for nobody here: when it was decided
is not asked.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from sqlalchemy import Label, case, func, select

from forum.db import db
from forum.posting.history import LEAST_WORDS, words_alone
from forum.rules.cross_post import CrossPostOptions
from forum.rules.history import History, InThread, SameWords
from forum.rules.newcomer import NewcomerOptions
from forum.threads.models import Post, Thread
from forum.threads.queries import author_column

_BATCH = 2_000


@dataclass(frozen=True)
class _Written:
    """One post: when, by whom (`writer_of_post`), where."""

    at: datetime
    number: int
    writer: int
    group_id: int
    thread_id: int
    digest: bytes


class PastPace:
    """The histories of posts since a moment, as far back as rules with these options look."""

    def __init__(self, since: datetime, options: Iterable[Any]) -> None:
        options = tuple(options)
        self._window = timedelta(seconds=max((_seconds(each) for each in options), default=0))
        self._words = any(isinstance(each, CrossPostOptions) for each in options)
        self._by_writer: dict[int, list[_Written]] = {}
        self._by_thread: dict[int, list[_Written]] = {}
        self._earlier: dict[tuple[int, int], int] = {}
        begin = since - self._window
        self._load(begin)
        if any(isinstance(each, NewcomerOptions) for each in options):
            self._count_before(begin)

    def before(
        self, at: datetime, number: int, writer: int, group_id: int, thread_id: int | None, text: str
    ) -> History:
        """What was before a post that came at this moment; `number` is where it stands among those of one moment."""
        own = self._by_writer.get(writer, [])
        own_before = own[: bisect_left(own, (at, number), key=_moment)]
        lately = own_before[bisect_left(own_before, at - self._window, key=lambda each: each.at) :]
        in_thread = self._by_thread.get(thread_id, []) if thread_id is not None else []
        thread = in_thread[: bisect_left(in_thread, (at, number), key=_moment)]
        digest = _digest(text) if self._words else b""
        return History(
            at,
            writer,
            own=tuple(each.at for each in lately if each.group_id == group_id),
            published=self._earlier.get((writer, group_id), 0) + sum(each.group_id == group_id for each in own_before),
            thread=tuple(InThread(each.writer, each.at) for each in thread if each.at > at - self._window),
            same_words=tuple(
                SameWords(each.group_id, each.at)
                for each in lately
                if digest and each.digest == digest and each.group_id != group_id
            ),
        )

    def _load(self, begin: datetime) -> None:
        rows = (
            select(
                Post.published_no,
                Post.created_at,
                writer_of_post(),
                Post.thread_id,
                Thread.group_id,
                *((Post.text,) if self._words else ()),
            )
            .join(Thread, Thread.id == Post.thread_id)
            .where(Post.created_at >= begin)
            .execution_options(yield_per=_BATCH)
        )
        for row in db.session.execute(rows):
            written = _Written(
                row.created_at,
                row.published_no,
                row.writer,
                row.group_id,
                row.thread_id,
                _digest(row.text) if self._words else b"",
            )
            self._by_writer.setdefault(written.writer, []).append(written)
            self._by_thread.setdefault(written.thread_id, []).append(written)
        for lists in (self._by_writer, self._by_thread):
            for each in lists.values():
                each.sort(key=_moment)

    def _count_before(self, begin: datetime) -> None:
        rows = (
            select(writer_of_post(), Thread.group_id, func.count())
            .join(Thread, Thread.id == Post.thread_id)
            .where(Post.created_at < begin)
            .group_by(writer_of_post(), Thread.group_id)
        )
        for writer, group_id, count in db.session.execute(rows).tuples():
            self._earlier[writer, group_id] = count


def writer_of_post() -> Label[int]:
    """Which posts are of the same person as readers may know it: the member, or less than 0 for a pseudonym."""
    return case((Post.pseudonym_id.is_(None), author_column()), else_=-Post.pseudonym_id).label("writer")


def _moment(written: _Written) -> tuple[datetime, int]:
    return written.at, written.number


def _seconds(options: Any) -> int:
    """How far back a check with these options looks."""
    return max((getattr(options, field.name) for field in fields(options) if "seconds" in field.name), default=0)


def _digest(text: str) -> bytes:
    words = words_alone(text)
    return blake2b(" ".join(words).encode(), digest_size=12).digest() if len(words) >= LEAST_WORDS else b""
