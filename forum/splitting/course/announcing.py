"""Tells members of a plan, in batches: that it is announced, carried out, undone or withdrawn. Never commits.

Each batch is one short transaction of whoever calls: the rows that say who was told and the mails to them are written
together, so that a crash between two batches neither repeats nor loses one.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, text, update

from forum.accounts.models import Member
from forum.clock import now
from forum.db import db
from forum.groups.models import READS, Membership
from forum.groups.queries import community
from forum.queue import enqueue_each
from forum.splitting.course.questions import ask_to_join, insert_questions
from forum.splitting.models import Answer, Asks, Plan, PlanKind, PlanQuestion, PlanState, Seat, SeatBy

BATCH = 250


def announce_batch(plan_id: int, limit: int = BATCH) -> bool:
    """Ask some members of an announced plan's group where they want to belong; whether there may be more to ask.

    Everybody active or muted there is asked once, whatever the delivery choice: it is about their membership. Called
    again later it asks who has come since.
    """
    plan = db.session.get_one(Plan, plan_id, populate_existing=True)
    if plan.state is not PlanState.ANNOUNCED:
        return False
    members = _not_asked_yet(plan, limit)
    enqueue_each("notice.plan_announced", _ask_for_places(plan, members))
    return len(members) == limit


def invite_batch(plan: Plan, limit: int = BATCH) -> bool:
    """Invite some of those to whom a spin-off offers a seat; whether there may be more to invite."""
    if plan.kind is not PlanKind.SPIN_OFF:
        return False
    (planned,) = plan.groups
    asked = exists().where(
        PlanQuestion.planned_group_id == planned.id,
        PlanQuestion.asks == Asks.JOIN,
        PlanQuestion.member_id == Seat.member_id,
    )
    offered = (
        select(Seat.member_id)
        .where(Seat.planned_group_id == planned.id, Seat.placed_by == SeatBy.PROPOSAL, ~asked)
        .order_by(Seat.member_id)
        .limit(limit)
    )
    member_ids = db.session.scalars(offered).all()
    ask_to_join(planned, member_ids, actor_id=plan.made_by_id)
    return len(member_ids) == limit


def tell_of_the_end(plan_id: int, limit: int = BATCH) -> bool:
    """Tell some of those whom it concerned that it was undone or withdrawn, once each; whether there may be more."""
    plan = db.session.get_one(Plan, plan_id, populate_existing=True)
    if plan.state not in (PlanState.UNDONE, PlanState.WITHDRAWN):
        return False
    untold = (
        select(PlanQuestion.id)
        .where(
            PlanQuestion.plan_id == plan.id,
            # To a spin-off members come by saying yes to an invitation.
            or_(
                PlanQuestion.asks == Asks.PLACE,
                and_(PlanQuestion.asks == Asks.JOIN, PlanQuestion.answer == Answer.YES),
            ),
            or_(PlanQuestion.told_at.is_(None), PlanQuestion.told_at < plan.ended_at),
        )
        .order_by(PlanQuestion.id)
        .limit(limit)
    )
    ids = db.session.scalars(untold).all()
    db.session.execute(
        update(PlanQuestion)
        .where(PlanQuestion.id.in_(ids))
        .values(told_at=now())
        .execution_options(synchronize_session=False)
    )
    enqueue_each("notice.plan_undone", ids)
    return len(ids) == limit


def ask_the_moved(plan: Plan, member_ids: Collection[int]) -> None:
    """Give members whom a spin-off has moved a question of their own, so that they can say that it is not wanted."""
    asked = select(PlanQuestion.member_id).where(
        PlanQuestion.plan_id == plan.id, _IS_PLACE, PlanQuestion.member_id.in_(member_ids)
    )
    _ask_for_places(plan, sorted({*member_ids} - {*db.session.scalars(asked)}))


def _ask_for_places(plan: Plan, member_ids: Collection[int]) -> Sequence[int]:
    proposed = _seats_by_member(plan.id, member_ids)
    return insert_questions(
        [
            {"plan_id": plan.id, "member_id": each, "asks": Asks.PLACE, "proposed": proposed.get(each, [])}
            for each in member_ids
        ]
    )


def _seats_by_member(plan_id: int, member_ids: Collection[int]) -> Mapping[int, list[int]]:
    rows = (
        select(Seat.member_id, Seat.planned_group_id)
        .where(Seat.plan_id == plan_id, Seat.member_id.in_(member_ids), Seat.undone_at.is_(None))
        .order_by(Seat.id)
    )
    found: dict[int, list[int]] = defaultdict(list)
    for member_id, planned_id in db.session.execute(rows):
        found[member_id].append(planned_id)
    return found


# Written out, so that both databases see that the index of places has all of these rows.
_IS_PLACE = text("plan_question.asks = 'place'")


def _not_asked_yet(plan: Plan, limit: int) -> Sequence[int]:
    """Members of the plan's group without a question, by id: first beyond the last one asked, then all over again."""
    # Along the members, whose keys are in order already: along the group's memberships each batch would sort them all.
    members = (
        select(Member.id).where(_reads_in(plan.group_id), _reads_in(community().id)).order_by(Member.id).limit(limit)
    )
    last = db.session.scalar(select(func.max(PlanQuestion.member_id)).where(PlanQuestion.plan_id == plan.id, _IS_PLACE))
    found = db.session.scalars(members.where(Member.id > (last or 0))).all()
    if len(found) == limit or last is None:
        return found
    asked = exists().where(PlanQuestion.plan_id == plan.id, PlanQuestion.member_id == Member.id, _IS_PLACE)
    return db.session.scalars(members.where(~asked)).all()


def _reads_in(group_id: int) -> ColumnElement[bool]:
    return exists().where(
        Membership.member_id == Member.id,
        Membership.group_id == group_id,
        Membership.standing.in_(READS),
    )
