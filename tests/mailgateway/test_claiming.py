"""Whose copies go next, when more is due than goes in one batch."""

from collections import Counter

from sqlalchemy import select

from forum.db import db, transaction
from forum.queue import Task
from mailgateway.claiming import choose_fairly, claim_chosen, waiting_fan_outs
from mailgateway.fanout import fan_out
from mailgateway.models import Delivery
from tests.people import a_crowd, a_group, post


def waiting(core, *sizes: int) -> list[int]:
    """One post each to groups of so many members; their fan-out keys in order."""
    for number, size in enumerate(sizes):
        group = a_group(f"group-{number}", f"Group {number}")
        members = a_crowd(size, group, f"m{number}-")
        post(members[0], group, f"Question {number}")
    with transaction():
        for task in db.session.scalars(select(Task).where(Task.kind == "fan_out").order_by(Task.id)).all():
            fan_out(task)
    return list(
        db.session.scalars(select(Delivery.fan_out_key).group_by(Delivery.fan_out_key).order_by(Delivery.fan_out_key))
    )


def batch(limit: int, after: int = 0) -> tuple[Counter[int], int]:
    with transaction():
        chosen = choose_fairly(limit, after)
        ids = claim_chosen(chosen, limit, "me")
        keys = db.session.scalars(select(Delivery.fan_out_key).where(Delivery.id.in_(ids))).all()
    return Counter(keys), chosen.last_turn


def test_each_post_has_its_share_and_the_long_one_has_the_rest(core) -> None:
    # Keys of posts that did not come by mail go down from zero.
    other, small, long = waiting(core, 130, 4, 6)
    assert batch(60)[0] == {long: 50, small: 4, other: 6}
    assert batch(60)[0] == {long: 60}
    assert batch(60)[0] == {long: 20}
    assert batch(60)[0] == {}


def test_with_more_posts_than_shares_the_others_have_the_next_turn(core) -> None:
    keys = waiting(core, 25, 25, 25, 25)
    first, last = batch(40)
    assert first == {keys[0]: 20, keys[1]: 20}
    assert last == keys[1]
    second, _ = batch(40, last)
    assert second == {keys[2]: 20, keys[3]: 20}


def test_who_finds_the_chosen_ones_gone_takes_others_that_are_due(core) -> None:
    waiting(core, 60, 60)
    chosen = choose_fairly(40, 0)
    with transaction():
        mine = claim_chosen(chosen, 40, "me")
        theirs = claim_chosen(chosen, 40, "they")
    assert sorted(mine) == sorted(chosen.ids)
    assert len(theirs) == 40
    assert set(theirs).isdisjoint(mine)


def test_what_is_due_later_is_not_waiting(core, move_clock) -> None:
    keys = waiting(core, 3, 3)
    with transaction():
        for delivery in db.session.scalars(select(Delivery).where(Delivery.fan_out_key == keys[0])):
            delivery.due_at = delivery.due_at.replace(year=delivery.due_at.year + 1)
    assert list(waiting_fan_outs()) == [keys[1]]
