"""Checks of pace at the gate: what of the past counts for a post, and what does not."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from forum.db import db, transaction
from forum.groups.actions import NotPossible
from forum.groups.models import Assurance, Group, Moderate
from forum.groups.queries import community
from forum.posting.models import HeldPost, HeldState
from forum.posting.outcomes import Held, Outcome, Published, Returned
from forum.posting.resubmit import resubmit
from forum.posting.submit import submit
from forum.rulebook.actions import add_rule
from forum.rulebook.examples import default_examples
from forum.rules.checks import HISTORY_CHECKS
from forum.rules.findings import Severity
from forum.rules.submission import Submission
from forum.rules.terms import Mode, Terms
from forum.threads.models import TextFormat, Via
from tests.people import a_group, a_member, its, post

LONG = "Who of you has changed the evening dose before a procedure in the morning, and why?"


def a_rule(group: Group, check: str, severity: Severity | None = None, **options: Any) -> None:
    """A rule that is on, with the examples that belong to its options."""
    kind = HISTORY_CHECKS[check]
    caught, passing = default_examples(check, options)
    terms = Terms(
        kind.sentence, kind.why, check, options, severity or kind.severity, mode=Mode.ON, caught=caught, passing=passing
    )
    with transaction():
        add_rule(group, f"the-{check.replace('_', '-')}", terms, actor_id=None)


def rules_of(outcome: Outcome) -> list[str]:
    assert isinstance(outcome, Held | Returned)
    return [finding.rule for finding in outcome.findings]


def test_posts_of_an_hour_count_and_so_do_those_that_wait(core: Flask, move_clock) -> None:
    group = a_group(moderate=Moderate.NEWCOMERS)
    a_rule(group, "frequency", most=2)
    ann = a_member("ann@example.org", "Ann Lee", group)
    assert isinstance(post(ann, group), Published)
    with transaction():
        its(ann, group).newcomer_posts = 1
    assert isinstance(post(ann, group), Held)
    again = post(ann, group)
    assert rules_of(again)[0] == "the-frequency"
    assert "posted 2 times in this group within 1 hour" in again.findings[0].sentence
    move_clock(3_700)
    assert rules_of(post(ann, group)) == ["newcomer"]


def test_a_thread_has_a_limit_of_its_own_and_another_group_none(core: Flask) -> None:
    group, other = a_group(), a_group("nephrology", "Nephrology")
    a_rule(group, "frequency", most_in_thread=1)
    ann = a_member("ann@example.org", "Ann Lee", group, other)
    first = post(ann, group)
    assert isinstance(first, Published)
    for where in (group, other):
        assert isinstance(post(ann, where, "Something else", "Another question."), Published)
    assert rules_of(post(ann, group, "", "And yet.", answers=first.post_id)) == ["the-frequency"]


def test_the_first_posts_wait_until_they_are_posts_unless_a_moderator_trusts_the_author(core: Flask) -> None:
    group = a_group()
    a_rule(group, "newcomer", first_posts=1)
    ann = a_member("ann@example.org", "Ann Lee", group)
    # What waits is no post yet, else the second one would go out unseen.
    assert [rules_of(post(ann, group)) for _ in range(2)] == [["the-newcomer"], ["the-newcomer"]]
    with transaction():
        its(ann, group).trusted = True
    assert isinstance(post(ann, group), Published)
    with transaction():
        its(ann, group).trusted = False
    assert isinstance(post(ann, group), Published)


def test_the_same_words_in_a_third_group_wait_whatever_their_spaces(core: Flask) -> None:
    groups = [a_group(f"group-{number}", f"Group {number}") for number in range(3)]
    a_rule(community(), "cross_post")
    ann, ben = (a_member(f"{name}@example.org", name.title(), *groups) for name in ("ann", "ben"))
    for group in groups[:2]:
        assert isinstance(post(ann, group, text=LONG), Published)
        assert isinstance(post(ann, group, "Thanks", "Thanks, all."), Published)
    assert isinstance(post(ben, groups[2], text=LONG), Published)
    assert isinstance(post(ann, groups[2], "Thanks", "Thanks, all."), Published)
    outcome = post(ann, groups[2], "Another subject", LONG.replace(" ", "\n").upper())
    assert rules_of(outcome) == ["the-cross-post"]
    assert "to 2 other groups within 7 days" in outcome.findings[0].sentence


def test_those_who_heat_a_thread_pause_and_others_come_in(core: Flask) -> None:
    group = a_group()
    a_rule(group, "cool_down", answers=3, people=2)
    ann, ben, eve = (a_member(f"{name}@example.org", name.title(), group) for name in ("ann", "ben", "eve"))
    first = post(ann, group)
    assert isinstance(first, Published)
    for author in (ben, ann):
        assert isinstance(post(author, group, "", "No.", answers=first.post_id), Published)
    assert rules_of(post(ben, group, "", "Yes.", answers=first.post_id)) == ["the-cool-down"]
    assert isinstance(post(eve, group, "", "Please.", answers=first.post_id), Published)


def test_a_held_post_with_other_words_does_not_count_against_itself(core: Flask) -> None:
    group = a_group(moderate=Moderate.ALL)
    a_rule(group, "frequency", most=1)
    ann = a_member("ann@example.org", "Ann Lee", group)
    outcome = post(ann, group)
    assert rules_of(outcome) == ["moderated"]
    assert isinstance(outcome, Held)
    with transaction():
        again = resubmit(db.session.get_one(HeldPost, outcome.held_id), "Other words.")
    assert rules_of(again) == ["moderated"]
    assert db.session.get_one(HeldPost, outcome.held_id).state is HeldState.WAITING


def test_a_pseudonym_has_a_pace_of_its_own_and_is_new_to_everybody(core: Flask) -> None:
    group = a_group(anonymous_posts=True)
    a_rule(group, "frequency", severity=Severity.HOLD, most=1)
    ann, ben = (a_member(f"{name}@example.org", name.title(), group) for name in ("ann", "ben"))
    begun = post(ben, group)
    assert isinstance(begun, Published)
    assert isinstance(post(ann, group), Published)
    hidden = Submission(
        group_id=group.id,
        author_id=ann.id,
        byline="Ann Lee",
        assurance=Assurance.PROVEN,
        via=Via.WEB,
        subject="",
        text="I have missed a murmur, twice.",
        text_format=TextFormat.MARKDOWN,
        answers_post_id=begun.post_id,
        anonymous=True,
    )
    with transaction():
        # What moderators read of the pace must not tell that somebody with another post today wrote it.
        assert isinstance(submit(hidden), Published)
    with transaction():
        again = submit(replace(hidden, text="Three times."))
    assert rules_of(again) == ["the-frequency"]
    a_rule(group, "newcomer", first_posts=1)
    with transaction():
        its(ann, group).trusted = True
    with transaction():
        waits = submit(replace(hidden, answers_post_id=None, subject="Between us"))
    assert rules_of(waits) == ["the-newcomer"]


def test_a_rule_of_pace_with_examples_that_fail_is_not_switched_on(core: Flask) -> None:
    group = a_group()
    terms = Terms("Not so fast.", "Why.", "frequency", {"most": 9}, mode=Mode.ON)
    for caught, sentence in (("4 posts in 1 hour", "is not: “4 posts"), ("too many", "written like this: 4 posts")):
        wrong = Terms(**{**vars(terms), "caught": (caught,), "passing": ("2 posts in 1 hour",)})
        with pytest.raises(NotPossible, match=sentence), transaction():
            add_rule(group, "pace", wrong, actor_id=None)
