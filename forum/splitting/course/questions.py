"""What a plan asks of members, one letter a question: asked, found again by its token, and what waits. Never commits.

Nobody is asked the same twice, however often it is tried.
"""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import ColumnElement, and_, func, insert, or_, select
from sqlalchemy.orm import joinedload

from forum.clock import now
from forum.db import db, public_id
from forum.log import record
from forum.queue import enqueue_each
from forum.splitting.models import Answer, Asks, Plan, PlannedGroup, PlanQuestion, PlanState
from forum.tokens import Purpose, current_tokens

_AT_ONCE = 500


def ask_to_join(planned: PlannedGroup, member_ids: Collection[int], *, actor_id: int | None) -> int:
    """Invite members to a planned group, or to one that stands; returns how many had not been asked before."""
    asked = _ask(planned, Asks.JOIN, member_ids)
    enqueue_each("notice.plan_join", asked)
    _record(planned.plan, Asks.JOIN, asked, actor_id)
    return len(asked)


def ask_to_moderate(planned: PlannedGroup, member_ids: Collection[int], *, actor_id: int | None) -> int:
    """Ask members to be first moderators of a planned group; returns how many had not been asked before."""
    asked = _ask(planned, Asks.MODERATE, member_ids)
    enqueue_each("notice.plan_moderate", asked)
    _record(planned.plan, Asks.MODERATE, asked, actor_id)
    return len(asked)


def _ask(planned: PlannedGroup, asks: Asks, member_ids: Collection[int]) -> Sequence[int]:
    """Write the questions that are not there yet; their ids."""
    made: list[int] = []
    everybody = sorted(set(member_ids))
    for some in (everybody[start : start + _AT_ONCE] for start in range(0, len(everybody), _AT_ONCE)):
        before = select(PlanQuestion.member_id).where(
            PlanQuestion.planned_group_id == planned.id,
            PlanQuestion.asks == asks,
            PlanQuestion.member_id.in_(some),
        )
        been_asked = set(db.session.scalars(before))
        about = {"plan_id": planned.plan_id, "asks": asks, "planned_group_id": planned.id}
        made += insert_questions([about | {"member_id": each} for each in some if each not in been_asked])
    return made


def insert_questions(rows: Collection[Mapping[str, object]]) -> Sequence[int]:
    """Write questions; their ids. The database refuses a second one of the same."""
    moment = now()
    whole = [{"public_id": public_id(), "asked_at": moment, "proposed": [], **row} for row in rows]
    if not whole:
        return []
    return db.session.scalars(insert(PlanQuestion).returning(PlanQuestion.id), whole).all()


def _record(plan: Plan, asks: Asks, asked: Collection[int], actor_id: int | None) -> None:
    if asked:
        why = f"{asks}: {len(asked)} asked"
        record(
            "plan asks", "plan", plan.id, actor_id=actor_id, group_id=plan.group_id, why=why, undo="withdraw the plan"
        )


# --- found again ---


def question_token(question: PlanQuestion) -> str:
    """What opens the page of a question without signing in, from the mail that asks."""
    return current_tokens().make(Purpose.PLAN, question.id, question.member_id)


def question_by_token(token: str) -> PlanQuestion | None:
    numbers = current_tokens().read(Purpose.PLAN, token)
    return None if numbers is None else question_of(*numbers)


def question_of(question_id: int, member_id: int) -> PlanQuestion | None:
    """The question if it is this member's."""
    found = db.session.get(PlanQuestion, question_id)
    return found if found is not None and found.member_id == member_id else None


# Until when each kind of question can be answered and does not have to be asked again.
_WAITING: Mapping[Asks, Sequence[PlanState]] = {
    Asks.PLACE: (PlanState.ANNOUNCED,),
    Asks.JOIN: (PlanState.DRAFT, PlanState.ANNOUNCED, PlanState.CARRYING_OUT, PlanState.REVIEW, PlanState.KEPT),
    Asks.MODERATE: (PlanState.DRAFT, PlanState.ANNOUNCED, PlanState.CARRYING_OUT, PlanState.REVIEW, PlanState.KEPT),
    Asks.CONSENT: (PlanState.DRAFT, PlanState.ANNOUNCED),
}


def waiting_for(member_id: int, limit: int = 50) -> Sequence[PlanQuestion]:
    """What a member was asked and has not answered, the newest first."""
    rows = (
        select(PlanQuestion)
        .join(Plan, Plan.id == PlanQuestion.plan_id)
        .where(PlanQuestion.member_id == member_id, PlanQuestion.answer.is_(None), or_(*_still_waits()))
        .order_by(PlanQuestion.id.desc())
        .options(joinedload(PlanQuestion.plan).joinedload(Plan.group), joinedload(PlanQuestion.planned_group))
        .limit(limit)
    )
    return db.session.scalars(rows).all()


def place_question_in(group_id: int, member_id: int) -> PlanQuestion | None:
    """What a member was asked about an announced split of a group, answered or not."""
    found = (
        select(PlanQuestion)
        .join(Plan, Plan.id == PlanQuestion.plan_id)
        .where(
            Plan.group_id == group_id,
            Plan.state == PlanState.ANNOUNCED,
            PlanQuestion.member_id == member_id,
            PlanQuestion.asks == Asks.PLACE,
        )
    )
    return db.session.scalars(found.limit(1)).first()


def _still_waits() -> Sequence[ColumnElement[bool]]:
    return [and_(PlanQuestion.asks == asks, Plan.state.in_(states)) for asks, states in _WAITING.items()]


def count_answers(plan_id: int, asks: Asks) -> Mapping[Answer | None, int]:
    """How many have answered what; under None who has not answered."""
    rows = (
        select(PlanQuestion.answer, func.count())
        .where(PlanQuestion.plan_id == plan_id, PlanQuestion.asks == asks)
        .group_by(PlanQuestion.answer)
    )
    return {answer: count for answer, count in db.session.execute(rows)}
