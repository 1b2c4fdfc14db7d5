"""What of a post is indexed and shown in excerpts: subject, byline and own words, without members' quoted addresses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import func, select

from forum.accounts.queries import names_by_email
from forum.db import db
from forum.queue import Task
from forum.search.words import MOST_CHARACTERS
from forum.text import hide_addresses
from forum.threads.models import Post

# Tasks about one post. Both mean: make the index agree with the post as it is now.
KINDS = ("index", "unindex")


@dataclass(frozen=True)
class Document:
    """A post as an engine takes it."""

    post_id: int
    subject: str
    byline: str
    text: str


def documents_of(post_ids: Sequence[int]) -> Sequence[Document]:
    """The documents of those posts that are there and not erased."""
    rows = db.session.execute(
        select(Post.id, Post.subject, Post.byline, Post.text)
        .where(Post.id.in_(post_ids), Post.erased_at.is_(None))
        .order_by(Post.id)
    ).all()
    texts = shown_texts({row.id: row.text for row in rows})
    return [Document(row.id, row.subject, row.byline, texts[row.id]) for row in rows]


def shown_texts(texts: Mapping[int, str]) -> Mapping[int, str]:
    """These texts with members' names where quoting put their addresses: nobody finds one out by searching for it."""

    @cache
    def name_of(address: str) -> str | None:
        return names_by_email([address]).get(address.lower())

    return {key: hide_addresses(text[:MOST_CHARACTERS], name_of) for key, text in texts.items()}


def post_ids_after(post_id: int, limit: int) -> Sequence[int]:
    """The next posts by their row numbers, for going through all of them."""
    rows = select(Post.id).where(Post.id > post_id, Post.erased_at.is_(None)).order_by(Post.id).limit(limit)
    return db.session.scalars(rows).all()


def post_ids_indexed_since(moment: datetime) -> Sequence[int]:
    """Posts that an indexer has finished with since then, in whatever way."""
    rows = select(Task.target_id).where(Task.kind.in_(KINDS), Task.done_at >= moment).distinct()
    return db.session.scalars(rows.order_by(Task.target_id)).all()


def count_posts() -> int:
    """How many posts an index of all of them holds."""
    return db.session.scalar(select(func.count()).where(Post.erased_at.is_(None))) or 0
