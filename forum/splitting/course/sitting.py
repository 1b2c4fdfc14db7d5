"""One member takes a seat in a planned group, or gives it up: a row before the group is made, a membership afterwards.

Never commits. What is carried out for everybody at once is elsewhere; this is for one who says so.
"""

from sqlalchemy import select

from forum.accounts.models import Member
from forum.clock import now
from forum.db import db
from forum.groups.actions import NotPossible
from forum.groups.leaving import leave
from forum.groups.models import Group, Role, Standing
from forum.groups.queries import former_membership, membership_of, was_declined
from forum.splitting.course.carrying_out import come_in
from forum.splitting.models import Plan, PlannedGroup, Seat, SeatBy


def check_may_sit(planned: PlannedGroup, member_id: int) -> None:
    """NotPossible for who is banned from the group that has been made, was removed from it, or declined there."""
    if planned.group_id is None:
        return
    own, before = membership_of(member_id, planned.group_id), former_membership(member_id, planned.group_id)
    if own is not None:
        closed = own.standing is Standing.BANNED
    else:
        closed = (before is not None and not before.by_choice) or was_declined(member_id, planned.group_id)
    if closed:
        raise NotPossible(f"You cannot join {planned.name}. Write to its moderators if you think you should.")


def check_may_stand_up(planned: PlannedGroup, member_id: int) -> None:
    """NotPossible for who looks after the group: nobody leaves it without somebody by a word in a mail."""
    own = None if planned.group_id is None else membership_of(member_id, planned.group_id)
    if own is not None and own.role is not Role.MEMBER:
        raise NotPossible(f"You look after {planned.name}. To leave it, use its page; then the others stay served.")


def sit(plan: Plan, planned: PlannedGroup, member_id: int, by: SeatBy) -> None:
    """Take a seat; where the group stands, become a member at once. Who is one already keeps everything."""
    if planned.group_id is not None:
        come_in(plan, planned, member_id, placed_by=by, actor_id=member_id)
        return
    seat = _seat(planned.id, member_id)
    if seat is None:
        seat = Seat(plan_id=plan.id, planned_group_id=planned.id, member_id=member_id)
        db.session.add(seat)
    seat.placed_by, seat.undone_at = by, None
    db.session.flush()


def stand_up(planned: PlannedGroup, member_id: int) -> None:
    """Give a seat up; where the group stands, leave it."""
    seat = _seat(planned.id, member_id)
    if planned.group_id is not None and membership_of(member_id, planned.group_id) is not None:
        group = db.session.get_one(Group, planned.group_id)
        leave(db.session.get_one(Member, member_id), group, actor_id=member_id, why="answer to a plan")
    if seat is not None and seat.carried_at is not None:
        seat.undone_at = now()
    elif seat is not None:
        db.session.delete(seat)
    db.session.flush()


def _seat(planned_id: int, member_id: int) -> Seat | None:
    """The member's one seat in a planned group, locked: the worker may be carrying it out."""
    found = select(Seat).where(Seat.planned_group_id == planned_id, Seat.member_id == member_id).with_for_update()
    return db.session.scalars(found.execution_options(populate_existing=True)).first()
