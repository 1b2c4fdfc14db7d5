"""The course of a plan: which state may follow which, and each step from one to the next. Never commits.

Who may take a step is asked by the door; what a state does over time (letters, carrying out, undoing) is done by the
worker, in batches of its own, from the task that the step writes.
"""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import func, select

from forum.clock import now
from forum.db import db
from forum.groups.actions import NotPossible
from forum.groups.models import Group, Kind
from forum.groups.queries import community
from forum.groups.rights import moderators_of
from forum.groups.slugs import check_slug
from forum.log import record
from forum.queue import Task, enqueue
from forum.splitting.models import (
    Answer,
    Asks,
    Plan,
    PlanKind,
    PlannedGroup,
    PlanQuestion,
    PlanState,
    Seat,
)
from forum.splitting.queries import open_split_of

# After how many weeks the agreed measures are looked at.
RESULTS_AFTER_WEEKS = (4, 12)
# So long before the end of the review its moderators are reminded of it.
REMIND_BEFORE = timedelta(days=7)
# Who has joined the group since a split was announced is asked when so much of the notice is left.
ASK_THE_NEW_BEFORE = timedelta(days=3)

FOLLOWS: Mapping[PlanState, frozenset[PlanState]] = {
    PlanState.ASKED: frozenset((PlanState.DRAFT, PlanState.WITHDRAWN)),
    PlanState.PROPOSING: frozenset((PlanState.DRAFT, PlanState.WITHDRAWN)),
    PlanState.DRAFT: frozenset((PlanState.PROPOSING, PlanState.ANNOUNCED, PlanState.CARRYING_OUT, PlanState.WITHDRAWN)),
    PlanState.ANNOUNCED: frozenset((PlanState.CARRYING_OUT, PlanState.WITHDRAWN)),
    PlanState.CARRYING_OUT: frozenset((PlanState.REVIEW, PlanState.UNDOING)),
    PlanState.REVIEW: frozenset((PlanState.KEPT, PlanState.UNDOING)),
    PlanState.UNDOING: frozenset((PlanState.UNDONE,)),
    PlanState.KEPT: frozenset(),
    PlanState.UNDONE: frozenset(),
    PlanState.WITHDRAWN: frozenset(),
}

_WORDS: Mapping[PlanState, str] = {
    PlanState.ASKED: "waits for a moderator to grant it",
    PlanState.PROPOSING: "is being worked out",
    PlanState.DRAFT: "is a draft",
    PlanState.ANNOUNCED: "has been announced",
    PlanState.CARRYING_OUT: "is being carried out",
    PlanState.REVIEW: "has been carried out and can be undone",
    PlanState.UNDOING: "is being undone",
    PlanState.KEPT: "has been kept",
    PlanState.UNDONE: "has been undone",
    PlanState.WITHDRAWN: "has been withdrawn",
}


def words_for_state(state: PlanState) -> str:
    """What follows "The plan ..." in a sentence."""
    return _WORDS[state]


def open_plan(
    group: Group,
    kind: PlanKind,
    *,
    state: PlanState = PlanState.DRAFT,
    why: str = "",
    grown_from: str = "",
    made_by_id: int | None = None,
    asked_by_id: int | None = None,
) -> Plan:
    """A new plan for a group: asked for, being worked out, or a draft. Of two splits at once the second is refused."""
    # The group's row is the turnstile: of two who begin at the same moment, the second sees what the first has begun.
    # Without the key, so that posting to the group and joining it do not wait.
    db.session.refresh(group, with_for_update={"key_share": True})
    if group.closed_at is not None:
        raise NotPossible(f"{group.name} is closed. Nothing can grow out of it any more.")
    if kind is PlanKind.SPLIT:
        if group.kind is Kind.CIRCLE:
            raise NotPossible(f"{group.name} is a circle. A circle is not split.")
        if open_split_of(group) is not None:
            raise NotPossible(f"There is a plan to split {group.name} already. Finish or withdraw it first.")
    plan = Plan(kind=kind, group_id=group.id, state=state, why=why.strip(), grown_from=grown_from[:200])
    plan.made_by_id, plan.asked_by_id = made_by_id, asked_by_id
    if kind is PlanKind.SPIN_OFF:
        plan.notice_days = 0
    db.session.add(plan)
    db.session.flush()
    _record(plan, f"plan {state}", actor_id=made_by_id or asked_by_id, undo=f"banyan split withdraw {plan.public_id}")
    return plan


