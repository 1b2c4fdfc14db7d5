"""An answer to a thread that has moved: it goes where the thread is now, whatever address it was sent to (L17).

Whoever read the thread where it was and has not come along is asked to join; whoever may not know where it is learns
only that it takes no more answers. Never commits.
"""

from dataclasses import dataclass, replace

from forum.accounts.queries import member_by_id
from forum.db import db
from forum.groups.queries import membership_of
from forum.groups.rights import Viewer, may_see, viewer_of
from forum.posting.anonymous import author_of
from forum.posting.models import HeldPost, HeldState
from forum.posting.placement import Placement
from forum.queue import enqueue
from forum.rules.findings import as_row
from forum.rules.membership import MEMBERSHIP, waits_to_come_along
from forum.rules.submission import Submission
from forum.threads.models import Post, Thread
from forum.threads.moved import old_place_of, threads_moved_from
from forum.threads.queries import post_by_id, posts_by_message_ids
from forum.threads.sealed import own_name_in
from forum.threads.subjects import really_changed


@dataclass(frozen=True)
class Led:
    """The submission as it goes on. `gone`: its thread is where the author may not follow, nor know of."""

    submission: Submission
    gone: bool


def led_by_move(submission: Submission, placement: Placement) -> Led | None:
    """Where an answer goes on since its thread has moved; None for all others, which is nearly always.

    `placement` is what was found in the group that it was sent to.
    """
    if submission.author_id is None:
        return None
    # What is named by its id is meant, though another thread here has the same subject.
    thread = None if _is_named(submission, placement.answers) else _thread_elsewhere(submission)
    if thread is None and placement.thread is not None:
        return _of_former_reader(submission, placement.thread)
    if thread is None:
        return None  # New, or under another subject: it begins a thread of its own where it was sent.
    viewer = _viewer(submission.author_id)
    if viewer is None or may_see(viewer, thread.group):
        return Led(replace(submission, group_id=thread.group_id), gone=False)
    return _gone(submission, viewer, thread)


def _is_named(submission: Submission, answered: Post | None) -> bool:
    if answered is None:
        return False
    by_id = answered.message_id in submission.answers or answered.author_message_id in submission.answers
    return by_id or answered.id == submission.answers_post_id


def _of_former_reader(submission: Submission, thread: Thread) -> Led | None:
    """Somebody answers, at the address of a post that has moved, into a group that is unknown to the author."""
    assert submission.author_id is not None
    if thread.group.listed or membership_of(submission.author_id, thread.group_id) is not None:
        return None
    viewer = _viewer(submission.author_id)
    return None if viewer is None or may_see(viewer, thread.group) else _gone(submission, viewer, thread)


def _gone(submission: Submission, viewer: Viewer, thread: Thread) -> Led | None:
    """The answer of a former reader stays at the old place, where it comes back; others are refused as ever."""
    old_place = old_place_of(viewer, thread)
    if old_place is None:
        return None
    # Who was anonymous there stays so in what comes back, and in what becomes of it.
    anonymous = submission.anonymous or own_name_in(viewer.member_id, thread.id) is not None
    return Led(
        replace(submission, group_id=old_place.id, answers=(), answers_post_id=None, anonymous=anonymous), gone=True
    )


def _thread_elsewhere(submission: Submission) -> Thread | None:
    """The thread that is answered, if it has left the group that this was sent to."""
    known = posts_by_message_ids(submission.answers) if submission.answers else {}
    answered: list[Post] = [post for message_id in submission.answers for post in known.get(message_id, ())]
    by_token = post_by_id(submission.answers_post_id) if submission.answers_post_id is not None else None
    if by_token is not None:
        answered.append(by_token)
    if not answered:
        return None
    moved = threads_moved_from(submission.group_id, {post.thread_id for post in answered})
    thread = next((moved[post.thread_id] for post in answered if post.thread_id in moved), None)
    return None if thread is None or really_changed(submission.subject, thread.subject_key) else thread


def follow_thread(held: HeldPost) -> None:
    """A held answer goes where its thread is now; where its author may not know of that, it begins a thread of its own.

    Needs the row's lock. It waits there as an answer does that comes now: see `forum.rules.membership`.
    """
    thread = db.session.get(Thread, held.thread_id) if held.thread_id is not None else None
    if thread is None or thread.group_id == held.group_id:
        return
    author_id = author_of(held)
    viewer = None if author_id is None else _viewer(author_id)
    if author_id is not None and (viewer is None or not may_see(viewer, thread.group)):
        held.thread_id = held.in_reply_to_id = None
        db.session.flush()
        return
    held.group_id = thread.group_id
    db.session.flush()
    db.session.expire(held, ["group"])
    belongs = author_id is None or membership_of(author_id, held.group_id) is not None
    if held.state is HeldState.WAITING and held.pseudonym_id is None and not belongs:
        others = [row for row in held.findings if row["rule"] != MEMBERSHIP]
        held.findings = [*others, as_row(waits_to_come_along(thread.group.name))]
        enqueue("notice.held", held.id)


def may_come_along(author_id: int, thread: Thread) -> bool:
    """Whether somebody who does not belong to the group of a thread read it before it moved there, and may join."""
    viewer = _viewer(author_id)
    return viewer is not None and may_see(viewer, thread.group) and old_place_of(viewer, thread) is not None


def _viewer(member_id: int) -> Viewer | None:
    member = member_by_id(member_id)
    return None if member is None else viewer_of(member)
