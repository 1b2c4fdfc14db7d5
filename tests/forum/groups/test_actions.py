"""Groups themselves: founding and changing them."""

import pytest
from flask import Flask
from sqlalchemy import select

from forum.db import db, transaction
from forum.groups.actions import GroupChange, NotPossible, change_group, create_community, create_group
from forum.groups.choices import MailChoice, choose_mail
from forum.groups.joining import add_to_group
from forum.groups.models import Delivery, JoinPolicy, Kind
from forum.groups.queries import community
from forum.groups.slugs import BadSlug
from forum.log import LogEntry
from tests.people import a_group, a_member


def test_a_group_has_a_good_slug_a_place_and_an_address(core: Flask) -> None:
    with transaction():
        assert create_community("Twice").id == community().id
    for slug in ("Cardio", "a b", "", "x" * 41, "-a", "a-", "banyan", "reply", "cardiology-owner", "a-help"):
        with transaction(), pytest.raises(BadSlug):
            create_group(slug, "Name", parent=community())
    a_group()
    with transaction():
        with pytest.raises(NotPossible, match="not free"):
            create_group("cardiology", "Again", parent=community())
        with pytest.raises(NotPossible, match="one community"):
            create_group("other", "Other", parent=community(), kind=Kind.COMMUNITY)
        with pytest.raises(NotPossible, match="a name"):
            create_group("other", " \n", parent=community())
        hidden = create_group("hidden", "Hidden", parent=community(), listed=False)
        circle = create_group("circle", "Circle", parent=community(), kind=Kind.CIRCLE)
    assert len(hidden.mail_name) == len("hidden-") + 5
    assert (circle.listed, circle.join_policy) == (False, JoinPolicy.INVITE)
    with transaction(), pytest.raises(NotPossible, match="circle is never listed"):
        change_group(circle, GroupChange(listed=True))
    with transaction():
        change_group(hidden, GroupChange(name="Seen", listed=True, quota=0))
    assert (hidden.name, hidden.listed, hidden.quota) == ("Seen", True, None)
    assert hidden.mail_name != "hidden"


def test_each_change_of_settings_and_choices_is_logged_with_a_way_back(core: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    with transaction():
        choose_mail(ann, {group.id: MailChoice(Delivery.NONE, False)})
        change_group(group, GroupChange(name="Hearts", quota=0, listed=True))
        change_group(group, GroupChange(name="Hearts", quota=0))
        add_to_group(ann, group, delivery=Delivery.SINGLE)
    acts = ("delivery none", "own copy no", "change group", "delivery single")
    entries = db.session.scalars(select(LogEntry).where(LogEntry.act.in_(acts)).order_by(LogEntry.id)).all()
    assert [(entry.act, entry.why, entry.undo) for entry in entries] == [
        ("delivery none", "", "delivery single"),
        ("own copy no", "", "own copy yes"),
        ("change group", "name, quota", "name Cardiology, quota 20"),
        ("delivery single", "", "delivery none"),
    ]
