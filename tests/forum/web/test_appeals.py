"""Appeals on the web: who asks, who answers, and what each sees of it."""

from dataclasses import replace
from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from forum.db import db, transaction
from forum.groups.models import Moderate, Role, Standing
from forum.groups.queries import community
from forum.moderation.actions import Decision, decide
from forum.moderation.appeals import appeal, appeal_token
from forum.moderation.models import Appeal, Restricts
from forum.moderation.past_decisions import decisions_of
from forum.moderation.restrictions import restrict
from forum.posting.models import HeldPost, HeldState
from forum.posting.outcomes import Held, Returned
from forum.posting.resubmit import resubmit
from forum.queue import Task
from forum.rulebook.actions import add_rule
from forum.rulebook.defaults import default_terms
from forum.rules.terms import Mode
from mailgateway.appeal_notices import FACTS
from tests.forum.web.browser import Browser
from tests.people import a_group, a_member, its, post


def test_an_author_asks_once_and_another_moderator_lets_it_out(app: Flask) -> None:
    group = a_group(moderate=Moderate.ALL)
    ann = a_member("ann@example.org", "Ann Lee", group)
    one, two = (a_member(f"m{n}@example.org", f"Mo {n}", group, role=Role.MODERATOR) for n in (1, 2))
    outcome = post(ann, group, "Cover", "Who can <b>cover</b>?")
    assert isinstance(outcome, Held)
    held = db.session.get_one(HeldPost, outcome.held_id)
    with transaction():
        decide(held, Decision.REJECT, actor_id=one.id, reason="Off topic.")
    author = Browser(app).sign_in(ann)
    author.open(f"/mine/appeal/{held.public_id}")
    assert "The reason that you got: Off topic." in author.text
    assert "Write in your own words" in author.press("Ask for a second look")
    assert author.status == 422
    assert "You asked on" in author.press("Ask for a second look", why="It is about work.")
    assert "Ask for a second look" not in author.buttons
    author.open("/me")
    assert author.post(f"/mine/appeal/{held.public_id}", why="Again.") == 422
    asked = db.session.scalars(select(Appeal)).one()

    first = Browser(app).sign_in(one)
    assert "waits for another moderator" in first.open("/appeals")
    assert "You have decided on this first" in first.open(f"/appeals/{asked.public_id}")
    first.open("/me")
    assert first.post(f"/appeals/{asked.public_id}", verdict="uphold", answer="I was right.") == 422
    second = Browser(app).sign_in(two)
    assert "waits for you" in second.open("/appeals")
    second.open(f"/appeals/{asked.public_id}")
    assert "Who can <b>cover</b>?" in second.text
    assert "<b>cover" not in second.body
    assert "Write an answer" in second.press("Uphold the decision")
    assert "The decision is overturned" in second.press("Overturn: let it out", answer="It is about <i>work</i>.")
    second.open("/me")
    assert second.post(f"/appeals/{asked.public_id}", verdict="uphold", answer="No.") == 200
    assert "Mo 2 has answered already" in second.text
    db.session.refresh(held)
    assert held.state is HeldState.APPROVED
    assert "It is about <i>work</i>." in author.open(f"/mine/appeal/{held.public_id}")
    assert "See the post" in author.text
    assert author.open("/appeals")
    assert author.status == 404


def test_what_its_author_has_changed_since_no_appeal_shows_or_lets_out(app: Flask) -> None:
    group = a_group(moderate=Moderate.ALL)
    ann = a_member("ann@example.org", "Ann Lee", group)
    one, two = (a_member(f"m{n}@example.org", f"Mo {n}", group, role=Role.MODERATOR) for n in (1, 2))
    outcome = post(ann, group, "Cover", "Who can cover?")
    assert isinstance(outcome, Held)
    held = db.session.get_one(HeldPost, outcome.held_id)
    with transaction():
        decide(held, Decision.RETURN, actor_id=one.id, reason="Off topic.")
        asked = appeal(held, "It is about work.").appeal
        terms = default_terms("patient_identifiers", {})
        add_rule(group, "patients", replace(terms, mode=Mode.ON), actor_id=None)
    assert asked is not None
    with transaction():
        assert isinstance(resubmit(held, "Our patient, MRN 00482913.", subject="SSN 219-09-9999"), Returned)
    second = Browser(app).sign_in(two)
    mail = FACTS["notice.appeal"](db.session.scalars(select(Task).where(Task.kind == "notice.appeal")).one())
    assert mail is not None
    for shown in (second.open("/appeals"), second.open(f"/appeals/{asked.public_id}"), repr(mail.facts)):
        assert "00482913" not in shown
        assert "219-09" not in shown
    assert [each.words for each in decisions_of(group.id, asked.created_at - timedelta(days=1))] == [frozenset()]
    assert "has it back" in second.press("Overturn: let it out", answer="It is about work.")
    with transaction():
        assert isinstance(resubmit(held, "Who can cover in May?", subject="Cover"), Held)
    assert "Decide on the new words first" in second.press("Overturn: let it out", answer="It is about work.")
    assert "The decision is upheld" in second.press("Uphold the decision", answer="The new words are read anew.")


def test_who_is_banned_asks_without_signing_in(app: Flask) -> None:
    ann = a_member("ann@example.org", "Ann Lee")
    one, two = (a_member(f"m{n}@example.org", f"Mo {n}", community(), role=Role.OWNER) for n in (1, 2))
    with transaction():
        ban = restrict(its(ann, community()), Restricts.BAN, actor_id=one.id, reason="Spam.")
        address = f"/appeal/{appeal_token(ban)}"
    outside = Browser(app)
    assert "The reason that was given: Spam." in outside.open(address)
    assert "You asked on" in outside.press("Ask for a second look", why="My mailbox was broken into.")
    second = Browser(app).sign_in(two)
    second.open("/appeals")
    second.follow(next(words for words, path in second.links if path.startswith("/appeals/")))
    assert "Mo 1 has banned Ann Lee" in second.text
    assert "overturned" in second.press("Overturn: end the ban", answer="Welcome back.")
    assert its(ann, community()).standing is Standing.ACTIVE
    assert "Mo 2 has overturned the decision" in outside.open(address)
