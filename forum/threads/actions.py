"""The writes on threads and posts that are not publishing. Never commits; `forum.posting` alone makes posts."""

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from forum.accounts.models import Member
from forum.db import db
from forum.queue import enqueue
from forum.threads.models import Post, ReadingMark, Thread


def mark_read(member_id: int, thread_id: int, published_no: int) -> None:
    """Move a reader's mark forward, never back."""
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    row = insert(ReadingMark).values(member_id=member_id, thread_id=thread_id, published_no=published_no)
    db.session.execute(
        row.on_conflict_do_update(
            index_elements=[ReadingMark.member_id, ReadingMark.thread_id],
            set_={"published_no": row.excluded.published_no},
            where=ReadingMark.published_no < row.excluded.published_no,
        )
    )


def claim_posts(placeholder_id: int, member_id: int) -> int:
    """Give the posts of an imported author to the member who proved the address; returns how many."""
    member = db.session.get_one(Member, member_id)
    moved = db.session.scalars(
        update(Post)
        .where(Post.author_id == placeholder_id)
        .values(author_id=member_id, byline=member.name)
        .returning(Post.id)
        .execution_options(synchronize_session=False)
    ).all()
    touched = select(Post.thread_id).where(Post.author_id == member_id)
    for thread in db.session.scalars(select(Thread).where(Thread.id.in_(touched))):
        last = db.session.scalars(
            select(Post).where(Post.thread_id == thread.id).order_by(Post.published_no.desc()).limit(1)
        ).one()
        thread.last_byline = last.byline
    for post_id in moved:
        enqueue("index", post_id)  # The index finds posts by their authors' names.
    return len(moved)
