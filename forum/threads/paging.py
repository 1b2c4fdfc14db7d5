"""Where a post stands in a long thread: pages of a thread begin after a `published_no`, and never move."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from forum.db import db
from forum.threads.models import Post, Thread

PAGE = 200


@dataclass(frozen=True)
class Parent:
    """The post that another answers, as much as a link to it needs."""

    public_id: str
    byline: str


def start_of_page_with(post: Post) -> int:
    """After which published_no the page begins that shows this post; 0 is the first page."""
    before = select(func.count()).where(Post.thread_id == post.thread_id, Post.published_no < post.published_no)
    place = db.session.scalar(before) or 0
    return _number_at(post.thread_id, place - place % PAGE)


def start_of_page_before(thread: Thread, after: int) -> int:
    """Where the page begins that ends at this published_no."""
    before = select(func.count()).where(Post.thread_id == thread.id, Post.published_no <= after)
    place = db.session.scalar(before) or 0
    return _number_at(thread.id, max(0, place - PAGE))


def end_of_page(thread: Thread, after: int) -> int:
    """The published_no of the last post on the page that begins after this one; `after` itself if it is empty."""
    if thread.posts <= PAGE and after == 0:
        return thread.last_published_no
    numbers = (
        select(Post.published_no)
        .where(Post.thread_id == thread.id, Post.published_no > after)
        .order_by(Post.published_no)
        .limit(PAGE)
        .subquery()
    )
    return db.session.scalar(select(func.max(numbers.c.published_no))) or after


def first_unread(thread: Thread, read_to: int) -> Post | None:
    """The oldest post that comes after a reading mark."""
    rows = select(Post).where(Post.thread_id == thread.id, Post.published_no > read_to).order_by(Post.published_no)
    return db.session.scalars(rows.limit(1)).first()


def parents_of(posts: Sequence[Post]) -> Mapping[int, Parent]:
    """The posts that these answer, by their id; only those that stand elsewhere cost a query."""
    parents = {post.id: Parent(post.public_id, post.byline) for post in posts}
    elsewhere = {post.in_reply_to_id for post in posts if post.in_reply_to_id is not None} - parents.keys()
    if elsewhere:
        rows = select(Post.id, Post.public_id, Post.byline).where(Post.id.in_(elsewhere))
        parents |= {row.id: Parent(row.public_id, row.byline) for row in db.session.execute(rows)}
    return parents


def _number_at(thread_id: int, place: int) -> int:
    """The published_no of the post at this place (the first is 1); 0 for place 0."""
    if place == 0:
        return 0
    rows = select(Post.published_no).where(Post.thread_id == thread_id).order_by(Post.published_no)
    return db.session.scalar(rows.offset(place - 1).limit(1)) or 0
