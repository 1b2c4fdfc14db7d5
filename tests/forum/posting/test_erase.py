"""An erased post is gone from everything that is kept here, and its place in the thread stays."""

from dataclasses import replace

from flask import Flask
from sqlalchemy import func, select

from forum.db import db, transaction
from forum.groups.models import Moderate, Role
from forum.groups.rights import viewer_of
from forum.log import LogEntry
from forum.moderation.actions import Decision, decide
from forum.posting.erase import erasable, erase, post_to_erase
from forum.posting.models import HeldPost
from forum.posting.outcomes import Held, Published
from forum.queue import Task
from forum.rulebook.actions import add_rule
from forum.rulebook.defaults import default_terms
from forum.rulebook.models import RuleSighting
from forum.rules.findings import Severity
from forum.rules.terms import Mode
from forum.threads.models import Post, Thread
from tests.people import a_group, a_member, post


def published(author, group, **more) -> Post:
    outcome = post(author, group, **more)
    assert isinstance(outcome, Published)
    return db.session.get_one(Post, outcome.post_id)


def test_words_and_excerpt_go_and_the_place_stays(core: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    first = published(ann, group)
    second = published(ann, group, answers=first.id, text="A secret thing.")
    with transaction():
        erase(second, actor_id=ann.id)
        erase(second, actor_id=ann.id)
    db.session.expire_all()
    thread = db.session.scalars(select(Thread)).one()
    assert (second.text, second.html, second.folded, second.subject) == ("", "", "", "")
    assert (thread.posts, thread.last_excerpt, thread.subject) == (2, "", "Locum cover in August")
    kinds = [task.kind for task in db.session.scalars(select(Task).where(Task.target_id == second.id))]
    assert (kinds.count("unindex"), kinds.count("erase.copies")) == (1, 1)
    assert db.session.scalar(select(func.count()).where(LogEntry.act == "erase")) == 1


def test_a_thread_without_words_left_loses_its_subject_too(core: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    only = published(ann, group, subject="Mrs Winter in bed 4")
    with transaction():
        erase(only, actor_id=ann.id)
    assert db.session.scalars(select(Thread.subject)).one() == "(erased)"


def test_the_author_and_moderators_may_and_nobody_else(core: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    bea = a_member("bea@example.org", "Bea Okafor", group)
    mo = a_member("mo@example.org", "Mo Adler", group, role=Role.MODERATOR)
    first = published(ann, group)
    may = {}
    for member in (ann, bea, mo):
        viewer = viewer_of(member)
        assert viewer is not None
        may[member.name] = post_to_erase(viewer, first.public_id) is not None
        assert (first.id in erasable(viewer, [first])) is may[member.name]
    assert may == {"Ann Lee": True, "Bea Okafor": False, "Mo Adler": True}


def test_what_rules_saw_in_an_erased_post_is_forgotten_and_that_they_saw_it_stays(core: Flask) -> None:
    group = a_group(moderate=Moderate.ALL)
    ann, mo = a_member("ann@example.org", "Ann Lee", group), a_member("mo@example.org", "Mo", group, role=Role.OWNER)
    with transaction():
        terms = replace(default_terms("length", {"most": 3}), severity=Severity.ADVISE, mode=Mode.SHADOW)
        add_rule(group, "short", terms, actor_id=None)
    waits = post(ann, group, text="These are four words.")
    assert isinstance(waits, Held)
    with transaction():
        decide(db.session.get_one(HeldPost, waits.held_id), Decision.APPROVE, actor_id=mo.id)
    first, second = db.session.scalars(select(Post)).one(), published(mo, group, text="Four words these are.")
    with transaction():
        erase(first, actor_id=mo.id)
        erase(second, actor_id=mo.id)
    seen = db.session.execute(select(RuleSighting.sentence, RuleSighting.passages)).tuples().all()
    assert list(seen) == [("", []), ("", [])]
