"""Which planned groups a member may know of and choose, by number, and in which of them the member stands. Reads only.

A group that will not be listed is named to nobody but those who were placed in it. So the numbers are not the plan's
positions: listed groups come first and have the same number for everybody, the member's own others follow.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, false, func, or_, select

from forum.db import db
from forum.groups.models import READS, Kind
from forum.groups.queries import memberships_in
from forum.splitting.models import Plan, PlanKind, PlannedGroup, PlanQuestion, PlanState, Seat, SeatBy
from forum.splitting.readership.readers import Readers
from forum.threads.models import Thread

# While seats are still to become memberships.
_NOT_CARRIED_OUT = (PlanState.DRAFT, PlanState.ANNOUNCED, PlanState.CARRYING_OUT)


@dataclass(frozen=True)
class Place:
    """A planned group as one member may choose it. `stands`: the member is in it, or will be."""

    number: int
    planned: PlannedGroup
    proposed: bool
    stands: bool

    @property
    def name(self) -> str:
        """As the group is called, which may be otherwise than planned once it is made."""
        return self.planned.name if self.planned.group is None else self.planned.group.name


def places_of(question: PlanQuestion) -> Sequence[Place]:
    """What a member who was asked for a place can choose from, in the order of the numbers."""
    seats = seats_of(question.plan_id, question.member_id)
    groups = select(PlannedGroup).where(PlannedGroup.plan_id == question.plan_id).order_by(PlannedGroup.position)
    # As they are now: who has waited for the worker may hold them as they were before.
    planned_groups = db.session.scalars(groups.execution_options(populate_existing=True)).all()
    made = [each.group_id for each in planned_groups if each.group_id is not None]
    memberships = memberships_in(question.member_id, made) if made else {}
    inside = {group_id for group_id, each in memberships.items() if each.standing in READS}
    own = {*question.proposed, *seats, *(each.id for each in planned_groups if each.group_id in inside)}
    known = [each for each in planned_groups if _is_open(each)]
    known += [each for each in planned_groups if not _is_open(each) and each.id in own]
    stands = {each.id for each in planned_groups if each.group_id in inside}
    if question.plan.state in _NOT_CARRIED_OUT:
        stands |= {planned_id for planned_id, seat in seats.items() if seat.carried_at is None}
    return [
        Place(number, each, each.id in question.proposed, each.id in stands) for number, each in enumerate(known, 1)
    ]


def seats_of(plan_id: int, member_id: int) -> Mapping[int, Seat]:
    """A member's seats in a plan that have not ended again, by planned group."""
    rows = select(Seat).where(Seat.plan_id == plan_id, Seat.member_id == member_id, Seat.undone_at.is_(None))
    rows = rows.execution_options(populate_existing=True)
    return {each.planned_group_id: each for each in db.session.scalars(rows)}


def sizes_of(plan: Plan) -> Mapping[int, int]:
    """How many members sit in each planned group, by its id."""
    rows = (
        select(Seat.planned_group_id, func.count())
        .join(PlannedGroup, PlannedGroup.id == Seat.planned_group_id)
        .where(PlannedGroup.plan_id == plan.id, Seat.undone_at.is_(None), is_taken(plan))
        .group_by(Seat.planned_group_id)
    )
    return {planned_id: count for planned_id, count in db.session.execute(rows)}


def is_taken(plan: Plan) -> ColumnElement[bool]:
    """The condition of seats that count: one that a spin-off only offers, counts when somebody has taken it."""
    offered = Seat.placed_by == SeatBy.PROPOSAL if plan.kind is PlanKind.SPIN_OFF else false()
    return or_(~offered, Seat.carried_at.is_not(None))


def _is_open(planned: PlannedGroup) -> bool:
    """Whether every member of the plan's group may know of it."""
    return planned.listed and planned.kind is not Kind.CIRCLE


def more_readers(question: PlanQuestion) -> tuple[str, int]:
    """Where a thread is to go whose author is asked, and how many more could read it there.

    The name is empty for a group that will not be listed, unless the author was placed in it.
    """
    assert question.thread_id is not None
    planned = db.session.get_one(PlannedGroup, question.proposed[0])
    thread = db.session.get_one(Thread, question.thread_id)
    readers = Readers()
    more = readers.newcomers(readers.planned_place(planned), thread.group_id)
    known = _is_open(planned) or planned.id in seats_of(question.plan_id, question.member_id)
    return planned.name if known else "", len(more)
