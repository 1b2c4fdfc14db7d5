"""For any post and member there is one true sentence on what became of it there."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from forum.accounts.models import Member, PauseReason
from forum.clock import now
from forum.db import db, transaction
from forum.groups.choices import set_delivery, set_own_copy
from forum.groups.leaving import leave
from forum.groups.models import Delivery as Choice
from forum.groups.models import Group, Membership, Standing
from forum.groups.queries import membership_of
from forum.groups.standing import set_standing
from forum.posting.outcomes import Published
from forum.threads.following import choose_thread
from forum.threads.models import Choice as Wish
from forum.threads.models import Post, Thread
from mailgateway.models import Delivery, DeliveryState
from mailgateway.retention import fold_deliveries
from mailgateway.trace import latest_posts_for, posts_named, trace
from tests.gateway import do_mail_work
from tests.people import a_group, a_member
from tests.people import post as submit_post


@pytest.fixture
def ann(core: Flask) -> Member:
    return a_member("ann@example.org", "Ann Lee", a_group())


@pytest.fixture
def bea(ann: Member) -> Member:
    return a_member("bea@example.org", "Bea Okafor", cardiology())


def cardiology() -> Group:
    return db.session.scalars(select(Group).where(Group.slug == "cardiology")).one()


def publish(author: Member) -> Post:
    outcome = submit_post(author, cardiology())
    assert isinstance(outcome, Published)
    return db.session.get_one(Post, outcome.post_id)


def the_membership(member: Member) -> Membership:
    found = membership_of(member.id, cardiology().id)
    assert found is not None
    return found


def sentence(post: Post, member: Member) -> tuple[bool | None, str]:
    db.session.expire_all()
    fate = trace(post, member)
    return fate.got, fate.sentence


def test_before_the_fan_out_while_it_waits_and_when_it_is_sent(core: Flask, ann: Member, bea: Member) -> None:
    post = publish(ann)
    assert sentence(post, bea) == (False, "The copies of this post have not been made yet.")
    do_mail_work(core)
    fate = trace(post, bea)
    assert (fate.got, fate.at is not None) == (True, True)
    assert fate.sentence.startswith("It was sent to bea@example.org on 20")
    with transaction():
        db.session.execute(
            update(Delivery).values(state=DeliveryState.WAITING, done_at=None, attempts=2, error="deferred: 450 later")
        )
    got, words = sentence(post, bea)
    assert got is None
    assert words.startswith("It was tried 2 times, the last time with: deferred: 450 later. The next try for bea@")


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (DeliveryState.REFUSED, "The relay refused bea@example.org for good on"),
        (DeliveryState.GIVEN_UP, "Sending to bea@example.org was given up after 1 tries, on"),
        (DeliveryState.SKIPPED, "A copy was made and not sent: 550 no such user."),
    ],
)
def test_what_ended_otherwise_says_how(core: Flask, ann: Member, bea: Member, state: DeliveryState, words: str) -> None:
    post = publish(ann)
    do_mail_work(core)
    with transaction():
        db.session.execute(update(Delivery).values(state=state, error="550 no such user"))
    got, found = sentence(post, bea)
    assert (got, found[: len(words)]) == (False, words)


def test_what_has_folded_into_a_summary_is_still_told(core: Flask, ann: Member, bea: Member) -> None:
    post = publish(ann)
    do_mail_work(core)
    fold_deliveries(now() + timedelta(days=60))
    got, words = sentence(post, bea)
    assert (got, words.startswith("It was sent to Bea Okafor between 20")) == (True, True)


def test_who_was_not_there(core: Flask, ann: Member, bea: Member, move_clock) -> None:
    late_group = cardiology()
    post = publish(ann)
    do_mail_work(core)
    move_clock(3600)
    cy = a_member("cy@example.org", "Cy Roth", late_group)
    outside = a_member("dee@example.org", "Dee Fox")
    assert "Cy Roth joined Cardiology on" in sentence(post, cy)[1]
    assert sentence(post, outside) == (False, "Dee Fox is not a member of Cardiology.")
    with transaction():
        leave(bea, late_group, actor_id=bea.id)
    move_clock(7200)
    later = publish(ann)
    do_mail_work(core)
    assert sentence(later, bea)[1].startswith("Bea Okafor left Cardiology on")
    assert sentence(post, bea)[0] is True


def test_what_was_chosen_when_it_went_out_counts_and_not_what_is_chosen_today(
    core: Flask, ann: Member, bea: Member, move_clock
) -> None:
    with transaction():
        set_delivery(the_membership(bea), Choice.NONE, actor_id=bea.id)
        set_own_copy(the_membership(ann), False, actor_id=ann.id)
    move_clock(60)
    post = publish(ann)
    do_mail_work(core)
    move_clock(120)
    with transaction():
        set_delivery(the_membership(bea), Choice.SINGLE, actor_id=bea.id)
    assert sentence(post, bea) == (False, "Bea Okafor had chosen no mail from Cardiology.")
    assert sentence(post, ann) == (False, "Ann Lee wrote it, and wants no copies of the own posts in Cardiology.")


def test_bans_mutes_pauses_and_followed_threads(core: Flask, ann: Member, bea: Member, move_clock) -> None:
    first = publish(ann)
    do_mail_work(core)
    thread = db.session.get_one(Thread, first.thread_id)
    with transaction():
        choose_thread(bea.id, thread, Wish.MUTE)
    move_clock(60)
    outcome = submit_post(ann, cardiology(), answers=first.id)
    assert isinstance(outcome, Published)
    second = db.session.get_one(Post, outcome.post_id)
    do_mail_work(core)
    assert sentence(second, bea) == (False, "Bea Okafor has muted this thread or one of its tags.")
    with transaction():
        choose_thread(bea.id, thread, None)
        set_delivery(the_membership(bea), Choice.FOLLOWED, actor_id=bea.id)
    move_clock(120)
    third = publish(ann)
    do_mail_work(core)
    assert "gets only followed threads" in sentence(third, bea)[1]
    with transaction():
        set_delivery(the_membership(bea), Choice.SINGLE, actor_id=bea.id)
        address = bea.addresses[0]
        db.session.get_one(type(address), address.id).bouncing_since = now()
        db.session.get_one(type(address), address.id).pause_reason = PauseReason.BOUNCES
    move_clock(180)
    fourth = publish(ann)
    do_mail_work(core)
    assert "Mail to bea@example.org is paused since" in sentence(fourth, bea)[1]
    with transaction():
        set_standing(the_membership(bea), Standing.BANNED, actor_id=None)
    move_clock(240)
    fifth = publish(ann)
    do_mail_work(core)
    assert sentence(fifth, bea) == (False, "Bea Okafor had no standing in Cardiology (banned).")


def test_posts_are_found_by_any_of_their_ids_and_a_members_latest_first(core: Flask, ann: Member) -> None:
    first, second = publish(ann), publish(ann)
    for name in (first.message_id, first.message_id.strip("<>"), first.public_id):
        assert [post.id for post in posts_named(name)] == [first.id]
    assert posts_named("<nothing@example.org>") == []
    assert [post.id for post in latest_posts_for(ann, 5)] == [second.id, first.id]
