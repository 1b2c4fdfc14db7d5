"""The author's second word: other words go through the gate again, and past nothing that stood before."""

import pytest
from sqlalchemy import select

from forum.clock import now
from forum.db import db, transaction
from forum.groups.actions import NotPossible
from forum.groups.models import Moderate
from forum.moderation.shown import check_unchanged
from forum.posting.models import HeldPost, HeldState
from forum.posting.outcomes import Held, Published, Returned
from forum.posting.resubmit import ask_moderator, resubmit
from forum.threads.models import Via
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