def lock_plan(plan: Plan) -> None:
    """Take the plan for this transaction and see it as it is: of two who act at once, the second sees the first."""
    db.session.flush()
    db.session.refresh(plan, with_for_update={"of": Plan})


def move_on(plan: Plan, state: PlanState, *, actor_id: int | None, why: str = "", undo: str = "") -> None:
    """Take the plan to its next state, or NotPossible when that cannot follow the one that it is in."""
    lock_plan(plan)
    if state not in FOLLOWS[plan.state]:
        raise NotPossible(f"This cannot be done now: the plan {_WORDS[plan.state]}.")
    plan.state, plan.trouble, plan.due_at = state, "", None
    if state.has_ended:
        plan.ended_at = now()
    db.session.flush()
    _record(plan, f"plan {state}", actor_id=actor_id, why=why, undo=undo)


def changed(plan: Plan, revision: int) -> None:
    """Raise the draft's revision for an edit that was made on this one; NotPossible on an older one or no draft."""
    lock_plan(plan)
    if plan.state is not PlanState.DRAFT:
        raise NotPossible(f"The plan can no longer be changed: it {_WORDS[plan.state]}.")
    if plan.revision != revision:
        raise NotPossible(
            "Somebody has changed the plan meanwhile. Look at it as it is now, then make your change again."
        )
    plan.revision += 1
    db.session.flush()


def announce(plan: Plan, *, actor_id: int | None) -> None:
    """Tell every member of the group, and begin the notice period. Letters are written by the worker, in batches."""
    lock_plan(plan)
    if plan.kind is PlanKind.SPIN_OFF:
        raise NotPossible("A spin-off is not announced: its members are invited, or moved with notice.")
    if plan.state is PlanState.DRAFT:
        _check_groups(plan)
    move_on(
        plan,
        PlanState.ANNOUNCED,
        actor_id=actor_id,
        why=plan.why[:500],
        undo=f"banyan split withdraw {plan.public_id}",
    )
    plan.announced_at = now()
    plan.due_at = plan.announced_at + timedelta(days=plan.notice_days)
    enqueue("plan.announce", plan.id)
    if plan.due_at - ASK_THE_NEW_BEFORE > plan.announced_at:
        enqueue("plan.announce", plan.id, due_at=plan.due_at - ASK_THE_NEW_BEFORE)


def carry_out(plan: Plan, *, actor_id: int | None) -> None:
    """Begin to carry out: a spin-off at once, a split after its notice. Again for one that has stopped half-way."""
    lock_plan(plan)
    if plan.state is PlanState.CARRYING_OUT:
        _try_again(plan, "plan.carry_out", actor_id)
        enqueue("plan.carry_out", plan.id)
        return
    if plan.state is PlanState.DRAFT and plan.kind is PlanKind.SPLIT:
        raise NotPossible("Announce the plan first: members hear of it before anything changes for them.")
    if plan.state is PlanState.ANNOUNCED:
        _check_notice(plan)
    if plan.kind is PlanKind.SPIN_OFF and plan.moves_members and not community().members_may_be_moved:
        raise NotPossible(f"In {community().name} members may not be moved to another group. Invite them instead.")
    if plan.state in (PlanState.DRAFT, PlanState.ANNOUNCED):
        _check_groups(plan)
    move_on(
        plan,
        PlanState.CARRYING_OUT,
        actor_id=actor_id,
        why=plan.why[:500] if plan.kind is PlanKind.SPIN_OFF else "",
        undo=f"banyan split undo {plan.public_id}",
    )
    enqueue("plan.carry_out", plan.id)


