"""Earlier decisions on posts like one that waits: which are alike, and which are never shown."""

from datetime import timedelta

import pytest
from flask import Flask

from forum.accounts.models import Member
from forum.clock import now
from forum.db import db, transaction
from forum.groups.models import Group, Moderate, Role
from forum.groups.rights import viewer_of
from forum.moderation.actions import Decision, decide, withdraw
from forum.moderation.similar import Earlier, most_alike, similar_decisions, words_in
from forum.posting.erase import erase
from forum.posting.models import HeldPost
from forum.posting.outcomes import Held
from forum.rulebook.actions import add_rule
from forum.rules.findings import Severity
from forum.rules.terms import Mode, Terms
from forum.threads.models import Post
from tests.people import a_group, a_member, post

SURVEY = "Please fill in our short survey on burnout among residents, it takes five minutes."
OTHERS = ("Which pump do you use for neonates?", "Our protocol for atrial fibrillation is new.")


def earlier(number: int, text: str, *rules: str) -> Earlier:
    return Earlier(number, words_in(text), frozenset(rules))


@pytest.mark.parametrize(
    ("text", "rules", "expected"),
    [
        ("A survey about burnout of residents, please.", set(), [1]),
        ("Nothing in common whatsoever", {"no-ads"}, [2]),
        ("A survey about burnout of residents, please.", {"no-ads"}, [1, 2]),
        ("", set(), []),
    ],
)
def test_posts_are_alike_by_rare_words_or_by_the_rule(text: str, rules: set[str], expected: list[int]) -> None:
    before = [earlier(1, SURVEY), earlier(2, OTHERS[0], "no-ads"), earlier(3, OTHERS[1], "length")]
    assert most_alike(words_in(text), rules, before) == expected


def held(author: Member, group: Group, text: str) -> HeldPost:
    outcome = post(author, group, text[:30], text)
    assert isinstance(outcome, Held)
    return db.session.get_one(HeldPost, outcome.held_id)


def test_a_moderator_sees_decisions_of_groups_of_the_own_only_and_no_patient_in_them(core: Flask) -> None:
    group, sister = a_group(moderate=Moderate.ALL), a_group("surgery", "Surgery", moderate=Moderate.ALL)
    ann = a_member("ann@example.org", "Ann", group, sister)
    mo = a_member("mo@example.org", "Mo", group, role=Role.MODERATOR)
    both = a_member("both@example.org", "Both", group, sister, role=Role.MODERATOR)
    with transaction():
        for name, check, severity, caught in (
            ("no-surveys", "solicitation", Severity.HOLD, SURVEY),
            ("patients", "patient_identifiers", Severity.ADVISE, "Seen on 3 March 2026."),
        ):
            terms = Terms(
                "Say so.", "Because.", check, severity=severity, mode=Mode.ON, caught=(caught,), passing=OTHERS
            )
            add_rule(group.parent, name, terms, actor_id=None)
    first = held(ann, group, f"{SURVEY} Seen in Springfield on 3 March 2026.")
    there = held(ann, sister, SURVEY + " Thank you.")
    taken_back, private, erased = (held(ann, group, f"{SURVEY} Number {number}.") for number in range(3))
    with transaction():
        decide(first, Decision.REJECT, actor_id=mo.id, reason="No surveys here.")
        decide(there, Decision.APPROVE, actor_id=both.id)
        withdraw(taken_back)
        decide(private, Decision.RETURN, actor_id=mo.id, reason="Once more.")
        private.private = True
        decide(erased, Decision.APPROVE, actor_id=mo.id)
    with transaction():
        erase(db.session.get_one(Post, erased.post_id), actor_id=ann.id)
    waits = held(ann, group, SURVEY + " It is the last time.")
    for who, expected in ((mo, [first.public_id]), (both, [first.public_id, there.public_id])):
        viewer = viewer_of(who)
        assert viewer is not None
        found = similar_decisions(waits, viewer)
        assert sorted(each.public_id for each in found) == sorted(expected)
        [own] = [each for each in found if each.public_id == first.public_id]
        assert (own.state, own.reason, own.decided_by) == ("rejected", "No surveys here.", "Mo")
        assert own.decided_at > now() - timedelta(minutes=1)
        assert "3 March" not in own.words
