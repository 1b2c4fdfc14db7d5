"""What a plan does when its time has come: it is carried out after the notice, kept after the review. Never commits."""

from datetime import datetime

from sqlalchemy import select

from forum.db import db
from forum.groups.actions import NotPossible
from forum.splitting.models import Plan, PlanState
from forum.splitting.plans import carry_out, keep, still_being_told, stop

# At most so many plans go on in one look.
_DUE_AT_ONCE = 20


def go_on_by_the_clock(moment: datetime) -> int:
    """Carry out what was announced long enough ago, and keep what was in review so long; returns how many."""
    due = (
        select(Plan)
        .where(Plan.state.in_((PlanState.ANNOUNCED, PlanState.REVIEW)), Plan.due_at <= moment)
        .order_by(Plan.due_at, Plan.id)
        .limit(_DUE_AT_ONCE)
        .with_for_update(skip_locked=True, of=Plan)
    )
    went_on = 0
    for plan in db.session.scalars(due).all():
        if plan.state is PlanState.REVIEW:
            keep(plan, actor_id=None, why="the review period is over")
        elif still_being_told(plan):
            continue
        else:
            try:
                carry_out(plan, actor_id=None)
            except NotPossible as refused:
                # It waits for a moderator, who sees why; the notice is over, so the clock has no more to say.
                stop(plan, str(refused))
                plan.due_at = None
        went_on += 1
    return went_on


def a_plan_is_due(moment: datetime) -> bool:
    """A cheap look whether `go_on_by_the_clock` has anything to do."""
    due = select(Plan.id).where(Plan.state.in_((PlanState.ANNOUNCED, PlanState.REVIEW)), Plan.due_at <= moment)
    return db.session.scalar(due.limit(1)) is not None
