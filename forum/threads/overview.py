"""What an operator sees: every group with its numbers, and a thread whole. No viewer asks: only the CLI uses it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import aliased, selectinload

from forum.accounts.models import Address
from forum.db import db
from forum.groups.models import Group
from forum.groups.queries import count_members_by_group
from forum.threads.models import Post, Thread

_PAGE = 200


@dataclass(frozen=True)
class GroupRow:
    """A group and how much there is in it."""

    group: Group
    members: int
    threads: int


def group_rows() -> Sequence[GroupRow]:
    """Every group, parents before their children, children by name."""
    children: dict[int | None, list[Group]] = {}
    for group in db.session.scalars(select(Group).order_by(func.lower(Group.name))):
        children.setdefault(group.parent_id, []).append(group)
    members = count_members_by_group()
    counts = select(Thread.group_id, func.count()).where(Thread.posts > 0).group_by(Thread.group_id)
    threads = dict(db.session.execute(counts).tuples().all())

    def walk(parent_id: int | None) -> Iterator[GroupRow]:
        for group in children.get(parent_id, ()):
            yield GroupRow(group, members.get(group.id, 0), threads.get(group.id, 0))
            yield from walk(group.id)

    return list(walk(None))


@dataclass(frozen=True)
class WrittenPost:
    """A post with who wrote it, unless it is anonymous, and which message it answers (our id of it)."""

    post: Post
    email: str | None
    answers: str | None


def transcript(thread: Thread) -> Iterator[WrittenPost]:
    """Every post of a thread in the order of publishing, a page at a time."""
    after = 0
    while page := _page(thread, after):
        emails = _primary_emails(page)
        for post, answers in page:
            yield WrittenPost(post, emails.get(post.author_id), answers)
        after = page[-1][0].published_no


def _page(thread: Thread, after: int) -> Sequence[tuple[Post, str | None]]:
    answered = aliased(Post)
    rows = (
        select(Post, answered.message_id)
        .outerjoin(answered, answered.id == Post.in_reply_to_id)
        .where(Post.thread_id == thread.id, Post.published_no > after)
        .options(selectinload(Post.attachments))
        .order_by(Post.published_no)
        .limit(_PAGE)
    )
    return [(post, message_id) for post, message_id in db.session.execute(rows)]


def _primary_emails(page: Sequence[tuple[Post, str | None]]) -> Mapping[int, str]:
    authors = {post.author_id for post, _ in page}
    rows = select(Address.member_id, Address.email).where(Address.member_id.in_(authors), Address.is_primary)
    return dict(db.session.execute(rows).tuples().all())
