"""What goes out without a moderator goes by the rules of today, the group's own among them."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from forum.accounts.models import Member
from forum.db import db, transaction
from forum.groups.actions import NotPossible
from forum.groups.models import Assurance, Group
from forum.moderation.brakes import hold_group, release_group
from forum.moderation.releasing import confirm, release_held_in_emergency
from forum.posting.models import HeldPost, HeldState
from forum.posting.outcomes import Held
from forum.rulebook.actions import add_rule, change_rule
from forum.rulebook.models import PostingRule, RuleSighting
from forum.rulebook.queries import rules_in_force
from forum.rules.findings import Severity
from forum.rules.terms import Mode, Terms
from forum.threads.models import Post, Via
from tests.people import a_group, a_member, post

LONG = Terms(
    "Write at most three words.",
    "Nobody reads more.",
    "length",
    {"most": 3},
    mode=Mode.ON,
    caught=("one two three four",),
    passing=("one two three",),
)


def _held(subject: str, group: Group, text: str, **how: Any) -> HeldPost:
    ann = a_member(f"{subject.lower()}@example.org", "Ann Lee", group)
    outcome = post(ann, group, subject, text, **how)
    assert isinstance(outcome, Held)
    return db.session.get_one(HeldPost, outcome.held_id)


def _with_rule(group: Group, terms: Terms, name: str = "short") -> PostingRule:
    with transaction():
        return add_rule(group, name, terms, actor_id=None)


def _out() -> list[str]:
    return list(db.session.scalars(select(Post.subject).order_by(Post.id)))


def test_a_rule_that_was_switched_on_meanwhile_holds_or_sends_back_what_its_author_confirms(core: Flask) -> None:
    group = a_group()
    short, long = (
        _held(subject, group, text, assurance=Assurance.CLAIMED, via=Via.MAIL)
        for subject, text in (("Short", "Just three words."), ("Long", "These are four words."))
    )
    rule = _with_rule(group, replace(LONG, severity=Severity.RETURN))
    with transaction():
        assert confirm(short).state is HeldState.APPROVED
    with pytest.raises(NotPossible, match="at most three words"), transaction():
        confirm(long)
    assert (long.state, long.assurance) == (HeldState.WAITING, Assurance.CLAIMED)
    with transaction():
        change_rule(rule, group, replace(rules_in_force(group)[0].terms, severity=Severity.HOLD), actor_id=None)
    with transaction():
        assert confirm(long).state is HeldState.WAITING
    assert [(row["rule"], row["severity"]) for row in long.findings] == [("short", "hold")]
    assert db.session.scalars(select(RuleSighting.held_post_id)).all() == [long.id]
    assert _out() == ["Short"]


def test_after_an_emergency_what_a_rule_holds_by_now_waits_and_its_old_advice_is_gone(core: Flask) -> None:
    group = a_group()
    rule = _with_rule(group, replace(LONG, severity=Severity.ADVISE))
    # A rule of pace has judged each when it came: what came later does not count against it now.
    once = replace(LONG, check="frequency", options={"most": 1, "seconds": 3600}, caught=("2 posts in 60 minutes",))
    _with_rule(group, replace(once, passing=("1 post in 60 minutes",)), "once")
    with transaction():
        hold_group(group, actor_id=None)
    short, long = _held("Short", group, "Just three words."), _held("Long", group, "These are four words.")
    second = post(db.session.get_one(Member, short.author_id), group, "Second", "Three more words.")
    assert isinstance(second, Held)
    assert [row["severity"] for row in long.findings] == ["hold", "advise"]
    with transaction():
        change_rule(rule, group, replace(rules_in_force(group)[0].terms, severity=Severity.HOLD), actor_id=None)
        release_group(group, actor_id=None)
    with transaction():
        assert release_held_in_emergency(group.id) == 1
    assert (short.state, long.state) == (HeldState.APPROVED, HeldState.WAITING)
    assert [(row["rule"], row["severity"]) for row in long.findings] == [("short", "hold")]