def keep(plan: Plan, *, actor_id: int | None, why: str = "") -> None:
    """End the review: what was carried out stays as it is."""
    if plan.state is PlanState.CARRYING_OUT:
        raise NotPossible("The plan is still being carried out. Wait until all of it has been.")
    move_on(plan, PlanState.KEPT, actor_id=actor_id, why=why, undo="spin off or split anew")


def undo(plan: Plan, *, actor_id: int | None, why: str = "") -> None:
    """Begin to put back what was carried out, be it all or a part. Again for an undo that has stopped half-way."""
    lock_plan(plan)
    if plan.state is PlanState.UNDOING:
        _try_again(plan, "plan.undo", actor_id)
        enqueue("plan.undo", plan.id)
        return
    if plan.state in (PlanState.DRAFT, PlanState.ANNOUNCED):
        raise NotPossible("Nothing of this plan has been carried out. Withdraw it instead.")
    _end_plans_below(plan, actor_id)
    move_on(plan, PlanState.UNDOING, actor_id=actor_id, why=why, undo="carry out a new plan")
    enqueue("plan.undo", plan.id)


def withdraw(plan: Plan, *, actor_id: int | None, why: str = "") -> None:
    """Decline what was asked for, or give a plan up before anything of it was carried out."""
    if plan.state in (PlanState.CARRYING_OUT, PlanState.REVIEW):
        raise NotPossible("This has been carried out, or some of it has. Undo it instead.")
    was_announced = plan.announced_at is not None
    move_on(plan, PlanState.WITHDRAWN, actor_id=actor_id, why=why, undo="make a new plan")
    if plan.asked_by_id is not None and plan.made_by_id is None:
        enqueue("notice.spin_off_answered", plan.id, plan.asked_by_id)
    if was_announced:
        enqueue("plan.tell_the_end", plan.id)


def begin_review(plan: Plan) -> None:
    """All is carried out: from now on it is looked at, and can be undone."""
    move_on(plan, PlanState.REVIEW, actor_id=None, undo=f"banyan split undo {plan.public_id}")
    plan.carried_out_at = now()
    plan.due_at = plan.carried_out_at + timedelta(days=plan.review_days)
    if plan.review_days > 2 * REMIND_BEFORE.days:
        enqueue("plan.review_ends", plan.id, due_at=plan.due_at - REMIND_BEFORE)
    if is_measured(plan):
        for weeks in RESULTS_AFTER_WEEKS:
            enqueue("plan.results", plan.id, weeks, plan.carried_out_at + timedelta(weeks=weeks))


def is_measured(plan: Plan) -> bool:
    """Whether somebody looks afterwards if the plan has worked: every split, and what measures were agreed for."""
    return plan.kind is PlanKind.SPLIT or bool(plan.measures)


def remind_of_the_end(plan: Plan) -> None:
    """Tell the moderators that the review ends soon: afterwards nothing is put back any more."""
    if plan.state is PlanState.REVIEW:
        for moderator in moderators_of(plan.group):
            enqueue("notice.plan_review_ends", plan.id, moderator.id)


def stop(plan: Plan, sentence: str) -> None:
    """Say why a plan could not go on; a moderator sees it and may try again, or give it up."""
    plan.trouble = sentence
    _record(plan, "plan stopped", actor_id=None, why=sentence[:500], undo="try again, withdraw or undo")


def _try_again(plan: Plan, kind: str, actor_id: int | None) -> None:
    """NotPossible while one task is on its way that has not failed."""
    if _task_is_open(plan, kind) and not plan.trouble:
        raise NotPossible(f"This has begun already: the plan {_WORDS[plan.state]}.")
    plan.trouble = ""
    _record(plan, f"plan {plan.state} again", actor_id=actor_id, undo=f"banyan split undo {plan.public_id}")


