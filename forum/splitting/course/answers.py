"""A member's answer to what a plan asks: it counts at once, can be changed while it matters, and never commits here.

Before the groups are made an answer is a seat; afterwards it is a membership, begun or ended. No answer changes
nothing: the proposal stands. What is refused says why in a sentence for the member.
"""

from collections.abc import Collection, Sequence
from typing import assert_never

from forum.clock import now
from forum.db import db
from forum.groups.actions import NotPossible
from forum.groups.models import READS, Group, Role
from forum.groups.queries import community, membership_of, was_removed
from forum.groups.standing import set_role
from forum.log import record
from forum.splitting.course.carrying_out import let_moderate
from forum.splitting.course.places import Place, places_of
from forum.splitting.course.sitting import check_may_sit, check_may_stand_up, sit, stand_up
from forum.splitting.models import Answer, Asks, Plan, PlanQuestion, PlanState, SeatBy

_OVER = (PlanState.WITHDRAWN, PlanState.UNDOING, PlanState.UNDONE)


def why_closed(question: PlanQuestion) -> str:
    """Why a question cannot be answered (any more), as a sentence; "" while it can."""
    plan, group = question.plan, question.plan.group
    if plan.state is PlanState.WITHDRAWN:
        return f"The plan was withdrawn. Nothing changes for you: {group.name} stays as it was."
    if plan.state in _OVER:
        return f"The plan was undone: what had grown out of {group.name} is part of it again. There is nothing to do."
    match question.asks:
        case Asks.PLACE:
            return _why_place_is_closed(plan, group, question.member_id)
        case Asks.JOIN | Asks.MODERATE:
            return _why_group_is_closed(question)
        case Asks.CONSENT:
            if was_removed(question.member_id):
                return f"You do not belong to {community().name} now, so this is no longer asked of you."
            if plan.carried_out_at is None and plan.state is not PlanState.CARRYING_OUT:
                return ""
            return "The groups have been made meanwhile. An answer no longer moves the thread, nor brings it back."
        case unknown:
            assert_never(unknown)


def _why_place_is_closed(plan: Plan, group: Group, member_id: int) -> str:
    if plan.state is PlanState.KEPT:
        return "The time for this answer is over. You can join and leave the groups as you like, like any others."
    own = membership_of(member_id, group.id)
    if own is None or own.standing not in READS:
        return f"You do not belong to {group.name} now, so this is no longer asked of you."
    return ""


def _why_group_is_closed(question: PlanQuestion) -> str:
    planned = question.planned_group
    assert planned is not None
    if planned.group is not None and planned.group.closed_at is not None:
        return f"{planned.name} is closed."
    root = membership_of(question.member_id, community().id)
    if root is None or root.standing not in READS:
        return f"You do not belong to {community().name} now, so this is no longer asked of you."
    return ""


# --- where to belong ---


def answer_place(question: PlanQuestion, answer: Answer, chosen: Collection[int] = ()) -> None:
    """Keep what was proposed, choose other planned groups (by their ids), stay in the parent alone, or take all.

    NotPossible while that cannot be answered, for a group that is not the member's to choose, and for none chosen.
    """
    _take_turn(question)
    places = places_of(question)
    wanted = _wanted(question, answer, places, chosen)
    to_take = [place.planned for place in places if place.planned.id in wanted and not place.stands]
    to_leave = [place.planned for place in places if place.planned.id not in wanted and place.stands]
    # All that could be refused comes first: of an answer by mail nothing is done by halves.
    for planned in to_take:
        check_may_sit(planned, question.member_id)
    for planned in to_leave:
        check_may_stand_up(planned, question.member_id)
    for planned in to_take:
        sit(question.plan, planned, question.member_id, SeatBy.PROPOSAL if answer is Answer.KEEP else SeatBy.MEMBER)
    for planned in to_leave:
        stand_up(planned, question.member_id)
    if to_take or to_leave or question.answer is not answer:
        numbers = sorted(place.planned.position for place in places if place.planned.id in wanted)
        _note(question, answer, f"{answer} {' '.join(map(str, numbers))}".strip())


def _wanted(
    question: PlanQuestion, answer: Answer, places: Sequence[Place], chosen: Collection[int]
) -> Collection[int]:
    """The ids of the planned groups in which the member wants to be."""
    offered = {place.planned.id for place in places}
    match answer:
        case Answer.KEEP:
            return offered.intersection(question.proposed)
        case Answer.PARENT:
            return ()
        case Answer.ALL:
            return offered
        case Answer.CHOSEN:
            if not offered.issuperset(chosen):
                raise NotPossible("One of these groups is not among those that you can choose.")
            if not chosen:
                raise NotPossible(
                    f"Choose at least one group, or say that you stay only in {question.plan.group.name}."
                )
            return set(chosen)
        case Answer.YES | Answer.NO:
            raise NotPossible("This question asks where you want to be: keep, other groups, the parent, or all.")
        case unknown:
            assert_never(unknown)


