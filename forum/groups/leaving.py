"""How a membership ends, by its member's wish or not, and how leaving is undone. Never commits; it erases no post."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, delete, func, or_, select, update

from forum.accounts.models import Address, Member
from forum.accounts.pausing import retire_addresses
from forum.clock import now
from forum.db import db
from forum.facets.confiding import forget_confided
from forum.groups.actions import NotPossible
from forum.groups.choices import plan_digests, set_delivery
from forum.groups.joining import enter
from forum.groups.models import (
    READS,
    Delivery,
    FormerMembership,
    Group,
    Invitation,
    Kind,
    Membership,
    OneClick,
    Role,
    Standing,
)
from forum.groups.queries import community, former_membership, former_memberships_since, ids_below, membership_of
from forum.groups.standing import is_last_owner
from forum.log import record
from forum.queue import enqueue

COME_BACK_WITHIN = timedelta(days=30)
# Leaving a group leaves those below it in one moment, and leaving the community all.
_TOGETHER = timedelta(seconds=5)


def leave(member: Member, group: Group, *, actor_id: int | None, why: str = "") -> None:
    """Leave one group; leaving the community leaves all. What was written stays.

    Who goes by own choice leaves those below it, too (L72): a group that grew out of another is a part of it. Whoever
    is removed is removed from this one alone: who removes may not even know of those below. Who comes back finds the
    old choices; who left by choice can undo it for a while (`come_back`).
    """
    _leave(member, group, select(Membership), actor_id=actor_id, why=why)


def left_with(member_id: int, group: Group) -> Sequence[Group]:
    """The groups that a member leaves together with this one, by name."""
    rows = _with_it(select(Group).join(Membership, Membership.group_id == Group.id), group)
    own = rows.where(Membership.member_id == member_id, Membership.standing != Standing.BANNED, Group.id != group.id)
    return db.session.scalars(own.order_by(func.lower(Group.name))).all()


def _with_it(rows: Select[Any], group: Group) -> Select[Any]:
    """Of these memberships those of a group and of all below it."""
    if group.kind is Kind.COMMUNITY:
        return rows
    return rows.where(or_(Membership.group_id == group.id, Membership.group_id.in_(ids_below(group))))


def _leave(member: Member, group: Group, which: Select[tuple[Membership]], *, actor_id: int | None, why: str) -> None:
    leaving = which.where(Membership.member_id == member.id)
    if actor_id == member.id or group.kind is Kind.COMMUNITY:
        leaving = _with_it(leaving, group)
    else:
        leaving = leaving.where(Membership.group_id == group.id)
    # Locked in one order: a second click waits, and then finds nothing left to do.
    for membership in db.session.scalars(leaving.order_by(Membership.group_id).with_for_update()).all():
        if membership.standing is Standing.BANNED:
            continue  # A ban outlives leaving, or leaving would be the way round it.
        if membership.role is Role.OWNER and is_last_owner(membership):
            owned = db.session.get_one(Group, membership.group_id)
            # Who removes a member from above learns nothing of an unlisted group or a circle below.
            known = actor_id == member.id or owned.id == group.id or owned.listed
            name = owned.name if known else "another group"
            raise NotPossible(f"{member.name} is the last owner of {name}. Make somebody else owner first.")
        if membership.standing is not Standing.PENDING:
            _keep_choices(membership, by_choice=actor_id == member.id)
        record(
            "leave",
            "member",
            member.id,
            actor_id=actor_id,
            group_id=membership.group_id,
            why=why,
            undo="join again",
        )
        db.session.delete(membership)
    if group.kind is Kind.COMMUNITY:
        member.session_epoch += 1
    db.session.flush()
    plan_digests(member.id)


def left_lately_with(member_id: int, group: Group) -> Sequence[Group]:
    """The groups that somebody left in the same moment as this one, for the mail that tells of it."""
    before = former_membership(member_id, group.id)
    others = () if before is None else (each for each in _left_together(before) if each.id != group.id)
    return sorted(others, key=lambda each: each.name.casefold())


def _keep_choices(membership: Membership, *, by_choice: bool) -> None:
    db.session.execute(
        delete(FormerMembership).where(
            FormerMembership.member_id == membership.member_id,
            FormerMembership.group_id == membership.group_id,
        )
    )
    db.session.add(
        FormerMembership(
            member_id=membership.member_id,
            group_id=membership.group_id,
            role=membership.role,
            delivery=membership.delivery,
            own_copy=membership.own_copy,
            topics_only=membership.topics_only,
            acknowledge=membership.acknowledge,
            copy_when_addressed=membership.copy_when_addressed,
            newcomer_posts=membership.newcomer_posts,
            muted_until=membership.muted_until,
            by_choice=by_choice,
        )
    )


def may_come_back(before: FormerMembership | None) -> bool:
    """Whether leaving can still be undone by who left."""
    return before is not None and before.by_choice and before.left_at > now() - COME_BACK_WITHIN


def remove_for_good(member: Member, *, why: str, actor_id: int | None = None) -> None:
    """End all memberships, sessions and mail of a member at once, also what is on its way. What was written stays.

    What was said in confidence is erased. NotPossible for the last owner of a group. Only `banyan member add` brings
    somebody back.
    """
    leave(member, community(), actor_id=actor_id, why=why)
    asked = select(Address.key).where(Address.member_id == member.id)
    still_open = Invitation.accepted_at.is_(None) & Invitation.withdrawn_at.is_(None)
    db.session.execute(update(Invitation).where(Invitation.email_key.in_(asked), still_open).values(withdrawn_at=now()))
    retire_addresses(member, why=why)
    forget_confided(member.id)
    record("remove for good", "member", member.id, actor_id=actor_id, why=why, undo="banyan member add")


def come_back(member: Member, group: Group) -> Membership:
    """Undo leaving a group by choice, within 30 days and without asking anybody, and the groups left with it.

    A role is not given back.
    """
    before = former_membership(member.id, group.id)
    if membership_of(member.id, group.id) is not None:
        raise NotPossible(f"You belong to {group.name}, or have asked to.")
    if before is None or group.closed_at is not None or not may_come_back(before):
        raise NotPossible(f"This can no longer be undone. You can ask to join {group.name} again.")
    root = membership_of(member.id, community().id)
    if root is None or root.standing not in READS:
        raise NotPossible("You have left the community. Ask a moderator for an invitation.")
    came_with_it = set(db.session.scalars(ids_below(group)))
    left_together = [each for each in _left_together(before) if each.id in came_with_it]
    membership = enter(member, group, newcomer=False, actor_id=member.id, why="undid leaving")
    for each in left_together:
        if membership_of(member.id, each.id) is None:
            enter(member, each, newcomer=False, actor_id=member.id, why="undid leaving")
    return membership


def _left_together(before: FormerMembership) -> Sequence[Group]:
    """The groups that were left in the same moment."""
    since = former_memberships_since(before.member_id, before.left_at - _TOGETHER)
    return [group for each, group in since if each.left_at < before.left_at + _TOGETHER]


def come_back_to_community(member: Member) -> None:
    """Undo leaving the community by choice, within 30 days, and the groups that were left with it."""
    root = community()
    before = former_membership(member.id, root.id)
    if before is None or not may_come_back(before) or membership_of(member.id, root.id) is not None:
        raise NotPossible("This can no longer be undone. Ask a member for an invitation.")
    left_together = _left_together(before)
    enter(member, root, newcomer=False, actor_id=member.id, why="undid leaving")
    for group in left_together:
        if group.id != root.id and membership_of(member.id, group.id) is None:
            enter(member, group, newcomer=False, actor_id=member.id, why="undid leaving")


def one_click_leaves(group: Group, membership: Membership | None) -> bool:
    """Whether one-click unsubscribe ends the membership: not in the community, nor where its policy says otherwise.

    Who moderates stays a moderator: a scanner or a slip must not leave a group without one.
    """
    if group.kind is Kind.COMMUNITY or (membership is not None and membership.role is not Role.MEMBER):
        return False
    return community().one_click is OneClick.LEAVE


def stop_mail(member: Member, group: Group, *, why: str) -> None:
    """What one-click unsubscribe does: it leaves the group, or only stops its mail (`one_click_leaves`). Idempotent."""
    membership = membership_of(member.id, group.id)
    if membership is None:
        return
    if not one_click_leaves(group, membership):
        if membership.delivery is Delivery.NONE:
            return
        set_delivery(membership, Delivery.NONE, actor_id=member.id)
    elif membership.standing is Standing.BANNED:
        return
    else:
        # Where they moderate below it they stay moderators, for the same reason.
        only = select(Membership).where(Membership.role == Role.MEMBER)
        _leave(member, group, only, actor_id=member.id, why=why)
    enqueue("notice.left", member.id, group.id)
