"""Reads of groups and memberships. Loading for a person includes the right to see it.

Who may read: the active and muted members of a group, and the moderators and owners of the groups above it - but a
circle has a wall, and nobody above it looks in. Whoever lacks standing in the community reads nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, func, inspect, or_, select
from sqlalchemy.orm import aliased

from forum.accounts.models import Address, Member, PauseReason
from forum.clock import now
from forum.db import db
from forum.groups.models import (
    Delivery,
    FormerMembership,
    Group,
    Invitation,
    Kind,
    Membership,
    Role,
    Standing,
)
from forum.log import LogEntry

_ROOT, _GROUPS = "banyan_root_group", "banyan_groups"


@dataclass(frozen=True)
class Belonging:
    """What a membership lets its member do."""

    role: Role
    standing: Standing
    muted_until: datetime | None

    def may_read(self) -> bool:
        return self.standing in (Standing.ACTIVE, Standing.MUTED)

    def may_moderate(self) -> bool:
        return self.may_read() and self.role in (Role.MODERATOR, Role.OWNER)


@dataclass(frozen=True)
class Viewer:
    """A member as the one who looks or acts: who, and the memberships by group id."""

    member_id: int
    name: str
    time_zone: str
    belongings: Mapping[int, Belonging] = field(repr=False)


def community() -> Group:
    """The root group. LookupError before `banyan init`."""
    # Every mail and page asks for it several times. A session forgets rows that nobody holds, so it holds this one.
    session = db.session()
    group: Group | None = session.info.get(_ROOT)
    if group is None or group not in session:
        group = session.scalars(select(Group).where(Group.kind == Kind.COMMUNITY)).first()
        if group is None:
            raise LookupError("There is no community here yet. Run: banyan init")
        session.info[_ROOT] = group
    return group


def viewer_of(member: Member) -> Viewer | None:
    """The member as a viewer; None without standing in the community."""
    rows = db.session.execute(
        select(Membership.group_id, Membership.role, Membership.standing, Membership.muted_until).where(
            Membership.member_id == member.id
        )
    )
    belongings = {row.group_id: Belonging(row.role, row.standing, row.muted_until) for row in rows}
    root = belongings.get(community().id)
    if root is None or not root.may_read():
        return None
    return Viewer(member.id, member.name, member.time_zone, belongings)


def chain_of(group: Group) -> Iterable[Group]:
    """The groups whose moderators have a say in this one: itself and those above, up to the wall of a circle."""
    yield group
    if group.kind is not Kind.CIRCLE:
        for above in ancestors(group):
            yield above
            if above.kind is Kind.CIRCLE:
                return


def ancestors(group: Group) -> Iterable[Group]:
    """The groups above, nearest first."""
    above = group.parent
    while above is not None:
        yield above
        above = above.parent


def may_moderate(viewer: Viewer, group: Group) -> bool:
    """Moderators and owners of the group, and of those above it up to the wall of a circle."""
    own = viewer.belongings.get(group.id)
    if own is not None and own.standing is Standing.BANNED:
        return False
    held = (viewer.belongings.get(each.id) for each in chain_of(group))
    return any(belonging is not None and belonging.may_moderate() for belonging in held)


def may_own(viewer: Viewer, group: Group) -> bool:
    """Owners of the group, and of those above it up to the wall of a circle: they appoint and change settings."""
    if not may_moderate(viewer, group):
        return False
    held = (viewer.belongings.get(each.id) for each in chain_of(group))
    return any(
        belonging is not None and belonging.may_moderate() and belonging.role is Role.OWNER for belonging in held
    )


def may_read(viewer: Viewer, group: Group) -> bool:
    own = viewer.belongings.get(group.id)
    return (own is not None and own.may_read()) or may_moderate(viewer, group)


def may_see(viewer: Viewer, group: Group) -> bool:
    """That the group exists: listed groups every member of the community, unlisted ones only who belongs."""
    own = viewer.belongings.get(group.id)
    if own is not None and own.standing is Standing.BANNED:
        return group.listed
    return group.listed or own is not None or may_moderate(viewer, group)


def group_for(viewer: Viewer, slug: str) -> Group | None:
    """The group if the viewer may know of it; None is "not found", also for what is only hidden."""
    group = group_by_slug(slug)
    return group if group is not None and may_see(viewer, group) else None


def group_to_moderate(viewer: Viewer, slug: str) -> Group | None:
    group = group_by_slug(slug)
    return group if group is not None and may_moderate(viewer, group) else None


def group_by_slug(slug: str) -> Group | None:
    """For operators and for the program itself: no viewer asks."""
    return db.session.scalars(select(Group).where(Group.slug == slug)).first()


# Statements that every mail needs are built once: putting them together costs as much as asking them.
_BY_MAIL_NAME = select(Group).where(Group.mail_name == bindparam("the_name"))


def group_by_mail_name(name: str) -> Group | None:
    # Asked for as often as the community, and held for the same reason.
    session = db.session()
    held: dict[str, Group] = session.info.setdefault(_GROUPS, {})
    group = held.get(name.lower())
    if group is None or group not in session or inspect(group).expired:
        group = session.scalars(_BY_MAIL_NAME, {"the_name": name.lower()}).first()
        if group is not None:
            held[group.mail_name] = group
    return group


@dataclass(frozen=True)
class TreeNode:
    """A group in the tree as one viewer sees it."""

    group: Group
    depth: int
    mine: bool
    readable: bool
    moderated: bool


def tree_for(viewer: Viewer) -> Sequence[TreeNode]:
    """Every group the viewer may know of, parents before children, children by name.

    A child of a group that the viewer may not see stands under the nearest one that is seen.
    """
    children: dict[int | None, list[Group]] = {}
    for group in db.session.scalars(select(Group).order_by(func.lower(Group.name))):
        children.setdefault(group.parent_id, []).append(group)
    nodes: list[TreeNode] = []

    def walk(parent_id: int | None, depth: int, moderated_above: bool) -> None:
        for group in children.get(parent_id, ()):
            own = viewer.belongings.get(group.id)
            banned = own is not None and own.standing is Standing.BANNED
            inherits = moderated_above and group.kind is not Kind.CIRCLE
            moderated = not banned and (inherits or (own is not None and own.may_moderate()))
            readable = moderated or (own is not None and own.may_read())
            seen = group.listed or moderated or (own is not None and not banned)
            if seen:
                nodes.append(TreeNode(group, depth, own is not None and own.may_read(), readable, moderated))
            # A ban in one group takes away its moderation there, not what a role above gives below.
            walk(group.id, depth + seen, inherits or (own is not None and own.may_moderate()))

    walk(None, 0, False)
    return nodes


def readable_group_ids(viewer: Viewer) -> frozenset[int]:
    """The groups whose threads the viewer may read."""
    own = {group_id for group_id, belonging in viewer.belongings.items() if belonging.may_read()}
    if any(belonging.may_moderate() for belonging in viewer.belongings.values()):
        own |= {node.group.id for node in tree_for(viewer) if node.readable}
    return frozenset(own)


def moderated_group_ids(viewer: Viewer) -> frozenset[int]:
    if not any(belonging.may_moderate() for belonging in viewer.belongings.values()):
        return frozenset()
    return frozenset(node.group.id for node in tree_for(viewer) if node.moderated)


def membership_of(member_id: int, group_id: int) -> Membership | None:
    found = select(Membership).where(Membership.member_id == member_id, Membership.group_id == group_id)
    return db.session.scalars(found).first()


_MEMBERSHIPS = select(Membership).where(
    Membership.member_id == bindparam("the_member"), Membership.group_id.in_(bindparam("the_groups", expanding=True))
)


def memberships_in(member_id: int, group_ids: Iterable[int]) -> Mapping[int, Membership]:
    """The memberships of one member in these groups, by group id."""
    found = db.session.scalars(_MEMBERSHIPS, {"the_member": member_id, "the_groups": sorted(group_ids)})
    return {membership.group_id: membership for membership in found}


def memberships_of(member_id: int) -> Sequence[Membership]:
    """All memberships of one member, with their groups, the community first, then by name."""
    rows = (
        select(Membership)
        .join(Group, Group.id == Membership.group_id)
        .where(Membership.member_id == member_id)
        .order_by(Group.parent_id.is_not(None), func.lower(Group.name))
    )
    return db.session.scalars(rows).all()


def former_membership(member_id: int, group_id: int) -> FormerMembership | None:
    found = select(FormerMembership).where(
        FormerMembership.member_id == member_id, FormerMembership.group_id == group_id
    )
    return db.session.scalars(found).first()


def former_memberships_since(member_id: int, moment: datetime) -> Sequence[tuple[FormerMembership, Group]]:
    """The groups that a member has left by choice since then, the last one first."""
    rows = (
        select(FormerMembership, Group)
        .join(Group, Group.id == FormerMembership.group_id)
        .where(FormerMembership.member_id == member_id)
        .where(FormerMembership.by_choice, FormerMembership.left_at > moment)
        .order_by(FormerMembership.left_at.desc(), FormerMembership.id.desc())
    )
    return [(row[0], row[1]) for row in db.session.execute(rows)]


def group_to_join(viewer: Viewer, slug: str) -> Group | None:
    """The group if the viewer may know of it, or belonged to it and left by choice."""
    group = group_by_slug(slug)
    if group is None or may_see(viewer, group):
        return group
    before = former_membership(viewer.member_id, group.id)
    return group if before is not None and before.by_choice else None


def groups_in_common(viewer: Viewer, member_id: int) -> Sequence[Group]:
    """The groups that both belong to, by name, without the community."""
    own = [group_id for group_id, belonging in viewer.belongings.items() if belonging.may_read()]
    rows = (
        select(Group)
        .join(Membership, Membership.group_id == Group.id)
        .where(
            Membership.member_id == member_id,
            Membership.standing.in_((Standing.ACTIVE, Standing.MUTED)),
            Group.id.in_(own),
            Group.kind != Kind.COMMUNITY,
        )
        .order_by(func.lower(Group.name))
    )
    return db.session.scalars(rows).all()


def count_members(group_id: int) -> int:
    """How many read the group: active and muted members."""
    standing = Membership.standing.in_((Standing.ACTIVE, Standing.MUTED))
    return db.session.scalar(select(func.count()).where(Membership.group_id == group_id, standing)) or 0


def count_members_by_group() -> dict[int, int]:
    standing = Membership.standing.in_((Standing.ACTIVE, Standing.MUTED))
    rows = db.session.execute(select(Membership.group_id, func.count()).where(standing).group_by(Membership.group_id))
    return {group_id: count for group_id, count in rows}


def reason_for_declining(member_id: int, group_id: int) -> str:
    """What a moderator wrote when this member was last declined; empty when nothing."""
    found = (
        select(LogEntry.why)
        .where(LogEntry.act == "decline", LogEntry.object_id == member_id, LogEntry.group_id == group_id)
        .order_by(LogEntry.id.desc())
        .limit(1)
    )
    return db.session.scalar(found) or ""


def was_removed(member_id: int) -> bool:
    """Whether somebody was put out of the community, rather than leaving it by choice."""
    root = community()
    before = former_membership(member_id, root.id)
    return before is not None and not before.by_choice and membership_of(member_id, root.id) is None


@dataclass(frozen=True)
class RosterRow:
    """A member in the list that moderators see."""

    membership_id: int
    public_id: str
    name: str
    email: str
    role: Role
    standing: Standing
    muted_until: datetime | None
    delivery: Delivery
    joined_at: datetime
    # Since when no mail goes to the address, and why.
    paused_since: datetime | None
    pause_reason: PauseReason | None


def roster_page(
    group_id: int,
    *,
    after: int = 0,
    limit: int = 50,
    matching: str = "",
    standing: Standing | None = None,
    paused: bool = False,
) -> Sequence[RosterRow]:
    """One page of a group's members by membership id (keyset), for its moderators; `paused`: who gets no mail now."""
    rows = (
        select(
            Membership.id,
            Member.public_id,
            Member.name,
            func.coalesce(Address.email, "").label("email"),
            Membership.role,
            Membership.standing,
            Membership.muted_until,
            Membership.delivery,
            Membership.joined_at,
            Address.bouncing_since,
            Address.pause_reason,
        )
        .join(Member, Member.id == Membership.member_id)
        .outerjoin(Address, (Address.member_id == Member.id) & Address.is_primary)
        .where(Membership.group_id == group_id, Membership.id > after)
        .order_by(Membership.id)
        .limit(limit)
    )
    if matching:
        rows = rows.where(_matches(matching))
    if standing is not None:
        rows = rows.where(Membership.standing == standing)
    if paused:
        rows = rows.where(Address.bouncing_since.is_not(None))
    return [RosterRow(*row) for row in db.session.execute(rows)]


