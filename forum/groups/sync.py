"""Aligning a group with an outside roster: who is missing comes in, who is not on it goes. Never commits.

Elsewhere a failing sync has silently removed thousands. Here what would remove more than a set share asks first, whom
it added and removed is written down, and `undo` puts it back. Moderators and owners are never removed by a roster.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select

from forum.accounts.emails import address_key, base_key
from forum.accounts.models import Address, Member
from forum.clock import now
from forum.db import db
from forum.groups.actions import NotPossible, add_to_group, leave
from forum.groups.models import FormerMembership, Group, Membership, Role, RosterSync, Standing
from forum.groups.queries import membership_of
from forum.log import record

# A roster that would remove a larger share than this is more likely broken than right.
MOST_PERCENT = 5


@dataclass(frozen=True)
class Removal:
    """Who would go, by member id, and of how many members."""

    member_ids: Sequence[int]
    of: int

    @property
    def percent(self) -> float:
        return 100 * len(self.member_ids) / self.of if self.of else 0.0


def known_members(emails: Collection[str]) -> frozenset[int]:
    """The members with these addresses, a plus-tag more or less; for some hundred at a time."""
    keys = {address_key(email) for email in emails}
    found = select(Address.member_id).where(
        or_(Address.key.in_(keys), Address.base_key.in_({base_key(key) for key in keys}))
    )
    return frozenset(db.session.scalars(found))


def belonging_to(group: Group) -> frozenset[int]:
    """Who has a membership of the group, of whatever standing."""
    return frozenset(db.session.scalars(select(Membership.member_id).where(Membership.group_id == group.id)))


def removal(group: Group, on_roster: Collection[int]) -> Removal:
    """The ordinary members of the group who are not on the roster. Who is banned stays banned."""
    rows = db.session.execute(
        select(Membership.member_id, Membership.role, Membership.standing).where(Membership.group_id == group.id)
    ).all()
    may_go = {row.member_id for row in rows if row.role is Role.MEMBER and row.standing is not Standing.BANNED}
    return Removal(sorted(may_go.difference(on_roster)), len(rows))


def open_sync(group: Group) -> RosterSync:
    """The row that remembers one sync, written before its first change."""
    sync = RosterSync(group_id=group.id, added=[], removed=[])
    db.session.add(sync)
    db.session.flush()
    record("sync roster", "roster_sync", sync.id, group_id=group.id, undo=f"banyan member sync --undo {sync.public_id}")
    return sync


def note_added(sync: RosterSync, group: Group, before: frozenset[int], emails: Collection[str]) -> None:
    """Remember who of these addresses has come in, `before` being those who belonged already."""
    belongs = select(Membership.member_id).where(
        Membership.group_id == group.id, Membership.member_id.in_(known_members(emails) - before)
    )
    sync.added = [*sync.added, *sorted(db.session.scalars(belongs))]


def remove(sync: RosterSync, group: Group, member_ids: Sequence[int]) -> None:
    """Take these out of the group; what they had chosen there is kept for the way back."""
    for member in db.session.scalars(select(Member).where(Member.id.in_(member_ids)).order_by(Member.id)):
        leave(member, group, actor_id=None, why=f"not on the roster (sync {sync.public_id})")
    sync.removed = [*sync.removed, *member_ids]


def sync_by_public_id(public_id: str) -> RosterSync | None:
    return db.session.scalars(select(RosterSync).where(RosterSync.public_id == public_id)).first()


def undo(sync: RosterSync) -> tuple[int, int]:
    """Put a sync back: who was removed has again what was there, who was added goes. Returns how many of each."""
    db.session.refresh(sync, with_for_update=True)
    if sync.undone_at is not None:
        raise NotPossible("This sync has been undone already.")
    group = db.session.get_one(Group, sync.group_id)
    restored = sum(_restore(member_id, sync) for member_id in sync.removed)
    taken_out = 0
    for member_id in sync.added:
        membership = membership_of(member_id, group.id)
        # Who has been made a moderator since, or has joined again, is no longer there by this sync alone.
        if membership is not None and membership.role is Role.MEMBER:
            leave(db.session.get_one(Member, member_id), group, actor_id=None, why=f"undo of sync {sync.public_id}")
            taken_out += 1
    sync.undone_at = now()
    record("undo sync", "roster_sync", sync.id, group_id=group.id, undo="sync with the roster again")
    return restored, taken_out


def _restore(member_id: int, sync: RosterSync) -> bool:
    """All memberships that the sync ended: leaving the community ends those of every group."""
    ended = select(FormerMembership).where(
        FormerMembership.member_id == member_id,
        FormerMembership.left_at >= sync.created_at,
        FormerMembership.by_choice.is_(False),
    )
    member = db.session.get_one(Member, member_id)
    rows = db.session.scalars(ended.order_by(FormerMembership.group_id)).all()
    for former in rows:
        group, role = db.session.get_one(Group, former.group_id), former.role
        add_to_group(member, group, role=role, why=f"undo of sync {sync.public_id}")
    return bool(rows)
