"""Members are asked by mail for what they have not said: in steps, once in half a year, and not who gets no mail."""

import pytest
from flask import Flask
from sqlalchemy import select

from forum.db import db, transaction
from forum.facets.models import Dimension
from forum.facets.profile import write_profile
from forum.groups.actions import NotPossible
from forum.groups.asking import ask_members, count_to_ask, dimensions_in, group_in, how_many_said
from forum.groups.choices import set_delivery
from forum.groups.models import Delivery, Group
from forum.queue import Task
from forum.work import work_once, workers
from tests.people import a_crowd, a_group, its


def asked() -> list[tuple[int, int]]:
    rows = select(Task.target_id, Task.other_id).where(Task.kind == "notice.profile_asked").order_by(Task.target_id)
    return [(row.target_id, row.other_id or 0) for row in db.session.execute(rows)]


def ask(core: Flask, group: Group, *dimensions: Dimension) -> int:
    with transaction():
        count = ask_members(group, dimensions, actor_id=None)
    work_once(core, workers("tasks"), "test")
    return count


def test_those_who_have_not_said_it_are_asked_once_in_half_a_year(core: Flask, move_clock, monkeypatch) -> None:
    monkeypatch.setattr("forum.groups.asking._AT_ONCE", 2)
    group, other = a_group(), a_group("surgery", "Surgery")
    members = a_crowd(6, group)
    a_crowd(1, other, "o")
    with transaction():
        write_profile(members[0], {"place": "Oslo", "specialty": "EM"})
        write_profile(members[1], {"place": "Oslo"})
        set_delivery(its(members[2], group), Delivery.NONE, actor_id=None)
        members[3].addresses[0].bouncing_since, members[3].addresses[0].pause_reason = members[3].created_at, "bounces"
    assert how_many_said(group) == (6, {each: {"place": 2, "specialty": 1}.get(each, 0) for each in Dimension})
    assert count_to_ask(group, [Dimension.PLACE]) == 2
    assert ask(core, group, Dimension.SPECIALTY, Dimension.PLACE) == 3
    numbers = asked()
    assert [member_id for member_id, _ in numbers] == [members[1].id, members[4].id, members[5].id]
    assert {(group_in(number), tuple(dimensions_in(number))) for _, number in numbers} == {
        (group.id, (Dimension.PLACE, Dimension.SPECIALTY))
    }
    with pytest.raises(NotPossible, match="nobody to ask"):
        ask(core, group, Dimension.PLACE)
    move_clock(181 * 86_400)
    assert ask(core, group, Dimension.PLACE) == 2


def test_employer_and_interests_are_not_asked_for(core: Flask) -> None:
    with pytest.raises(NotPossible, match="Choose what to ask for"):
        ask(core, a_group(), Dimension.EMPLOYER, Dimension.INTEREST)
