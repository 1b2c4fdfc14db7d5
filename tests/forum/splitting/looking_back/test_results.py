"""Looking back at a split: what is counted of whom, kept once, and told without a word about hidden groups."""

from datetime import timedelta

import numpy as np
from flask import Flask
from sqlalchemy import select, update

from forum.accounts.models import Member
from forum.clock import now
from forum.db import db, transaction
from forum.groups.leaving import leave
from forum.groups.models import FormerMembership, Group, Membership, Role
from forum.posting.outcomes import Published
from forum.queue import Task
from forum.splitting.looking_back.measures import Verdict
from forum.splitting.looking_back.observing import (
    Span,
    leavers,
    members_at,
    newcomers_return,
    talk_counts,
    talk_in,
    wrote_before,
)
from forum.splitting.looking_back.result_words import result_of, told
from forum.splitting.looking_back.results import look_back, note_before
from forum.splitting.models import Plan, PlanKind, PlannedGroup, PlanResult, PlanState, Seat
from forum.threads.models import Post, ReadingMark, Thread
from tests.people import a_crowd, a_group, a_member, post

_DAY = timedelta(days=1)


def written(
    author: Member, group: Group, days_ago: float, *, answers: int | None = None, subject: str = "Rota"
) -> Post:
    """A post of some days ago."""
    made = post(author, group, subject, f"Words of {author.name}", answers=answers)
    assert isinstance(made, Published)
    with transaction() as session:
        at = now() - days_ago * _DAY
        session.execute(update(Post).where(Post.id == made.post_id).values(created_at=at))
        if answers is None:
            own = select(Post.thread_id).where(Post.id == made.post_id).scalar_subquery()
            session.execute(update(Thread).where(Thread.id == own).values(created_at=at))
    return db.session.get_one(Post, made.post_id)


def ids_of(*members: Member) -> np.ndarray:
    return np.array(sorted(member.id for member in members), np.int64)


def test_what_members_did_is_counted_by_member(core: Flask) -> None:
    group, elsewhere = a_group(), a_group("neurology", "Neurology")
    ann, bea, cem, dan = (
        a_member(f"{name}@example.org", name.title(), group, elsewhere) for name in ["ann", "bea", "cem", "dan"]
    )
    first = written(ann, group, 20)
    written(ann, group, 19.9, answers=first.id)  # an answer to oneself is none
    written(bea, group, 19.5, answers=first.id)
    written(bea, group, 18, subject="Second")
    written(bea, group, 12, subject="Third")
    written(dan, group, 2, subject="Too young to be waited for")
    written(cem, elsewhere, 15, subject="Elsewhere")
    written(dan, group, 60, subject="Long ago")
    span = Span(now() - 30 * _DAY, now())

    talk, members = talk_in([group.id], span), ids_of(ann, bea, cem, dan)
    counts = talk_counts(talk, members, [group.id])

    assert counts["posters"].count.tolist() == [1, 1, 0, 1]
    assert counts["concentration"].count.tolist() == [2, 3, 0, 1]
    assert counts["unanswered"].of.tolist() == [1, 2, 0, 0]
    assert counts["unanswered"].count.tolist() == [0, 2, 0, 0]
    assert np.allclose(counts["first_answer"].count, [12, 336, 0, 0])
    known = wrote_before([group.id], span.begins)
    assert known.tolist() == [dan.id]
    new = newcomers_return(talk, members, [group.id], known)
    assert new.of.tolist() == [1, 1, 0, 0]
    assert new.count.tolist() == [0, 1, 0, 0]  # the same day is no return


def test_who_leaves_by_choice_is_counted_and_who_is_removed_is_not(core: Flask) -> None:
    group = a_group()
    ann, bea, cem = (a_member(f"{name}@example.org", name.title(), group) for name in ("ann", "bea", "cem"))
    with transaction() as session:
        session.execute(update(Membership).values(joined_at=now() - 50 * _DAY))
    with transaction():
        leave(ann, group, actor_id=ann.id)
        leave(bea, group, actor_id=cem.id)
    span = Span(now() - 30 * _DAY, now() + _DAY)
    members = members_at(group.id, span.begins)
    assert members.tolist() == ids_of(ann, bea, cem).tolist()
    assert leavers(members, [group.id], span).count.tolist() == [1, 0, 0]
    with transaction() as session:
        session.execute(update(FormerMembership).values(left_at=now() - 40 * _DAY))
    assert leavers(members, [group.id], span).count.tolist() == [0, 0, 0]


