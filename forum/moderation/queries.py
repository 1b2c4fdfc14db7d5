"""Reads of held posts, for moderators, for their authors and for operators."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from forum.db import db
from forum.groups.queries import Viewer, may_moderate, moderated_group_ids
from forum.posting.models import HeldPost, HeldState
from forum.threads.models import Attachment


def held_page(
    group_ids: Sequence[int] | frozenset[int],
    *,
    state: HeldState | None = HeldState.WAITING,
    after: int = 0,
    limit: int = 50,
) -> Sequence[HeldPost]:
    """Held posts of these groups, oldest first (keyset by id)."""
    rows = select(HeldPost).where(HeldPost.group_id.in_(group_ids), HeldPost.id > after)
    if state is not None:
        rows = rows.where(HeldPost.state == state)
    rows = (
        rows.options(joinedload(HeldPost.group), joinedload(HeldPost.author))
        .order_by(HeldPost.id)
        .limit(limit)
    )
    return db.session.scalars(rows).all()


def count_waiting(viewer: Viewer) -> int:
    """How many posts wait in the groups that the viewer moderates."""
    groups = moderated_group_ids(viewer)
    if not groups:
        return 0
    waiting = select(func.count()).where(HeldPost.group_id.in_(groups), HeldPost.state == HeldState.WAITING)
    return db.session.scalar(waiting) or 0


def held_by_public_id(public_id: str) -> HeldPost | None:
    return db.session.scalars(select(HeldPost).where(HeldPost.public_id == public_id)).first()


def held_to_moderate(viewer: Viewer, public_id: str) -> HeldPost | None:
    held = held_by_public_id(public_id)
    return held if held is not None and may_moderate(viewer, held.group) else None


def held_of_author(member_id: int, public_id: str) -> HeldPost | None:
    held = held_by_public_id(public_id)
    return held if held is not None and held.author_id == member_id else None


def held_posts_of_author(member_id: int, limit: int = 50) -> Sequence[HeldPost]:
    """What somebody has written that waited or waits, newest first."""
    rows = select(HeldPost).where(HeldPost.author_id == member_id).order_by(HeldPost.id.desc()).limit(limit)
    return db.session.scalars(rows.options(joinedload(HeldPost.group))).all()


def held_attachments(held: HeldPost) -> Sequence[Attachment]:
    return db.session.scalars(select(Attachment).where(Attachment.held_post_id == held.id)).all()


def count_held_for_assurance(group_ids: Sequence[int] | frozenset[int]) -> int:
    """How many waiting posts are held for nothing but missing authentication: a sign that our own MTA does not vouch."""
    waiting = held_page(group_ids, limit=1000)
    return sum(1 for held in waiting if {finding["rule"] for finding in held.findings} == {"assurance"})
