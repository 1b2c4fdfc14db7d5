"""Decisions on held posts."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from forum.clock import now
from forum.db import db, transaction
from forum.groups.actions import NotPossible
from forum.groups.joining import add_to_group, admit, ask_to_join
from forum.groups.leaving import leave
from forum.groups.models import Assurance, Moderate, Role, Standing
from forum.groups.queries import community, membership_of
from forum.groups.rights import viewer_of
from forum.groups.standing import set_standing
from forum.log import LogEntry
from forum.moderation.actions import (
    Decision,
    approve_all_of_author,
    approve_next_of_author,
    decide,
    withdraw,
)
from forum.moderation.queries import (
    count_held_for_assurance,
    count_waiting,
    held_page,
    held_to_moderate,
    history_of,
    waits_for_author,
)
from forum.moderation.releasing import confirm, release_pending
from forum.posting.models import HeldPost, HeldState
from forum.posting.outcomes import Held, Outcome
from forum.posting.resubmit import resubmit
from forum.queue import Task
from forum.threads.models import Post, Via
from tests.people import a_group, a_member, post


def held_row(outcome: Outcome) -> HeldPost:
    assert isinstance(outcome, Held)
    return db.session.get_one(HeldPost, outcome.held_id)


def subjects() -> list[str]:
    return list(db.session.scalars(select(Post.subject).order_by(Post.id)))


def test_the_first_decision_stands_and_is_logged(core: Flask) -> None:
    group = a_group(moderate=Moderate.ALL)
    ann = a_member("ann@example.org", "Ann Lee", group)
    one, two = (a_member(f"m{n}@example.org", f"Mo {n}", group, role=Role.MODERATOR) for n in (1, 2))
    held = held_row(post(ann, group, "First"))
    with transaction():
        decided = decide(held, Decision.APPROVE, actor_id=one.id)
    assert (decided.state, decided.by_this, decided.by_name) == (HeldState.APPROVED, True, "Mo 1")
    for decision in Decision:
        with transaction():
            second = decide(held, decision, actor_id=two.id, reason="late")
        assert (second.state, second.by_this, second.by_name) == (HeldState.APPROVED, False, "Mo 1")
    with transaction():
        assert withdraw(held).by_this is False
    assert subjects() == ["First"]
    assert held.post_id is not None
    entries = db.session.scalars(select(LogEntry).where(LogEntry.object_kind == "held_post")).all()
    assert [(entry.act, entry.actor_id) for entry in entries] == [("hold", None), ("approve", one.id)]
    assert db.session.scalars(select(Task.target_id).where(Task.kind == "notice.approved")).all() == [held.id]


def test_rejecting_and_returning_need_a_reason_and_change_nothing_without(core: Flask) -> None:
    group = a_group(moderate=Moderate.ALL)
    ann = a_member("ann@example.org", "Ann Lee", group)
    held = held_row(post(ann, group))
    for decision in (Decision.REJECT, Decision.RETURN):
        with pytest.raises(NotPossible, match="Write a reason"), transaction():
            decide(held, decision, actor_id=ann.id, reason=" \n")
    assert held.state is HeldState.WAITING
    with transaction():
        decide(held, Decision.RETURN, actor_id=ann.id, reason=" Say where. ")
    assert (held.state, held.reason, held.post_id) == (HeldState.RETURNED, "Say where.", None)


def test_nothing_is_approved_for_who_may_not_post(core: Flask) -> None:
    group = a_group(moderate=Moderate.ALL)
    ann = a_member("ann@example.org", "Ann Lee", group)
    held = held_row(post(ann, group))
    with transaction():
        leave(ann, group, actor_id=ann.id)
    with pytest.raises(NotPossible, match="not a member of Cardiology"), transaction():
        decide(held, Decision.APPROVE, actor_id=ann.id)
    with transaction():
        membership = add_to_group(ann, group)
        set_standing(membership, Standing.BANNED, actor_id=None)
    with pytest.raises(NotPossible, match="banned from Cardiology"), transaction():
        decide(held, Decision.APPROVE, actor_id=ann.id)
    assert held.state is HeldState.WAITING
    assert subjects() == []


def test_confirming_lets_out_what_waited_only_for_that(core: Flask) -> None:
    group, read_first = a_group(), a_group("slow", "Slow", moderate=Moderate.ALL)
    ann = a_member("ann@example.org", "Ann Lee", group, read_first)
    quick = held_row(post(ann, group, "Quick", assurance=Assurance.CLAIMED, via=Via.MAIL))
    slow = held_row(post(ann, read_first, "Slow", assurance=Assurance.CLAIMED, via=Via.MAIL))
    assert waits_for_author(quick)
    assert count_held_for_assurance([group.id, read_first.id]) == 1
    with transaction():
        assert confirm(quick).state is HeldState.APPROVED
        assert confirm(slow).state is HeldState.WAITING
    with transaction():
        again = confirm(quick)
    assert (again.state, again.by_this) == (HeldState.APPROVED, False)
    assert subjects() == ["Quick"]
    assert not waits_for_author(slow)
    assert [finding["rule"] for finding in slow.findings] == ["moderated"]
    with transaction():
        assert withdraw(slow).state is HeldState.WITHDRAWN


def test_what_waited_for_admission_goes_out_in_order_unless_more_was_found(core: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee")
    with transaction():
        membership = ask_to_join(ann, group)
    for subject, assurance in (("One", Assurance.PROVEN), ("Two", Assurance.CLAIMED), ("Three", Assurance.PROVEN)):
        held_row(post(ann, group, subject, assurance=assurance, via=Via.MAIL))
    with transaction():
        assert release_pending(membership.id) == 0
        admit(membership, actor_id=None)
        assert release_pending(membership.id) == 2
    with transaction():
        assert release_pending(membership.id) == 0
    assert subjects() == ["One", "Three"]
    with transaction():
        leave(ann, group, actor_id=ann.id)
        assert release_pending(membership.id) == 0


def test_moderators_see_what_waits_in_their_groups_and_how_its_author_has_fared(core: Flask) -> None:
    group, other = a_group(moderate=Moderate.ALL), a_group("other", "Other", moderate=Moderate.ALL)
    ann = a_member("ann@example.org", "Ann Lee", group, other)
    mod = a_member("mod@example.org", "Mo Dee", group, role=Role.MODERATOR)
    rows = [held_row(post(ann, group, subject)) for subject in ("A", "B", "C", "D")]
    elsewhere = held_row(post(ann, other, "Elsewhere"))
    viewer = viewer_of(mod)
    assert viewer is not None
    assert count_waiting(viewer) == 4
    assert held_to_moderate(viewer, elsewhere.public_id) is None
    assert held_to_moderate(viewer, rows[0].public_id) == rows[0]
    with transaction():
        decide(rows[0], Decision.APPROVE, actor_id=mod.id)
        decide(rows[1], Decision.REJECT, actor_id=mod.id, reason="no")
        decide(rows[2], Decision.RETURN, actor_id=mod.id, reason="where")
    history = history_of(ann.id, group.id)
    assert (history.posts, history.approved, history.sent_back, history.waiting) == (1, 1, 2, 1)
    joined = membership_of(ann.id, group.id)
    assert joined is not None
    assert history.joined_at == joined.joined_at
    assert [row.subject for row in held_page([group.id])] == ["D"]
    assert [row.subject for row in held_page([group.id], state=None, after=rows[0].id, limit=2)] == ["B", "C"]
    with transaction():
        rows[2].private = True
    assert history_of(ann.id, group.id).sent_back == 1, "what its author alone may see is not counted"


def test_what_its_author_confirms_goes_by_the_rules_of_today(core: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    muted, read = (
        held_row(post(ann, group, subject, via=Via.MAIL, assurance=Assurance.CLAIMED)) for subject in ("One", "Two")
    )
    membership = membership_of(ann.id, group.id)
    assert membership is not None
    with transaction():
        set_standing(membership, Standing.MUTED, actor_id=None, until=now() + timedelta(days=1))
    with pytest.raises(NotPossible, match="You cannot post to Cardiology"), transaction():
        confirm(muted)
    assert (muted.state, muted.assurance, subjects()) == (HeldState.WAITING, Assurance.CLAIMED, [])
    with transaction():
        set_standing(membership, Standing.ACTIVE, actor_id=None)
        group.moderate = Moderate.ALL
    with transaction():
        assert confirm(read).state is HeldState.WAITING
    assert [finding["rule"] for finding in read.findings] == ["moderated"]
    assert subjects() == []


def test_what_waited_for_admission_stays_with_who_is_banned_from_the_community_since(core: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee")
    with transaction():
        asking = ask_to_join(ann, group)
    held = held_row(post(ann, group, "First"))
    root = membership_of(ann.id, community().id)
    assert root is not None
    with transaction():
        admit(asking, actor_id=None)
        set_standing(root, Standing.BANNED, actor_id=None)
    with transaction():
        assert release_pending(asking.id) == 0
    assert held.state is HeldState.WAITING


def test_who_moderates_no_longer_approves_nothing_more(core: Flask) -> None:
    group = a_group(moderate=Moderate.ALL, quota=None)
    ann = a_member("ann@example.org", "Ann Lee", group)
    moe = a_member("moe@example.org", "Moe Vance", group, role=Role.MODERATOR)
    first, _second = (held_row(post(ann, group, subject)) for subject in ("First", "Second"))
    with transaction():
        approve_all_of_author(first, actor_id=moe.id)
        membership_of(moe.id, group.id).role = Role.MEMBER
    with transaction():
        assert approve_next_of_author(first.id, moe.id) == 0
    assert subjects() == ["First"]
    with transaction():
        membership_of(moe.id, group.id).role = Role.MODERATOR
    with transaction():
        assert approve_next_of_author(first.id, moe.id) == 1
    assert subjects() == ["First", "Second"]


def test_approving_all_lets_out_nothing_that_came_or_was_changed_after_that_word(core: Flask, move_clock) -> None:
    group = a_group(moderate=Moderate.ALL, quota=None)
    ann = a_member("ann@example.org", "Ann Lee", group)
    moe = a_member("moe@example.org", "Moe Vance", group, role=Role.MODERATOR)
    first, _second, third = (held_row(post(ann, group, subject)) for subject in ("First", "Second", "Third"))
    with transaction():
        approve_all_of_author(first, actor_id=moe.id)
    move_clock(60)
    held_row(post(ann, group, "Fourth"))
    with transaction():
        assert isinstance(resubmit(third, "Other words.", subject="Third"), Held)
    with transaction():
        assert approve_next_of_author(first.id, moe.id) == 1
    assert subjects() == ["First", "Second"]
