"""Reads that an import and an export need, set-wise: of many ids at once, and only the columns used."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from sqlalchemy import func, select

from forum.archives.arrange import Known, KnownPost, KnownThread
from forum.archives.models import OldNumber
from forum.db import db
from forum.posting.models import Arrival
from forum.threads.models import Post, Thread

_AT_ONCE = 500


def _in_lots(ids: Iterable[str]) -> Iterator[Sequence[str]]:
    each = iter(ids)
    while lot := list(islice(each, _AT_ONCE)):
        yield lot


def ids_in_group(group_id: int, message_ids: Iterable[str]) -> frozenset[str]:
    """Those of the ids that the group has had: as a post, as a held one, or as one that was moved or erased since."""
    found: set[str] = set()
    for lot in _in_lots(message_ids):
        arrived = select(Arrival.author_message_id).where(
            Arrival.group_id == group_id, Arrival.author_message_id.in_(lot)
        )
        posted = (
            select(Post.message_id)
            .join(Thread, Thread.id == Post.thread_id)
            .where(Thread.group_id == group_id, Post.message_id.in_(lot))
        )
        found.update(db.session.scalars(arrived.union(posted)))
    return frozenset(found)


def fan_out_keys(message_ids: Sequence[str]) -> Mapping[str, int]:
    """Of the ids under which posts stand in any group, the key that copies of one message share."""
    rows = select(Post.message_id, Post.fan_out_key).where(Post.message_id.in_(message_ids))
    return {row.message_id: row.fan_out_key for row in db.session.execute(rows)}


def post_with_old_number(group_id: int, number: int) -> Post | None:
    """The post that the group's old archive had under this number, wherever it stands now."""
    found = select(Post).join(OldNumber, OldNumber.post_id == Post.id)
    return db.session.scalars(found.where(OldNumber.group_id == group_id, OldNumber.number == number)).first()


def known_of(group_id: int, message_ids: Iterable[str], subject_keys: Iterable[str]) -> Known:
    """What the group has of these ids and subjects, for threading."""
    posts: dict[str, KnownPost] = {}
    for lot in _in_lots(message_ids):
        for column in (Post.message_id, Post.author_message_id):
            rows = (
                select(column.label("name"), Post.id.label("post_id"), *_THREAD)
                .join(Thread, Thread.id == Post.thread_id)
                .where(Thread.group_id == group_id, column.in_(lot))
            )
            for row in db.session.execute(rows):
                posts.setdefault(row.name, KnownPost(row.post_id, _thread_of(row[2:])))
    threads: dict[str, list[KnownThread]] = {}
    for lot in _in_lots(subject_keys):
        alike = select(*_THREAD).where(Thread.group_id == group_id, Thread.subject_key.in_(lot), Thread.posts > 0)
        for row in db.session.execute(alike.order_by(Thread.last_published_no)):
            threads.setdefault(row.subject_key, []).append(_thread_of(row))
    return Known(posts, threads)


_FIRST_POST = select(func.min(Post.id)).where(Post.thread_id == Thread.id).correlate(Thread).scalar_subquery()
_THREAD = (Thread.id, Thread.subject_key, _FIRST_POST, Thread.last_post_at)


def _thread_of(columns: Sequence[object]) -> KnownThread:
    thread_id, key, first_post_id, last_post_at = columns
    return KnownThread(thread_id, key, first_post_id, last_post_at)  # type: ignore[arg-type]  # rows are untyped here
