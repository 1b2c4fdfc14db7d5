"""The worker of plans: two at once do each piece once; a failure is tried again and said, a refusal waits."""

import threading
from collections import Counter

import pytest
from flask import Flask
from sqlalchemy import func, select

from forum.db import db, transaction
from forum.groups.actions import NotPossible
from forum.groups.models import Group, Membership
from forum.groups.queries import community
from forum.queue import MAX_ATTEMPTS, Task
from forum.splitting import worker
from forum.splitting.course import carrying_out
from forum.splitting.course.steps import carry_out_course
from forum.splitting.models import Plan, PlanQuestion, PlanState
from forum.splitting.plans import announce, carry_out
from forum.work import work_once, workers
from tests.forum.splitting.course.test_carrying_out import begin
from tests.people import a_crowd, a_group, a_member
from tests.plans import a_plan, announced


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
def test_of_two_workers_at_once_each_piece_is_done_by_one(core: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying_out, "MEMBERS_AT_ONCE", 3)
    group = a_group()
    people = a_crowd(12, group)
    plan = announced(a_plan(group, {"North": people[:8], "South": people[6:]}))
    begin(plan)
    plan_id, failures, at_once = plan.id, list[BaseException](), threading.Barrier(3)

    def work() -> None:
        with core.app_context():
            try:
                at_once.wait(10)
                for _ in carry_out_course(plan_id):
                    pass
            except BaseException as error:
                failures.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    assert failures == []
    assert db.session.get_one(Plan, plan_id).state is PlanState.REVIEW
    assert db.session.scalar(select(func.count()).select_from(Group).where(Group.parent_id == group.id)) == 2
    new = select(func.count()).select_from(Membership).where(Membership.group_id.not_in([group.id, community().id]))
    assert db.session.scalar(new) == 14
    letters = Counter(db.session.scalars(select(Task.target_id).where(Task.kind == "notice.plan_carried_out")))
    assert letters == dict.fromkeys(db.session.scalars(select(PlanQuestion.id)), 1)
    assert db.session.scalar(select(func.count()).where(Task.kind == "plan.results")) == 2


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_what_fails_is_tried_again_and_says_so_until_an_operator_must_look(
    core: Flask, monkeypatch: pytest.MonkeyPatch, move_clock
) -> None:
    group = a_group()
    plan = announced(a_plan(group, {"North": [a_member("ann@example.org", "Ann", group)]}))
    begin(plan)

    def broken(_plan: Plan) -> bool:
        raise RuntimeError("the words of somebody")

    monkeypatch.setattr(worker, "carry_out_course", lambda _plan_id: iter([broken(plan)]))
    for attempt in range(1, MAX_ATTEMPTS + 1):
        move_clock(attempt * 7 * 3600)
        work_once(core, workers("splitting"), "test")
        db.session.rollback()
        if attempt == 1:
            assert plan.trouble.startswith("Something went wrong (RuntimeError). It is tried again at ")
    assert plan.state is PlanState.CARRYING_OUT
    assert plan.trouble == (
        "Something went wrong (RuntimeError). It was tried 12 times; an operator should look at the log of the program."
    )
    monkeypatch.undo()
    begin_again(plan)
    work_once(core, workers("splitting"), "test")
    db.session.rollback()
    assert (plan.state, plan.trouble) == (PlanState.REVIEW, "")


def begin_again(plan: Plan) -> None:
    with transaction():
        carry_out(plan, actor_id=None)
    with pytest.raises(NotPossible, match="This has begun already"), transaction():
        carry_out(plan, actor_id=None)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_what_the_domain_refuses_stands_in_the_plan_and_is_not_tried_again(
    core: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = a_group()
    plan = announced(a_plan(group, {"North": [a_member("ann@example.org", "Ann", group)]}))
    begin(plan)
    monkeypatch.setattr(carrying_out, "free_slug", refuse)
    work_once(core, workers("splitting"), "test")
    db.session.rollback()
    assert (plan.state, plan.trouble) == (PlanState.CARRYING_OUT, "The address is taken.")
    assert db.session.scalar(select(Task.id).where(Task.kind == "plan.carry_out", Task.done_at.is_(None))) is None


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_working_once_goes_on_with_what_a_task_has_made_due(core: Flask) -> None:
    group = a_group()
    plan = a_plan(group, {"North": [a_member("ann@example.org", "Ann", group)]})
    with transaction():
        plan.notice_days = 0
        announce(plan, actor_id=None)
    work_once(core, workers("splitting"), "test")
    db.session.rollback()
    assert plan.state is PlanState.REVIEW


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_who_joins_during_the_notice_is_asked_while_there_is_time_to_answer(core: Flask, move_clock) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann", group)
    plan = a_plan(group, {"North": [ann]})
    with transaction():
        announce(plan, actor_id=None)
    work_once(core, workers("splitting"), "test")
    late = a_member("late@example.org", "Late", group)
    asked = select(PlanQuestion.member_id).where(PlanQuestion.plan_id == plan.id).order_by(PlanQuestion.member_id)
    assert db.session.scalars(asked).all() == [ann.id]
    move_clock((plan.notice_days - 3) * 86_400 + 60)
    work_once(core, workers("splitting"), "test")
    db.session.rollback()
    assert (plan.state, db.session.scalars(asked).all()) == (PlanState.ANNOUNCED, [ann.id, late.id])
    letters = Counter(db.session.scalars(select(Task.target_id).where(Task.kind == "notice.plan_announced")))
    assert set(letters.values()) == {1}


def refuse(_slug: str) -> str:
    raise NotPossible("The address is taken.")