def _end_plans_below(plan: Plan, actor_id: int | None) -> None:
    """Withdraw drafts for the groups that are to close; NotPossible while one of them is itself being divided."""
    made = select(PlannedGroup.group_id).where(PlannedGroup.plan_id == plan.id, PlannedGroup.group_id.is_not(None))
    below = select(Plan).where(
        Plan.group_id.in_(made), Plan.state.not_in([each for each in PlanState if each.has_ended])
    )
    for other in db.session.scalars(below.order_by(Plan.id)).all():
        if PlanState.WITHDRAWN not in FOLLOWS[other.state]:
            raise NotPossible(f"{other.group.name} has a plan of its own: it {_WORDS[other.state]}. Finish that first.")
        withdraw(other, actor_id=actor_id, why="its group goes back into the one that it grew out of")


def _check_notice(plan: Plan) -> None:
    if plan.due_at is not None and plan.due_at > now():
        raise NotPossible(
            f"Members were told that they may answer until {plan.due_at:%d %B %Y}. It is carried out by itself then."
        )
    if still_being_told(plan):
        raise NotPossible("The mails that announce the plan are still being written. It is carried out by itself then.")


def still_being_told(plan: Plan) -> bool:
    """Also while the letters have been set aside for an operator: nobody is moved who was not told."""
    unfinished = select(Task.id).where(Task.target_id == plan.id, Task.kind == "plan.announce", Task.done_at.is_(None))
    return db.session.scalar(unfinished.limit(1)) is not None


def _task_is_open(plan: Plan, kind: str) -> bool:
    waiting = select(Task.id).where(
        Task.target_id == plan.id, Task.kind == kind, Task.done_at.is_(None), Task.set_aside_at.is_(None)
    )
    return db.session.scalar(waiting.limit(1)) is not None


def _check_groups(plan: Plan) -> None:
    """NotPossible, or BadSlug, while the plan has a group that could not be made."""
    groups = db.session.scalars(
        select(PlannedGroup).where(PlannedGroup.plan_id == plan.id).order_by(PlannedGroup.position)
    ).all()
    if not groups:
        raise NotPossible("The plan has no group yet. Propose some, or add one.")
    if plan.kind is PlanKind.SPIN_OFF and len(groups) > 1:
        raise NotPossible("A spin-off makes one group. Split the group to make several.")
    seats = select(Seat.planned_group_id, func.count()).where(Seat.plan_id == plan.id).group_by(Seat.planned_group_id)
    seated = {planned_id: count for planned_id, count in db.session.execute(seats)}
    for planned in groups:
        check_slug(planned.slug)
        if not planned.name.strip():
            raise NotPossible(f"Group {planned.position} has no name yet. Give it one.")
        if plan.kind is PlanKind.SPLIT and plan.state is PlanState.DRAFT and not seated.get(planned.id):
            raise NotPossible(f"Nobody belongs to {planned.name}. Move members there, or take the group out.")
        if planned.kind is Kind.CIRCLE and not _has_a_moderator(planned):
            raise NotPossible(f"{planned.name} is a circle: it begins when a first moderator has accepted.")
    if plan.kind is PlanKind.SPLIT and not seated:
        raise NotPossible("Nobody wants to belong to any of the groups. Withdraw the plan.")


def _has_a_moderator(planned: PlannedGroup) -> bool:
    accepted = select(PlanQuestion.id).where(
        PlanQuestion.planned_group_id == planned.id,
        PlanQuestion.asks == Asks.MODERATE,
        PlanQuestion.answer == Answer.YES,
    )
    return db.session.scalar(accepted.limit(1)) is not None


def _record(plan: Plan, act: str, *, actor_id: int | None, undo: str, why: str = "") -> None:
    record(act, "plan", plan.id, actor_id=actor_id, group_id=plan.group_id, why=why, undo=undo)
