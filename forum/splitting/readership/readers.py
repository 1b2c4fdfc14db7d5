"""Who reads a group, as one set: one that is there, or a planned one as it will be; and whom a post was written for.

The sets agree with `forum.groups.rights.may_read`, which asks for one member at a time. Reads only.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from forum.db import db
from forum.groups.models import READS, Group, JoinPolicy, Kind, Membership, Role, Standing
from forum.groups.queries import community
from forum.groups.rights import chain_of
from forum.splitting.models import Answer, Asks, Plan, PlanKind, PlannedGroup, PlanQuestion, PlanState, Seat

_EASE: Mapping[JoinPolicy, int] = {JoinPolicy.INVITE: 0, JoinPolicy.REQUEST: 1, JoinPolicy.OPEN: 2}
# While the words of a new group may still come back to the group that it grew out of, or have done so.
_UNDOABLE = (PlanState.CARRYING_OUT, PlanState.REVIEW, PlanState.UNDOING, PlanState.UNDONE)
# Which groups have such terms at all: it goes by what they were when they were made, so that hiding one for a while
# neither takes back what its members were told nor lets out what they wrote meanwhile.
HAS_TERMS = (PlannedGroup.listed, PlannedGroup.kind != Kind.CIRCLE)
# So many keys in one query: SQLite takes 32,766 variables.
_AT_ONCE = 5_000


@dataclass(frozen=True)
class Place:
    """A group as threads find it when they come: one that is there, or a planned one as it will be.

    `above` are the groups whose moderators look into it, `readers` the members who read it.
    """

    name: str
    group_id: int | None
    planned_id: int | None
    above: frozenset[int]
    listed: bool
    join_policy: JoinPolicy
    readers: frozenset[int] = field(repr=False, compare=False)

    def is_more_open_than(self, home: "Place") -> bool:
        """Whether somebody may come to read here later who might never have come to read there."""
        return (
            self.listed > home.listed
            or _EASE[self.join_policy] > _EASE[home.join_policy]
            or not self.above <= home.above | {home.group_id}
        )


class Readers:
    """Who reads which group now, each loaded once: for one computation within one transaction."""

    def __init__(self) -> None:
        self._places: dict[int, Place] = {}
        self._homes: dict[int, Sequence[Group]] = {}
        self._newcomers: dict[tuple[Place, int], frozenset[int]] = {}
        self._everybody: frozenset[int] | None = None

    def everybody(self) -> frozenset[int]:
        """All with standing in the community, without which nobody reads anything."""
        if self._everybody is None:
            rows = _with_standing(select(Membership.member_id).where(Membership.group_id == community().id))
            self._everybody = frozenset(db.session.scalars(rows))
        return self._everybody

    def place(self, group: Group) -> Place:
        """A group that is there, with those who may read it: as `forum.groups.rights.may_read` says of each."""
        if group.id not in self._places:
            self._places[group.id] = replace(outline_of(group), readers=_readers_of(group))
        return self._places[group.id]

    def planned_place(self, planned: PlannedGroup) -> Place:
        """A planned group as it will be: with those who have a seat in it, besides those who are there already."""
        seated = _to_come(planned) & self.everybody()
        if planned.group_id is not None:
            there = self.place(db.session.get_one(Group, planned.group_id))
            return replace(there, planned_id=planned.id, readers=there.readers | seated)
        above = () if planned.kind is Kind.CIRCLE else tuple(each.id for each in chain_of(planned.plan.group))
        return Place(
            name=planned.name,
            group_id=None,
            planned_id=planned.id,
            above=frozenset(above),
            listed=planned.listed,
            join_policy=planned.join_policy,
            readers=seated | frozenset(db.session.scalars(_moderating(above))),
        )

    def newcomers(self, to: Place, group_id: int) -> frozenset[int]:
        """Who could read at a place what was published in a group, without being one of whom it was written for."""
        if (to, group_id) not in self._newcomers:
            self._newcomers[to, group_id] = self._find_newcomers(to, group_id)
        return self._newcomers[to, group_id]

    def _find_newcomers(self, to: Place, group_id: int) -> frozenset[int]:
        if group_id not in self._homes:
            group = db.session.get_one(Group, group_id)
            self._homes[group_id] = (group, *terms_of(group))
        homes = self._homes[group_id]
        # What stands in the community is for everybody who reads anything at all.
        if any(to.group_id == home.id or home.kind is Kind.COMMUNITY for home in homes):
            return frozenset()
        more_open = all(to.is_more_open_than(outline_of(home)) for home in homes)
        rest = frozenset[int]()
        if more_open or to.planned_id is not None or to.group_id is None:
            rest = self.everybody() if more_open else to.readers
        else:
            # A group that is there: whoever is a member of the home, too, is left out by the database.
            rest = _readers_of(db.session.get_one(Group, to.group_id), but=homes[0].id)
        for home in homes:
            rest -= self._those_of(home, rest)
        return rest

    def _those_of(self, group: Group, members: frozenset[int]) -> frozenset[int]:
        """The readers of a group, at least those among these members: of few, the whole group need not be loaded."""
        if group.id in self._places or len(members) > _AT_ONCE:
            return self.place(group).readers
        return _readers_of(group, among=members)


def outline_of(group: Group) -> Place:
    """A group that is there as a place whose readers are not loaded: enough to ask who would newly read there."""
    return Place(
        name=group.name,
        group_id=group.id,
        planned_id=None,
        above=frozenset(each.id for each in chain_of(group)) - {group.id},
        listed=group.listed,
        join_policy=group.join_policy,
        readers=frozenset(),
    )


def _readers_of(group: Group, *, among: frozenset[int] | None = None, but: int | None = None) -> frozenset[int]:
    """Members in good standing, and who moderates here or above without being banned here.

    `among`: only these; `but`: without the members in good standing of another group.
    """
    own = _with_standing(select(Membership.member_id).where(Membership.group_id == group.id))
    moderators = _moderating([each.id for each in chain_of(group)])
    banned = select(Membership.member_id).where(Membership.group_id == group.id, Membership.standing == Standing.BANNED)
    if among is not None:
        own, moderators = (rows.where(Membership.member_id.in_(among)) for rows in (own, moderators))
    if but is not None:
        other = aliased(Membership)
        there = (
            select(other.id)
            .where(other.member_id == Membership.member_id, other.group_id == but, other.standing.in_(READS))
            .exists()
        )
        own, moderators = own.where(~there), moderators.where(~there)
    members, out = frozenset(db.session.scalars(own)), frozenset(db.session.scalars(banned))
    return members | (frozenset(db.session.scalars(moderators)) - out)


def _to_come(planned: PlannedGroup) -> frozenset[int]:
    """Who has a seat in a planned group, or has agreed to moderate it.

    Whoever has left the group that is split since then does not come along; to a spin-off anybody may be invited.
    """
    seats = select(Seat.member_id).where(Seat.planned_group_id == planned.id, Seat.undone_at.is_(None))
    if planned.plan.kind is PlanKind.SPLIT:
        seats = seats.join(Membership, Membership.member_id == Seat.member_id).where(
            Membership.group_id == planned.plan.group_id, Membership.standing.in_(READS)
        )
    accepted = select(PlanQuestion.member_id).where(
        PlanQuestion.planned_group_id == planned.id,
        PlanQuestion.asks == Asks.MODERATE,
        PlanQuestion.answer == Answer.YES,
    )
    return frozenset(db.session.scalars(seats)) | frozenset(db.session.scalars(accepted))


def _moderating(group_ids: Collection[int]) -> Select[tuple[int]]:
    moderating = Membership.group_id.in_(group_ids) & Membership.role.in_((Role.MODERATOR, Role.OWNER))
    return _with_standing(select(Membership.member_id).where(moderating))


def _with_standing(memberships: Select[tuple[int]]) -> Select[tuple[int]]:
    """Those of these memberships that let their members read: in good standing, and so in the community."""
    root = aliased(Membership)
    in_community = (
        select(root.id)
        .where(root.member_id == Membership.member_id, root.group_id == community().id, root.standing.in_(READS))
        .exists()
    )
    return memberships.where(Membership.standing.in_(READS), in_community)


def terms_of(group: Group) -> Sequence[Group]:
    """The groups whose readers may come to read what is written here, since a plan can still be undone: nearest first.

    Whoever writes here is told so beforehand. What was made as an unlisted group or as a circle has no such terms.
    """
    found: list[Group] = []
    while True:
        parent = db.session.scalars(
            select(Group)
            .join(Plan, Plan.group_id == Group.id)
            .join(PlannedGroup, PlannedGroup.plan_id == Plan.id)
            .where(PlannedGroup.group_id == group.id, *HAS_TERMS, Plan.state.in_(_UNDOABLE))
        ).first()
        if parent is None:
            return found
        found.append(parent)
        group = parent