# --- yes or no ---


def answer_question(question: PlanQuestion, answer: Answer) -> None:
    """Say yes or no to an invitation, to moderating, or to being read by more. NotPossible while it cannot be said."""
    if answer not in (Answer.YES, Answer.NO):
        raise NotPossible("This question is answered with yes or no.")
    _take_turn(question)
    if question.answer is answer:
        return
    match question.asks:
        case Asks.JOIN:
            _come_or_not(question, answer)
        case Asks.MODERATE:
            _moderate_or_not(question, answer)
        case Asks.CONSENT:
            pass  # It is asked for when the thread would move.
        case Asks.PLACE:
            raise NotPossible("This question asks where you want to be: keep, other groups, the parent, or all.")
        case unknown:
            assert_never(unknown)
    _note(question, answer, f"{question.asks}: {answer}")


def _come_or_not(question: PlanQuestion, answer: Answer) -> None:
    planned = question.planned_group
    assert planned is not None
    if answer is Answer.YES:
        check_may_sit(planned, question.member_id)
        sit(question.plan, planned, question.member_id, SeatBy.MEMBER)
    elif question.answer is Answer.YES:
        check_may_stand_up(planned, question.member_id)
        stand_up(planned, question.member_id)


def _moderate_or_not(question: PlanQuestion, answer: Answer) -> None:
    """A role at once where the group stands; else whoever makes the group gives it, by this answer."""
    planned = question.planned_group
    assert planned is not None
    if planned.group_id is None:
        return
    if answer is Answer.YES:
        if question.answer is Answer.NO:
            # The letter stays with its member: it gives no role back that was given up, or taken.
            raise NotPossible(f"You have said no. Write to the moderators of {planned.name} if you would like to help.")
        check_may_sit(planned, question.member_id)
        let_moderate(question.plan, planned, question.member_id)
    elif question.answer is Answer.YES:
        membership = membership_of(question.member_id, planned.group_id)
        if membership is not None:
            set_role(membership, Role.MEMBER, actor_id=question.member_id)


# --- what both do ---


def _take_turn(question: PlanQuestion) -> None:
    """Lock the question, and keep the plan from going on meanwhile; NotPossible when it is closed."""
    db.session.flush()
    plan = question.plan
    db.session.refresh(plan, with_for_update={"read": True, "of": Plan})
    db.session.refresh(question, with_for_update={"of": PlanQuestion})
    if question.planned_group is not None:
        db.session.refresh(question.planned_group)
    closed = why_closed(question)
    if closed:
        raise NotPossible(closed)


def _note(question: PlanQuestion, answer: Answer, why: str) -> None:
    before = "none" if question.answer is None else question.answer.value
    question.answer, question.answered_at = answer, now()
    db.session.flush()
    record(
        "answer plan",
        "plan_question",
        question.id,
        actor_id=question.member_id,
        group_id=question.plan.group_id,
        why=why,
        undo=f"answer again; before: {before}",
    )


# --- how it stands ---


def how_it_stands(question: PlanQuestion) -> str:
    """What holds now, as a sentence for the member."""
    match question.asks:
        case Asks.PLACE:
            return _where(question)
        case Asks.JOIN:
            return _of_group(question, "You have not answered yet whether you come to {}.", "You do not come to {}.")
        case Asks.MODERATE:
            return _of_group(question, "You have not answered yet whether you moderate {}.", "You do not moderate {}.")
        case Asks.CONSENT:
            if question.answer is None:
                return "You have not answered yet. Without an answer the thread stays where it is."
            return (
                "You have said yes: your words in the thread may go along with it."
                if question.answer is Answer.YES
                else "You have said no: the thread stays where it is."
            )
        case unknown:
            assert_never(unknown)


def _where(question: PlanQuestion) -> str:
    parent = question.plan.group.name
    made = question.plan.state not in (PlanState.ANNOUNCED, PlanState.CARRYING_OUT)
    names = [place.name for place in places_of(question) if place.stands]
    if not names:
        return f"You are in no new group, and in {parent} as before." if made else f"You stay in {parent} alone."
    groups = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"You are in {groups}, and in {parent} as before." if made else f"You will be in {groups}, and in {parent}."


def _of_group(question: PlanQuestion, unanswered: str, said_no: str) -> str:
    planned = question.planned_group
    assert planned is not None
    if question.answer is None:
        return unanswered.format(planned.name)
    if question.answer is Answer.NO:
        return said_no.format(planned.name)
    if planned.group_id is None:
        does = "be a member" if question.asks is Asks.JOIN else "be a moderator"
        return f"You will {does} of {planned.name} as soon as it is made."
    return f"You are a {'member' if question.asks is Asks.JOIN else 'moderator'} of {planned.name}."
