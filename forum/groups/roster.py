"""Many people into a group at once, set-wise: what `add_to_group` does for one. Never commits; nobody gets mail.

Who is a member already keeps every choice; who has left before is not added again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, or_, select, update

from forum.accounts.emails import address_key, base_key
from forum.accounts.models import Address, Member
from forum.accounts.preferences import next_digest_at
from forum.clock import now
from forum.counter import PUBLISHED, last_number
from forum.db import db, public_id
from forum.facets.actions import set_facets, set_facets_of_new
from forum.groups.choices import DIGESTS
from forum.groups.models import Delivery, FormerMembership, Group, Membership, Role, Standing
from forum.groups.queries import community
from forum.log import record


@dataclass(frozen=True)
class RosterRow:
    """A person as a roster names them; `email` is a mail address, `facets` are columns of Member."""

    line: int
    email: str
    name: str
    delivery: Delivery = Delivery.SINGLE
    role: Role = Role.MEMBER
    facets: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class BadRow:
    """A row that was skipped, and why."""

    line: int
    sentence: str


@dataclass(frozen=True)
class Enrolled:
    """What became of the rows: `joined` counts new memberships of the group, `new_members` new people among them."""

    joined: int = 0
    new_members: int = 0
    there_already: int = 0
    left_before: int = 0
    bad: tuple[BadRow, ...] = ()

    def __add__(self, other: "Enrolled") -> "Enrolled":
        return Enrolled(
            self.joined + other.joined,
            self.new_members + other.new_members,
            self.there_already + other.there_already,
            self.left_before + other.left_before,
            self.bad + other.bad,
        )


def import_rows(group: Group, rows: Sequence[RosterRow]) -> Enrolled:
    """Make every row a member of the group and of the community; in batches of about 1,000 it stays a short write."""
    batch = _Batch(group, rows)
    for row in rows:
        batch.take(row)
    return batch.write()


class _Known:
    """What the database knows of the people in some rows, in a handful of queries."""

    def __init__(self, rows: Sequence[RosterRow], group_ids: tuple[int, int]) -> None:
        self.keys = {row.email: address_key(row.email) for row in rows}
        keys = set(self.keys.values())
        found = db.session.execute(
            select(Address.key, Address.base_key, Address.member_id).where(
                or_(Address.key.in_(keys), Address.base_key.in_({base_key(key) for key in keys}))
            )
        ).all()
        self._exact: dict[str, int] = {row.key: row.member_id for row in found}
        self._alike: dict[str, set[int]] = {}
        for row in found:
            self._alike.setdefault(row.base_key, set()).add(row.member_id)
        ids = {row.member_id for row in found}
        self.placeholders = set(db.session.scalars(select(Member.id).where(Member.id.in_(ids), Member.placeholder)))
        memberships = select(Membership.member_id, Membership.group_id, Membership.standing)
        self.standing = {
            (row.member_id, row.group_id): row.standing
            for row in db.session.execute(
                memberships.where(Membership.member_id.in_(ids), Membership.group_id.in_(group_ids))
            )
        }
        former = select(FormerMembership.member_id, FormerMembership.group_id)
        self.left = {
            (row.member_id, row.group_id)
            for row in db.session.execute(
                former.where(FormerMembership.member_id.in_(ids), FormerMembership.group_id.in_(group_ids))
            )
        }

    def member_id(self, key: str) -> int | None:
        """As `address_by_email` finds them: the exact address, else the one member whose it is but for a plus-tag."""
        exact = self._exact.get(key)
        if exact is not None:
            return exact
        alike = self._alike.get(base_key(key), set())
        return next(iter(alike)) if len(alike) == 1 else None

    def somebody_alike(self, key: str) -> bool:
        return base_key(key) in self._alike


class _Batch:
    """The rows of one transaction: sorted out first, then written with one INSERT a table."""

    def __init__(self, group: Group, rows: Sequence[RosterRow]) -> None:
        self._group, self._root = group, community()
        self._known = _Known(rows, (group.id, self._root.id))
        self._new: dict[str, RosterRow] = {}
        self._new_base_keys: set[str] = set()
        self._memberships: list[dict[str, Any]] = []
        self._claimed: list[dict[str, Any]] = []
        self._described: list[int] = []
        self._joined = self._there_already = self._left_before = 0
        self._bad: list[BadRow] = []
        self._moment = now()
        self._last_no = last_number(PUBLISHED)

    def take(self, row: RosterRow) -> None:
        key = self._known.keys[row.email]
        member_id = self._known.member_id(key)
        if member_id is not None:
            self._take_known(row, member_id)
        elif key in self._new or base_key(key) in self._new_base_keys:
            self._there_already += 1
        else:
            self._new[key] = row
            if not self._known.somebody_alike(key):
                self._new_base_keys.add(base_key(key))

    def _take_known(self, row: RosterRow, member_id: int) -> None:
        known, group, root = self._known, self._group, self._root
        standing = known.standing.get((member_id, root.id))
        if standing in (Standing.BANNED, Standing.PENDING):
            self._bad.append(BadRow(row.line, f"{row.email} has no standing in the community ({standing})."))
            return
        if (member_id, group.id) in known.standing:
            self._there_already += 1
            return
        if (member_id, group.id) in known.left or (standing is None and (member_id, root.id) in known.left):
            self._left_before += 1
            return
        if member_id in known.placeholders:
            # The author of imported posts, whose address the roster now vouches for.
            known.placeholders.discard(member_id)
            self._claimed.append({"id": member_id, "name": row.name, "placeholder": False, **row.facets})
            self._described.append(member_id)
        self._join(row, member_id, standing is not None)

    def _join(self, row: RosterRow, member_id: int, in_community: bool) -> None:
        group, root = self._group, self._root
        if not in_community and group.id != root.id:
            self._memberships.append(
                _membership(member_id, root.id, Role.MEMBER, Delivery.SINGLE, self._moment, self._last_no)
            )
            self._known.standing[member_id, root.id] = Standing.ACTIVE
        self._memberships.append(_membership(member_id, group.id, row.role, row.delivery, self._moment, self._last_no))
        self._known.standing[member_id, group.id] = Standing.ACTIVE
        self._joined += 1

    def write(self) -> Enrolled:
        self._write_new_members()
        if self._claimed:
            db.session.execute(update(Member), self._claimed)
        set_facets(self._described)
        if self._memberships:
            _insert_rows(Membership, self._memberships)
            self._plan_digests()
        if self._joined:
            why = f"{self._joined} joined from a roster, {len(self._new)} of them new members"
            record("import members", "group", self._group.id, group_id=self._group.id, why=why)
        return Enrolled(self._joined, len(self._new), self._there_already, self._left_before, tuple(self._bad))

    def _plan_digests(self) -> None:
        digested = [row["member_id"] for row in self._memberships if row["delivery"] in DIGESTS]
        unplanned = select(Member).where(Member.id.in_(digested), Member.digest_due_at.is_(None))
        for member in db.session.scalars(unplanned):
            member.digest_due_at = next_digest_at(member, self._moment)

    def _write_new_members(self) -> None:
        if not self._new:
            return
        by_public_id = {public_id(): (key, row) for key, row in self._new.items()}
        made = db.session.execute(
            insert(Member).returning(Member.id, Member.public_id),
            [
                {"public_id": identity, "name": row.name, "created_at": self._moment, **row.facets}
                for identity, (_, row) in by_public_id.items()
            ],
        ).all()
        ids = {identity: member_id for member_id, identity in made}
        addresses = []
        described: dict[int, Mapping[str, str]] = {}
        for identity, (key, row) in by_public_id.items():
            addresses.append(
                {
                    "member_id": ids[identity],
                    "email": row.email.strip(),
                    "key": key,
                    "base_key": base_key(key),
                    "is_primary": True,
                    "verified_at": self._moment,
                }
            )
            self._join(row, ids[identity], in_community=False)
            if any(row.facets.values()):
                described[ids[identity]] = row.facets
        _insert_rows(Address, addresses)
        set_facets_of_new(described)


def _insert_rows(model: type[Address] | type[Membership], rows: Sequence[dict[str, Any]]) -> None:
    """Past the objects: a roster brings tens of thousands, and nobody asks for them in this transaction."""
    db.session.connection().execute(insert(model.metadata.tables[model.__tablename__]), rows)


def _membership(
    member_id: int, group_id: int, role: Role, delivery: Delivery, moment: datetime, last_no: int
) -> dict[str, Any]:
    return {
        "member_id": member_id,
        "group_id": group_id,
        "role": role,
        "standing": Standing.ACTIVE,
        "delivery": delivery,
        "newcomer_posts": 0,
        "digest_no": last_no,
        "joined_at": moment,
    }
