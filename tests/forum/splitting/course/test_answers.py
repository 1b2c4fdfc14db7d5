"""What members answer to a plan: seats before the groups are made, memberships afterwards, and nothing by halves."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from forum.clock import now
from forum.db import db, transaction
from forum.groups.actions import NotPossible
from forum.groups.leaving import leave, remove_for_good
from forum.groups.models import Delivery, Role, Standing
from forum.groups.queries import community, former_membership, membership_of
from forum.groups.standing import set_role, set_standing
from forum.log import LogEntry, record
from forum.queue import Task
from forum.splitting.course.announcing import announce_batch, tell_of_the_end
from forum.splitting.course.answers import answer_place, answer_question, how_it_stands, why_closed
from forum.splitting.course.carrying_out import carry_members, lock_for, make_next_group
from forum.splitting.course.places import places_of
from forum.splitting.course.questions import (
    ask_to_join,
    ask_to_moderate,
    insert_questions,
    question_by_token,
    question_token,
    waiting_for,
)
from forum.splitting.models import Answer, Asks, Plan, PlannedGroup, PlanQuestion, PlanState, Seat, SeatBy
from forum.splitting.plans import carry_out, undo, withdraw
from forum.work import work_once, workers
from tests.meanwhile import meanwhile
from tests.people import a_crowd, a_group, a_member, its, post
from tests.plans import a_plan, a_planned_group, a_split, question_to


def _chosen(question: PlanQuestion, *numbers: int) -> set[int]:
    return {place.planned.id for place in places_of(question) if place.number in numbers}


def _stands(question: PlanQuestion) -> list[str]:
    return [place.name for place in places_of(question) if place.stands]


def _work(core: Flask) -> None:
    work_once(core, workers("splitting"), "test")
    db.session.expire_all()


def _carried_out(core: Flask, plan: Plan, move_clock) -> None:
    move_clock(15 * 86_400)
    _work(core)
    assert plan.state is PlanState.REVIEW


def test_everybody_is_asked_once_however_often_and_in_whatever_batches(core: Flask) -> None:
    group = a_group()
    crowd = a_crowd(5, group)
    with transaction():
        its(crowd[0], group).delivery = Delivery.NONE
        its(crowd[1], group).standing = Standing.PENDING
        set_standing(its(crowd[2], group), Standing.MUTED, actor_id=None, until=now() + timedelta(days=900))
    plan = a_plan(group, {"North": crowd[:3]})
    with transaction():
        plan.state = PlanState.ANNOUNCED
    for _ in range(4):
        with transaction():
            announce_batch(plan.id, 2)
    late = a_member("late@example.org", "Late Comer", group)
    with transaction():
        its(crowd[1], group).standing = Standing.ACTIVE
        assert announce_batch(plan.id, 2)
        assert not announce_batch(plan.id, 2)
    asked = db.session.scalars(select(PlanQuestion.member_id).order_by(PlanQuestion.member_id)).all()
    assert asked == [*(each.id for each in crowd), late.id]
    mails = db.session.scalars(select(Task.target_id).where(Task.kind == "notice.plan_announced")).all()
    assert sorted(mails) == sorted(db.session.scalars(select(PlanQuestion.id)))
    assert question_to(crowd[0], plan).proposed == [plan.groups[0].id]
    assert question_to(late, plan).proposed == []


def test_an_answer_before_the_groups_are_made_is_a_seat_and_keep_brings_the_proposal_back(core: Flask) -> None:
    _group, plan, (ann, _ben, _cy, _dot) = a_split()
    question = question_to(ann, plan)
    assert _stands(question) == ["Heart North"]
    with transaction():
        answer_place(question, Answer.CHOSEN, _chosen(question, 2))
    assert (question.answer, _stands(question)) == (Answer.CHOSEN, ["Heart South"])
    assert db.session.scalars(select(Seat.placed_by).where(Seat.member_id == ann.id)).all() == [SeatBy.MEMBER]
    with transaction():
        answer_place(question, Answer.ALL)
    assert _stands(question) == ["Heart North", "Heart South"]
    assert how_it_stands(question) == "You will be in Heart North and Heart South, and in Cardiology."
    with transaction():
        answer_place(question, Answer.PARENT)
    assert how_it_stands(question) == "You stay in Cardiology alone."
    with transaction():
        answer_place(question, Answer.KEEP)
        answer_place(question, Answer.KEEP)
    assert _stands(question) == ["Heart North"]
    acts = db.session.scalars(select(LogEntry.why).where(LogEntry.act == "answer plan").order_by(LogEntry.id)).all()
    assert acts == ["chosen 2", "all 1 2", "parent", "keep 1"]


def test_a_group_that_will_not_be_listed_is_only_for_those_who_were_placed_there(core: Flask) -> None:
    _group, plan, (ann, _ben, cy, _dot) = a_split()
    asked_ann, asked_cy = question_to(ann, plan), question_to(cy, plan)
    assert [place.name for place in places_of(asked_ann)] == ["Heart North", "Heart South"]
    assert [(place.number, place.name) for place in places_of(asked_cy)][2] == (3, "Heart Quiet")
    hidden = next(each for each in plan.groups if each.name == "Heart Quiet")
    with pytest.raises(NotPossible, match="not among those"), transaction():
        answer_place(asked_ann, Answer.CHOSEN, {hidden.id})
    with transaction():
        answer_place(asked_ann, Answer.ALL)
        answer_place(asked_cy, Answer.PARENT)
    assert hidden.id not in {place.planned.id for place in places_of(asked_ann)}
    with transaction():
        answer_place(asked_cy, Answer.CHOSEN, {hidden.id})
    assert _stands(asked_cy) == ["Heart Quiet"]


def test_after_carrying_out_an_answer_joins_and_leaves_at_once(core: Flask, move_clock) -> None:
    group, plan, (ann, ben, cy, dot) = a_split()
    with transaction():
        its(ann, group).delivery = Delivery.WEEKLY
        set_standing(its(dot, group), Standing.MUTED, actor_id=None, until=now() + timedelta(days=900))
    _carried_out(core, plan, move_clock)
    north, south, quiet = (each.group for each in plan.groups)
    asked = question_to(ann, plan)
    with transaction():
        answer_place(asked, Answer.CHOSEN, _chosen(asked, 2))
    assert (membership_of(ann.id, north.id), its(ann, south).delivery) == (None, Delivery.WEEKLY)
    with transaction():
        answer_place(asked, Answer.CHOSEN, _chosen(asked, 1, 2))
        answer_place(question_to(dot, plan), Answer.ALL)
    assert its(ann, north).delivery is Delivery.WEEKLY
    assert (its(dot, south).standing, membership_of(dot.id, quiet.id)) == (Standing.MUTED, None)
    assert how_it_stands(asked) == "You are in Heart North and Heart South, and in Cardiology as before."
    with transaction():
        its(ben, south).role = Role.MODERATOR
        its(cy, south).standing = Standing.BANNED
    with pytest.raises(NotPossible, match="You look after Heart South"), transaction():
        answer_place(question_to(ben, plan), Answer.PARENT)
    with pytest.raises(NotPossible, match="You cannot join Heart South"), transaction():
        answer_place(question_to(cy, plan), Answer.ALL)
    assert membership_of(ben.id, north.id) is not None
    with transaction():
        undo(plan, actor_id=None)
    _work(core)
    assert "undone" in why_closed(asked)
    told = select(func.count()).where(Task.kind == "notice.plan_undone")
    assert db.session.scalar(told) == 4
    assert not tell_of_the_end(plan.id)


def test_what_is_over_or_no_longer_ones_own_refuses_with_a_sentence(core: Flask) -> None:
    group, plan, (ann, ben, cy, _dot) = a_split()
    with pytest.raises(NotPossible, match="at least one group"), transaction():
        answer_place(question_to(ann, plan), Answer.CHOSEN)
    with pytest.raises(NotPossible, match="yes or no"), transaction():
        answer_question(question_to(ann, plan), Answer.KEEP)
    with transaction():
        leave(cy, group, actor_id=cy.id)
    with pytest.raises(NotPossible, match="do not belong to Cardiology"), transaction():
        answer_place(question_to(cy, plan), Answer.KEEP)
    with transaction():
        withdraw(plan, actor_id=None)
    with pytest.raises(NotPossible, match="withdrawn"), transaction():
        answer_place(question_to(ben, plan), Answer.ALL)
    assert waiting_for(ben.id) == []
    with transaction():
        while tell_of_the_end(plan.id, 1):
            pass
    told = db.session.scalars(select(Task.target_id).where(Task.kind == "notice.plan_undone")).all()
    assert len(told) == len(set(told)) == 4


def test_invitations_and_first_moderators_count_before_and_after_the_group_is_made(core: Flask) -> None:
    group = a_group()
    ann, ben, cy = (a_member(f"{name}@example.org", name, group) for name in ("ann", "ben", "cy"))
    with transaction():
        plan = Plan(kind="spin_off", group_id=group.id, notice_days=0)
        db.session.add(plan)
        db.session.flush()
        planned = a_planned_group(plan, 1, "Echo")
        assert ask_to_join(planned, [ann.id, ben.id, ann.id], actor_id=None) == 2
        assert ask_to_join(planned, [ann.id, ben.id, cy.id], actor_id=None) == 1
        assert ask_to_moderate(planned, [cy.id, ben.id], actor_id=None) == 2
    assert [each.asks for each in waiting_for(cy.id)] == [Asks.MODERATE, Asks.JOIN]
    with transaction():
        answer_question(question_to(ann, plan, Asks.JOIN), Answer.YES)
        answer_question(question_to(cy, plan, Asks.MODERATE), Answer.YES)
    assert [each.asks for each in waiting_for(cy.id)] == [Asks.JOIN]
    with transaction():
        carry_out(plan, actor_id=None)
    _work(core)
    echo = db.session.get_one(PlannedGroup, planned.id).group
    assert echo is not None
    assert its(ann, echo).role is Role.MEMBER
    assert its(cy, echo).role is Role.OWNER
    assert membership_of(ben.id, echo.id) is None
    with transaction():
        answer_question(question_to(ben, plan, Asks.JOIN), Answer.YES)
        answer_question(question_to(ben, plan, Asks.MODERATE), Answer.YES)
        answer_question(question_to(ann, plan, Asks.JOIN), Answer.NO)
    assert its(ben, echo).role is Role.MODERATOR
    assert how_it_stands(question_to(ben, plan, Asks.MODERATE)) == "You are a moderator of Echo."
    assert former_membership(ann.id, echo.id) is not None
    with transaction():
        answer_question(question_to(ben, plan, Asks.MODERATE), Answer.NO)
    assert its(ben, echo).role is Role.MEMBER


def test_who_was_moved_by_a_spin_off_is_told_and_can_say_no_and_everybody_in_it_hears_of_its_end(core: Flask) -> None:
    group = a_group()
    ann, ben, cy = (a_member(f"{name}@example.org", name, group) for name in ("ann", "ben", "cy"))
    with transaction():
        community().members_may_be_moved = True
        plan = Plan(kind="spin_off", group_id=group.id, notice_days=0, moves_members=True)
        db.session.add(plan)
        db.session.flush()
        planned = a_planned_group(plan, 1, "Echo")
        db.session.add_all(
            Seat(plan_id=plan.id, planned_group_id=planned.id, member_id=each.id, placed_by=SeatBy.MODERATOR)
            for each in (ann, ben)
        )
        ask_to_join(planned, [cy.id], actor_id=None)
        carry_out(plan, actor_id=None)
    _work(core)
    echo = db.session.get_one(PlannedGroup, planned.id).group
    assert echo is not None
    told = select(Task.target_id).where(Task.kind == "notice.plan_carried_out").order_by(Task.target_id)
    assert db.session.scalars(told).all() == [question_to(each, plan).id for each in (ann, ben)]
    with transaction():
        answer_place(question_to(ann, plan), Answer.PARENT)
        answer_question(question_to(cy, plan, Asks.JOIN), Answer.YES)
    assert [membership_of(each.id, echo.id) is None for each in (ann, ben, cy)] == [True, False, False]
    with transaction():
        undo(plan, actor_id=None)
    _work(core)
    ends = select(func.count()).where(Task.kind == "notice.plan_undone")
    assert db.session.scalar(ends) == 3


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_no_old_letter_leads_past_what_moderators_have_decided_since(core: Flask, move_clock) -> None:
    _group, plan, (ann, ben, _cy, dot) = a_split()
    with transaction():
        ask_to_moderate(plan.groups[0], [ann.id], actor_id=None)
    with transaction():
        answer_question(question_to(ann, plan, Asks.MODERATE), Answer.YES)
    _carried_out(core, plan, move_clock)
    north = plan.groups[0].group
    assert north is not None
    a_member("olga@example.org", "Olga Own", north, role=Role.OWNER)
    with transaction():
        set_role(its(ann, north), Role.MEMBER, actor_id=None)
        leave(ben, north, actor_id=ann.id, why="removed")
        record("decline", "member", dot.id, actor_id=ann.id, group_id=north.id)
    with transaction():
        answer_question(question_to(ann, plan, Asks.MODERATE), Answer.NO)
    with pytest.raises(NotPossible, match="You have said no"), transaction():
        answer_question(question_to(ann, plan, Asks.MODERATE), Answer.YES)
    for member in (ben, dot):
        with pytest.raises(NotPossible, match="You cannot join Heart North"), transaction():
            answer_place(question_to(member, plan), Answer.ALL)
        assert membership_of(member.id, north.id) is None
    assert its(ann, north).role is Role.MEMBER


def test_a_token_is_good_for_its_own_question_alone(core: Flask) -> None:
    _group, plan, (ann, ben, *_) = a_split()
    mine, other = question_to(ann, plan), question_to(ben, plan)
    assert question_by_token(question_token(mine)) is mine
    token = question_token(mine)
    assert question_by_token(token[:-5] + ("a" if token[-5] != "a" else "b") + token[-4:]) is None
    mixed = PlanQuestion(id=mine.id, member_id=other.member_id)
    assert question_by_token(question_token(mixed)) is None


def test_who_was_put_out_of_the_community_hears_no_more_of_a_thread(core: Flask) -> None:
    group, plan, (ann, _ben, _cy, _dot) = a_split()
    thread_id = post(ann, group, "A rare rhythm", "Who has seen it?").thread_id
    with transaction():
        about = {"plan_id": plan.id, "asks": Asks.CONSENT, "thread_id": thread_id, "proposed": [plan.groups[0].id]}
        insert_questions([about | {"member_id": ann.id}])
    asked = question_to(ann, plan, Asks.CONSENT)
    assert why_closed(asked) == ""
    with transaction():
        remove_for_good(ann, why="test")
    with pytest.raises(NotPossible, match="You do not belong to"), transaction():
        answer_question(asked, Answer.YES)


def test_of_two_answers_at_once_the_later_stands_and_none_slips_past_the_plan(core: Flask) -> None:
    _group, plan, (ann, ben, _cy, _dot) = a_split()
    asked_ann, asked_ben = question_to(ann, plan), question_to(ben, plan)
    places_of(asked_ann)

    def all_of_them() -> None:
        answer_place(db.session.get_one(PlanQuestion, asked_ann.id), Answer.ALL)

    with meanwhile(core, all_of_them), transaction():
        answer_place(asked_ann, Answer.PARENT)
    assert _stands(asked_ann) == []

    def made_and_carried() -> None:
        carried = lock_for(plan.id, PlanState.ANNOUNCED)
        assert carried is not None
        carried.state = PlanState.CARRYING_OUT
        while make_next_group(carried):
            pass
        carry_members(carried, 0)

    with meanwhile(core, made_and_carried), transaction():
        held = places_of(asked_ben)
        answer_place(asked_ben, Answer.CHOSEN, _chosen(asked_ben, 1))
    db.session.expire_all()
    north, south, _quiet = (each.group for each in plan.groups)
    assert len(held) == 2
    assert north is not None
    assert south is not None
    assert (its(ben, north).role, membership_of(ben.id, south.id)) == (Role.MEMBER, None)
    assert [membership_of(ann.id, each.id) for each in (north, south)] == [None, None]

    def undone() -> None:
        undo(db.session.get_one(Plan, plan.id), actor_id=None)

    with meanwhile(core, undone), pytest.raises(NotPossible, match="undone"), transaction():
        answer_place(asked_ben, Answer.ALL)
