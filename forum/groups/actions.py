"""The writes on groups and memberships, one verb each. Never commits; who may is asked by the door before."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from forum.accounts.models import Address, Member
from forum.accounts.pausing import retire_addresses, revive_addresses
from forum.clock import now
from forum.counter import PUBLISHED, last_number
from forum.db import db
from forum.groups.choices import plan_digests, set_delivery
from forum.groups.models import (
    Assurance,
    Delivery,
    FormerMembership,
    Group,
    Invitation,
    JoinPolicy,
    Kind,
    MailContent,
    Membership,
    Moderate,
    OneClick,
    ReplyTo,
    Role,
    Standing,
    Strangers,
)
from forum.groups.offered import DAYS_TO_DECIDE
from forum.groups.queries import (
    community,
    former_membership,
    former_memberships_since,
    group_by_slug,
    membership_of,
)
from forum.groups.slugs import check_slug
from forum.log import record
from forum.queue import enqueue
from forum.text.lines import one_line

NEWCOMER_POSTS = 3
COME_BACK_WITHIN = timedelta(days=30)
# Leaving the community leaves all its groups in one moment.
_TOGETHER = timedelta(seconds=5)
_MAIL_ALPHABET = "abcdefghjkmnpqrstvwxyz23456789"


class NotPossible(ValueError):
    """The act makes no sense here; the sentence says why and what to do instead."""


def create_community(name: str, slug: str = "community") -> Group:
    """The root group, once; safe to repeat."""
    root = db.session.scalars(select(Group).where(Group.kind == Kind.COMMUNITY)).first()
    if root is None:
        slug = check_slug(slug)
        root = Group(slug=slug, mail_name=slug, name=one_line(name), kind=Kind.COMMUNITY)
        root.join_policy = JoinPolicy.INVITE
        db.session.add(root)
        db.session.flush()
        record("create group", "group", root.id, group_id=root.id)
    return root


def create_group(
    slug: str,
    name: str,
    *,
    parent: Group,
    kind: Kind = Kind.INTEREST,
    listed: bool = True,
    join_policy: JoinPolicy = JoinPolicy.REQUEST,
    description: str = "",
    actor_id: int | None = None,
) -> Group:
    """A new group under `parent`. BadSlug, or NotPossible when the slug is taken or the kind does not fit."""
    slug = check_slug(slug)
    if kind is Kind.COMMUNITY:
        raise NotPossible("There is one community; the new group is a region, specialty, interest or circle.")
    if not one_line(name):
        raise NotPossible("Give the group a name.")
    if group_by_slug(slug) is not None:
        raise NotPossible(f"There is a group {slug} already.")
    if kind is Kind.CIRCLE:
        listed, join_policy = False, JoinPolicy.INVITE
    group = Group(
        slug=slug,
        mail_name=slug if listed else f"{slug}-{_random_letters()}",
        name=one_line(name),
        description=description.strip(),
        kind=kind,
        parent_id=parent.id,
        listed=listed,
        join_policy=join_policy,
    )
    db.session.add(group)
    db.session.flush()
    record("create group", "group", group.id, actor_id=actor_id, group_id=group.id)
    return group


def _random_letters() -> str:
    return "".join(secrets.choice(_MAIL_ALPHABET) for _ in range(5))


@dataclass(frozen=True)
class GroupChange:
    """New values of a group's settings; None leaves a value as it is. `quota` 0 stands for no limit."""

    name: str | None = None
    description: str | None = None
    moderate: Moderate | None = None
    assurance_new: Assurance | None = None
    assurance_reply: Assurance | None = None
    quota: int | None = None
    join_policy: JoinPolicy | None = None
    listed: bool | None = None
    strangers: Strangers | None = None
    mail_content: MailContent | None = None
    reply_to: ReplyTo | None = None
    one_click: OneClick | None = None
    moderators_obey: bool | None = None
    hold_unaddressed: bool | None = None
    decide_within_days: int | None = None


def change_group(group: Group, change: GroupChange, *, actor_id: int | None = None) -> None:
    """Set what the change names. The mail address never changes: old mail must keep finding it."""
    if change.name is not None and not one_line(change.name):
        raise NotPossible("Give the group a name.")
    if change.quota is not None and change.quota < 0:
        raise NotPossible("The quota is a number of posts an hour, or none.")
    if change.decide_within_days is not None and change.decide_within_days not in DAYS_TO_DECIDE:
        raise NotPossible("Held posts go back after 2 to 365 days.")
    if change.one_click is not None and group.kind is not Kind.COMMUNITY:
        raise NotPossible("What one-click unsubscribe does is set for the whole community, in its root group.")
    if group.kind is Kind.CIRCLE and (change.listed or change.join_policy not in (None, JoinPolicy.INVITE)):
        raise NotPossible("A circle is never listed, and members come by invitation.")
    wanted = {name: value for name, value in vars(change).items() if value is not None}
    if change.name is not None:
        wanted["name"] = one_line(change.name)[:200]
    if change.description is not None:
        wanted["description"] = change.description.strip()[:5000]
    if change.quota is not None:
        wanted["quota"] = change.quota or None
    before = {name: getattr(group, name) for name, value in wanted.items() if getattr(group, name) != value}
    if not before:
        return
    for name in before:
        setattr(group, name, wanted[name])
    record(
        "change group",
        "group",
        group.id,
        actor_id=actor_id,
        group_id=group.id,
        why=", ".join(before),
        undo=", ".join(f"{name} {value!s}" for name, value in before.items()),
    )


