"""Where a submission belongs: the thread it answers, or a new one. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass

from forum.db import db
from forum.rules.submission import Submission
from forum.threads.models import Post, Thread, Via
from forum.threads.queries import (
    last_post_of,
    newest_thread_with_subject,
    post_by_id,
    posts_by_message_ids,
    sibling_in_group,
)
from forum.threads.subjects import is_reply_subject, really_changed, subject_key


@dataclass(frozen=True)
class Placement:
    """`answers` is the post answered, in the group posted to. `thread` is None for a new thread.

    `gone`: what it answers has moved to where its author may not follow.
    """

    answers: Post | None
    thread: Thread | None
    gone: bool = False

    @property
    def grown_from(self) -> Post | None:
        """The post whose answer left its thread by a really changed subject."""
        return self.answers if self.thread is None else None


def place(submission: Submission) -> Placement:
    """In-Reply-To, then the newest known of References, then the reply token, then - for mail - a recent subject.

    LISTSERV behaviours L12 and L13. A post of another group is no parent here, but its sibling in this group is.
    """
    parent = _known_parent(submission)
    if parent is None and submission.answers_post_id is not None:
        parent = _in_group(post_by_id(submission.answers_post_id), submission.group_id)
    if parent is None and submission.via is Via.MAIL and is_reply_subject(submission.subject):
        thread = newest_thread_with_subject(submission.group_id, subject_key(submission.subject))
        parent = last_post_of(thread) if thread is not None else None
    if parent is None:
        return Placement(None, None)
    thread = db.session.get_one(Thread, parent.thread_id)
    if really_changed(submission.subject, thread.subject_key):
        return Placement(parent, None)
    return Placement(parent, thread)


def _known_parent(submission: Submission) -> Post | None:
    known = posts_by_message_ids(submission.answers) if submission.answers else {}
    for message_id in submission.answers:
        found = _nearest(known.get(message_id, ()), submission.group_id)
        if found is not None:
            return found
    return None


def _nearest(posts: Sequence[Post], group_id: int) -> Post | None:
    for post in posts:
        in_group = _in_group(post, group_id)
        if in_group is not None:
            return in_group
    return None


def _in_group(post: Post | None, group_id: int) -> Post | None:
    """The post itself if it stands in the group, else the one that the same submission made there."""
    if post is None:
        return None
    if post.thread.group_id == group_id:
        return post
    return sibling_in_group(post, group_id)
