"""Moderators' decisions move the score of a rule against politics, when an owner says so, and nothing else."""

from dataclasses import replace

import pytest
from flask import Flask

from forum.accounts.models import Member
from forum.db import db, transaction
from forum.groups.actions import NotPossible, create_group
from forum.groups.models import Group, Role
from forum.moderation.actions import Decision, decide
from forum.moderation.calibrating import bar_of, move_bar
from forum.posting.models import HeldPost
from forum.posting.outcomes import Held
from forum.rulebook.actions import add_rule, change_rule
from forum.rulebook.defaults import default_terms
from forum.rulebook.queries import rule_named, rules_in_force
from forum.rules.terms import Mode, Terms
from tests.forum.web.browser import Browser
from tests.people import a_group, a_member, post

HARMLESS = "The mayor came to open the ward and everybody clapped."
PARTISAN = "Vote these clowns out in November. The Republicans in Congress want your patients to go bankrupt."
NAME = "no-politics"
PAGE = f"/g/cardiology/rules/{NAME}/threshold"


@pytest.fixture
def cardiology(app: Flask) -> Group:
    group = a_group(quota=None)
    with transaction():
        add_rule(group, NAME, replace(default_terms("political", {}), mode=Mode.ON), actor_id=None)
    return group


def terms_in(group: Group) -> Terms:
    return next(each.terms for each in rules_in_force(group) if each.name == NAME)


def decided(author: Member, moderator: Member, group: Group, approved: int, rejected: int) -> None:
    """So many harmless posts that the rule held were approved, and so many partisan ones rejected."""
    cases = [(HARMLESS, Decision.APPROVE, "")] * approved + [(PARTISAN, Decision.REJECT, "No.")] * rejected
    for text, decision, reason in cases:
        outcome = post(author, group, "A question", text)
        assert isinstance(outcome, Held)
        with transaction():
            decide(db.session.get_one(HeldPost, outcome.held_id), decision, actor_id=moderator.id, reason=reason)


def test_the_score_moves_where_decisions_carry_it_by_an_owners_button(app: Flask, cardiology: Group) -> None:
    ann = a_member("ann@example.org", "Ann Lee", cardiology)
    mo = a_member("mo@example.org", "Mo Dee", cardiology, role=Role.MODERATOR)
    eve = a_member("eve@example.org", "Eve Stone", cardiology, role=Role.OWNER)
    moderator, owner = Browser(app).sign_in(mo), Browser(app).sign_in(eve)
    decided(ann, mo, cardiology, approved=3, rejected=2)
    assert "At least 20 are needed" in moderator.open(PAGE)
    decided(ann, mo, cardiology, approved=9, rejected=8)
    assert "An owner of Cardiology can move it." in moderator.open(PAGE)
    assert "No longer held: 12" in owner.open(PAGE)
    assert "Held that were not: 0" in owner.text
    before, bar = terms_in(cardiology), bar_of(cardiology, NAME)
    assert bar is not None
    proposed = bar.calibration.proposed
    assert proposed is not None
    assert (bar.calibration.present.agree, proposed.agree, bar.calibration.decisions) == (10, 22, 22)
    owner.press(f"Hold from {proposed.bar:g} on")
    assert "version 2 of the rule here" in owner.text
    after = terms_in(cardiology)
    assert dict(after.options) == {**before.options, "threshold": proposed.bar}
    assert replace(after, options=before.options) == before
    assert not isinstance(post(ann, cardiology, "A question", HARMLESS), Held)
    assert isinstance(post(ann, cardiology, "A question", PARTISAN), Held)
    assert "No other score fits them clearly better" in owner.open(PAGE)
    with pytest.raises(NotPossible, match="decided more meanwhile"), transaction():
        move_bar(cardiology, NAME, to=0.7, actor_id=eve.id)


def test_examples_and_the_group_above_hold_the_score_where_it_is(app: Flask, cardiology: Group) -> None:
    with transaction():
        below = create_group("pacing", "Pacing", parent=cardiology)
        below.quota = None
    ann = a_member("ann@example.org", "Ann Lee", cardiology, below)
    mo = a_member("mo@example.org", "Mo Dee", cardiology, role=Role.OWNER)
    # Decisions below count above, where the terms are the same.
    decided(ann, mo, below, approved=12, rejected=10)
    bar = bar_of(cardiology, NAME)
    assert bar is not None
    assert bar.calibration.proposed is not None
    to = bar.calibration.proposed.bar
    with pytest.raises(NotPossible, match="does not allow its rule no-politics to be loosened"), transaction():
        move_bar(below, NAME, to=to, actor_id=mo.id)
    rule, terms = rule_named(cardiology, NAME), terms_in(cardiology)
    assert rule is not None
    with transaction():
        change_rule(rule, cardiology, replace(terms, caught=(*terms.caught, HARMLESS)), actor_id=mo.id)
    page = Browser(app).sign_in(mo)
    page.open(PAGE)
    page.press(f"Hold from {to:g} on")
    assert page.status == 422
    assert "its examples fail" in page.text
    assert terms_in(cardiology).options == terms.options


def test_what_another_rule_held_too_says_nothing(app: Flask, cardiology: Group) -> None:
    with transaction():
        words = replace(default_terms("words", {"words": ["mayor"]}), mode=Mode.ON, caught=("A mayor.",))
        add_rule(cardiology, "no-mayors", replace(words, passing=("A nurse.",)), actor_id=None)
    ann = a_member("ann@example.org", "Ann Lee", cardiology)
    mo = a_member("mo@example.org", "Mo Dee", cardiology, role=Role.MODERATOR)
    for _ in range(2):
        outcome = post(ann, cardiology, "A question", HARMLESS)
        assert isinstance(outcome, Held)
        assert {each.rule for each in outcome.findings} == {NAME, "no-mayors"}
        with transaction():
            held = db.session.get_one(HeldPost, outcome.held_id)
            decide(held, Decision.REJECT, actor_id=mo.id, reason="No mayors here.")
    bar = bar_of(cardiology, NAME)
    assert bar is not None
    assert bar.calibration.decisions == 0
    assert bar_of(cardiology, "no-mayors") is None
