"""Aligning a group with an outside roster: who is missing comes in, who is not on it goes. Never commits.

Elsewhere a failing sync has silently removed thousands. Here what would remove more than a set share asks first, whom
it added and removed is written down, and can be put back (`begin_undo` to `end_undo`, some at a time). Moderators and
owners are never removed by a roster.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select

from forum.accounts.emails import address_key, base_key
from forum.accounts.models import Address, Member
from forum.clock import now
from forum.db import db
from forum.groups.actions import NotPossible
from forum.groups.joining import add_to_group
from forum.groups.leaving import leave
from forum.groups.models import FormerMembership, Group, Membership, Role, RosterSync, Standing
from forum.groups.queries import membership_of
from forum.log import LogEntry, record

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
    """Take these out of the group; what they had chosen there is kept for the way back.

    Who was made a moderator or banned since they were counted stays.
    """
    still = select(Membership.member_id).where(
        Membership.group_id == group.id,
        Membership.member_id.in_(member_ids),
        Membership.role == Role.MEMBER,
        Membership.standing != Standing.BANNED,
    )
    going = sorted(db.session.scalars(still))
    for member in db.session.scalars(select(Member).where(Member.id.in_(going)).order_by(Member.id)):
        leave(member, group, actor_id=None, why=_why(sync))
    sync.removed = [*sync.removed, *going]


def sync_by_public_id(public_id: str) -> RosterSync | None:
    return db.session.scalars(select(RosterSync).where(RosterSync.public_id == public_id)).first()


def begin_undo(sync: RosterSync) -> Mapping[int, Sequence[int]]:
    """Whom putting a sync back concerns: the groups to restore by member, as the sync alone has ended them.

    Who has been put out again since then, by somebody else, is not let in by this.
    """
    if sync.undone_at is not None:
        raise NotPossible("This sync has been undone already.")
    left = select(LogEntry.object_id, LogEntry.group_id, LogEntry.why).where(
        LogEntry.act == "leave", LogEntry.at >= sync.created_at
    )
    last_reason = {
        (member_id, group_id): why for member_id, group_id, why in db.session.execute(left.order_by(LogEntry.id))
    }
    removed, ended = set(sync.removed), dict[int, list[int]]()
    for (member_id, group_id), why in last_reason.items():
        if member_id in removed and group_id is not None and why == _why(sync):
            ended.setdefault(member_id, []).append(group_id)
    return ended


def put_back(sync: RosterSync, ended: Mapping[int, Sequence[int]]) -> int:
    """Give members back what they had in these groups: role and choices; returns how many. Safe to repeat."""
    for member_id, group_ids in ended.items():
        member = db.session.get_one(Member, member_id)
        former = select(FormerMembership).where(
            FormerMembership.member_id == member_id, FormerMembership.group_id.in_(group_ids)
        )
        for before in db.session.scalars(former.order_by(FormerMembership.group_id)).all():
            group, role = db.session.get_one(Group, before.group_id), before.role
            add_to_group(member, group, role=role, why=f"undo of sync {sync.public_id}")
    return len(ended)


def take_out(sync: RosterSync, member_ids: Sequence[int]) -> int:
    """Take out again whom the sync has added; returns how many. Safe to repeat."""
    group = db.session.get_one(Group, sync.group_id)
    taken_out = 0
    for member_id in member_ids:
        membership = membership_of(member_id, group.id)
        # Who has been made a moderator since, or has joined again, is no longer there by this sync alone.
        if membership is not None and membership.role is Role.MEMBER:
            leave(db.session.get_one(Member, member_id), group, actor_id=None, why=f"undo of sync {sync.public_id}")
            taken_out += 1
    return taken_out


def end_undo(sync: RosterSync) -> None:
    """All is back: the sync cannot be undone a second time."""
    sync.undone_at = now()
    record("undo sync", "roster_sync", sync.id, group_id=sync.group_id, undo="sync with the roster again")


def _why(sync: RosterSync) -> str:
    return f"not on the roster (sync {sync.public_id})"