def _matches(words: str) -> ColumnElement[bool]:
    """Members whose name or any address holds these words, as typed or in small letters.

    SQLite folds the case of plain letters only, so a name that begins with Ö is found as it is written.
    """
    folded = words.lower()
    any_address = aliased(Address)
    by_address = select(any_address.id).where(
        any_address.member_id == Membership.member_id, any_address.key.contains(folded, autoescape=True)
    )
    return or_(
        func.lower(Member.name).contains(folded, autoescape=True),
        Member.name.contains(words, autoescape=True),
        by_address.exists(),
    )


def moderators_of(group: Group) -> Sequence[Member]:
    """Who moderates: moderators and owners of the group, else of the nearest group above; never past a circle."""
    # Whoever lacks standing in the community moderates nothing, and must get no notice with others' words in it.
    root = aliased(Membership)
    in_community = select(root.id).where(
        root.member_id == Member.id,
        root.group_id == community().id,
        root.standing.in_((Standing.ACTIVE, Standing.MUTED)),
    )
    for each in chain_of(group):
        rows = (
            select(Member)
            .join(Membership, Membership.member_id == Member.id)
            .where(
                Membership.group_id == each.id,
                Membership.role.in_((Role.MODERATOR, Role.OWNER)),
                Membership.standing.in_((Standing.ACTIVE, Standing.MUTED)),
                in_community.exists(),
            )
            .order_by(func.lower(Member.name))
            .limit(50)
        )
        found = db.session.scalars(rows).all()
        if found:
            return found
    return ()


def open_invitations(group_id: int, *, invited_by_id: int | None = None) -> Sequence[Invitation]:
    """Invitations to a group that are neither accepted nor withdrawn, newest first; expired ones can be sent again."""
    rows = (
        select(Invitation)
        .where(
            Invitation.group_id == group_id,
            Invitation.accepted_at.is_(None),
            Invitation.withdrawn_at.is_(None),
        )
        .order_by(Invitation.id.desc())
        .limit(500)
    )
    if invited_by_id is not None:
        rows = rows.where(Invitation.invited_by_id == invited_by_id)
    return db.session.scalars(rows).all()


def invitation_by_public_id(group_id: int, public_id: str) -> Invitation | None:
    found = select(Invitation).where(Invitation.group_id == group_id, Invitation.public_id == public_id)
    return db.session.scalars(found).first()


def invitation_is_open(invitation: Invitation) -> bool:
    ended = invitation.accepted_at is not None or invitation.withdrawn_at is not None
    return not ended and invitation.expires_at > now()
