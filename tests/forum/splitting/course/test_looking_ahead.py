"""The readership proof before anything happens: where threads would go, and which stay for their readers' sake."""

import pytest
from flask import Flask
from sqlalchemy import select

from forum.db import db, transaction
from forum.groups.actions import NotPossible
from forum.groups.leaving import leave
from forum.groups.models import Group
from forum.splitting.course.answers import answer_question
from forum.splitting.course.arranging import exceptions_as_text, read_exceptions
from forum.splitting.course.looking_ahead import look_ahead
from forum.splitting.course.questions import ask_to_moderate
from forum.splitting.models import Answer, Asks, PlannedGroup, PlannedThread
from forum.splitting.readership.consents import ask_consent
from forum.splitting.readership.moves import NOT_AGREED
from forum.threads.models import Post, Thread
from forum.threads.moving import relocate
from tests.people import a_group, a_member, post
from tests.plans import a_plan, announced, question_to


def threads_of(group: Group) -> list[Thread]:
    return list(db.session.scalars(select(Thread).where(Thread.group_id == group.id).order_by(Thread.id)))


def test_threads_go_where_their_writers_would_be_and_nobody_gains_sight(core: Flask) -> None:
    group = a_group()
    ann, ben, cy, _ = (a_member(f"{name}@example.org", name, group) for name in ("ann", "ben", "cy", "dot"))
    plan = a_plan(group, {"North": [ann, ben], "South": [ben, cy]})
    for author, subject in ((ann, "North one"), (cy, "South one"), (ann, "Both"), (ann, "By hand")):
        post(author, group, subject)
    both = threads_of(group)[2]
    post(cy, group, "Re: Both", answers=db.session.scalars(select(Post.id).where(Post.thread_id == both.id)).one())
    north, south = plan.groups
    with transaction():
        by_hand = threads_of(group)[3]
        assert read_exceptions(plan, f"/t/{by_hand.public_id} 2\n\n") == {by_hand.id: south.id}
        db.session.add(PlannedThread(plan_id=plan.id, thread_id=by_hand.id, planned_group_id=south.id))
    assert exceptions_as_text(plan) == f"/t/{by_hand.public_id} 2"
    with pytest.raises(NotPossible, match="There is no thread"):
        read_exceptions(plan, "https://forum.example/t/aaaaaaaaaaaa?after=3 stays")
    ahead = look_ahead(plan, names=5)
    assert [(row.name, row.threads, row.readers, row.gained, row.lost) for row in ahead.going] == [
        (north.name, 1, 2, 0, 2),
        (south.name, 2, 2, 0, 2),
    ]
    assert (ahead.threads, ahead.gained, ahead.left_behind) == (4, 0, 0)


def test_a_thread_that_came_from_fewer_readers_stays_until_its_authors_agree(core: Flask) -> None:
    group, few = a_group(), a_group("few", "Few", listed=False)
    ann = a_member("ann@example.org", "Ann", group, few)
    ben = a_member("ben@example.org", "Ben", group)
    plan = a_plan(group, {"North": [ann, ben], "South": [ben]})
    post(ann, few, "Between us")
    thread = threads_of(few)[0]
    with transaction():
        relocate([thread.id], group, actor_id=None)
    ahead = look_ahead(plan, names=5)
    assert [row.threads for row in ahead.going] == [0]
    assert [(each.subject, each.sentence) for each in ahead.some_left_behind] == [("Between us", NOT_AGREED)]
    assert (ahead.gained, ahead.left_behind) == (0, 1)
    announced(plan)
    with transaction():
        for planned_id, thread_ids in ahead.to_ask.items():
            ask_consent(plan, db.session.get_one(PlannedGroup, planned_id), thread_ids, actor_id=None)
    with transaction():
        answer_question(question_to(ann, plan, Asks.CONSENT), Answer.YES)
    ahead = look_ahead(plan, names=5)
    assert ([row.threads for row in ahead.going], ahead.gained, ahead.left_behind) == ([1], 0, 0)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_who_has_left_since_keeps_no_thread_behind_and_a_moderator_from_outside_does(
    core: Flask,
) -> None:
    group = a_group()
    ann, ben, dot = (a_member(f"{name}@example.org", name, group) for name in ("ann", "ben", "dot"))
    guest = a_member("guest@example.org", "guest")
    plan = a_plan(group, {"North": [ann, dot], "South": [ben]})
    for author, subject in ((ann, "North one"), (ben, "South one")):
        post(author, group, subject)
    with transaction():
        leave(dot, group, actor_id=dot.id)
    ahead = look_ahead(plan, names=5)
    assert [(row.threads, row.gained) for row in ahead.going] == [(1, 0), (1, 0)]
    assert ahead.going[0].readers == 1
    with transaction():
        ask_to_moderate(plan.groups[0], [guest.id], actor_id=None)
    with transaction():
        answer_question(question_to(guest, plan, Asks.MODERATE), Answer.YES)
    ahead = look_ahead(plan, names=5)
    assert [row.threads for row in ahead.going] == [0, 1]
    assert [each.subject for each in ahead.some_left_behind] == ["North one"]
