"""Reads of groups and memberships for the program itself: no viewer asks. What a person may see is in `rights`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, bindparam, func, inspect, or_, select, text
from sqlalchemy.orm import aliased

from forum.accounts.models import Address, Member, PauseReason
from forum.clock import now
from forum.db import db
from forum.groups.models import READS, Delivery, FormerMembership, Group, Invitation, Kind, Membership, Role, Standing
from forum.log import LogEntry

_ROOT, _GROUPS = "banyan_root_group", "banyan_groups"


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


def take_turn_in_the_tree() -> None:
    """Wait for another transaction that grows the tree of groups or changes what holds in it.

    On SQLite every writing transaction has waited already. Posts may be written meanwhile.
    """
    db.session.execute(select(Group.id).where(Group.kind == Kind.COMMUNITY).with_for_update(key_share=True))


def group_by_slug(slug: str) -> Group | None:
    return db.session.scalars(select(Group).where(Group.slug == slug)).first()


# Statements that every mail needs are built once: putting them together costs as much as asking them.
_BY_MAIL_NAME = select(Group).where(Group.mail_name == bindparam("the_name"))


def living(group: Group) -> Group:
    """The group itself, or the one that it has been merged back into: its mail, links and page lead there."""
    while group.became_id is not None:
        group = db.session.get_one(Group, group.became_id)
    return group


def group_by_mail_name(name: str) -> Group | None:
    """The group that gets the mail of this name: a closed group's goes to what it became."""
    # Asked for as often as the community, and held for the same reason.
    session = db.session()
    held: dict[str, Group] = session.info.setdefault(_GROUPS, {})
    group = held.get(name.lower())
    if group is None or group not in session or inspect(group).expired:
        group = session.scalars(_BY_MAIL_NAME, {"the_name": name.lower()}).first()
        if group is not None:
            held[group.mail_name] = group
    return living(group) if group is not None else None


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


def ids_below(group: Group) -> Select[tuple[int]]:
    """The ids of the groups anywhere below this one in the tree."""
    below = select(Group.id).where(Group.parent_id == group.id).cte(recursive=True)
    child = aliased(Group)
    below = below.union(select(child.id).join(below, child.parent_id == below.c.id))
    return select(below.c.id)


def own_groups_below(member_id: int, group: Group) -> Sequence[Group]:
    """The groups anywhere below this one in the tree that a member reads, by name."""
    rows = (
        select(Group)
        .join(Membership, Membership.group_id == Group.id)
        .where(
            Group.id.in_(ids_below(group)),
            Group.closed_at.is_(None),
            Membership.member_id == member_id,
            Membership.standing.in_(READS),
        )
        .order_by(func.lower(Group.name))
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
        .where(FormerMembership.by_choice, FormerMembership.left_at > moment, Group.closed_at.is_(None))
        .order_by(FormerMembership.left_at.desc(), FormerMembership.id.desc())
    )
    return [(row[0], row[1]) for row in db.session.execute(rows)]


def count_members(group_id: int) -> int:
    """How many read the group: active and muted members."""
    standing = Membership.standing.in_(READS)
    return db.session.scalar(select(func.count()).where(Membership.group_id == group_id, standing)) or 0


def ids_of_readers(group: Group) -> Select[tuple[int]]:
    """The statement of the ids of its active and muted members."""
    standing = Membership.standing.in_(READS)
    return select(Membership.member_id).where(Membership.group_id == group.id, standing)


def count_members_by_group() -> dict[int, int]:
    standing = Membership.standing.in_(READS)
    rows = db.session.execute(select(Membership.group_id, func.count()).where(standing).group_by(Membership.group_id))
    return {group_id: count for group_id, count in rows}


# Written out, so that both databases see that there is an index of these.
_IS_DECLINING = text("log_entry.act = 'decline'")


def reason_for_declining(member_id: int, group_id: int) -> str:
    """What a moderator wrote when this member was last declined; empty when nothing."""
    found = (
        select(LogEntry.why)
        .where(_IS_DECLINING, LogEntry.object_id == member_id, LogEntry.group_id == group_id)
        .order_by(LogEntry.id.desc())
        .limit(1)
    )
    return db.session.scalar(found) or ""


def was_declined(member_id: int, group_id: int) -> bool:
    """Whether moderators of a group have said no to this member."""
    found = select(LogEntry.id).where(
        _IS_DECLINING,
        LogEntry.object_kind == "member",
        LogEntry.object_id == member_id,
        LogEntry.group_id == group_id,
    )
    return db.session.scalar(found.limit(1)) is not None


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
