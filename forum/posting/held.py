"""A held post on its way out: the same publication as every other, with its files and its moment of arrival."""

from sqlalchemy import select, update

from forum.db import db
from forum.groups.models import Group
from forum.posting.models import Arrival, HeldPost
from forum.posting.placement import Placement
from forum.posting.publish import publish
from forum.rules.submission import Submission
from forum.threads.models import Attachment, Post, Thread


def publish_held(held: HeldPost) -> Post:
    """Publish what has been approved, with its original time; it stays where it was an answer."""
    answers = db.session.get(Post, held.in_reply_to_id) if held.in_reply_to_id is not None else None
    # The thread may have moved, been merged or split meanwhile: the post answered knows where it is now.
    thread = None
    if held.thread_id is not None:
        thread = db.session.get_one(Thread, answers.thread_id if answers is not None else held.thread_id)
    post = publish(
        as_submission(held),
        Placement(answers, thread),
        db.session.get_one(Group, held.group_id),
        arrived_at=held.created_at,
    )
    db.session.execute(
        update(Attachment)
        .where(Attachment.held_post_id == held.id)
        .values(held_post_id=None, post_id=post.id)
    )
    _move_arrival(held, post)
    db.session.expire(post, ["attachments"])
    return post


def as_submission(held: HeldPost) -> Submission:
    """The submission that was held, without its files: they are kept already."""
    return Submission(
        group_id=held.group_id,
        author_id=held.author_id,
        byline=held.byline,
        assurance=held.assurance,
        via=held.via,
        subject=held.subject,
        text=held.text,
        text_format=held.text_format,
        html=held.html,
        folded=held.folded,
        author_message_id=held.author_message_id,
        sent_at=held.sent_at,
        fan_out_key=held.fan_out_key,
    )


def _move_arrival(held: HeldPost, post: Post) -> None:
    moved = db.session.scalars(
        update(Arrival)
        .where(Arrival.held_post_id == held.id)
        .values(held_post_id=None, post_id=post.id)
        .returning(Arrival.id)
    ).all()
    if moved or held.author_message_id is None:
        return
    # Held for missing authentication it used nothing up; now that it is a post, its id is used.
    used = select(Arrival.id).where(
        Arrival.group_id == held.group_id, Arrival.author_message_id == held.author_message_id
    )
    if db.session.scalar(used) is None:
        db.session.add(
            Arrival(
                group_id=held.group_id,
                author_message_id=held.author_message_id,
                content_digest=held.content_digest,
                post_id=post.id,
            )
        )
