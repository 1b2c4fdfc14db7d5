from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select

from forum.clock import now
from forum.db import db, transaction
from forum.groups.actions import NotPossible
from forum.groups.models import Role
from forum.groups.queries import community
from forum.groups.rights import viewer_of
from forum.log import LogEntry
from forum.splitting import plans
from forum.splitting.models import Plan, PlanKind, PlanState, Seat
from forum.splitting.plans import FOLLOWS
from forum.splitting.queries import open_split_of, plan_for
from forum.work import work_once, workers
from tests.people import a_group, a_member
from tests.plans import a_plan


def step(act, plan: Plan) -> None:
    with transaction():
        act(plan, actor_id=None)


def test_every_state_but_the_last_ones_leads_on_and_can_be_reached() -> None:
    assert set(FOLLOWS) == set(PlanState)
    assert {state for state in PlanState if not FOLLOWS[state]} == {state for state in PlanState if state.has_ended}
    reached = frozenset().union(*FOLLOWS.values()) | {PlanState.ASKED, PlanState.PROPOSING, PlanState.DRAFT}
    assert reached == set(PlanState)


def test_a_plan_takes_one_step_after_the_other_and_no_other(core: Flask, move_clock) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    plan = a_plan(group, {"North": [ann]})
    for act, why in (
        (plans.carry_out, "Announce the plan first"),
        (plans.undo, "Withdraw it instead"),
        (plans.keep, "is a draft"),
    ):
        with pytest.raises(NotPossible, match=why):
            step(act, plan)
    step(plans.announce, plan)
    with pytest.raises(NotPossible, match="has been announced"):
        step(plans.announce, plan)
    with pytest.raises(NotPossible, match="they may answer until"):
        step(plans.carry_out, plan)
    work_once(core, workers("splitting"), "test")
    assert plan.state is PlanState.ANNOUNCED

    move_clock(timedelta(days=15).total_seconds())
    work_once(core, workers("splitting"), "test")
    db.session.rollback()
    assert (plan.state, plan.trouble) == (PlanState.REVIEW, "")
    assert plan.due_at is not None
    assert plan.due_at > now() + timedelta(days=83)
    with pytest.raises(NotPossible, match="Undo it instead"):
        step(plans.withdraw, plan)

    move_clock(timedelta(days=100).total_seconds())
    work_once(core, workers("splitting"), "test")
    db.session.rollback()
    assert (plan.state, plan.due_at) == (PlanState.KEPT, None)
    with pytest.raises(NotPossible, match="has been kept"):
        step(plans.undo, plan)
    acts = db.session.scalars(
        select(LogEntry.act).where(LogEntry.object_kind == "plan", LogEntry.object_id == plan.id).order_by(LogEntry.id)
    ).all()
    assert [act for act in acts if act.startswith("plan ") and act.removeprefix("plan ") in set(PlanState)] == [
        "plan draft",
        "plan announced",
        "plan carrying_out",
        "plan review",
        "plan kept",
    ]


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_plan_that_cannot_be_carried_out_waits_for_a_moderator_and_says_why(core: Flask, move_clock) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    plan = a_plan(group, {"North": [ann]})
    step(plans.announce, plan)
    work_once(core, workers("splitting"), "test")
    with transaction():
        db.session.execute(delete(Seat).where(Seat.plan_id == plan.id))
    move_clock(timedelta(days=15).total_seconds())
    work_once(core, workers("splitting"), "test")
    db.session.rollback()
    why = "Nobody wants to belong to any of the groups. Withdraw the plan."
    assert (plan.state, plan.trouble) == (PlanState.ANNOUNCED, why)
    step(plans.withdraw, plan)
    assert (plan.state, plan.trouble) == (PlanState.WITHDRAWN, "")


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_an_edit_of_an_older_draft_is_refused(core: Flask) -> None:
    group = a_group()
    plan = a_plan(group, {"North": [a_member("ann@example.org", "Ann Lee", group)]})
    with transaction():
        plans.changed(plan, 0)
    with pytest.raises(NotPossible, match="Somebody has changed the plan meanwhile"), transaction():
        plans.changed(plan, 0)
    step(plans.announce, plan)
    with pytest.raises(NotPossible, match="can no longer be changed"), transaction():
        plans.changed(plan, 1)


def test_a_group_has_one_open_split_and_who_does_not_moderate_it_finds_no_plan(core: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    bob = a_member("bob@example.org", "Bob Hall", group, role=Role.OWNER)
    plan = a_plan(group, {"North": [ann]})
    with pytest.raises(NotPossible, match="a plan to split Cardiology already"), transaction():
        plans.open_plan(group, PlanKind.SPLIT)
    assert open_split_of(group) is plan
    ann_sees, bob_sees = viewer_of(ann), viewer_of(bob)
    assert ann_sees is not None
    assert bob_sees is not None
    assert plan_for(ann_sees, plan.public_id) is None
    assert plan_for(bob_sees, plan.public_id) is plan
    assert plan_for(bob_sees, "nothing") is None
    step(plans.withdraw, plan)
    assert open_split_of(group) is None
    with transaction():
        assert plans.open_plan(group, PlanKind.SPLIT).state is PlanState.DRAFT
        assert plans.open_plan(community(), PlanKind.SPLIT).notice_days == 14
