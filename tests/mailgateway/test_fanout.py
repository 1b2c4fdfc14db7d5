"""Who gets a copy: one row a reader, made once, for who may read and wants to."""

from datetime import timedelta

from sqlalchemy import select

from forum.accounts.models import Address, PauseReason
from forum.accounts.preferences import go_away
from forum.clock import now
from forum.db import db, transaction
from forum.groups.choices import set_delivery, set_own_copy
from forum.groups.models import Delivery as DeliveryMode
from forum.groups.models import Moderate, Role, Standing
from forum.groups.queries import community, membership_of
from forum.groups.standing import set_standing
from forum.queue import Task, enqueue
from forum.work import work_once, workers
from mailgateway.models import Delivery
from tests.gateway import notices
from tests.people import a_group, a_member, post


def fan_out(core) -> None:
    work_once(core, {"fan_out": workers()["fan_out"]}, "test")
    db.session.rollback()


def readers() -> list[int]:
    return list(db.session.scalars(select(Delivery.member_id).order_by(Delivery.member_id)))


def test_only_who_may_read_and_wants_single_mails_gets_a_copy(core) -> None:
    group = a_group()
    members = {
        name: a_member(f"{name}@example.org", name, group)
        for name in ("author", "reader", "muted", "banned", "outcast", "pending", "digest", "none", "bouncing")
    }
    a_member("elsewhere@example.org", "Elsewhere")
    with transaction():
        for name in ("muted", "banned", "pending"):
            membership = membership_of(members[name].id, group.id)
            if name == "muted":
                membership.muted_until = now() + timedelta(days=1)
            membership.standing = Standing(name)
        set_standing(membership_of(members["outcast"].id, community().id), Standing.BANNED, actor_id=None)
        for name in ("digest", "none"):
            set_delivery(membership_of(members[name].id, group.id), DeliveryMode(name), actor_id=None)
        bouncing = db.session.scalars(select(Address).where(Address.member_id == members["bouncing"].id)).one()
        bouncing.bouncing_since, bouncing.pause_reason = now(), PauseReason.BOUNCES
    post(members["author"], group)
    fan_out(core)
    assert readers() == sorted(members[name].id for name in ("author", "reader", "muted"))


def test_a_second_run_and_a_second_group_make_no_second_row(core) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    bea = a_member("bea@example.org", "Bea Okafor", group)
    made = post(ann, group)
    with transaction():
        enqueue("fan_out", made.post_id)
    fan_out(core)
    assert readers() == [ann.id, bea.id]


def test_authors_may_do_without_their_own_copy(core) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    with transaction():
        set_own_copy(membership_of(ann.id, group.id), False, actor_id=ann.id)
    post(ann, group)
    fan_out(core)
    assert readers() == []


def test_who_is_away_gets_a_row_again_when_the_absence_is_over(core, move_clock) -> None:
    group = a_group()
    ann, bea = a_member("ann@example.org", "Ann Lee", group), a_member("bea@example.org", "Bea Okafor", group)
    with transaction():
        go_away(ann, now() + timedelta(days=1))
    post(bea, group)
    fan_out(core)
    assert readers() == [bea.id]
    move_clock(25 * 3600)
    post(bea, group)
    fan_out(core)
    assert sorted(readers()) == [ann.id, bea.id, bea.id]


def test_an_announcement_is_a_copy_for_everybody_but_who_wants_no_mail(core) -> None:
    group = a_group()
    moe = a_member("moe@example.org", "Moe Idris", group, role=Role.MODERATOR)
    members = {mode: a_member(f"{mode}@example.org", mode, group) for mode in DeliveryMode}
    with transaction():
        for mode, member in members.items():
            set_delivery(membership_of(member.id, group.id), mode, actor_id=None)
    post(moe, group, "[special] The meeting has moved")
    fan_out(core)
    assert readers() == sorted([moe.id, *(member.id for mode, member in members.items() if mode != "none")])


def test_each_moderator_but_the_author_is_told_of_a_held_post(core) -> None:
    group = a_group(moderate=Moderate.ALL)
    for name in ("moe", "mia"):
        a_member(f"{name}@example.org", name, group, role=Role.MODERATOR)
    ann = a_member("ann@example.org", "Ann Lee", group)
    post(ann, group)
    fan_out(core)
    assert notices() == ["held", "held_for_moderators", "held_for_moderators"]
    assert not db.session.scalars(select(Task).where(Task.set_aside_at.is_not(None))).all()
