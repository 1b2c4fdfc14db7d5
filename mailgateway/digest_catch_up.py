"""The one summary after an absence or a pause: topics and numbers of all groups, never the posts themselves.

An absence may be months long, so the database counts; of each group the newest topics are named. Reads only.
"""

from collections.abc import Sequence

from sqlalchemy import exists, func, literal, select

from forum.db import db
from forum.groups.models import Group
from forum.splitting.course.terms import review_line
from forum.threads.following import is_muted
from forum.threads.models import Post, Thread, Via
from forum.threads.moving import home_group_id, moves_since
from mailgateway.digest_choice import Chosen, Span, section_of
from mailgateway.digest_content import Section
from mailgateway.models import Delivery, DeliveryState

MOST_TOPICS_OF_A_GROUP = 30


def choose_topics(member_id: int, spans: Sequence[Span]) -> Chosen:
    """What was written in these spans, group by group; what was owed to the member before counts too."""
    rows = (
        select(Delivery.id, Delivery.post_id, home_group_id().label("group_id"), Post.published_no)
        .join(Post, Post.id == Delivery.post_id)
        .join(Thread, Thread.id == Post.thread_id)
        .where(Delivery.member_id == member_id, Delivery.for_digest, Delivery.state == DeliveryState.SKIPPED)
    )
    owed = db.session.execute(rows).all()
    order = {
        group.id: (group.parent_id is not None, group.name.casefold())
        for group in db.session.scalars(select(Group).where(Group.id.in_([span.group_id for span in spans])))
    }
    sections = []
    settled: list[int] = []
    for span in sorted(spans, key=lambda each: order[each.group_id]):
        late = [row for row in owed if row.group_id == span.group_id and row.published_no <= span.up_to_no]
        settled.extend(row.id for row in late)
        before = [row.post_id for row in late if row.published_no <= span.after_no]
        section = _section(span, before)
        if section is not None:
            sections.append(section)
    return Chosen(tuple(sections), (), tuple(settled), (), ())


def _section(span: Span, before: Sequence[int]) -> Section | None:
    """What one group has: all its posts counted, its newest topics named."""
    group = db.session.get_one(Group, span.group_id)
    # What had no row yet when the member came back goes singly.
    singly = exists().where(
        Delivery.fan_out_key == Post.fan_out_key,
        Delivery.member_id == span.member_id,
        Delivery.state.in_((DeliveryState.SENT, DeliveryState.WAITING)),
    )
    within = (Post.published_no > span.after_no) & (Post.published_no <= span.up_to_no)
    of_thread = (
        select(Thread.id, Thread.subject, Thread.public_id, func.count().label("posts"))
        .join(Post, Post.thread_id == Thread.id)
        .where(
            home_group_id() == span.group_id if moves_since(span.after_no) else Thread.group_id == span.group_id,
            (Thread.last_published_no > span.after_no) | Post.id.in_(before),
            within | Post.id.in_(before),
            Post.erased_at.is_(None),
            Post.via != Via.IMPORT,
            ~singly,
            ~is_muted(literal(span.member_id), Thread.id),
        )
        .group_by(Thread.id)
    )
    topics = of_thread.subquery()
    count, posts = db.session.execute(select(func.count(), func.coalesce(func.sum(topics.c.posts), 0))).one()
    if not count:
        return None
    newest = db.session.execute(of_thread.order_by(Thread.last_published_no.desc()).limit(MOST_TOPICS_OF_A_GROUP))
    return section_of(
        group, review_line(group), int(posts), [(row.subject, row.public_id, row.posts, ()) for row in newest]
    )
