"""Who may know of, read, moderate and own what in the tree of groups. Loading for a person includes the right to see.

Who may read: the active and muted members of a group, and the moderators and owners of the groups above it - but a
circle has a wall, and nobody above it looks in. Whoever lacks standing in the community reads nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from forum.accounts.models import Member
from forum.db import db
from forum.groups.models import READS, Group, Kind, Membership, Role, Standing
from forum.groups.queries import community, former_membership, group_by_slug, living


@dataclass(frozen=True)
class Belonging:
    """What a membership lets its member do."""

    role: Role
    standing: Standing
    muted_until: datetime | None

    def may_read(self) -> bool:
        return self.standing in READS

    def may_moderate(self) -> bool:
        return self.may_read() and self.role in (Role.MODERATOR, Role.OWNER)


@dataclass(frozen=True)
class Viewer:
    """A member as the one who looks or acts: who, and the memberships by group id."""

    member_id: int
    name: str
    time_zone: str
    belongings: Mapping[int, Belonging] = field(repr=False)


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


def may_post(viewer: Viewer, group: Group) -> bool:
    """Whether a member of the group posts there at all: on a notice board only its own moderators do."""
    own = viewer.belongings.get(group.id)
    return not group.announce_only or (own is not None and own.role is not Role.MEMBER)


def may_see(viewer: Viewer, group: Group) -> bool:
    """That the group exists: listed groups every member of the community, unlisted ones only who belongs."""
    own = viewer.belongings.get(group.id)
    if own is not None and own.standing is Standing.BANNED:
        return group.listed
    return group.listed or own is not None or may_moderate(viewer, group)


def group_for(viewer: Viewer, slug: str) -> Group | None:
    """The group if the viewer may know of it; None is "not found", also for what is only hidden.

    The name of a closed group leads to what it became, for who could know of both.
    """
    group = _living_for(viewer, slug)
    return group if group is not None and may_see(viewer, group) else None


def group_to_moderate(viewer: Viewer, slug: str) -> Group | None:
    group = _living_for(viewer, slug)
    return group if group is not None and may_moderate(viewer, group) else None


def _living_for(viewer: Viewer, slug: str) -> Group | None:
    """The group of this name, or what it became; nothing for who could not know that the closed one was there."""
    group = group_by_slug(slug)
    if group is None or group.closed_at is None:
        return group
    knew = may_see(viewer, group) or former_membership(viewer.member_id, group.id) is not None
    return living(group) if knew else None


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
            # What has been merged back is not there any more, but groups below it may be.
            seen = seen and group.closed_at is None
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


def group_to_join(viewer: Viewer, slug: str) -> Group | None:
    """The group if the viewer may know of it, or belonged to it and left by choice."""
    group = _living_for(viewer, slug)
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
            Membership.standing.in_(READS),
            Group.id.in_(own),
            Group.kind != Kind.COMMUNITY,
            Group.closed_at.is_(None),
        )
        .order_by(func.lower(Group.name))
    )
    return db.session.scalars(rows).all()


def moderators_of(group: Group) -> Sequence[Member]:
    """Who moderates: moderators and owners of the group, else of the nearest group above; never past a circle."""
    # Whoever lacks standing in the community moderates nothing, and must get no notice with others' words in it.
    root = aliased(Membership)
    in_community = select(root.id).where(
        root.member_id == Member.id,
        root.group_id == community().id,
        root.standing.in_(READS),
    )
    for each in chain_of(group):
        rows = (
            select(Member)
            .join(Membership, Membership.member_id == Member.id)
            .where(
                Membership.group_id == each.id,
                Membership.role.in_((Role.MODERATOR, Role.OWNER)),
                Membership.standing.in_(READS),
                in_community.exists(),
            )
            .order_by(func.lower(Member.name))
            .limit(50)
        )
        found = db.session.scalars(rows).all()
        if found:
            return found
    return ()