def join_community(member: Member, *, newcomer: bool, actor_id: int | None = None) -> Membership:
    """Standing in the community, which every other membership needs."""
    return _enter(member, community(), newcomer=newcomer, actor_id=actor_id)


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
        membership = _enter(member, group, newcomer=newcomer, actor_id=actor_id, why=why)
    elif membership.standing is Standing.PENDING:
        admit(membership, actor_id=actor_id)
    if role is not Role.MEMBER:
        set_role(membership, role, actor_id=actor_id)
    if delivery is not None:
        set_delivery(membership, delivery, actor_id=actor_id)
    return membership


def _enter(
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
    if membership_of(member.id, group.id) is not None:
        raise NotPossible(f"You belong to {group.name} already, or have asked to.")
    if group.kind is not Kind.COMMUNITY:
        root = membership_of(member.id, community().id)
        if root is None or root.standing not in (Standing.ACTIVE, Standing.MUTED):
            raise NotPossible(f"Only members of the community can join {group.name}.")
    match group.join_policy:
        case JoinPolicy.OPEN:
            return _enter(member, group, newcomer=True, actor_id=member.id)
        case JoinPolicy.REQUEST:
            membership = _enter(member, group, newcomer=True, actor_id=member.id, pending=True)
            enqueue("moderators.join_request", membership.id)
            return membership
        case JoinPolicy.INVITE:
            raise NotPossible(f"Members come to {group.name} by invitation. Write to a moderator you know.")


def admit(membership: Membership, *, actor_id: int | None) -> None:
    """Let in somebody who asked; what was written meanwhile is judged anew."""
    _lock(membership)
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
    _lock(membership)
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


def set_role(membership: Membership, role: Role, *, actor_id: int | None) -> None:
    """Make somebody member, moderator or owner of a group, which keeps at least one owner once it has one."""
    _lock(membership)
    if membership.role is role:
        return
    if membership.role is Role.OWNER and _is_last_owner(membership):
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


def _lock(membership: Membership) -> None:
    """Take the row for this transaction and see it as it is: somebody else may have acted since it was read."""
    row = select(Membership.id).where(Membership.id == membership.id).with_for_update()
    if db.session.scalar(row) is None:
        raise NotPossible("This membership has just ended. Load the page again.")
    db.session.refresh(membership)


def _is_last_owner(membership: Membership) -> bool:
    # The group's row is the turnstile: of two owners who go at the same moment, the second sees that the first has.
    # Without the key, so that posting to the group and joining it do not wait.
    db.session.execute(select(Group.id).where(Group.id == membership.group_id).with_for_update(key_share=True))
    others = select(Membership.id).where(
        Membership.group_id == membership.group_id,
        Membership.role == Role.OWNER,
        Membership.standing.in_((Standing.ACTIVE, Standing.MUTED)),
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
    _lock(membership)
    if standing is Standing.BANNED and membership.role is Role.OWNER and _is_last_owner(membership):
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


def leave(member: Member, group: Group, *, actor_id: int | None, why: str = "") -> None:
    """Leave one group; leaving the community leaves all. What was written stays.

    Who comes back finds the old choices; who left by choice can undo it for a while (`come_back`).
    """
    leaving = select(Membership).where(Membership.member_id == member.id)
    if group.kind is not Kind.COMMUNITY:
        leaving = leaving.where(Membership.group_id == group.id)
    # Locked in one order: a second click waits, and then finds nothing left to do.
    for membership in db.session.scalars(leaving.order_by(Membership.group_id).with_for_update()).all():
        if membership.standing is Standing.BANNED:
            continue  # A ban outlives leaving, or leaving would be the way round it.
        if membership.role is Role.OWNER and _is_last_owner(membership):
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

    NotPossible for the last owner of a group. Only `banyan member add` brings somebody back.
    """
    leave(member, community(), actor_id=actor_id, why=why)
    asked = select(Address.key).where(Address.member_id == member.id)
    still_open = Invitation.accepted_at.is_(None) & Invitation.withdrawn_at.is_(None)
    db.session.execute(update(Invitation).where(Invitation.email_key.in_(asked), still_open).values(withdrawn_at=now()))
    retire_addresses(member, why=why)
    record("remove for good", "member", member.id, actor_id=actor_id, why=why, undo="banyan member add")


def come_back(member: Member, group: Group) -> Membership:
    """Undo leaving a group by choice, within 30 days and without asking anybody; a role is not given back."""
    before = former_membership(member.id, group.id)
    if membership_of(member.id, group.id) is not None:
        raise NotPossible(f"You belong to {group.name}, or have asked to.")
    if not may_come_back(before):
        raise NotPossible(f"This can no longer be undone. You can ask to join {group.name} again.")
    root = membership_of(member.id, community().id)
    if root is None or root.standing not in (Standing.ACTIVE, Standing.MUTED):
        raise NotPossible("You have left the community. Ask a moderator for an invitation.")
    return _enter(member, group, newcomer=False, actor_id=member.id, why="undid leaving")


def come_back_to_community(member: Member) -> None:
    """Undo leaving the community by choice, within 30 days, and the groups that were left with it."""
    root = community()
    before = former_membership(member.id, root.id)
    if before is None or not may_come_back(before) or membership_of(member.id, root.id) is not None:
        raise NotPossible("This can no longer be undone. Ask a member for an invitation.")
    left_together = former_memberships_since(member.id, before.left_at - _TOGETHER)
    _enter(member, root, newcomer=False, actor_id=member.id, why="undid leaving")
    for _, group in left_together:
        if group.id != root.id and membership_of(member.id, group.id) is None:
            _enter(member, group, newcomer=False, actor_id=member.id, why="undid leaving")


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
        leave(member, group, actor_id=member.id, why=why)
    enqueue("notice.left", member.id, group.id)


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
