"""Search: what a member looks for among the posts that the member may read, behind one interface for both engines."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from markupsafe import Markup
from sqlalchemy import ColumnElement, func, select

from forum.db import db
from forum.groups.models import Group
from forum.groups.queries import group_by_slug, living
from forum.groups.rights import Viewer, readable_group_ids
from forum.search.documents import shown_texts
from forum.search.engine import current_engine
from forum.search.excerpts import marked_excerpt
from forum.search.matches import PER_PAGE, Allowed, Matches, page_within, pages_of
from forum.search.wanted import TagsWanted, Wanted, read_tags, read_wanted
from forum.threads.models import Post, Thread
from forum.threads.tags import threads_with

_SLUG = re.compile(r"[a-z0-9-]{1,40}")


@dataclass(frozen=True)
class Query:
    """What is looked for. `author` are words of a byline; the days are the viewer's own and both count in."""

    words: str
    group_slug: str | None = None
    author: str | None = None
    since: date | None = None
    until: date | None = None
    page: int = 1


@dataclass(frozen=True)
class Hit:
    """A post that was found; `excerpt` is safe HTML with the words in <mark>."""

    post_id: int
    public_id: str
    thread_public_id: str
    group_slug: str
    group_name: str
    subject: str
    byline: str
    created_at: datetime
    excerpt: Markup


@dataclass(frozen=True)
class Found:
    """One page of hits, the most relevant first; `total` counts only what the viewer may read."""

    total: int
    hits: tuple[Hit, ...]
    page: int
    pages: int


NOTHING = Found(0, (), 1, 1)


def search_posts(viewer: Viewer, query: Query) -> Found:
    """Find posts that the viewer may read. Never raises for anything typed; a page past the end is the last one.

    Without words it lists by the filters alone, newest first; without anything it finds nothing.
    """
    tags = read_tags(query.words)
    allowed = _allowed(viewer, query, tags)
    wanted = read_wanted(tags.words, query.author or "")
    filtered = query.group_slug is not None or query.since is not None or query.until is not None
    filtered = filtered or bool(tags.present or tags.absent)
    nothing_typed = not tags.words.strip() and not (query.author or "").strip()
    if allowed is None:
        return NOTHING
    if wanted:
        matches = current_engine().find(wanted, allowed, query.page)
    elif nothing_typed and filtered:
        matches = _newest(allowed, query.page)
    else:
        return NOTHING
    return Found(matches.total, _hits(matches.post_ids, wanted), matches.page, pages_of(matches.total))


def _allowed(viewer: Viewer, query: Query, tags: TagsWanted) -> Allowed | None:
    """The conditions of the viewer's rights and of the filters; None when nothing can meet them."""
    group_ids = readable_group_ids(viewer)
    if query.group_slug is not None:
        group = group_by_slug(query.group_slug) if _SLUG.fullmatch(query.group_slug) else None
        group_ids &= {living(group).id} if group is not None else frozenset()
    if not group_ids:
        return None
    conditions: list[ColumnElement[bool]] = [Thread.group_id.in_(group_ids), Post.erased_at.is_(None)]
    conditions += [Thread.id.in_(threads_with(name, group_ids)) for name in tags.present]
    conditions += [Thread.id.not_in(threads_with(name, group_ids)) for name in tags.absent]
    zone = _zone(viewer.time_zone)
    if query.since is not None:
        conditions.append(Post.created_at >= _moment(query.since, time.min, zone))
    if query.until is not None:
        conditions.append(Post.created_at <= _moment(query.until, time.max, zone))
    return conditions


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _moment(day: date, of_day: time, zone: ZoneInfo) -> datetime:
    """That time of day there, in UTC. The first and last day of the calendar give way to their neighbours."""
    day = min(max(day, date(1, 1, 2)), date(9999, 12, 30))
    return datetime.combine(day, of_day, zone).astimezone(UTC)


def _newest(allowed: Allowed, page: int) -> Matches:
    posts = select(Post.id).join(Thread, Thread.id == Post.thread_id).where(*allowed)
    total = db.session.scalar(select(func.count()).select_from(posts.subquery())) or 0
    page = page_within(page, total)
    rows = posts.order_by(Post.created_at.desc(), Post.id.desc())
    return Matches(total, page, db.session.scalars(rows.offset((page - 1) * PER_PAGE).limit(PER_PAGE)).all())


def _hits(post_ids: Sequence[int], wanted: Wanted) -> tuple[Hit, ...]:
    rows = db.session.execute(
        select(
            Post.id,
            Post.public_id,
            Thread.public_id.label("thread_public_id"),
            Group.slug,
            Group.name,
            Post.subject,
            Post.byline,
            Post.created_at,
            Post.text,
        )
        .join(Thread, Thread.id == Post.thread_id)
        .join(Group, Group.id == Thread.group_id)
        .where(Post.id.in_(post_ids))
    ).all()
    texts = shown_texts({row.id: row.text for row in rows})
    hits = {
        row.id: Hit(
            post_id=row.id,
            public_id=row.public_id,
            thread_public_id=row.thread_public_id,
            group_slug=row.slug,
            group_name=row.name,
            subject=row.subject,
            byline=row.byline,
            created_at=row.created_at,
            excerpt=marked_excerpt(texts[row.id], wanted),
        )
        for row in rows
    }
    return tuple(hits[post_id] for post_id in post_ids)
