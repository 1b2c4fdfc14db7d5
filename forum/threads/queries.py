"""Reads of threads and posts. Loading for a person includes the right to read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, defer, joinedload, load_only, selectinload

from forum.accounts.models import Member, Shown
from forum.clock import now
from forum.db import db
from forum.groups.rights import Viewer, may_read, readable_group_ids
from forum.groups.shown import is_seen, sharing_a_group
from forum.threads.models import Attachment, Post, ReadingMark, Thread
from forum.threads.tags import subject_beside, tags_of, threads_with

ANCESTORS_AT_MOST = 60
SUBJECT_MATCH_DAYS = 14


@dataclass(frozen=True)
class ThreadRow:
    """A line in a list of threads, with how it looks to one reader."""

    thread: Thread
    unread: bool
    tags: Sequence[str]

    @property
    def subject(self) -> str:
        """The subject beside the tags."""
        return subject_beside(self.thread.subject, self.tags)


def thread_for(viewer: Viewer, public_id: str) -> Thread | None:
    """The thread if the viewer may read its group; None is "not found", also for what is only closed."""
    thread = thread_by_public_id(public_id)
    return thread if thread is not None and may_read(viewer, thread.group) else None


def thread_by_public_id(public_id: str) -> Thread | None:
    """For operators and for the program itself: no viewer asks."""
    found = select(Thread).where(Thread.public_id == public_id).options(joinedload(Thread.group))
    return db.session.scalars(found).first()


def threads_page(
    group_id: int, *, before: int | None = None, limit: int = 30, unanswered: bool = False, tag: str | None = None
) -> Sequence[Thread]:
    """Threads of a group, the one with the newest post first; `before` is the last_published_no of a page's last."""
    rows = select(Thread).where(Thread.group_id == group_id, Thread.posts > 0)
    if unanswered:
        rows = rows.where(Thread.posts == 1)
    if tag is not None:
        rows = rows.where(Thread.id.in_(threads_with(tag, [group_id])))
    if before is not None:
        rows = rows.where(Thread.last_published_no < before)
    return db.session.scalars(rows.order_by(Thread.last_published_no.desc()).limit(limit)).all()


def latest_threads(viewer: Viewer, *, before: int | None = None, limit: int = 30) -> Sequence[Thread]:
    """The newest threads of the viewer's own groups, over all of them."""
    own = [group_id for group_id, belonging in viewer.belongings.items() if belonging.may_read()]
    rows = select(Thread).where(Thread.group_id.in_(own), Thread.posts > 0).options(joinedload(Thread.group))
    if before is not None:
        rows = rows.where(Thread.last_published_no < before)
    return db.session.scalars(rows.order_by(Thread.last_published_no.desc()).limit(limit)).all()


def with_marks(viewer: Viewer, threads: Sequence[Thread]) -> Sequence[ThreadRow]:
    """The threads with the viewer's reading marks and their tags, in two queries."""
    ids = [thread.id for thread in threads]
    marks, tags = reading_marks(viewer.member_id, ids), tags_of(ids)
    return [
        ThreadRow(thread, marks.get(thread.id, 0) < thread.last_published_no, tags.get(thread.id, ()))
        for thread in threads
    ]


def reading_marks(member_id: int, thread_ids: Sequence[int]) -> Mapping[int, int]:
    rows = db.session.execute(
        select(ReadingMark.thread_id, ReadingMark.published_no).where(
            ReadingMark.member_id == member_id, ReadingMark.thread_id.in_(thread_ids)
        )
    )
    return {thread_id: published_no for thread_id, published_no in rows}


_BESIDE = (
    Member.public_id,
    Member.career_stage,
    Member.career_stage_shown,
    Member.specialty,
    Member.specialty_shown,
)


@dataclass(frozen=True)
class Author:
    """What stands beside a byline: who, for the reader."""

    public_id: str
    career_stage: str
    specialty: str


def posts_page(thread: Thread, *, after: int = 0, limit: int = 200) -> Sequence[Post]:
    """Posts of a thread in the order of publishing, from after a published_no; attachments come along."""
    rows = (
        select(Post)
        .where(Post.thread_id == thread.id, Post.published_no > after)
        .options(selectinload(Post.attachments), defer(Post.text))
        .order_by(Post.published_no)
        .limit(limit)
    )
    return db.session.scalars(rows).all()


def authors_of(posts: Sequence[Post], viewer: Viewer) -> Mapping[int, Author]:
    """What this reader sees beside the bylines of these posts, by post id; each author chooses who sees it."""
    rows = db.session.execute(
        select(Post.id, Member)
        .join(Member, Member.id == Post.author_id)
        # Beside a pseudonym stands nobody.
        .where(Post.id.in_([post.id for post in posts]), Post.pseudonym_id.is_(None))
        .options(load_only(*_BESIDE))
    ).all()
    only_groups = {who.id for _, who in rows if Shown.GROUPS in (who.career_stage_shown, who.specialty_shown)}
    sharing = sharing_a_group(viewer, only_groups)
    return {
        post_id: Author(
            who.public_id,
            who.career_stage if is_seen(who.career_stage_shown, who.id in sharing) else "",
            who.specialty if is_seen(who.specialty_shown, who.id in sharing) else "",
        )
        for post_id, who in rows
    }


