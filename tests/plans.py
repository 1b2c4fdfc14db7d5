"""Plans of splits and spin-offs for tests, made of rows as the studio leaves them, and their questions."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import select

from forum.accounts.models import Member
from forum.clock import now
from forum.db import db, transaction
from forum.groups.models import Group, JoinPolicy, Kind
from forum.splitting.course.announcing import announce_batch
from forum.splitting.models import Asks, Plan, PlanKind, PlannedGroup, PlanQuestion, PlanState, Seat
from forum.splitting.plans import announce, open_plan
from tests.people import a_group, a_member


def a_planned_group(
    plan: Plan, position: int, name: str, *, listed: bool = True, kind: Kind = Kind.SPECIALTY, about: str = ""
) -> PlannedGroup:
    """A group in a plan, in the transaction that is open."""
    planned = PlannedGroup(
        plan_id=plan.id, position=position, slug=name.lower().replace(" ", "-"), name=name, kind=kind, listed=listed
    )
    planned.join_policy, planned.description = JoinPolicy.REQUEST, about
    db.session.add(planned)
    db.session.flush()
    return planned


def a_plan(
    group: Group, seats: Mapping[str, Sequence[Member]], *, why: str = "It has become too large.", hidden: str = ""
) -> Plan:
    """A draft that splits a group into these, by name, with these members; `hidden` will not be listed."""
    with transaction():
        plan = open_plan(group, PlanKind.SPLIT, why=why)
        for position, (name, members) in enumerate(seats.items(), 1):
            planned = a_planned_group(plan, position, name, listed=name != hidden)
            db.session.add_all(
                [Seat(plan_id=plan.id, planned_group_id=planned.id, member_id=each.id) for each in members]
            )
    return plan


def announced(plan: Plan) -> Plan:
    """The same plan, announced to everybody in its group."""
    with transaction():
        announce(plan, actor_id=None)
    more = True
    while more:
        with transaction():
            more = announce_batch(plan.id)
    return plan


def question_to(member: Member, plan: Plan, asks: Asks = Asks.PLACE) -> PlanQuestion:
    found = select(PlanQuestion).where(
        PlanQuestion.plan_id == plan.id, PlanQuestion.member_id == member.id, PlanQuestion.asks == asks
    )
    return db.session.scalars(found).one()


def standing_plan(group: Group, parent: Group, *, state: PlanState = PlanState.REVIEW, days: int = 84) -> Plan:
    """A plan by which a group has grown out of another one, as rows alone."""
    with transaction():
        plan = Plan(kind=PlanKind.SPLIT, group_id=parent.id, state=state, due_at=now() + timedelta(days=days))
        db.session.add(plan)
        db.session.flush()
        planned = a_planned_group(plan, 1, group.name)
        planned.group_id = group.id
    return plan


def a_split() -> tuple[Group, Plan, list[Member]]:
    """Cardiology with four members, announced to become North (Ann, Ben), South (Ben, Cy) and the hidden Quiet (Cy)."""
    group = a_group()
    ann, ben, cy, dot = (
        a_member(f"{name}@example.org", f"{name.title()} Lee", group) for name in ("ann", "ben", "cy", "dot")
    )
    plan = a_plan(
        group, {"Heart North": [ann, ben], "Heart South": [ben, cy], "Heart Quiet": [cy]}, hidden="Heart Quiet"
    )
    return group, announced(plan), [ann, ben, cy, dot]
