"""Who hears of held posts once a day: the same people as the rota knows, found in one query."""

from flask import Flask
from sqlalchemy import event

from forum.db import db, transaction
from forum.groups.actions import create_group
from forum.groups.joining import add_to_group
from forum.groups.models import Group, HeldNotices, Kind, Moderate, Role, Standing
from forum.groups.queries import community, membership_of
from forum.groups.standing import set_standing
from forum.moderation.duty import hearers_of
from forum.moderation.summaries import who_chose_summaries
from forum.posting.outcomes import Held
from tests.people import a_group, a_member, post


def below(parent: Group, slug: str, kind: Kind) -> Group:
    with transaction():
        group = create_group(slug, slug, parent=parent, kind=kind)
        group.moderate = Moderate.ALL
    return group


def test_who_chose_summaries_hears_of_the_groups_that_nobody_nearer_moderates(core: Flask) -> None:
    cardiology = a_group(moderate=Moderate.ALL)
    echo = below(cardiology, "echo", Kind.INTEREST)
    circle = below(cardiology, "circle", Kind.CIRCLE)
    paced = below(circle, "paced", Kind.INTEREST)
    groups = (cardiology, echo, circle, paced)
    ann = a_member("ann@example.org", "Ann Lee", *groups)
    top = a_member("top@example.org", "Tom Top", community(), role=Role.OWNER)
    mo = a_member("mo@example.org", "Mo Vance", cardiology, role=Role.MODERATOR)
    mia = a_member("mia@example.org", "Mia Sund", circle, role=Role.OWNER)
    gone = a_member("gone@example.org", "Gil Gone", echo, role=Role.MODERATOR)
    with transaction():
        add_to_group(top, cardiology)
        for who, group in ((top, community()), (mo, cardiology), (mia, circle), (gone, echo)):
            membership = membership_of(who.id, group.id)
            assert membership is not None
            membership.held_notices = HeldNotices.SUMMARY
        in_community = membership_of(gone.id, community().id)
        assert in_community is not None
        set_standing(in_community, Standing.BANNED, actor_id=None, why="test")
    for group in groups:
        assert isinstance(post(ann, group), Held)
    expected: dict[int, set[int]] = {}
    for group in groups:
        for hearer in hearers_of(group):
            if hearer.notices is HeldNotices.SUMMARY:
                expected.setdefault(hearer.member_id, set()).add(group.id)
    assert expected == {mo.id: {cardiology.id, echo.id}, mia.id: {circle.id, paced.id}}
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *found: asked.append(found[2]))
    assert who_chose_summaries() == expected
    assert len(asked) == 1, asked
