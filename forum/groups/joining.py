"""How somebody becomes a member of a group: added, asking, let in or not. Never commits; the door has asked who may."""

from forum.accounts.models import Member
from forum.accounts.pausing import revive_addresses
from forum.clock import now
from forum.counter import PUBLISHED, last_number
from forum.db import db
from forum.groups.actions import NotPossible
from forum.groups.choices import plan_digests, set_delivery
from forum.groups.models import READS, Delivery, Group, JoinPolicy, Kind, Membership, Role, Standing
from forum.groups.queries import community, former_membership, living, membership_of
from forum.groups.standing import lock, set_role
from forum.log import record
from forum.queue import enqueue

NEWCOMER_POSTS = 3


def join_community(member: Member, *, newcomer: bool, actor_id: int | None = None) -> Membership:
    """Standing in the community, which every other membership needs."""
    return enter(member, community(), newcomer=newcomer, actor_id=actor_id)


def add_to_group(
    member: Member,
    group: Group,
    *,
    role: Role = Role.MEMBER,
    delivery: Delivery | None = None,
    newcomer: bool = False,
    actor_id: int | None = None,
    why: str = "",
) -> Membership:
    """Make somebody a member of a group and of the community. Who is one already keeps role and delivery."""
    root = membership_of(member.id, community().id) or join_community(member, newcomer=newcomer, actor_id=actor_id)
    if root.standing in (Standing.BANNED, Standing.PENDING):
        raise NotPossible(f"{member.name} has no standing in the community ({root.standing}).")
    membership = root if group.id == root.group_id else membership_of(member.id, group.id)
    if membership is None:
        membership = enter(member, group, newcomer=newcomer, actor_id=actor_id, why=why)
    elif membership.standing is Standing.PENDING:
        admit(membership, actor_id=actor_id)
    if role is not Role.MEMBER:
        set_role(membership, role, actor_id=actor_id)
    if delivery is not None:
        set_delivery(membership, delivery, actor_id=actor_id)
    return membership


def enter(
    member: Member,
    group: Group,
    *,
    newcomer: bool,
    actor_id: int | None,
    why: str = "",
    pending: bool = False,
) -> Membership:
    """A new row of membership; coming back restores the delivery choices of before."""
    before = former_membership(member.id, group.id)
    membership = Membership(
        member_id=member.id,
        group_id=group.id,
        standing=Standing.PENDING if pending else Standing.ACTIVE,
        newcomer_posts=NEWCOMER_POSTS if newcomer else 0,
        # Digests begin with what comes now.
        digest_no=last_number(PUBLISHED),
    )
    if before is not None:
        membership.delivery, membership.own_copy = before.delivery, before.own_copy
        membership.topics_only, membership.acknowledge = before.topics_only, before.acknowledge
        membership.copy_when_addressed = before.copy_when_addressed
        membership.newcomer_posts = max(before.newcomer_posts, 0)
        if before.muted_until is not None and before.muted_until > now() and not pending:
            membership.standing, membership.muted_until = Standing.MUTED, before.muted_until
        db.session.delete(before)
    db.session.add(membership)
    db.session.flush()
    if group.kind is Kind.COMMUNITY:
        revive_addresses(member)
    plan_digests(member.id)
    act = "ask to join" if pending else "join"
    record(
        act,
        "membership",
        membership.id,
        actor_id=actor_id,
        group_id=group.id,
        why=why,
        undo="leave the group",
    )
    return membership


def ask_to_join(member: Member, group: Group) -> Membership:
    """Join an open group at once, or ask the moderators of one that lets in by request."""
    if group.closed_at is not None:
        raise NotPossible(f"{group.name} is closed. Join {living(group).name} instead.")
    if membership_of(member.id, group.id) is not None:
        raise NotPossible(f"You belong to {group.name} already, or have asked to.")
    if group.kind is not Kind.COMMUNITY:
        root = membership_of(member.id, community().id)
        if root is None or root.standing not in READS:
            raise NotPossible(f"Only members of the community can join {group.name}.")
    match group.join_policy:
        case JoinPolicy.OPEN:
            membership = enter(member, group, newcomer=True, actor_id=member.id)
            # An answer to a thread that has moved here may have waited for this.
            enqueue("release_pending", membership.id)
            return membership
        case JoinPolicy.REQUEST:
            membership = enter(member, group, newcomer=True, actor_id=member.id, pending=True)
            enqueue("moderators.join_request", membership.id)
            return membership
        case JoinPolicy.INVITE:
            raise NotPossible(f"Members come to {group.name} by invitation. Write to a moderator you know.")


def admit(membership: Membership, *, actor_id: int | None) -> None:
    """Let in somebody who asked; what was written meanwhile is judged anew."""
    lock(membership)
    if membership.standing is not Standing.PENDING:
        return
    membership.standing = Standing.ACTIVE
    record(
        "admit",
        "membership",
        membership.id,
        actor_id=actor_id,
        group_id=membership.group_id,
        undo=f"standing {Standing.PENDING}",
    )
    enqueue("notice.admitted", membership.id)
    enqueue("release_pending", membership.id)


def decline(membership: Membership, *, actor_id: int | None, why: str) -> None:
    """Say no to somebody who asked to join."""
    lock(membership)
    if membership.standing is Standing.PENDING:
        record(
            "decline",
            "member",
            membership.member_id,
            actor_id=actor_id,
            group_id=membership.group_id,
            why=why,
            undo="invite",
        )
        enqueue("notice.declined", membership.member_id, membership.group_id)
        db.session.delete(membership)
        db.session.flush()
