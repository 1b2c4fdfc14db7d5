"""A group whose members talk, for tests of proposals: rows as publishing would have left them, written at once."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from sqlalchemy import insert, select

from forum.accounts.models import Member
from forum.clock import now
from forum.db import db, transaction
from forum.facets.models import Dimension, Facet, MemberFacet
from forum.groups.models import Group
from forum.threads.models import Post, Pseudonym, Thread, ThreadTag


def talk(
    group: Group, threads: Iterable[Sequence[Member]], *, subject: str = "Cover in August", tag: str = "", days: int = 3
) -> list[Thread]:
    """One thread for each row of members: the first begins it, every other one answers the one before."""
    began = now() - timedelta(days=days)
    made = []
    with transaction() as session:
        number = (session.scalar(select(Post.published_no).order_by(Post.published_no.desc()).limit(1))) or 0
        for members in threads:
            thread = Thread(group_id=group.id, subject=subject, subject_key=subject.casefold(), created_at=began)
            session.add(thread)
            session.flush()
            before: int | None = None
            for place, member in enumerate(members):
                number += 1
                row = {
                    "thread_id": thread.id,
                    "published_no": number,
                    "fan_out_key": number,
                    "author_id": member.id,
                    "byline": member.name,
                    "via": "web",
                    "message_id": f"<{number}@test.example>",
                    "in_reply_to_id": before,
                    "subject": subject,
                    "text": "Words.",
                    "text_format": "plain",
                    "html": "",
                    "created_at": began + timedelta(minutes=place),
                }
                before = session.execute(insert(Post).values(row)).inserted_primary_key[0]
            thread.posts, thread.last_published_no, thread.last_post_at = len(members), number, began
            if tag:
                session.add(ThreadTag(thread_id=thread.id, group_id=group.id, tag=tag))
            made.append(thread)
    return made


def under_a_name(post: Post, stands_for_all: int) -> None:
    """The post becomes an anonymous one, as its author would have written it."""
    with transaction() as session:
        name = Pseudonym(thread_id=post.thread_id, member_id=post.author_id, name=f"Quiet Heron {post.id}")
        session.add(name)
        session.flush()
        row = session.get_one(Post, post.id)
        row.pseudonym_id, row.author_id = name.id, stands_for_all


def posts_of(thread: Thread) -> list[Post]:
    rows = select(Post).where(Post.thread_id == thread.id).order_by(Post.published_no)
    return list(db.session.scalars(rows))


def a_facet(dimension: Dimension, code: str, name: str, *, parent: Facet | None = None, **more: object) -> Facet:
    with transaction() as session:
        facet = Facet(dimension=dimension, code=code, name=name, parent_id=None if parent is None else parent.id)
        for key, value in more.items():
            setattr(facet, key, value)
        session.add(facet)
    return facet


def they_have(facet: Facet, members: Sequence[Member], *, may_match: bool = True) -> None:
    with transaction() as session:
        rows = [{"member_id": member.id, "facet_id": facet.id, "may_match": may_match} for member in members]
        session.execute(insert(MemberFacet), rows)
