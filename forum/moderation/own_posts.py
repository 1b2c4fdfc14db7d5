"""All that a member has written and what has become of it: posts, and what waits or came back. Reads only.

What was written anonymously is there as well: the page is for its author alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import contains_eager, defer, joinedload

from forum.db import db
from forum.posting.models import HeldPost, HeldState
from forum.threads.models import Post, Thread
from forum.threads.queries import author_column
from forum.threads.sealed import own_pseudonyms

_OPEN = (HeldState.WAITING, HeldState.RETURNED)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class OwnPost:
    """One submission: a post, or what is none (yet). Exactly one of the two is there."""

    post: Post | None = None
    held: HeldPost | None = None

    @property
    def place(self) -> "Place":
        row = self.post or self.held
        assert row is not None
        return Place(row.created_at, self.post is not None, row.id)


@dataclass(frozen=True, order=True)
class Place:
    """Where something stands in the list: by its time, of the same time a post later than what waits."""

    moment: datetime
    is_post: bool
    id: int

    def __str__(self) -> str:
        return f"{(self.moment - _EPOCH) // timedelta(microseconds=1)}{'p' if self.is_post else 'h'}{self.id}"


def place_from(text: str) -> Place:
    """The place that `str` has written; ValueError for anything else."""
    for mark in "ph":
        moment, found, number = text.partition(mark)
        if found and len(text) < 40 and moment.isascii() and moment.isdigit() and number.isascii() and number.isdigit():
            try:
                return Place(_EPOCH + timedelta(microseconds=int(moment)), mark == "p", int(number))
            except OverflowError as error:
                raise ValueError(text) from error
    raise ValueError(text)


def own_posts(member_id: int, *, before: Place | None = None, limit: int = 30) -> Sequence[OwnPost]:
    """Everything, newest first; `before` is the place of a page's last row. What was approved is there as its post."""
    held, names = _held_posts(before, limit).where(HeldPost.state != HeldState.APPROVED), own_pseudonyms(member_id)
    posts = _posts(before, limit)
    # Each by an index of its own; together the database would sort all that somebody ever wrote.
    found = [
        *_as_posts(posts.where(author_column() == member_id)),
        *_as_held(held.where(HeldPost.author_id == member_id)),
    ]
    if names:
        found += [*_as_posts(posts.where(Post.pseudonym_id.in_(names)))]
        found += [*_as_held(held.where(HeldPost.pseudonym_id.in_(names)))]
    return sorted(found, key=lambda each: each.place, reverse=True)[:limit]


def own_open_posts(member_id: int, *, before: Place | None = None, limit: int = 30) -> Sequence[OwnPost]:
    """What waits or has come back, newest first."""
    held, names = _held_posts(before, limit).where(HeldPost.state.in_(_OPEN)), own_pseudonyms(member_id)
    found = [*_as_held(held.where(HeldPost.author_id == member_id))]
    if names:
        found += [*_as_held(held.where(HeldPost.pseudonym_id.in_(names)))]
    return sorted(found, key=lambda each: each.place, reverse=True)[:limit]


def _posts(before: Place | None, limit: int) -> Select[Any]:
    rows = select(Post).join(Post.thread).join(Thread.group)
    rows = rows.options(
        contains_eager(Post.thread).contains_eager(Thread.group), defer(Post.text), defer(Post.html), defer(Post.folded)
    )
    if before is not None:
        # The range first, so that the index finds where to begin.
        rows = rows.where(Post.created_at <= before.moment)
        rows = rows.where(or_(Post.created_at < before.moment, Post.id < (before.id if before.is_post else 0)))
    return rows.order_by(Post.created_at.desc(), Post.id.desc()).limit(limit)


def _held_posts(before: Place | None, limit: int) -> Select[Any]:
    rows = select(HeldPost).options(
        joinedload(HeldPost.group), defer(HeldPost.text), defer(HeldPost.html), defer(HeldPost.folded)
    )
    if before is not None:
        rows = rows.where(HeldPost.created_at <= before.moment)
        if not before.is_post:
            rows = rows.where(or_(HeldPost.created_at < before.moment, HeldPost.id < before.id))
    return rows.order_by(HeldPost.created_at.desc(), HeldPost.id.desc()).limit(limit)


def _as_posts(rows: Select[Any]) -> list[OwnPost]:
    return [OwnPost(post=each) for each in db.session.scalars(rows)]


def _as_held(rows: Select[Any]) -> list[OwnPost]:
    return [OwnPost(held=each) for each in db.session.scalars(rows)]
