"""The author's second word: other words go through the gate again, and past nothing that stood before."""

import pytest
from sqlalchemy import select

from forum.clock import now
from forum.db import db, transaction
from forum.groups.actions import NotPossible
from forum.groups.models import Assurance, Moderate
from forum.moderation.kept import kept_too_long, tell_or_erase
from forum.moderation.shown import check_unchanged
from forum.posting.models import HeldPost, HeldState
from forum.posting.outcomes import Held, Published, Returned
from forum.posting.resubmit import ask_moderator, resubmit
from forum.posting.submit import submit
from forum.rules.anonymity import OWN_TRACES
from forum.rules.submission import File, Submission
from forum.threads.models import TextFormat, Via
from tests.people import a_group, a_member, post


def test_what_came_back_for_the_quota_does_not_slip_past_it_and_arrives_when_it_goes_out(core, move_clock) -> None:
    group = a_group(quota=1)
    ann = a_member("ann@example.org", "Ann Lee", group)
    assert isinstance(post(ann, group, via=Via.MAIL), Published)
    assert isinstance(post(ann, group, "Two", "More words.", via=Via.MAIL), Returned)
    held = db.session.scalars(select(HeldPost)).one()
    with transaction():
        assert isinstance(resubmit(held, "Other words."), Returned)
    assert (held.text, held.state, held.private) == ("Other words.", HeldState.RETURNED, True)
    came_at = held.created_at
    move_clock(20 * 86_400)
    with transaction():
        assert ask_moderator(held)
    with transaction():
        assert not ask_moderator(held)
    # Its days with the moderators begin here.
    assert (held.created_at - came_at).days == 20
    with transaction():
        outcome = resubmit(held, "Last words.")
    assert isinstance(outcome, Published | Held)
    assert held.text == "Last words."


def test_no_moderator_is_asked_about_a_program(core) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    program = File("dose.exe", "application/octet-stream", b"MZ")
    assert isinstance(post(ann, group, via=Via.MAIL, files=(program,)), Returned)
    held = db.session.scalars(select(HeldPost)).one()
    with transaction(), pytest.raises(NotPossible, match=r"dose\.exe"):
        ask_moderator(held)
    assert held.private


def test_nobody_lets_out_words_that_the_author_has_changed_since_they_were_shown(core, move_clock) -> None:
    group = a_group(moderate=Moderate.ALL)
    ann = a_member("ann@example.org", "Ann Lee", group)
    outcome = post(ann, group)
    assert isinstance(outcome, Held)
    held = db.session.get_one(HeldPost, outcome.held_id)
    shown_at = now()
    with transaction():
        check_unchanged(held, shown_at)
    move_clock(60)
    with transaction():
        assert isinstance(resubmit(held, "Other words."), Held)
    with transaction(), pytest.raises(NotPossible, match="changed the post"):
        check_unchanged(held, shown_at)
    move_clock(120)
    with transaction():
        check_unchanged(held, now())


def test_whoever_changes_what_came_back_or_has_it_looked_at_has_said_who_wrote_it(core) -> None:
    group = a_group(quota=0)
    ann = a_member("ann@example.org", "Ann Lee", group)
    for number in (1, 2):
        assert isinstance(
            post(ann, group, text=f"Question {number}", via=Via.MAIL, assurance=Assurance.CLAIMED), Returned
        )
    changed, asked = db.session.scalars(select(HeldPost).order_by(HeldPost.id))
    assert [row["rule"] for row in asked.findings] == ["quota", "assurance"]
    with transaction():
        assert ask_moderator(asked)
        group.quota = None
    assert [row["rule"] for row in asked.findings] == ["quota"]
    with transaction():
        assert isinstance(resubmit(changed, "Other words."), Published)
    assert {changed.assurance, asked.assurance} == {Assurance.PROVEN}


def test_no_moderator_is_asked_about_the_authors_own_name_in_an_anonymous_post(core) -> None:
    group = a_group(quota=0)
    ann = a_member("ann@example.org", "Ann Lee", group)
    assert isinstance(post(ann, group, via=Via.MAIL), Returned)
    held = db.session.scalars(select(HeldPost)).one()
    with transaction():
        held.findings = [row | {"rule": OWN_TRACES} for row in held.findings]
    with transaction():
        assert not ask_moderator(held)


def test_what_might_tell_who_is_anonymous_stays_with_its_author_when_it_goes_out(core) -> None:
    group = a_group(quota=0, anonymous_posts=True)
    ann = a_member("ann@example.org", "Joy Leeman", group)
    with transaction():
        first = submit(
            Submission(
                group_id=group.id,
                author_id=ann.id,
                byline=ann.name,
                assurance=Assurance.PROVEN,
                via=Via.MAIL,
                subject="Nights",
                text="Is it Joy who works at night, or somebody else from the ward upstairs?",
                text_format=TextFormat.PLAIN,
                anonymous=True,
            )
        )
    assert isinstance(first, Returned)
    held = db.session.scalars(select(HeldPost)).one()
    assert {row["rule"] for row in held.findings} == {"quota", OWN_TRACES}
    with transaction():
        group.quota = None
        outcome = resubmit(held, "Was it Joy who worked at night, or somebody else from the ward upstairs?")
    assert isinstance(outcome, Published)
    assert [each.rule for each in outcome.findings] == [OWN_TRACES]
    assert held.findings == []


def test_what_comes_back_again_is_kept_as_long_again(core, move_clock) -> None:
    group = a_group(quota=0)
    ann = a_member("ann@example.org", "Ann Lee", group)
    assert isinstance(post(ann, group, via=Via.MAIL), Returned)
    move_clock(28 * 86_400)
    with transaction():
        [held_id] = kept_too_long(now())
        tell_or_erase(held_id, now())
    # The mail about it says once more how long it is kept.
    assert isinstance(post(ann, group, via=Via.MAIL), Returned)
    move_clock(32 * 86_400)
    assert list(kept_too_long(now())) == []
    move_clock(56 * 86_400)
    assert list(kept_too_long(now())) == [held_id]