def a_carried_out_split(parent: Group, members: list[Member], **groups: slice) -> Plan:
    """A plan of five weeks ago, with rows as carrying it out leaves them."""
    made = {slug: a_group(slug, slug.title()) for slug in groups}
    with transaction() as session:
        plan = Plan(kind=PlanKind.SPLIT, group_id=parent.id, state=PlanState.REVIEW)
        plan.announced_at, plan.carried_out_at = now() - 40 * _DAY, now() - 35 * _DAY
        plan.measures = ["posters", "first_answer", "cross_reading"]
        session.add(plan)
        session.flush()
        for position, (slug, which) in enumerate(groups.items(), 1):
            planned = PlannedGroup(plan_id=plan.id, position=position, slug=slug, name=slug.title(), kind="interest")
            planned.group_id = made[slug].id
            session.add(planned)
            session.flush()
            session.add_all(
                Seat(plan_id=plan.id, planned_group_id=planned.id, member_id=member.id, carried_at=plan.carried_out_at)
                for member in members[which]
            )
    return plan


def test_a_split_is_looked_at_once_and_the_row_says_what_is_too_thin(core: Flask) -> None:
    parent = a_group()
    members = a_crowd(60, parent)
    olu = a_member("olu@example.org", "Olu", parent, role=Role.OWNER)
    plan = a_carried_out_split(parent, members, north=slice(0, 52), south=slice(52, 60))
    with transaction() as session:
        session.execute(update(Membership).values(joined_at=now() - 400 * _DAY))
    # Earlier weeks tell how much the group changes by itself.
    written(members[3], parent, 75)
    begun = written(members[0], parent, 50)
    written(members[1], parent, 30)
    theirs = written(members[55], parent, 45, subject="South")
    with transaction() as session:
        session.add(ReadingMark(member_id=members[0].id, thread_id=theirs.thread_id, published_no=theirs.published_no))
        session.add(ReadingMark(member_id=members[2].id, thread_id=begun.thread_id, published_no=begun.published_no))
    note_before(plan.id, plan.announced_at or now())

    look_back(plan.id, 4)
    look_back(plan.id, 4)

    found = result_of(plan, 4)
    assert found is not None
    assert len(db.session.scalars(select(PlanResult).where(PlanResult.weeks == 4)).all()) == 1
    letters = db.session.scalars(select(Task).where(Task.kind == "notice.plan_result")).all()
    assert [(letter.target_id, letter.other_id) for letter in letters] == [(found.id, olu.id)]
    north, south = (planned.id for planned in db.session.scalars(select(PlannedGroup).order_by(PlannedGroup.position)))
    rows = {(row["planned_group"], row["measure"]): row for row in found.findings}
    posters = rows[north, "posters"]
    assert (round(posters["before"], 2), round(posters["after"], 2)) == (round(100 / 52, 2), round(100 / 52, 2))
    assert posters["verdict"] == "no_difference"
    assert posters["low"] <= 0 <= posters["high"]
    assert rows[south, "posters"]["verdict"] == "thin"
    assert rows[north, "first_answer"]["verdict"] == "thin"
    crossed = rows[north, "cross_reading"]
    assert (round(crossed["before"], 2), crossed["after"]) == (round(100 / 52, 2), 0)
    said = told(plan, found)
    assert [each.measure.name for each in said.measures] == ["posters", "first_answer", "cross_reading"]
    assert [(line.group, line.verdict) for line in said.measures[0].lines] == [
        ("North", Verdict.NO_DIFFERENCE),
        ("South", Verdict.THIN),
    ]
    assert (
        said.measures[0]
        .lines[0]
        .sentence.startswith("1.9 before, 1.9 of 100 members now. Without like groups to compare with, that is +0.0 (")
    )
    assert said.summary.startswith("No difference is larger than chance explains. Of 6 comparisons ")


def test_nothing_is_looked_at_that_was_undone(core: Flask) -> None:
    parent = a_group()
    plan = a_carried_out_split(parent, a_crowd(3, parent), north=slice(0, 3))
    with transaction() as session:
        session.get_one(Plan, plan.id).state = PlanState.UNDONE
    look_back(plan.id, 4)
    assert result_of(plan, 4) is None
