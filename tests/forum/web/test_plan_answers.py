"""The page where members answer a plan: opened from a mail without signing in, and only its buttons answer."""

from flask import Flask
from sqlalchemy import func, select

from forum.db import db, transaction
from forum.log import LogEntry
from forum.splitting.course.places import places_of
from forum.splitting.course.questions import ask_to_moderate, question_token
from forum.splitting.models import Answer, Asks, Plan, PlanKind
from forum.splitting.plans import withdraw
from tests.forum.web.browser import Browser
from tests.people import a_group, a_member
from tests.plans import a_planned_group, a_split, question_to


def _answers() -> int:
    return db.session.scalar(select(func.count()).where(LogEntry.act == "answer plan")) or 0


def test_a_member_chooses_on_the_page_of_the_mail_and_looking_changes_nothing(app: Flask) -> None:
    _group, plan, (ann, ben, cy, _dot) = a_split()
    question = question_to(ann, plan)
    page = f"/plan/answer/{question_token(question)}"
    anyone = Browser(app)
    for _ in range(3):
        anyone.open(page)
    assert _answers() == 0
    assert "You will be in Heart North, and in Cardiology. If that is fine, do nothing." in anyone.text
    assert "1 Heart North, 2 members, proposed for you" in anyone.text
    assert "Heart Quiet" not in anyone.body
    assert "Saved. You stay in Cardiology alone." in anyone.press("Stay only in Cardiology")
    anyone.press("Stay only in Cardiology")
    assert _answers() == 1
    assert "Choose at least one group" in anyone.press("Be in the ticked groups")
    assert anyone.status == 422
    south, hidden = plan.groups[1].public_id, plan.groups[2].public_id
    anyone.open(page)
    anyone.post(page, answer="chosen", group=[south, hidden])
    db.session.expire_all()
    assert [place.name for place in places_of(question) if place.stands] == ["Heart South"]
    anyone.open(page)
    assert anyone.post(page, answer="burn") == 422
    assert anyone.post(page, answer="yes") == 422
    assert "All of them" in anyone.buttons
    assert "Saved. You will be in Heart North and Heart South" in anyone.press("All of them")
    anyone.open(f"/plan/answer/{question_token(question_to(cy, plan))}")
    assert "3 Heart Quiet, 1 member, proposed for you" in anyone.text
    own = Browser(app).sign_in(ann)
    assert "Smaller groups grow out of Cardiology on" in own.open("/g/cardiology")
    own.follow("See where you will be, or change it")
    assert own.path == page
    with transaction():
        withdraw(plan, actor_id=None)
    assert "Smaller groups grow out" not in own.open("/g/cardiology")
    anyone.open(page)
    assert "The plan was withdrawn. Nothing changes for you" in anyone.text
    assert anyone.buttons == []
    anyone.open(f"/plan/answer/{question_token(question_to(ben, plan))[:-4]}aaaa")
    assert anyone.status == 404


def test_what_waits_for_an_answer_stands_in_ones_own_profile_until_it_is_given(app: Flask) -> None:
    group = a_group()
    ann, ben = (a_member(f"{name}@example.org", f"{name.title()} Lee", group) for name in ("ann", "ben"))
    with transaction():
        plan = Plan(kind=PlanKind.SPIN_OFF, group_id=group.id, why="Rhythm needs <b>room</b>.")
        db.session.add(plan)
        db.session.flush()
        ask_to_moderate(a_planned_group(plan, 1, "Rhythm"), [ann.id], actor_id=None)
    author = Browser(app).sign_in(ann)
    assert "Waiting for your answer" in author.open("/me")
    assert "Waiting for your answer" not in Browser(app).sign_in(ben).open("/me")
    question = question_to(ann, plan, Asks.MODERATE)
    assert f"/plan/answer/{question_token(question)}" in author.body
    author.open(f"/plan/answer/{question_token(question)}")
    assert "give it back at any time" in author.text
    assert "Rhythm needs <b>room</b>." in author.text
    assert "You will be a moderator of Rhythm as soon as it is made." in author.press("Look after it")
    assert "You do not moderate Rhythm." in author.press("Do not moderate")
    db.session.expire_all()
    assert question.answer is Answer.NO
    assert "Waiting for your answer" not in author.open("/me")
