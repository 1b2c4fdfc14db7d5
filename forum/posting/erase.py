"""Erasing a post: its words, its files and every copy that is kept here. Mail that was sent cannot be called back.

The post's place in its thread stays, empty, so that answers keep theirs. What waited or came back and is taken back
goes in the same way. Never commits.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select, update

from forum.clock import now
from forum.db import db
from forum.groups.rights import Viewer, may_moderate, may_read
from forum.log import record
from forum.posting.anonymous import is_own
from forum.posting.models import HeldPost
from forum.queue import enqueue
from forum.rulebook.models import RuleSighting
from forum.threads import sealed
from forum.threads.models import Post, Thread
from forum.threads.queries import author_id_of, post_by_public_id

ERASED_SUBJECT = "(erased)"


def post_to_erase(viewer: Viewer, public_id: str) -> Post | None:
    """The post if the viewer wrote it and may still read it, or moderates its group; None is "not found"."""
    post = post_by_public_id(public_id)
    if post is None or post.erased_at is not None:
        return None
    group = post.thread.group
    own = is_own(post, viewer.member_id) and may_read(viewer, group)
    return post if own or may_moderate(viewer, group) else None


def erasable(viewer: Viewer, posts: Sequence[Post]) -> frozenset[int]:
    """Which posts of one thread the viewer may erase, for links beside them."""
    if posts and may_moderate(viewer, posts[0].thread.group):
        return frozenset(post.id for post in posts if post.erased_at is None)
    mine = sealed.own_among(viewer.member_id, [post.pseudonym_id for post in posts if post.pseudonym_id is not None])
    return frozenset(
        post.id
        for post in posts
        if post.erased_at is None
        and (author_id_of(post) == viewer.member_id if post.pseudonym_id is None else post.pseudonym_id in mine)
    )


def erase(post: Post, *, actor_id: int) -> None:
    """Erase one post; a second time does nothing. Its files, the index and kept mail follow as later work.

    That rules saw something in it stays, for the counts.
    """
    db.session.refresh(post, with_for_update=True)
    if post.erased_at is not None:
        return
    thread = db.session.get_one(Thread, post.thread_id, with_for_update=True)
    post.erased_at = now()
    post.subject = post.text = post.html = post.folded = ""
    db.session.execute(
        update(HeldPost)
        .where(HeldPost.post_id == post.id)
        .values(subject="", text="", html="", folded="", original_text=None, original_html=None, findings=[])
    )
    _forget_places(RuleSighting.post_id == post.id)
    _forget_places(RuleSighting.held_post_id.in_(select(HeldPost.id).where(HeldPost.post_id == post.id)))
    db.session.flush()
    if thread.last_published_no == post.published_no:
        thread.last_excerpt = ""
    if not _posts_left(thread):
        # The subject is its author's words as well, and nobody else's answer needs it any more.
        thread.subject, thread.subject_key = ERASED_SUBJECT, ""
    # Who takes back an own anonymous post is not named for it.
    actor = author_id_of(post) if post.pseudonym_id is not None and is_own(post, actor_id) else actor_id
    record("erase", "post", post.id, actor_id=actor, group_id=thread.group_id, undo="none: the words are gone")
    enqueue("unindex", post.id)
    enqueue("erase.copies", post.id)


def erase_held(held: HeldPost) -> None:
    """Forget the words of a held post, and where rules saw what; its files and the mail it came as follow later.

    Which rules spoke stays, for the counts. Sentences go too: some name files.
    """
    held.subject = held.text = held.html = held.folded = ""
    held.original_text = held.original_html = None
    held.confirmed = []
    emptied = {"sentence": "", "for_moderator": "", "evidence": [], "passages": []}
    held.findings = [finding | emptied for finding in held.findings]
    _forget_places(RuleSighting.held_post_id == held.id)
    enqueue("erase.held", held.id)


def _forget_places(which: ColumnElement[bool]) -> None:
    """Where rules saw something in words that are gone, and the sentences: some name files."""
    db.session.execute(update(RuleSighting).where(which).values(sentence="", passages=[]))


def _posts_left(thread: Thread) -> int:
    left = select(func.count()).where(Post.thread_id == thread.id, Post.erased_at.is_(None))
    return db.session.scalar(left) or 0
