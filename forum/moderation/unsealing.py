"""Two owners together look at who writes under a pseudonym: one asks with a reason, another one agrees. Never commits.

What they see stands on one page, for these two and for some days. The author is told, and the log has both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from forum.accounts.models import Member
from forum.clock import now
from forum.db import db
from forum.groups.actions import NotPossible
from forum.groups.models import READS, Group, Kind, Membership, Role, Standing
from forum.groups.rights import Viewer, chain_of, may_own, may_read
from forum.log import record
from forum.moderation.models import SealOpening
from forum.queue import enqueue
from forum.threads import sealed
from forum.threads.models import Post
from forum.threads.queries import post_by_public_id

# So long a request waits for another owner, and so long the two see the name.
ASKED_FOR = timedelta(days=14)
SHOWN_FOR = timedelta(days=7)
_REASON_AT_MOST = 1000


@dataclass(frozen=True)
class Seal:
    """How it stands with the seal of a post, as one owner sees it. `refusal` says why it cannot be opened at all."""

    post: Post
    group: Group
    pseudonym: str
    opening: SealOpening | None
    asked_by: str
    refusal: str
    mine: bool


def post_with_seal(viewer: Viewer, public_id: str) -> Post | None:
    """An anonymous post of a group that the viewer owns; None is "not found"."""
    post = post_by_public_id(public_id)
    if post is None or post.pseudonym_id is None:
        return None
    group = post.thread.group
    return post if may_read(viewer, group) and may_own(viewer, group) else None


def seal_of(post: Post, viewer: Viewer) -> Seal:
    """The seal of a post, with the request that is open, or the one that has opened it lately."""
    assert post.pseudonym_id is not None
    group = post.thread.group
    opening = _lately(post.pseudonym_id)
    return Seal(
        post,
        group,
        sealed.pseudonym_name(post.pseudonym_id),
        opening,
        db.session.get_one(Member, opening.asked_by_id).name if opening is not None else "",
        why_never(group),
        opening is not None and opening.asked_by_id == viewer.member_id,
    )


def newest_post_under(pseudonym_id: int) -> Post | None:
    """The last thing that was written under a pseudonym."""
    rows = select(Post).where(Post.pseudonym_id == pseudonym_id).order_by(Post.id.desc()).limit(1)
    return db.session.scalars(rows).first()


def _lately(pseudonym_id: int) -> SealOpening | None:
    rows = select(SealOpening).where(
        SealOpening.pseudonym_id == pseudonym_id,
        (SealOpening.opened_at.is_(None) & (SealOpening.asked_at > now() - ASKED_FOR))
        | (SealOpening.opened_at > now() - SHOWN_FOR),
    )
    return db.session.scalars(rows.order_by(SealOpening.id.desc()).limit(1)).first()


def why_never(group: Group) -> str:
    """Why nobody can open a seal here; empty where two owners can."""
    if group.kind is Kind.CIRCLE:
        return "In a circle nobody can open the seal of an anonymous post."
    if _count_owners(group) < 2:
        return "Two owners open a seal together, and this group has only one. Nobody can open it."
    return ""


def _count_owners(group: Group) -> int:
    """Owners of the group and of those above it, as far as they have a say here."""
    rows = (
        select(Membership.member_id)
        .where(
            Membership.group_id.in_([each.id for each in chain_of(group)]),
            Membership.role == Role.OWNER,
            Membership.standing.in_(READS),
        )
        .distinct()
        .limit(2)
    )
    return len(db.session.scalars(rows).all())


def ask_to_open(post: Post, reason: str, *, actor_id: int) -> SealOpening:
    """The first owner asks, and says why: another owner and the author read it."""
    reason, group = reason.strip()[:_REASON_AT_MOST], post.thread.group
    _check_possible(group)
    if not reason:
        raise NotPossible("Write why you need to know who wrote this. The other owner and the author read it.")
    pseudonym_id = _lock(post)
    if _lately(pseudonym_id) is not None:
        raise NotPossible("An owner has asked for this already.")
    opening = SealOpening(pseudonym_id=pseudonym_id, group_id=group.id, reason=reason, asked_by_id=actor_id)
    db.session.add(opening)
    db.session.flush()
    why = f"post {post.public_id}: {reason}"[:500]
    record("ask to open seal", "seal_opening", opening.id, actor_id=actor_id, group_id=group.id, why=why, undo="wait")
    for owner_id in _others(opening, group):
        enqueue("notice.seal_asked", opening.id, owner_id)
    return opening


def _others(opening: SealOpening, group: Group) -> Sequence[int]:
    """Who can agree: the other owners of the group and of those above it."""
    rows = select(Membership.member_id).where(
        Membership.group_id.in_([each.id for each in chain_of(group)]),
        Membership.role == Role.OWNER,
        Membership.standing == Standing.ACTIVE,
        Membership.member_id != opening.asked_by_id,
    )
    return db.session.scalars(rows.distinct().limit(50)).all()


def agree_to_open(post: Post, *, actor_id: int) -> SealOpening:
    """The second owner agrees, and the seal is open. The author is told."""
    group = post.thread.group
    _check_possible(group)
    opening = _lately(_lock(post))
    if opening is None:
        raise NotPossible("Nobody has asked for this, or it was too long ago. Ask for it yourself, with your reason.")
    if opening.opened_at is not None:
        raise NotPossible("The seal is open already.")
    if opening.asked_by_id == actor_id:
        raise NotPossible("You have asked for this. Another owner has to agree.")
    opening.opened_by_id, opening.opened_at = actor_id, now()
    record(
        "open seal",
        "seal_opening",
        opening.id,
        actor_id=actor_id,
        group_id=group.id,
        why=f"post {post.public_id}: {opening.reason}"[:500],
        undo="none: the name has been seen",
    )
    enqueue("notice.seal_opened", opening.id)
    return opening


def _lock(post: Post) -> int:
    """Take the post for this transaction, so that of two owners at once the second sees what the first has done."""
    db.session.refresh(post, with_for_update={"of": Post})
    assert post.pseudonym_id is not None
    return post.pseudonym_id


def _check_possible(group: Group) -> None:
    refusal = why_never(group)
    if refusal:
        raise NotPossible(refusal)


def name_behind(opening: SealOpening, viewer: Viewer) -> Member | None:
    """Who it is, for the two owners who have opened the seal, while they still own the group and for some days."""
    if opening.opened_at is None or opening.opened_at < now() - SHOWN_FOR:
        return None
    if viewer.member_id not in (opening.asked_by_id, opening.opened_by_id):
        return None
    if not may_own(viewer, db.session.get_one(Group, opening.group_id)):
        return None
    return sealed.broken_open(opening.pseudonym_id)
