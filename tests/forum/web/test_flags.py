"""Reporting a post on its page, and deciding on what was reported."""

from flask import Flask
from sqlalchemy import select

from forum.db import db, transaction
from forum.groups.models import Moderate, Role
from forum.moderation.models import Flag, FlaggedPost, FlagState
from forum.moderation.templates import add_template
from forum.posting.models import HeldPost, HeldState
from forum.posting.outcomes import Held, Published
from forum.rulebook.actions import add_rule
from forum.rulebook.queries import rules_in_force
from forum.rules.findings import Severity
from forum.rules.terms import Mode, Terms
from forum.threads.models import Post
from tests.forum.web.browser import Browser
from tests.people import a_group, a_member, post

SELLS = Terms(
    "Do not sell anything here.",
    "Because.",
    "words",
    options={"words": ["insurance"]},
    mode=Mode.ON,
    caught=("Buy my insurance.",),
    passing=("Who can cover two weeks?",),
    severity=Severity.ADVISE,
)


def test_a_member_reports_and_a_moderator_decides_and_the_author_sees_neither(app: Flask) -> None:
    group = a_group()
    ann, bea = a_member("ann@example.org", "Ann Lee", group), a_member("bea@example.org", "Bea Okafor", group)
    mo = a_member("mo@example.org", "Mo Dee", group, role=Role.MODERATOR)
    with transaction():
        add_rule(group, "no-sales", SELLS, actor_id=None)
    outcome = post(ann, group, "Insurance", "<b>Buy</b> mine.")
    assert isinstance(outcome, Published)
    about = db.session.get_one(Post, outcome.post_id)
    reader = Browser(app).sign_in(bea)
    reader.open(f"/t/{about.thread.public_id}")
    reader.follow("Report")
    assert "Do not sell anything here." in reader.text
    assert "Choose what is wrong" in reader.press("Report it to the moderators")
    assert "Write in a few words" in reader.press("Report it to the moderators", rule="other")
    [rule] = rules_in_force(group)
    said = reader.press("Report it to the moderators", rule=str(rule.rule_id), why="Here <i>again</i>.")
    assert "The moderators have your report." in said
    assert db.session.scalars(select(Flag.rule_id)).all() == [rule.rule_id]

    author = Browser(app).sign_in(ann)
    assert ">Report<" not in author.body
    for path in (f"/p/{about.public_id}/report", f"/flagged/{db.session.scalars(select(FlaggedPost)).one().public_id}"):
        author.open(path)
        assert author.status == 404

    browser = Browser(app).sign_in(mo)
    assert "1 waiting" in browser.body
    assert "Reported posts (1) Insurance Cardiology · Ann Lee" in browser.open("/held")
    assert "Reported by 1 member: no-sales" in browser.text
    page = browser.follow(next(words for words, path in browser.links if path.startswith("/flagged/")))
    assert "Bea Okafor" in page
    assert "Here <i>again</i>." in page
    assert "<b>Buy</b> mine." in page
    assert "The others see for 15 minutes" in browser.press("I am looking at it")
    assert "Mo Dee is looking at it." in browser.text
    assert "Write a reason" in browser.press("Erase the post")
    assert "Write what you did" in browser.press("Close the case")
    assert "The post stays." in browser.press("Keep the post", reason="It is a question.")
    case = db.session.scalars(select(FlaggedPost)).one()
    assert (case.state, case.reason) == (FlagState.KEPT, "It is a question.")
    browser.open("/g/cardiology/held")
    browser.post(f"/flagged/{case.public_id}", decision="keep")
    assert "Nothing has changed: Mo Dee has acted already." in browser.text


def test_many_are_sent_back_with_a_ready_reason_and_words_are_marked_where_rules_saw_them(app: Flask) -> None:
    group = a_group(moderate=Moderate.ALL)
    ann = a_member("ann@example.org", "Ann Lee", group)
    mo = a_member("mo@example.org", "Mo Dee", group, role=Role.MODERATOR)
    patients = Terms(
        "Write nothing that tells who a patient is.",
        "Because.",
        "patient_identifiers",
        mode=Mode.ON,
        severity=Severity.HOLD,
        caught=("Seen on 3 March 2026.",),
        passing=SELLS.passing,
    )
    with transaction():
        add_rule(group, "no-sales", SELLS, actor_id=None)
        add_rule(group, "patients", patients, actor_id=None)
        add_template(group, "Off topic", "Not in this group, please.", actor_id=mo.id)
    outcome = post(ann, group, "Question", "Insurance for what was seen on 3 March 2026?")
    assert isinstance(outcome, Held)
    held = db.session.get_one(HeldPost, outcome.held_id)
    browser = Browser(app).sign_in(mo)
    page = browser.open(f"/held/{held.public_id}")
    assert "Rule: no-sales. Seen: Insurance" in page
    assert "who a patient is: a date. Rule: patients." in page
    assert "<mark>Insurance</mark>" in browser.body
    assert "<mark>on 3 March 2026</mark>" in browser.body
    assert "3 March" not in browser.open("/held")
    browser.open("/g/cardiology/held")
    assert "1 returned." in browser.press("Return the chosen", held=held.public_id, ready="Off topic")
    db.session.refresh(held)
    assert (held.state, held.reason) == (HeldState.RETURNED, "Not in this group, please.")
