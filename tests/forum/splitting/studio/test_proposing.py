import random

import numpy as np
import pytest
from sqlalchemy import select

from forum.db import db, reading, transaction
from forum.facets.models import Dimension
from forum.groups.actions import NotPossible
from forum.splitting import plans
from forum.splitting.models import Plan, PlannedGroup, PlanState, Seat
from forum.splitting.proposals.options import By, Options
from forum.splitting.studio.drafts import draft_of, evidence_of
from forum.splitting.studio.proposing import open_proposal, propose_plan
from tests.forum.splitting.talking import a_facet, talk, they_have
from tests.people import a_crowd, a_group

SIZES = (30, 20, 10)


@pytest.fixture
def planted(core):
    """A group of 62, in three parts who answer each other; the last of each part has never written, and two of them
    are from nowhere and silent."""
    group = a_group("cardiology", "Cardiology")
    members = a_crowd(sum(SIZES) + 2, group)
    draw = random.Random(1)
    parts, first = [], 0
    for size in SIZES:
        parts.append(members[first : first + size])
        first += size
    threads = []
    for part in parts:
        threads += [[draw.choice(part[:-2]) for _ in range(4)] for _ in range(3 * len(part))]
    threads += [[draw.choice(members[:-2]) for _ in range(2)] for _ in range(15)]
    talk(group, threads)
    for part, (code, name) in zip(parts, (("US-OR", "Oregon"), ("US-WA", "Washington"), ("CA-BC", "BC")), strict=True):
        they_have(a_facet(Dimension.PLACE, code, name), part)
    return group, members, parts


def proposed(group, **options):
    with transaction():
        plan = open_proposal(group, Options(**options), actor_id=None)
    propose_plan(plan.id)
    return looked_at(plan)


def looked_at(plan):
    return db.session.get_one(Plan, plan.id, populate_existing=True)


def crash(*_tables):
    raise RuntimeError("crash")


def seats(plan):
    rows = select(Seat.member_id, PlannedGroup.position, Seat.id).join(PlannedGroup)
    return db.session.execute(rows.where(Seat.plan_id == plan.id).order_by(Seat.id)).all()


def first_seats(plan):
    found = {}
    for member_id, position, _ in seats(plan):
        found.setdefault(member_id, position)
    return found


def test_the_parts_who_answer_each_other_are_found_and_everybody_has_a_seat(planted, monkeypatch):
    group, members, parts = planted
    # What cannot be proposed is withdrawn with its reason.
    for options, because in (
        ({}, "62 members are too few"),
        ({"smallest": 2, "largest": 40, "by": By.SPECIALTY}, "No specialty is known"),
        ({"smallest": 25, "largest": 30}, "cannot be divided"),
    ):
        plan = proposed(group, **options)
        assert plan.state is PlanState.WITHDRAWN
        assert because in plan.trouble
        assert not seats(plan)
    plan = proposed(group, smallest=8, largest=40, overlap=0.05)
    assert plan.state is PlanState.DRAFT
    first = first_seats(plan)
    assert set(first) == {member.id for member in members}
    assert len(plan.groups) == 3
    for part in parts:
        # Also those who have never written, by where they are.
        assert len({first[member.id] for member in part}) == 1
    assert len({first[part[0].id] for part in parts}) == 3
    assert len(seats(plan)) <= len(members) * 1.05
    assert all(planned.name and planned.slug for planned in plan.groups)
    # The studio reads what was written.
    evidence = evidence_of(plan)
    draft = draft_of(plan, evidence)
    taken = plan.options["candidate"]
    assert np.array_equal(draft.labels, evidence.labels[taken])
    assert np.array_equal(draft.second, evidence.second[taken])
    with pytest.raises(NotPossible, match="already"), transaction():
        open_proposal(group, Options(), actor_id=None)
    with transaction():
        plans.withdraw(plan, actor_id=None)
    # The same rows and the same seed once more are the same proposal; and one that was interrupted is made anew.
    with transaction():
        again = open_proposal(group, Options(smallest=8, largest=40, overlap=0.05), actor_id=None)
    monkeypatch.setattr("forum.splitting.studio.proposing.analyze", crash)
    with pytest.raises(RuntimeError, match="crash"):
        propose_plan(again.id)
    monkeypatch.undo()
    with reading():
        assert seats(again)
        assert looked_at(again).state is PlanState.PROPOSING
    propose_plan(again.id)
    assert [row[:2] for row in seats(again)] == [row[:2] for row in seats(plan)]
    assert [(each.name, each.slug) for each in looked_at(again).groups] == [
        (each.name, each.slug) for each in plan.groups
    ]
    # One that has been given up meanwhile writes nothing.
    with transaction():
        plans.withdraw(again, actor_id=None)
    propose_plan(again.id)
    with reading():
        assert looked_at(again).state is PlanState.WITHDRAWN
