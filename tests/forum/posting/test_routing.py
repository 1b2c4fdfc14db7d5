"""New threads about health policy go to the room that a rule names, and to nobody who should not have them."""

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select

from forum.db import db, transaction
from forum.groups.actions import create_group
from forum.groups.joining import add_to_group
from forum.groups.models import Assurance, Group, Kind, Moderate
from forum.log import LogEntry
from forum.moderation.actions import Decision, decide
from forum.posting.models import HeldPost
from forum.posting.outcomes import Duplicate, Held, Outcome, Published, Returned
from forum.posting.resubmit import look_at_other_words, resubmit
from forum.posting.submit import look_at, submit
from forum.queue import Task
from forum.rulebook.actions import add_rule
from forum.rulebook.examples import default_examples
from forum.rulebook.models import RuleSighting
from forum.rules.findings import Severity
from forum.rules.submission import Submission
from forum.rules.terms import Mode, Terms
from forum.threads.models import Post, TextFormat, Thread, Via
from tests.people import a_group, a_member, post

POLICY = (
    "The state medical board changed the license renewal form, and the new Medicare billing codes take effect in"
    " January. How does your practice prepare?"
)
PARTISAN = "Vote these clowns out in November. The Republicans in Congress want your patients to go bankrupt."
SENTENCE = "Cardiology leaves out politics of every kind."
OPTIONS = {"allowed": ["clinical"]}


@pytest.fixture
def cardiology(core: Flask) -> Group:
    return a_group()


@pytest.fixture
def room(cardiology: Group) -> Group:
    """The advocacy room below Cardiology, to which the rule of Cardiology sends such threads."""
    with transaction():
        made = create_group("advocacy", "Advocacy", parent=cardiology, kind=Kind.INTEREST)
        caught, passing = default_examples("political", OPTIONS)
        terms = Terms(SENTENCE, "Why.", "political", OPTIONS, mode=Mode.ON, caught=caught, passing=passing)
        add_rule(cardiology, "no-politics", replace(terms, room_id=made.id), actor_id=None)
    return made


def by_mail(author_id: int, group: Group, text: str = POLICY) -> Submission:
    return Submission(
        group_id=group.id,
        author_id=author_id,
        byline="Ann Lee",
        assurance=Assurance.PROVEN,
        via=Via.MAIL,
        subject="The new form",
        text=text,
        text_format=TextFormat.PLAIN,
        author_message_id="<one@sender.example>",
    )


def sent(submission: Submission) -> Outcome:
    with transaction():
        return submit(submission)


def place_of(outcome: Outcome) -> int:
    """The group where a published post stands."""
    assert isinstance(outcome, Published)
    return db.session.get_one(Thread, outcome.thread_id).group_id


def waiting_tasks(kind: str) -> list[tuple[int, int | None]]:
    rows = select(Task.target_id, Task.other_id).where(Task.kind == kind)
    return [(row[0], row[1]) for row in db.session.execute(rows)]


def test_a_new_thread_about_policy_goes_to_the_room_and_says_so(cardiology: Group, room: Group) -> None:
    ann = a_member("ann@example.org", "Ann Lee", cardiology, room)
    mail = by_mail(ann.id, cardiology)
    seen = look_at(mail)
    assert [(each.rule, each.severity) for each in seen.findings] == [("no-politics", Severity.ADVISE)]
    assert seen.findings[0].sentence.startswith(SENTENCE)
    assert "it goes to Advocacy" in seen.findings[0].sentence
    assert "/g/advocacy" in seen.findings[0].sentence
    outcome = sent(mail)
    assert isinstance(outcome, Published)
    assert (place_of(outcome), outcome.findings) == (room.id, seen.findings)
    # The same mail again is known, to the group as well as to the room.
    for group in (cardiology, room):
        assert sent(by_mail(ann.id, group)) == Duplicate(outcome.post_id, None)
    assert waiting_tasks("notice.routed") == [(outcome.post_id, cardiology.id)]
    entry = db.session.scalars(select(LogEntry).where(LogEntry.act == "route")).one()
    assert (entry.object_id, entry.group_id, entry.undo) == (outcome.post_id, cardiology.id, "erase the post")
    counted = select(RuleSighting.group_id, RuleSighting.post_id, RuleSighting.label)
    assert db.session.execute(counted).all() == [(cardiology.id, outcome.post_id, "policy")]


def test_a_mail_to_both_the_room_and_the_group_is_one_thread(cardiology: Group, room: Group) -> None:
    ann = a_member("ann@example.org", "Ann Lee", cardiology, room)
    first = sent(by_mail(ann.id, room))
    assert place_of(first) == room.id
    assert isinstance(first, Published)
    assert sent(by_mail(ann.id, cardiology)) == Duplicate(first.post_id, None)
    assert sent(by_mail(ann.id, cardiology)) == Duplicate(first.post_id, None)