def author_id_of(post: Post) -> int:
    """The one place that tells who wrote a post, for rights and for mail to the author."""
    return post.author_id


def author_column() -> InstrumentedAttribute[int]:
    """The same as a column, for queries."""
    return Post.author_id


def is_author(member_id: ColumnElement[int] | InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """The condition that a member wrote a post, for queries."""
    condition: ColumnElement[bool] = Post.author_id == member_id
    return condition


def post_by_id(post_id: int) -> Post | None:
    return db.session.get(Post, post_id)


def post_by_public_id(public_id: str) -> Post | None:
    return db.session.scalars(select(Post).where(Post.public_id == public_id)).first()


def post_for(viewer: Viewer, public_id: str) -> Post | None:
    post = post_by_public_id(public_id)
    return post if post is not None and may_read(viewer, post.thread.group) else None


def attachment_for(viewer: Viewer, public_id: str) -> Attachment | None:
    """The attachment of a post that the viewer may read."""
    attachment = db.session.scalars(select(Attachment).where(Attachment.public_id == public_id)).first()
    if attachment is None or attachment.post_id is None:
        return None
    post = db.session.get_one(Post, attachment.post_id)
    return attachment if post.erased_at is None and may_read(viewer, post.thread.group) else None


def posts_by_message_ids(message_ids: Sequence[str]) -> Mapping[str, Sequence[Post]]:
    """Posts known under each of these ids, ours and the authors' own alike (an author's may be in several groups)."""
    found: dict[str, list[Post]] = {}
    for column in (Post.message_id, Post.author_message_id):
        for post in db.session.scalars(select(Post).where(column.in_(message_ids)).order_by(Post.id)):
            name = post.message_id if column is Post.message_id else post.author_message_id
            if name is not None and post not in found.setdefault(name, []):
                found[name].append(post)
    return found


def sibling_in_group(post: Post, group_id: int) -> Post | None:
    """The post that the same submission made in another group."""
    rows = (
        select(Post)
        .join(Thread, Thread.id == Post.thread_id)
        .where(Post.fan_out_key == post.fan_out_key, Thread.group_id == group_id)
        .limit(1)
    )
    return db.session.scalars(rows).first()


def newest_thread_with_subject(group_id: int, key: str) -> Thread | None:
    """The last resort of threading: the same subject, in the same group, in the last days."""
    rows = (
        select(Thread)
        .where(
            Thread.group_id == group_id,
            Thread.subject_key == key,
            Thread.last_post_at > now() - timedelta(days=SUBJECT_MATCH_DAYS),
        )
        .order_by(Thread.last_published_no.desc())
        .limit(1)
    )
    return db.session.scalars(rows).first()


def last_post_of(thread: Thread) -> Post | None:
    rows = select(Post).where(Post.thread_id == thread.id).order_by(Post.published_no.desc()).limit(1)
    return db.session.scalars(rows).first()


def ancestors_of(post: Post) -> Sequence[Post]:
    """What a post answers, oldest first: for References. At most 60, as no program reads more."""
    chain: list[Post] = []
    above = None if post.in_reply_to_id is None else db.session.get(Post, post.in_reply_to_id)
    while above is not None and len(chain) < ANCESTORS_AT_MOST:
        chain.append(above)
        above = None if above.in_reply_to_id is None else db.session.get(Post, above.in_reply_to_id)
    return chain[::-1]


def count_posts_since(author_id: int, group_id: int, moment: datetime) -> Select[tuple[int]]:
    """Counts how often somebody has posted to a group since then, for the quota."""
    return (
        select(func.count())
        .select_from(Post)
        .join(Thread, Thread.id == Post.thread_id)
        .where(Post.author_id == author_id, Post.created_at > moment, Thread.group_id == group_id)
    )


def last_post_in(thread_id: int, author_id: int, after: datetime) -> datetime | None:
    """When somebody last posted in a thread after a moment, for slow threads."""
    rows = select(func.max(Post.created_at)).where(
        Post.author_id == author_id, Post.created_at > after, Post.thread_id == thread_id
    )
    return db.session.scalar(rows)


def count_threads(group_id: int) -> int:
    return db.session.scalar(select(func.count()).where(Thread.group_id == group_id, Thread.posts > 0)) or 0


def unread_by_group(viewer: Viewer) -> Mapping[int, int]:
    """Threads with something unread, by group, among the newest hundred of each reader's groups."""
    newest = (
        select(Thread.id, Thread.group_id, Thread.last_published_no)
        .where(Thread.group_id.in_(readable_group_ids(viewer)), Thread.posts > 0)
        .where(Thread.last_post_at > now() - timedelta(days=30))
        .order_by(Thread.last_published_no.desc())
        .limit(500)
        .subquery()
    )
    rows = db.session.execute(
        select(newest.c.group_id, func.count())
        .outerjoin(ReadingMark, (ReadingMark.thread_id == newest.c.id) & (ReadingMark.member_id == viewer.member_id))
        .where(func.coalesce(ReadingMark.published_no, 0) < newest.c.last_published_no)
        .group_by(newest.c.group_id)
    )
    return {group_id: count for group_id, count in rows}
