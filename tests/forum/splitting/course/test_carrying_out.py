"""Carrying a split out, on a small community: who is where before and afterwards, whatever happens in between."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from forum.accounts.models import Member
from forum.clock import now
from forum.counter import PUBLISHED, last_number
from forum.db import db, transaction
from forum.groups.choices import set_delivery, set_own_copy
from forum.groups.leaving import leave
from forum.groups.models import Delivery, Group, JoinPolicy, Kind, Membership, Moderate, Role, Standing
from forum.groups.queries import community, group_by_slug, membership_of
from forum.groups.standing import set_standing
from forum.log import LogEntry
from forum.posting.outcomes import Published
from forum.queue import Task
from forum.splitting import plans
from forum.splitting.course import carrying_out, threads_along
from forum.splitting.course.steps import carry_out_course
from forum.splitting.course.threads_along import Writers, place_for
from forum.splitting.models import (
    Answer,
    Asks,
    ParentBecomes,
    Plan,
    PlannedThread,
    PlanQuestion,
    PlanState,
    Seat,
    SeatBy,
    ThreadsGo,
)
from forum.threads.models import Thread
from tests.people import a_crowd, a_group, a_member, its, post
from tests.plans import a_plan, a_planned_group, announced

# What does not depend on the database.
on_sqlite = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


def begin(plan: Plan) -> None:
    """As the clock does when the notice is over."""
    with transaction():
        plan.due_at = now()
        for task in db.session.scalars(select(Task).where(Task.kind == "plan.announce")):
            task.done_at = now()
        plans.carry_out(plan, actor_id=None)


def carried_out(plan: Plan) -> Plan:
    begin(plan)
    for _ in carry_out_course(plan.id):
        pass
    assert (plan.state, plan.trouble) == (PlanState.REVIEW, "")
    return plan


def made(slug: str) -> Group:
    group = group_by_slug(slug)
    assert group is not None
    return group


def names_in(slug: str) -> list[str]:
    rows = select(Member.name).join(Membership).where(Membership.group_id == made(slug).id).order_by(Member.name)
    return list(db.session.scalars(rows))


def told(kind: str) -> list[int]:
    """The members to whom a letter of a plan goes, in their order, each as often as there are letters."""
    rows = select(PlanQuestion.member_id).join(Task, Task.target_id == PlanQuestion.id).where(Task.kind == kind)
    return sorted(db.session.scalars(rows))


def begun_by(author: Member, group: Group, *others: Member) -> int:
    """A thread with an answer by each of the others; its id."""
    subject = f"Question of {author.name}"
    outcome = post(author, group, subject)
    assert isinstance(outcome, Published)
    for other in others:
        post(other, group, f"Re: {subject}", answers=outcome.post_id)
    return outcome.thread_id


def places(*thread_ids: int) -> list[str]:
    rows = select(Thread.id, Group.slug).join(Group, Group.id == Thread.group_id)
    slugs = dict(db.session.execute(rows).tuples().all())
    return [slugs[thread_id] for thread_id in thread_ids]


def test_members_come_with_the_choices_that_they_have_in_the_parent_and_those_who_left_stay_away(core: Flask) -> None:
    group = a_group()
    ann, ben, cy, dot, eve, fay = (
        a_member(f"{name}@example.org", name.title(), group) for name in ("ann", "ben", "cy", "dot", "eve", "fay")
    )
    a_member("gil@example.org", "Gil", group)
    plan = announced(a_plan(group, {"North": [ann, ben, cy, dot, eve, fay], "South": [ann]}))
    post(ann, group, "Before")
    with transaction():
        set_delivery(its(ann, group), Delivery.DIGEST, actor_id=ann.id)
        set_own_copy(its(ann, group), False, actor_id=ann.id)
        set_delivery(its(ben, group), Delivery.NONE, actor_id=ben.id)
        set_standing(its(cy, group), Standing.MUTED, actor_id=None, until=now() + timedelta(days=3))
        set_standing(its(dot, group), Standing.BANNED, actor_id=None)
        leave(eve, group, actor_id=eve.id)
        leave(fay, community(), actor_id=fay.id)
    before = {row.id: (row.delivery, row.standing) for row in db.session.scalars(select(Membership))}
    carried_out(plan)
    assert (names_in("north"), names_in("south")) == (["Ann", "Ben", "Cy"], ["Ann"])
    anns = its(ann, made("north"))
    assert (anns.delivery, anns.own_copy, anns.digest_no) == (Delivery.DIGEST, False, last_number(PUBLISHED))
    assert its(ben, made("north")).delivery is Delivery.NONE
    assert its(cy, made("north")).muted_until == its(cy, group).muted_until
    after = {row.id: (row.delivery, row.standing) for row in db.session.scalars(select(Membership))}
    assert {row_id: after[row_id] for row_id in before} == before
    # Ann is in two groups and has one mail.
    assert told("notice.plan_carried_out") == sorted([ann.id, ben.id, cy.id])
    assert db.session.scalar(select(func.count()).where(Seat.carried_at.is_not(None))) == 4


@on_sqlite
def test_a_new_group_is_never_more_open_than_the_one_that_it_grows_out_of(core: Flask) -> None:
    group = a_group(
        listed=False,
        join_policy=JoinPolicy.INVITE,
        moderate=Moderate.ALL,
        quota=3,
        hold_unaddressed=True,
        decide_within_days=5,
        announce_only=True,
    )
    ann = a_member("ann@example.org", "Ann", group)
    carried_out(announced(a_plan(group, {"North": [ann]})))
    north = made("north")
    assert (north.listed, north.join_policy, north.parent_id) == (False, JoinPolicy.INVITE, group.id)
    assert (north.moderate, north.quota, north.decide_within_days) == (Moderate.ALL, 3, 5)
    assert (north.hold_unaddressed, north.announce_only) == (True, False)


@on_sqlite
def test_who_accepted_moderates_and_the_first_of_them_owns(core: Flask) -> None:
    group = a_group()
    ann, ben, cy = (a_member(f"{name}@example.org", name.title(), group) for name in ("ann", "ben", "cy"))
    plan = a_plan(group, {"North": [ann, cy]})
    with transaction():
        for minutes, (member, answer) in enumerate(((ben, Answer.YES), (ann, Answer.YES), (cy, Answer.NO))):
            question = PlanQuestion(plan_id=plan.id, member_id=member.id, asks=Asks.MODERATE, answer=answer)
            question.planned_group_id, question.answered_at = plan.groups[0].id, now() + timedelta(minutes=minutes)
            db.session.add(question)
    carried_out(announced(plan))
    roles = {name: its(member, made("north")).role for name, member in (("ann", ann), ("ben", ben), ("cy", cy))}
    assert roles == {"ann": Role.MODERATOR, "ben": Role.OWNER, "cy": Role.MEMBER}
    assert told("notice.plan_carried_out") == sorted([ann.id, ben.id, cy.id])


def test_threads_go_where_most_of_their_writers_are_and_never_to_more_readers(core: Flask) -> None:
    group = a_group()
    ann, ben, cy, dot = (a_member(f"{name}@example.org", name.title(), group) for name in ("ann", "ben", "cy", "dot"))
    north, south, both = begun_by(ann, group, ben), begun_by(cy, group), begun_by(ann, group, cy)
    nowhere = begun_by(dot, group)
    plan = announced(a_plan(group, {"North": [ann, ben], "South": [cy]}))
    # The owner of North is not in the group: in North somebody reads who has not read what was written before.
    eve = a_member("eve@example.org", "Eve")
    with transaction():
        question = PlanQuestion(plan_id=plan.id, member_id=eve.id, asks=Asks.MODERATE, answer=Answer.YES)
        question.planned_group_id, question.answered_at = plan.groups[0].id, now()
        db.session.add(question)
    carried_out(plan)
    assert places(north, south, both, nowhere) == ["cardiology", "south", "cardiology", "cardiology"]
    rows = {row.thread_id: row for row in db.session.scalars(select(PlannedThread))}
    assert set(rows) == {north, south}
    assert rows[south].moved_at is not None
    assert rows[south].left_behind == ""
    assert (rows[north].moved_at, "More people could read it" in rows[north].left_behind) == (None, True)


@on_sqlite
@pytest.mark.parametrize(
    ("becomes", "going", "expected"),
    [
        (ParentBecomes.OPEN, ThreadsGo.ALL, ["north", "cardiology", "cardiology"]),
        (ParentBecomes.ANNOUNCEMENTS, ThreadsGo.LISTED, ["cardiology", "cardiology", "south"]),
        (ParentBecomes.CHOSEN, ThreadsGo.FITTING, ["north", "cardiology", "south"]),
    ],
)
def test_the_plan_says_what_becomes_of_the_parent_and_its_threads(
    core: Flask, becomes: ParentBecomes, going: ThreadsGo, expected: Sequence[str]
) -> None:
    group = a_group()
    ann, ben, cy = (a_member(f"{name}@example.org", name.title(), group) for name in ("ann", "ben", "cy"))
    mixed, stays, listed = begun_by(ann, group, cy), begun_by(ann, group), begun_by(ben, group)
    plan = a_plan(group, {"North": [ann], "South": [cy]})
    with transaction():
        plan.parent_becomes, plan.threads_go = becomes, going
        db.session.add(PlannedThread(plan_id=plan.id, thread_id=stays))
        if becomes is not ParentBecomes.OPEN:
            db.session.add(PlannedThread(plan_id=plan.id, thread_id=listed, planned_group_id=plan.groups[1].id))
    carried_out(announced(plan))
    assert places(mixed, stays, listed) == expected
    assert (group.announce_only, plan.before) == (becomes is not ParentBecomes.OPEN, {"announce_only": False})


def test_a_crash_after_any_step_leaves_everybody_in_the_old_state_or_the_new_one(
    core: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrying_out, "MEMBERS_AT_ONCE", 2)
    monkeypatch.setattr(threads_along, "LOOKED_AT_ONCE", 2)
    group = a_group()
    people = a_crowd(5, group)
    threads = [begun_by(each, group) for each in people[:4]]
    plan = announced(a_plan(group, {"North": people[:3], "South": people[2:]}))
    begin(plan)
    seated = {each.id: 2 if each is people[2] else 1 for each in people}
    steps = 0
    while plan.state is PlanState.CARRYING_OUT:
        # Each time a new worker begins, does one step more than the one before, and dies.
        steps += 1
        course = carry_out_course(plan.id)
        for _ in range(steps):
            next(course, None)
        course.close()
        db.session.rollback()
        new = select(Membership.member_id, func.count()).where(Membership.group_id.not_in([group.id, community().id]))
        counts = dict(db.session.execute(new.group_by(Membership.member_id)).tuples().all())
        assert all(counts[member_id] == seated[member_id] for member_id in counts), "somebody is half-way"
    assert counts == seated
    assert told("notice.plan_carried_out") == sorted(seated)
    assert places(*threads) == ["north", "north", "north", "south"]
    assert len(db.session.scalars(select(Group)).all()) == 4


@on_sqlite
def test_carrying_out_again_does_nothing_again(core: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann", group)
    plan = carried_out(announced(a_plan(group, {"North": [ann]})))
    written = select(func.count()).select_from(LogEntry)
    before = db.session.scalar(written)
    for _ in carry_out_course(plan.id):
        pass
    assert db.session.scalar(written) == before
    assert len(told("notice.plan_carried_out")) == 1


@on_sqlite
def test_an_address_that_somebody_has_taken_gets_a_number_and_an_empty_group_is_not_made(core: Flask) -> None:
    group = a_group()
    ann, ben = a_member("ann@example.org", "Ann", group), a_member("ben@example.org", "Ben", group)
    plan = announced(a_plan(group, {"North": [ann], "South": [ben]}))
    a_group("north", "Another North")
    with transaction():
        db.session.delete(db.session.scalars(select(Seat).where(Seat.member_id == ben.id)).one())
    carried_out(plan)
    assert names_in("north-2") == ["Ann"]
    assert group_by_slug("south") is None


@on_sqlite
def test_to_a_spin_off_that_invites_comes_who_has_said_yes(core: Flask) -> None:
    group = a_group()
    ann, ben, cy = (a_member(f"{name}@example.org", name.title(), group) for name in ("ann", "ben", "cy"))
    dot = a_member("dot@example.org", "Dot")
    with transaction():
        set_delivery(its(cy, group), Delivery.WEEKLY, actor_id=cy.id)
        plan = plans.open_plan(group, plans.PlanKind.SPIN_OFF, why="Night shifts")
        planned = plan_group(plan)
        for member, by in ((ann, SeatBy.MEMBER), (ben, SeatBy.PROPOSAL)):
            db.session.add(Seat(plan_id=plan.id, planned_group_id=planned, member_id=member.id, placed_by=by))
    carried_out(plan)
    assert names_in("nights") == ["Ann"]
    with transaction():
        for member in (cy, dot):
            carrying_out.come_in(plan, plan.groups[0], member.id, placed_by=SeatBy.MEMBER, actor_id=member.id)
    assert names_in("nights") == ["Ann", "Cy", "Dot"]
    assert its(cy, made("nights")).delivery is Delivery.WEEKLY
    assert cy.digest_due_at is not None
    assert told("notice.plan_carried_out") == []


def plan_group(plan: Plan) -> int:
    return a_planned_group(plan, 1, "Nights", kind=Kind.INTEREST).id


@on_sqlite
def test_who_moves_members_needs_a_charter_that_allows_it(core: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann", group)
    with transaction():
        plan = plans.open_plan(group, plans.PlanKind.SPIN_OFF, why="Night shifts")
        plan.moves_members = True
        planned = plan_group(plan)
        by = SeatBy.MODERATOR
        db.session.add(Seat(plan_id=plan.id, planned_group_id=planned, member_id=ann.id, placed_by=by))
    with pytest.raises(plans.NotPossible, match="may not be moved"):
        begin(plan)
    with transaction():
        community().members_may_be_moved = True
    carried_out(plan)
    assert names_in("nights") == ["Ann"]
    assert told("notice.plan_carried_out") == [ann.id]
    assert membership_of(ann.id, group.id) is not None


def test_the_group_of_a_thread_is_where_most_writers_are_then_that_of_who_began_it() -> None:
    seated = {1: {10}, 2: {10, 20}, 3: {20}, 4: {30}}
    for member_ids, percent, expected in (
        ((1, 2), 60, 10),
        ((3, 1), 60, None),
        ((3, 1), 0, 20),
        ((2,), 60, 10),
        ((4, 1, 2), 60, 10),
        ((9, 1), 60, None),
        ((9, 8), 0, None),
        ((), 0, None),
    ):
        assert place_for(Writers(1, member_ids), seated, percent) == expected, member_ids