def test_who_may_not_write_in_the_room_and_what_is_partisan_waits_here(cardiology: Group, room: Group) -> None:
    ann, ben = (a_member(f"{name}@example.org", name.title(), cardiology) for name in ("ann", "ben"))
    with transaction():
        add_to_group(ben, room)
    outcome = post(ann, cardiology, text=POLICY)
    assert isinstance(outcome, Held)
    assert "The place for this is Advocacy: http" in outcome.findings[0].sentence
    partisan = post(ben, cardiology, text=PARTISAN)
    assert isinstance(partisan, Held)
    assert "Advocacy" not in partisan.findings[0].sentence
    begun = post(ben, cardiology, "Metoprolol", "Which dose do you start with in an old man?")
    assert isinstance(begun, Published)
    answer = post(ben, cardiology, "", POLICY, answers=begun.post_id)
    assert isinstance(answer, Held)
    assert "The place for this is Advocacy" in answer.findings[0].sentence
    with transaction():
        asked = submit(replace(by_mail(ben.id, cardiology), asks_moderator=True))
    assert isinstance(asked, Held)
    with transaction():
        room.listed = False
    unaware = post(ann, cardiology, text=POLICY + " And when?")
    assert isinstance(unaware, Held)
    assert "Advocacy" not in unaware.findings[0].sentence


def test_what_the_room_would_send_back_waits_where_it_was_sent(cardiology: Group, room: Group) -> None:
    ann = a_member("ann@example.org", "Ann Lee", cardiology, room)
    with transaction():
        room.quota = 0
    outcome = post(ann, cardiology, text=POLICY)
    assert isinstance(outcome, Held)
    assert db.session.get_one(HeldPost, outcome.held_id).group_id == cardiology.id


def test_in_a_room_that_is_moderated_it_waits_for_the_moderators_of_the_room(cardiology: Group, room: Group) -> None:
    ann = a_member("ann@example.org", "Ann Lee", cardiology, room)
    with transaction():
        room.moderate = Moderate.ALL
    outcome = sent(by_mail(ann.id, cardiology))
    assert isinstance(outcome, Held)
    assert [each.rule for each in outcome.findings] == ["moderated", "no-politics"]
    held = db.session.get_one(HeldPost, outcome.held_id)
    assert held.group_id == room.id
    assert sent(by_mail(ann.id, cardiology)) == Duplicate(None, held.id)
    with transaction():
        decide(held, Decision.APPROVE, actor_id=ann.id)
    published = db.session.scalars(select(Post)).one()
    assert published.thread.group_id == room.id
    assert sent(by_mail(ann.id, cardiology)) == Duplicate(published.id, None)


def test_nothing_leads_out_of_a_circle(cardiology: Group, room: Group) -> None:
    with transaction():
        circle = create_group("eight", "Eight", parent=cardiology, kind=Kind.CIRCLE)
    ann = a_member("ann@example.org", "Ann Lee", cardiology, room, circle)
    outcome = post(ann, circle, text=POLICY)
    assert isinstance(outcome, Held)
    assert db.session.get_one(HeldPost, outcome.held_id).group_id == circle.id


def test_a_group_beside_the_room_that_inherits_the_rule_sends_there_too(cardiology: Group, room: Group) -> None:
    with transaction():
        sibling = create_group("pacing", "Pacing", parent=cardiology)
    ann = a_member("ann@example.org", "Ann Lee", sibling, room)
    assert place_of(post(ann, sibling, text=POLICY)) == room.id


def test_other_words_of_what_came_back_go_to_the_room_too(cardiology: Group, room: Group) -> None:
    ann = a_member("ann@example.org", "Ann Lee", cardiology, room)
    with transaction():
        cardiology.quota = 0
    returned = sent(by_mail(ann.id, cardiology, "Something else."))
    assert isinstance(returned, Returned)
    with transaction():
        cardiology.quota = None
    held = db.session.get_one(HeldPost, returned.held_id)
    seen = look_at_other_words(held, POLICY)
    assert "it goes to Advocacy" in seen.findings[0].sentence
    with transaction():
        outcome = resubmit(held, POLICY)
    assert isinstance(outcome, Published)
    assert (place_of(outcome), outcome.findings) == (room.id, seen.findings)
    assert (held.state, held.post_id, held.group_id, held.private) == ("approved", outcome.post_id, room.id, False)
    assert waiting_tasks("notice.routed") == [(outcome.post_id, cardiology.id)]
