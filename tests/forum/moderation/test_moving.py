"""A held post goes to another group, and the ready reasons of a group and of those above it."""

from collections.abc import Sequence

import pytest
from flask import Flask
from sqlalchemy import select

from forum.db import db, transaction
from forum.groups.actions import NotPossible, create_group
from forum.groups.joining import add_to_group
from forum.groups.models import Group, Kind, Moderate, Role
from forum.groups.queries import community
from forum.groups.rights import viewer_of
from forum.log import LogEntry
from forum.moderation.moving import move_held, place_to_move, places_to_move
from forum.moderation.templates import add_template, change_template, remove_template, templates_for, worded
from forum.posting.models import HeldPost, HeldState
from forum.posting.outcomes import Held
from forum.queue import Task
from forum.threads.models import Post, Thread
from tests.people import a_group, a_member, post


def a_held_post(author, group: Group, subject: str = "Re: Fees") -> HeldPost:
    outcome = post(author, group, subject, "What the code pays now.")
    assert isinstance(outcome, Held)
    return db.session.get_one(HeldPost, outcome.held_id)


def asked(kind: str) -> Sequence[tuple[int, int | None]]:
    rows = db.session.execute(select(Task.target_id, Task.other_id).where(Task.kind == kind).order_by(Task.id))
    return [(row[0], row[1]) for row in rows]


def test_a_moved_post_goes_out_or_waits_as_the_other_group_has_it(core: Flask) -> None:
    ward, room = a_group(moderate=Moderate.ALL), a_group("advocacy", "Advocacy")
    strict = a_group("strict", "Strict", moderate=Moderate.ALL)
    ann = a_member("ann@example.org", "Ann", ward, room, strict)
    mod = a_member("mo@example.org", "Mo", ward, role=Role.MODERATOR)
    mia = a_member("mia@example.org", "Mia", ward, role=Role.MODERATOR)
    with transaction():
        for group in (room, strict):
            add_to_group(mod, group)
    viewer = viewer_of(mod)
    assert viewer is not None
    out, waits = a_held_post(ann, ward), a_held_post(ann, ward, "Second")
    with transaction():
        target = place_to_move(viewer, out, "advocacy@lists.localhost".partition("@")[0])
        moved = move_held(out, target, actor_id=mod.id, reason="This is about fees.")
        again = move_held(out, target, actor_id=mod.id)
        move_held(waits, place_to_move(viewer, waits, "STRICT"), actor_id=mod.id)
    assert (moved.state, moved.by_this, again.by_this) == (HeldState.APPROVED, True, False)
    published = db.session.scalars(select(Post)).one()
    thread = db.session.get_one(Thread, published.thread_id)
    assert (thread.group_id, thread.subject, published.author_id) == (room.id, "Fees", ann.id)
    assert (waits.state, waits.group_id) == (HeldState.WAITING, strict.id)
    # Its author, the other moderators of the first group, and those of the second hear of it.
    assert asked("notice.moved_held") == [(out.id, ward.id), (waits.id, ward.id)]
    assert asked("notice.held_moved_away") == [(out.id, mia.id), (waits.id, mia.id)]
    assert asked("moderators.held")[-1] == (waits.id, None)
    logged = select(LogEntry.group_id, LogEntry.undo).where(LogEntry.act == "move").order_by(LogEntry.id)
    assert [tuple(row) for row in db.session.execute(logged)] == [
        (ward.id, "erase the post"),
        (ward.id, "move to cardiology"),
    ]


def test_a_post_goes_only_where_its_author_and_its_words_may_be(core: Flask) -> None:
    ward, other = a_group(moderate=Moderate.ALL), a_group("er", "ER")
    circle = a_group("evening", "Evening", kind=Kind.CIRCLE, listed=False, moderate=Moderate.ALL)
    ann = a_member("ann@example.org", "Ann", ward, circle)
    mod = a_member("mo@example.org", "Mo", ward, other, circle, role=Role.MODERATOR)
    held, inside = a_held_post(ann, ward), a_held_post(ann, circle)
    viewer = viewer_of(mod)
    assert viewer is not None
    assert {group.slug for group in places_to_move(viewer, held)} == {"community", "evening"}
    assert not places_to_move(viewer, inside)
    for each, slug, wrong in (
        (held, "er", "cannot be moved"),
        (held, "nowhere", "cannot be moved"),
        (held, "cardiology", "already"),
        (inside, "cardiology", "stays inside"),
    ):
        with pytest.raises(NotPossible, match=wrong):
            place_to_move(viewer, each, slug)
    # Whoever has lost the right to post there meanwhile is asked by the gate.
    with transaction(), pytest.raises(NotPossible, match=r"In ER it could not be posted: .* not a member of ER"):
        move_held(held, other, actor_id=mod.id)
    assert (held.state, held.group_id) == (HeldState.WAITING, ward.id)


def test_ready_reasons_come_down_the_tree_and_the_nearest_wins(core: Flask) -> None:
    ward = a_group()
    with transaction():
        below = create_group("icu", "ICU", parent=ward)
        add_template(community(), "Off-topic", "Not for this community.", actor_id=None)
        late = add_template(community(), "twice", "It is here already.", actor_id=None)
        own = add_template(ward, "off-topic", "This room is for hearts.", actor_id=None)
        with pytest.raises(NotPossible, match="already"):
            add_template(ward, "OFF-TOPIC", "Again.", actor_id=None)
    assert [each.words for each in templates_for(below)] == ["This room is for hearts.", "It is here already."]
    assert worded(below, "Off-topic.") == "This room is for hearts."
    assert worded(below, "off-topic, and late") == "off-topic, and late"
    with transaction():
        change_template(own, "off-topic", "Hearts only.", actor_id=None)
        remove_template(late, actor_id=None)
    assert [each.words for each in templates_for(below)] == ["Hearts only."]
    undo = select(LogEntry.undo).where(LogEntry.object_kind == "reason_template").order_by(LogEntry.id)
    assert db.session.scalars(undo).all()[-2:] == [
        "change reason off-topic to off-topic: This room is for hearts.",
        "add reason twice: It is here already.",
    ]
