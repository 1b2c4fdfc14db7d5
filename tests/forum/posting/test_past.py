"""Past posts for rules to be tried on: what is among them, in which order, and what is left out."""

from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from forum.clock import now
from forum.db import db, transaction
from forum.groups.actions import create_group
from forum.groups.models import Moderate, Role
from forum.groups.queries import community
from forum.moderation.actions import Decision, decide, withdraw
from forum.posting import past
from forum.posting.erase import erase
from forum.posting.models import HeldPost
from forum.posting.outcomes import Held, Published
from forum.posting.past import Wanted, past_posts
from forum.posting.replaying import plan_of, plans_in_force, replay_some, wanted_by
from forum.rulebook.actions import add_rule
from forum.rulebook.defaults import default_terms
from forum.rulebook.models import RuleSighting
from forum.rulebook.queries import rules_in_force
from forum.rulebook.replay import replay
from forum.rules.terms import Binds, Terms
from forum.threads.models import Post
from tests.people import a_group, a_member, its, post

SAME = "Who has a protocol for potassium in the first hours of a long ward round?"


def test_posts_and_held_ones_come_newest_first_and_can_be_taken_up_again(
    core: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past, "BATCH", 2)
    group = a_group(quota=None)
    ann = a_member("ann@example.org", "Ann Lee", group)
    mod = a_member("mod@example.org", "Mo Dee", group, role=Role.MODERATOR)
    outcomes = [post(ann, group, text=f"Number {number}.") for number in range(5)]
    post(mod, group, text="From a moderator.")
    post(ann, community(), text="Elsewhere.")
    with transaction():
        group.moderate = Moderate.ALL
    held = [post(ann, group, text=f"Held {number}.") for number in range(4)]
    gone, (approved, withdrawn, rejected, _) = outcomes[3], held
    assert isinstance(gone, Published)
    with transaction():
        erase(db.session.get_one(Post, gone.post_id), actor_id=mod.id)
        for each, decision in ((approved, Decision.APPROVE), (rejected, Decision.REJECT)):
            assert isinstance(each, Held)
            decide(db.session.get_one(HeldPost, each.held_id), decision, actor_id=mod.id, reason="Off topic.")
        assert isinstance(withdrawn, Held)
        withdraw(db.session.get_one(HeldPost, withdrawn.held_id))
    wanted = Wanted({group.id}, now() - timedelta(days=1), newcomers=True)
    found = list(past_posts(wanted))
    assert [each.text for each in found] == [
        "Held 0.", "From a moderator.", "Number 4.", "Number 2.", "Number 1.", "Number 0.", "Held 3.", "Held 2."
    ]  # fmt: skip
    assert [each.held for each in found] == [False] * 6 + [True] * 2
    assert [each.role for each in found[:2]] == [None, Role.MODERATOR]
    assert [each.newcomer_posts for each in found[:6]] == [0, 1, 0, 1, 1, 1]
    for number, each in enumerate(found):
        assert list(past_posts(wanted, after=each.place)) == found[number + 1 :]
    assert list(past_posts(Wanted({group.id}, now() + timedelta(days=1)))) == []


def test_a_look_ends_in_time_stays_within_its_groups_and_goes_on(core: Flask) -> None:
    group = a_group(quota=None)
    with transaction():
        below = create_group("er", "Emergency", parent=group)
        terms = Terms("Three words.", "", "length", {"most": 3}, binds=Binds.MEMBERS)
        add_rule(group, "short", terms, actor_id=None)
    ann = a_member("ann@example.org", "Ann Lee", group, below)
    assert its(ann, below).role is Role.MEMBER
    for where in (group, below, group):
        post(ann, where, text="one two three four")
    (rule,) = rules_in_force(group)
    plan = plan_of(rule, group, rule.terms)
    assert set(plan.terms) == {group.id, below.id}
    wanted = wanted_by([plan], now() - timedelta(days=1), within={group.id})
    first, left = replay_some([plan], wanted, after="", most=1, seconds=60)
    assert (first.posts, first.rules[0].acted.count, left) == (1, 1, True)
    then, left = replay_some([plan], wanted, after=first.last, most=100, seconds=60)
    assert (then.posts, left) == (1, False)
    # At least one post each time, however slow the machine is.
    some, left = replay_some([plan], wanted_by([plan], now() - timedelta(days=1)), after="", most=100, seconds=0)
    assert (some.posts, left) == (1, True)


PACE: Mapping[str, tuple[dict[str, object], list[str]]] = {
    "frequency": ({"most": 2, "most_in_thread": None}, ["post 3", "post 4"]),
    "newcomer": ({"first_posts": 1}, [SAME, "by Bob", SAME]),
    "cross_post": ({"most_groups": 1}, [SAME]),
    "cool_down": ({"answers": 4, "people": 2}, ["post 4"]),
}


def test_rules_of_pace_are_replayed_as_the_gate_has_judged(core: Flask, move_clock: Callable[[float], None]) -> None:
    group, other = a_group(quota=None), a_group("er", "Emergency", quota=None)
    ann, bob = (a_member(f"{name}@example.org", name, group, other) for name in ("ann", "bob"))
    with transaction():
        for check, (options, _) in PACE.items():
            add_rule(community(), f"a-{check.replace('_', '-')}", default_terms(check, options), actor_id=None)
    post(ann, group, text=SAME)
    move_clock(4_000)
    first = post(ann, group, text="post 1")
    assert isinstance(first, Published)
    for seconds, author, where, text in (
        (10, ann, group, "post 2"),
        (20, bob, group, "by Bob"),
        (30, ann, group, "post 3"),
        (40, ann, group, "post 4"),
        (50, ann, other, SAME),
    ):
        move_clock(4_000 + seconds)
        post(author, where, text=text, answers=first.post_id if where is group and text != SAME else None)
    plans = plans_in_force(community())
    done = replay(past_posts(wanted_by(plans, now() - timedelta(days=1))), plans, listed=99)
    for (_, caught), rule, result in zip(PACE.values(), rules_in_force(community()), done.rules, strict=True):
        seen = select(RuleSighting.post_id).where(RuleSighting.version_id == rule.version_id)
        at_the_gate = select(Post.public_id, Post.text).where(Post.id.in_(seen)).order_by(Post.text)
        judged = db.session.execute(at_the_gate).tuples().all()
        assert [text for _, text in judged] == sorted(caught)
        assert {hit.public_id for hit in result.acted.first} == {public_id for public_id, _ in judged}
