"""The role and standing that somebody has in a group. Never commits; who may is asked by the door before."""

from datetime import datetime

from sqlalchemy import select, update

from forum.accounts.models import Member
from forum.clock import now
from forum.db import db
from forum.groups.actions import NotPossible
from forum.groups.models import READS, Group, Membership, Role, Standing
from forum.groups.queries import community
from forum.log import record


def set_role(membership: Membership, role: Role, *, actor_id: int | None) -> None:
    """Make somebody member, moderator or owner of a group, which keeps at least one owner once it has one."""
    lock(membership)
    if membership.role is role:
        return
    if membership.role is Role.OWNER and is_last_owner(membership):
        raise NotPossible("This is the last owner of the group. Make somebody else owner first.")
    undo = f"role {membership.role}"
    membership.role = role
    record(
        f"role {role}",
        "membership",
        membership.id,
        actor_id=actor_id,
        group_id=membership.group_id,
        undo=undo,
    )


def lock(membership: Membership) -> None:
    """Take the row for this transaction and see it as it is: somebody else may have acted since it was read."""
    row = select(Membership.id).where(Membership.id == membership.id).with_for_update()
    if db.session.scalar(row) is None:
        raise NotPossible("This membership has just ended. Load the page again.")
    db.session.refresh(membership)


def is_last_owner(membership: Membership) -> bool:
    """Whether nobody else owns the group; until the transaction ends nobody else can stop owning it."""
    # The group's row is the turnstile: of two owners who go at the same moment, the second sees that the first has.
    # Without the key, so that posting to the group and joining it do not wait.
    db.session.execute(select(Group.id).where(Group.id == membership.group_id).with_for_update(key_share=True))
    others = select(Membership.id).where(
        Membership.group_id == membership.group_id,
        Membership.role == Role.OWNER,
        Membership.standing.in_(READS),
        Membership.id != membership.id,
    )
    return db.session.scalar(others.limit(1)) is None


def set_standing(
    membership: Membership,
    standing: Standing,
    *,
    actor_id: int | None,
    until: datetime | None = None,
    why: str = "",
) -> None:
    """Mute until a moment, ban, or make active again. A ban in the community ends every session."""
    if standing is Standing.MUTED and (until is None or until <= now()):
        raise NotPossible("Say until when: a day in the future.")
    lock(membership)
    if standing is Standing.BANNED and membership.role is Role.OWNER and is_last_owner(membership):
        raise NotPossible("This is the last owner of the group. Make somebody else owner first.")
    undo = f"standing {membership.standing}"
    if membership.muted_until is not None:
        undo += f" until {membership.muted_until:%Y-%m-%dT%H:%M} UTC"
    membership.standing = standing
    membership.muted_until = until if standing is Standing.MUTED else None
    db.session.flush()
    if standing is Standing.BANNED and membership.group_id == community().id:
        member = db.session.get_one(Member, membership.member_id)
        member.session_epoch += 1
    record(
        f"standing {standing}",
        "membership",
        membership.id,
        actor_id=actor_id,
        group_id=membership.group_id,
        why=why,
        undo=undo,
    )


def count_newcomer_post(membership: Membership | None) -> None:
    """One post less that counts as a newcomer's."""
    if membership is not None and membership.newcomer_posts > 0:
        # Counted by the database: two posts at once are two.
        db.session.execute(
            update(Membership)
            .where(Membership.id == membership.id, Membership.newcomer_posts > 0)
            .values(newcomer_posts=Membership.newcomer_posts - 1)
            .execution_options(synchronize_session=False)
        )
        db.session.expire(membership, ["newcomer_posts"])


def end_past_mutes() -> int:
    """Make active again whoever was muted until a moment that has passed; returns how many."""
    over = db.session.scalars(
        select(Membership)
        .where(Membership.standing == Standing.MUTED, Membership.muted_until <= now())
        .limit(500)
        .with_for_update(skip_locked=True)
    ).all()
    for membership in over:
        set_standing(membership, Standing.ACTIVE, actor_id=None, why="the mute is over")
    return len(over)
