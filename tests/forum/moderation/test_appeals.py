"""Appeals: once, to somebody who has not decided, and never without an answer."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from forum.accounts.models import Member
from forum.clock import now
from forum.db import db, transaction
from forum.groups.actions import NotPossible
from forum.groups.models import Group, Kind, Moderate, Role, Standing
from forum.groups.queries import community
from forum.groups.rights import viewer_of
from forum.log import LogEntry
from forum.moderation.actions import Decision, decide
from forum.moderation.appeals import (
    Verdict,
    answer_appeal,
    appeal,
    appeal_of,
    appeal_to_look_at,
    may_answer,
    reviewers_for,
    why_not,
)
from forum.moderation.lateness import remind_of_appeals
from forum.moderation.models import Appeal, AppealState, Restricts
from forum.moderation.restrictions import restrict
from forum.posting.models import HeldPost, HeldState
from forum.posting.outcomes import Held
from forum.queue import Task
from forum.threads.models import Post
from tests.people import a_group, a_member, its, post


def _sent_back(ann: Member, group: Group, by: Member, decision: Decision = Decision.REJECT) -> HeldPost:
    outcome = post(ann, group, "First", "The words.")
    assert isinstance(outcome, Held)
    held = db.session.get_one(HeldPost, outcome.held_id)
    with transaction():
        decide(held, decision, actor_id=by.id, reason="Off topic.")
    return held


def _asked(held: HeldPost, words: str = "It is on topic.") -> Appeal:
    with transaction():
        asked = appeal(held, words).appeal
    assert asked is not None
    return asked


def _told(kind: str) -> list[int | None]:
    return list(db.session.scalars(select(Task.other_id).where(Task.kind == kind).order_by(Task.id)))


def test_another_moderator_overturns_and_the_post_is_out(core: Flask) -> None:
    group = a_group(moderate=Moderate.ALL)
    ann = a_member("ann@example.org", "Ann Lee", group)
    one, two = (a_member(f"m{n}@example.org", f"Mo {n}", group, role=Role.MODERATOR) for n in (1, 2))
    held = _sent_back(ann, group, one)
    with pytest.raises(NotPossible, match="own words"), transaction():
        appeal(held, "  ")
    asked = _asked(held)
    assert _told("notice.appeal") == [two.id]
    with pytest.raises(NotPossible, match="already"), transaction():
        appeal(held, "Once more.")
    with pytest.raises(NotPossible, match="decided on this first"), transaction():
        answer_appeal(asked, Verdict.OVERTURN, "I was right.", actor_id=one.id)
    with pytest.raises(NotPossible, match="another moderator"), transaction():
        answer_appeal(asked, Verdict.OVERTURN, "Let me in.", actor_id=ann.id)
    with pytest.raises(NotPossible, match="Write an answer"), transaction():
        answer_appeal(asked, Verdict.OVERTURN, " ", actor_id=two.id)
    with transaction():
        answered = answer_appeal(asked, Verdict.OVERTURN, "It is about a drug.", actor_id=two.id)
    assert (answered.state, answered.by_this) == (AppealState.OVERTURNED, True)
    assert (held.state, held.decided_by_id) == (HeldState.APPROVED, two.id)
    assert db.session.scalars(select(Post.subject)).all() == ["First"]
    with transaction():
        again = answer_appeal(asked, Verdict.UPHOLD, "No.", actor_id=two.id)
    assert (again.state, again.by_this, again.by_name) == (AppealState.OVERTURNED, False, "Mo 2")
    assert len(_told("notice.appeal_answered")) == 1
    assert _told("notice.appeal_outcome") == [one.id]
    acts = db.session.scalars(select(LogEntry).where(LogEntry.object_kind == "appeal").order_by(LogEntry.id)).all()
    assert [(each.act, each.actor_id, each.why) for each in acts] == [
        ("appeal", ann.id, ""),
        ("overturn", two.id, "It is about a drug."),
    ]
    with pytest.raises(NotPossible, match="once"), transaction():
        appeal(held, "Again.")


def test_upheld_it_stays_sent_back_and_no_second_appeal_is_heard(core: Flask) -> None:
    group = a_group(moderate=Moderate.ALL)
    ann = a_member("ann@example.org", "Ann Lee", group)
    one, two = (a_member(f"m{n}@example.org", f"Mo {n}", group, role=Role.MODERATOR) for n in (1, 2))
    held = _sent_back(ann, group, one, Decision.RETURN)
    asked = _asked(held)
    with transaction():
        answer_appeal(asked, Verdict.UPHOLD, "Change the title.", actor_id=two.id)
    assert held.state is HeldState.RETURNED
    assert "answer stands" in why_not(held)


def test_only_what_a_moderator_has_decided_can_be_looked_at_again(core: Flask) -> None:
    group = a_group(moderate=Moderate.ALL)
    ann = a_member("ann@example.org", "Ann Lee", group)
    outcome = post(ann, group)
    assert isinstance(outcome, Held)
    held = db.session.get_one(HeldPost, outcome.held_id)
    assert why_not(held) == "It still waits for a first decision."
    with transaction():
        held.state, held.private = HeldState.RETURNED, True
    assert "No moderator has decided" in why_not(held)


def test_without_a_second_moderator_those_above_hear_and_a_circle_says_that_nobody_can(core: Flask) -> None:
    group = a_group(moderate=Moderate.ALL)
    circle = a_group("eight", "Eight", kind=Kind.CIRCLE, moderate=Moderate.ALL)
    ann = a_member("ann@example.org", "Ann Lee", group, circle)
    mo = a_member("mo@example.org", "Mo", group, circle, role=Role.MODERATOR)
    owner = a_member("olga@example.org", "Olga", community(), role=Role.OWNER)
    assert [each.id for each in reviewers_for(group, mo.id, ann.id)] == [owner.id]
    # A moderator who wrote the post is no judge of it.
    assert list(reviewers_for(group, owner.id, mo.id)) == []
    held = _sent_back(ann, circle, mo)
    with transaction():
        asked = appeal(held, "Please.")
    assert asked.appeal is None
    assert "Nobody else moderates Eight" in asked.sentence
    assert appeal_of(held) is None
    assert db.session.scalars(select(LogEntry.act).order_by(LogEntry.id.desc())).first() == "appeal to nobody"


def test_a_ban_is_overturned_and_its_member_may_come_back(core: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    one, two = (a_member(f"m{n}@example.org", f"Mo {n}", group, role=Role.MODERATOR) for n in (1, 2))
    with transaction():
        ban = restrict(its(ann, group), Restricts.BAN, actor_id=one.id, reason="Spam.")
    with transaction():
        asked = appeal(ban, "My mailbox was broken into.").appeal
    assert asked is not None
    viewers = [viewer_of(each) for each in (one, two)]
    assert [viewer is not None and may_answer(viewer, asked) for viewer in viewers] == [False, True]
    with transaction():
        answer_appeal(asked, Verdict.OVERTURN, "Welcome back.", actor_id=two.id)
    assert its(ann, group).standing is Standing.ACTIVE
    assert ban.ended_by_id == two.id
    assert why_not(ban)


def test_an_own_appeal_is_not_shown_to_the_moderator_who_made_it(core: Flask) -> None:
    group = a_group()
    mo, other = (a_member(f"{n}@example.org", n, group, role=Role.MODERATOR) for n in ("mo", "other"))
    owner = a_member("olga@example.org", "Olga", community(), role=Role.OWNER)
    with transaction():
        until = now() + timedelta(days=3)
        mute = restrict(its(mo, group), Restricts.MUTE, actor_id=owner.id, reason="Heated.", until=until)
    with transaction():
        asked = appeal(mute, "I was provoked.").appeal
    assert asked is not None
    seen = {
        each.name: appeal_to_look_at(viewer, asked.public_id) for each in (mo, other) if (viewer := viewer_of(each))
    }
    assert {name: found is not None for name, found in seen.items()} == {"mo": False, "other": True}


def test_reminders_go_on_and_the_author_hears_when_nobody_is_left(core: Flask) -> None:
    group = a_group(moderate=Moderate.ALL)
    ann = a_member("ann@example.org", "Ann Lee", group)
    one, two = (a_member(f"m{n}@example.org", f"Mo {n}", group, role=Role.MODERATOR) for n in (1, 2))
    _asked(_sent_back(ann, group, one))
    assert remind_of_appeals(now()) == 0
    assert remind_of_appeals(now() + timedelta(hours=25)) == 1
    assert remind_of_appeals(now() + timedelta(hours=26)) == 0
    assert _told("notice.appeal") == [two.id, two.id]
    with transaction():
        its(two, group).role = Role.MEMBER
    assert [remind_of_appeals(now() + timedelta(days=days)) for days in (5, 9)] == [1, 0]
    assert len(_told("notice.appeal_waits")) == 1
    with transaction():
        its(two, group).role = Role.MODERATOR
    assert remind_of_appeals(now() + timedelta(days=13)) == 1
    assert _told("notice.appeal") == [two.id, two.id, two.id]
