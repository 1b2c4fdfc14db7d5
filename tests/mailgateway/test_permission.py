"""Whether a copy goes, and the reason when it does not."""

from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from forum.accounts.models import Address, Member, PauseReason
from forum.accounts.preferences import go_away
from forum.clock import now
from forum.db import db, transaction
from forum.groups.choices import set_delivery, set_own_copy
from forum.groups.leaving import leave
from forum.groups.models import Delivery as Mode
from forum.groups.models import Group, Standing
from forum.groups.queries import community, membership_of
from forum.groups.standing import set_standing
from forum.posting.outcomes import Published
from forum.queue import Task
from forum.threads.following import choose_tag, choose_thread
from forum.threads.models import Choice, Post, Thread
from mailgateway.delivery_receipts import skip
from mailgateway.fanout import fan_out
from mailgateway.models import Delivery, DeliveryState
from mailgateway.permission import Skip, may_go
from tests.people import a_group, a_member, post


def a_post(author: Member, group: Group, subject: str = "Which lead is this? #ecg") -> Post:
    outcome = post(author, group, subject)
    assert isinstance(outcome, Published)
    return db.session.get_one(Post, outcome.post_id)


def copy_for(member: Member, made: Post) -> int:
    """A copy that waits, as it was made before the member chose anew."""
    with transaction() as session:
        row = Delivery(fan_out_key=made.fan_out_key, post_id=made.id, member_id=member.id, due_at=now())
        session.add(row)
        session.flush()
        return row.id


def pause(member: Member, group: Group) -> None:
    address = db.session.scalars(select(Address).where(Address.member_id == member.id)).one()
    address.bouncing_since, address.pause_reason = now(), PauseReason.BOUNCES


CHANGES = {
    Skip.NO_MAIL: lambda ann, group: set_delivery(membership_of(ann.id, group.id), Mode.NONE, actor_id=None),
    Skip.BY_DIGEST: lambda ann, group: set_delivery(membership_of(ann.id, group.id), Mode.WEEKLY, actor_id=None),
    Skip.NOT_FOLLOWED: lambda ann, group: set_delivery(membership_of(ann.id, group.id), Mode.FOLLOWED, actor_id=None),
    Skip.NOT_SPECIAL: lambda ann, group: set_delivery(membership_of(ann.id, group.id), Mode.SPECIALS, actor_id=None),
    Skip.MUTED: lambda ann, group: choose_tag(ann.id, group.id, "ecg", Choice.MUTE),
    Skip.AWAY: lambda ann, group: go_away(ann, now() + timedelta(days=3)),
    Skip.PAUSED: pause,
    Skip.NO_STANDING: lambda ann, group: leave(ann, group, actor_id=ann.id),
}


@pytest.mark.parametrize("reason", CHANGES)
def test_each_change_since_has_its_own_words(core: Flask, reason: Skip) -> None:
    group = a_group()
    ann, bea = a_member("ann@example.org", "Ann Lee", group), a_member("bea@example.org", "Bea Okafor", group)
    row = copy_for(ann, a_post(bea, group))
    assert [each.delivery_id for each in may_go([row]).going] == [row]
    with transaction():
        CHANGES[reason](ann, group)
    with transaction():
        checked = may_go([row])
        assert (list(checked.going), checked.skipped) == ([], {row: reason})
        skip(checked.skipped)
    settled = db.session.get_one(Delivery, row)
    assert (settled.state, settled.error) == (DeliveryState.SKIPPED, reason.value)
    # A digest, or the summary after an absence, has what was only put off.
    assert settled.for_digest is (reason in (Skip.BY_DIGEST, Skip.AWAY))


def test_own_posts_erased_ones_and_banned_readers_have_theirs_too(core: Flask) -> None:
    group = a_group()
    ann, bea = a_member("ann@example.org", "Ann Lee", group), a_member("bea@example.org", "Bea Okafor", group)
    own, erased, banned = a_post(ann, group), a_post(ann, group, "Another"), a_post(ann, group, "A third")
    rows = [copy_for(ann, own), copy_for(bea, erased), copy_for(bea, banned)]
    with transaction():
        set_own_copy(membership_of(ann.id, group.id), False, actor_id=ann.id)
        erased.erased_at = now()
        set_standing(membership_of(bea.id, community().id), Standing.BANNED, actor_id=None)
    assert may_go(rows).skipped == dict(zip(rows, (Skip.OWN_POST, Skip.ERASED, Skip.NO_STANDING), strict=True))


def test_what_was_settled_meanwhile_stays_so(core: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    row = copy_for(ann, a_post(ann, group))
    with transaction() as session:
        sent = session.get_one(Delivery, row)
        sent.state, sent.done_at = DeliveryState.SENT, now()
    with transaction():
        skip(may_go([row]).skipped)
    assert db.session.get_one(Delivery, row).state is DeliveryState.SENT


MODES = st.sampled_from([mode for mode in Mode if mode not in (Mode.DIGEST, Mode.WEEKLY)])
CHOICES = st.sampled_from([None, Choice.FOLLOW, Choice.MUTE])


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    wishes=st.lists(st.tuples(MODES, CHOICES, CHOICES, CHOICES, st.booleans()), min_size=4, max_size=4),
    special=st.booleans(),
)
def test_copies_are_made_for_those_whose_copies_may_go(
    core: Flask, wishes: list[tuple[Mode, Choice | None, Choice | None, Choice | None, bool]], special: bool
) -> None:
    """The set-wise choice when the copies are made and the last look when they go are one."""
    number = len(db.session.scalars(select(Thread.id)).all())
    group = a_group(f"group-{number}", f"Group {number}")
    readers = [a_member(f"m{number}-{each}@example.org", f"Member {each}", group) for each in range(len(wishes))]
    made = a_post(readers[0], group, "Which lead is this? #ecg #echo")
    with transaction() as session:
        made.special = special
        thread = session.get_one(Thread, made.thread_id)
        for reader, (mode, of_thread, of_ecg, of_echo, own_copy) in zip(readers, wishes, strict=True):
            membership = membership_of(reader.id, group.id)
            membership.delivery, membership.own_copy = mode, own_copy
            choose_thread(reader.id, thread, of_thread)
            choose_tag(reader.id, group.id, "ecg", of_ecg)
            choose_tag(reader.id, group.id, "echo", of_echo)
    with transaction() as session:
        fan_out(session.scalars(select(Task).where(Task.kind == "fan_out", Task.target_id == made.id)).one())
        chosen = set(session.scalars(select(Delivery.member_id).where(Delivery.post_id == made.id)))
        session.execute(delete(Delivery))
    rows = {copy_for(reader, made): reader.id for reader in readers}
    assert {rows[each.delivery_id] for each in may_go(list(rows)).going} == chosen
