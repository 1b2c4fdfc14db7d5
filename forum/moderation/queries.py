"""Reads of held posts, for moderators, for their authors and for operators."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Text, cast, func, select
from sqlalchemy.orm import joinedload

from forum.db import db
from forum.groups.queries import membership_of
from forum.groups.rights import Viewer, may_moderate, moderated_group_ids
from forum.posting.anonymous import author_of, is_own
from forum.posting.hold import LETTER
from forum.posting.models import HeldPost, HeldState
from forum.rules.membership import COMES_ALONG
from forum.threads.models import Attachment, Post, Thread
from forum.tokens import Purpose, current_tokens


def held_page(
    group_ids: Sequence[int] | frozenset[int],
    *,
    state: HeldState | None = HeldState.WAITING,
    after: int = 0,
    limit: int = 50,
) -> Sequence[HeldPost]:
    """Held posts of these groups, oldest first (keyset by id)."""
    rows = select(HeldPost).where(HeldPost.group_id.in_(group_ids), HeldPost.id > after, ~HeldPost.private)
    if state is not None:
        rows = rows.where(HeldPost.state == state)
    rows = (
        rows.options(joinedload(HeldPost.group), joinedload(HeldPost.author), joinedload(HeldPost.claimed_by))
        .order_by(HeldPost.id)
        .limit(limit)
    )
    return db.session.scalars(rows).all()


def count_waiting(viewer: Viewer, group_ids: Sequence[int] | frozenset[int] | None = None) -> int:
    """How many posts wait in these groups, or in all that the viewer moderates."""
    groups = moderated_group_ids(viewer) if group_ids is None else group_ids
    if not groups:
        return 0
    waiting = select(func.count()).where(HeldPost.group_id.in_(groups), HeldPost.state == HeldState.WAITING)
    return db.session.scalar(waiting) or 0


def held_by_public_id(public_id: str) -> HeldPost | None:
    return db.session.scalars(select(HeldPost).where(HeldPost.public_id == public_id)).first()


def held_to_moderate(viewer: Viewer, public_id: str) -> HeldPost | None:
    held = held_by_public_id(public_id)
    return held if held is not None and not held.private and may_moderate(viewer, held.group) else None


def held_of_author(member_id: int, public_id: str) -> HeldPost | None:
    held = held_by_public_id(public_id)
    return held if held is not None and is_own(held, member_id) else None


def held_to_confirm(token: str) -> HeldPost | None:
    """The held post that a link in a mail to its author names."""
    numbers = current_tokens().read(Purpose.CONFIRM, token)
    held = None if numbers is None else db.session.get(HeldPost, numbers[0])
    return held if held is not None and numbers is not None and author_of(held) == numbers[1] else None


def waits_for_author(held: HeldPost) -> bool:
    """Whether the author is asked "did you write this?"."""
    return held.state is HeldState.WAITING and any(finding["rule"] == "assurance" for finding in held.findings)


def waits_for_joining(held: HeldPost) -> bool:
    """Whether it waits for its author to join the group where its thread has moved."""
    waiting = held.state is HeldState.WAITING
    return waiting and any(finding.get("label") == COMES_ALONG for finding in held.findings)


HISTORY_AT_MOST = 1000


@dataclass(frozen=True)
class History:
    """What a moderator should know of an author before deciding, all of it in one group."""

    joined_at: datetime | None
    posts: int
    approved: int
    sent_back: int
    waiting: int
    trusted: bool


def history_of(author_id: int, group_id: int) -> History:
    """How an author's posts to a group have fared; sent back are the rejected and the returned, by moderators.

    Of the newest thousand: a moderator decides alike whether it were 1,000 or 20,000, and does not wait for it. What a
    rule has sent back is its author's alone.
    """
    membership = membership_of(author_id, group_id)
    written = (
        select(Post.id)
        .join(Thread, Thread.id == Post.thread_id)
        .where(Post.author_id == author_id, Thread.group_id == group_id, Post.erased_at.is_(None))
        .limit(HISTORY_AT_MOST)
        .subquery()
    )
    posts = db.session.scalar(select(func.count()).select_from(written))
    held = (
        select(HeldPost.state)
        .where(HeldPost.author_id == author_id, HeldPost.group_id == group_id, ~HeldPost.private)
        .order_by(HeldPost.id.desc())
        .limit(HISTORY_AT_MOST)
        .subquery()
    )
    rows = db.session.execute(select(held.c.state, func.count()).group_by(held.c.state))
    states = {row[0]: row[1] for row in rows}
    return History(
        joined_at=membership.joined_at if membership is not None else None,
        posts=posts or 0,
        approved=states.get(HeldState.APPROVED, 0),
        sent_back=states.get(HeldState.REJECTED, 0) + states.get(HeldState.RETURNED, 0),
        waiting=states.get(HeldState.WAITING, 0),
        trusted=membership is not None and membership.trusted,
    )


def held_attachments(held: HeldPost) -> Sequence[Attachment]:
    return db.session.scalars(select(Attachment).where(Attachment.held_post_id == held.id)).all()


def has_finding(held: HeldPost, rule: str) -> bool:
    return any(finding["rule"] == rule for finding in held.findings)


def is_letter(held: HeldPost) -> bool:
    """Whether it is a letter to the moderators, which can be answered and never posted."""
    return has_finding(held, LETTER)


def author_hears(held: HeldPost) -> bool:
    """Whether a decision reaches the author by mail: a moderator answers a letter personally, and a stranger never."""
    return held.author_id is not None and not is_letter(held)


def with_finding(rule: str) -> ColumnElement[bool]:
    """The condition that a rule has found something. In JSON a quote inside a string is never a bare one."""
    return cast(HeldPost.findings, Text).contains(f'"rule": "{rule}"', autoescape=True)


def count_held_for_assurance(group_ids: Sequence[int] | frozenset[int]) -> int:
    """How many waiting posts are held for nothing but missing authentication (our own MTA does not vouch)."""
    written, mark = cast(HeldPost.findings, Text), '"rule": "'
    findings = func.length(written) - func.length(func.replace(written, mark, ""))
    only_that = select(func.count()).where(
        HeldPost.group_id.in_(group_ids),
        HeldPost.state == HeldState.WAITING,
        with_finding("assurance"),
        findings == len(mark),
    )
    return db.session.scalar(only_that) or 0


def held_of_post(post_id: int) -> HeldPost | None:
    """What a post was before it was approved."""
    return db.session.scalars(select(HeldPost).where(HeldPost.post_id == post_id).limit(1)).first()
