"""Who may read, see, moderate and own; the tree."""

from collections.abc import Callable
from datetime import timedelta

from flask import Flask

from forum.accounts.models import Member
from forum.clock import now
from forum.db import transaction
from forum.groups.actions import create_group
from forum.groups.joining import add_to_group
from forum.groups.models import Group, Kind, Role, Standing
from forum.groups.queries import community, membership_of
from forum.groups.rights import (
    Viewer,
    group_for,
    group_to_moderate,
    may_moderate,
    may_own,
    may_read,
    may_see,
    moderated_group_ids,
    moderators_of,
    readable_group_ids,
    tree_for,
    viewer_of,
)
from forum.groups.standing import set_standing
from tests.people import a_group, a_member


def below(parent: Group, slug: str, kind: Kind = Kind.INTEREST, listed: bool = True) -> Group:
    with transaction():
        return create_group(slug, slug.title(), parent=parent, kind=kind, listed=listed)


def seen_by(member: Member) -> Viewer:
    viewer = viewer_of(member)
    assert viewer is not None
    return viewer


def stand(member: Member, group: Group, standing: Standing) -> None:
    with transaction():
        membership = membership_of(member.id, group.id)
        assert membership is not None
        until = now() + timedelta(days=1) if standing is Standing.MUTED else None
        set_standing(membership, standing, actor_id=None, until=until)


def slugs(groups: list[Group], may: Callable[[Viewer, Group], bool], viewer: Viewer) -> set[str]:
    """Of these groups, those for which the viewer has the right; the sets of ids must say the same."""
    found = {group.slug for group in groups if may(viewer, group)}
    by_ids = {may_read: readable_group_ids, may_moderate: moderated_group_ids}
    if may in by_ids:
        ids = by_ids[may](viewer)
        assert found == {group.slug for group in groups if group.id in ids}
    if may is may_see:
        assert found == {node.group.slug for node in tree_for(viewer)} & {group.slug for group in groups}
    return found


def test_rights_reach_down_the_tree_up_to_the_wall_of_a_circle(core: Flask) -> None:
    region = a_group("region", "Region", kind=Kind.REGION)
    town, hidden = below(region, "town"), below(region, "hidden", listed=False)
    circle = below(region, "circle", Kind.CIRCLE)
    inner = below(circle, "inner")
    sibling = a_group("sibling", "Sibling")
    groups = [region, town, hidden, circle, inner, sibling]

    owner = seen_by(a_member("o@example.org", "Olga", region, role=Role.OWNER))
    assert slugs(groups, may_moderate, owner) == {"region", "town", "hidden"}
    assert slugs(groups, may_own, owner) == {"region", "town", "hidden"}
    assert slugs(groups, may_read, owner) == {"region", "town", "hidden"}
    assert slugs(groups, may_see, owner) == {"region", "town", "hidden", "inner", "sibling"}

    moderator = seen_by(a_member("m@example.org", "Mo", region, role=Role.MODERATOR))
    assert slugs(groups, may_moderate, moderator) == {"region", "town", "hidden"}
    assert slugs(groups, may_own, moderator) == set()

    inside = a_member("c@example.org", "Circe", circle, role=Role.OWNER)
    assert slugs(groups, may_moderate, seen_by(inside)) == {"circle", "inner"}
    assert slugs(groups, may_own, seen_by(inside)) == {"circle", "inner"}

    # A moderator inside the wall does not own there by a role above the wall.
    both = a_member("b@example.org", "Both", inner, role=Role.MODERATOR)
    with transaction():
        root = membership_of(both.id, community().id)
        assert root is not None
        root.role = Role.OWNER
    assert slugs(groups, may_own, seen_by(both)) == {"region", "town", "hidden", "sibling"}
    assert slugs(groups, may_moderate, seen_by(both)) == {"region", "town", "hidden", "sibling", "inner"}

    ann = seen_by(a_member("a@example.org", "Ann", town))
    assert slugs(groups, may_read, ann) == {"town"}
    assert slugs(groups, may_see, ann) == {"region", "town", "inner", "sibling"}
    assert slugs(groups, may_moderate, ann) == set()
    assert group_for(ann, "hidden") is None
    assert group_for(ann, "nothere") is None
    assert group_to_moderate(ann, "town") is None


def test_standing_decides_over_every_role(core: Flask) -> None:
    group, hidden = a_group(), a_group("hidden", "Hidden", listed=False)
    child = below(group, "child")
    groups = [group, hidden, child]
    ann = a_member("a@example.org", "Ann", group, hidden, role=Role.OWNER)
    a_member("second@example.org", "Second", group, hidden, role=Role.OWNER)
    assert slugs(groups, may_own, seen_by(ann)) == {"cardiology", "hidden", "child"}

    for each in (group, hidden):
        stand(ann, each, Standing.MUTED)
    assert slugs(groups, may_read, seen_by(ann)) == {"cardiology", "hidden", "child"}

    for each in (group, hidden):
        stand(ann, each, Standing.BANNED)
    assert slugs(groups, may_read, seen_by(ann)) == set()
    assert slugs(groups, may_see, seen_by(ann)) == {"cardiology", "child"}
    # Banned above, a role below gives no more than itself.
    with transaction():
        add_to_group(ann, child, role=Role.MODERATOR)
    assert slugs(groups, may_moderate, seen_by(ann)) == {"child"}
    assert slugs(groups, may_own, seen_by(ann)) == set()

    stand(ann, community(), Standing.BANNED)
    assert viewer_of(ann) is None


def test_moderators_of_a_group_are_its_own_else_those_above_never_past_a_circle(core: Flask) -> None:
    region = a_group("region", "Region", kind=Kind.REGION)
    town, circle = below(region, "town"), below(region, "circle", Kind.CIRCLE)
    inner = below(circle, "inner")
    a_member("r@example.org", "Rea", region, role=Role.MODERATOR)
    assert [each.name for each in moderators_of(town)] == ["Rea"]
    assert moderators_of(circle) == ()
    assert moderators_of(inner) == ()
    tom = a_member("t@example.org", "Tom", town, role=Role.MODERATOR)
    assert [each.name for each in moderators_of(town)] == ["Tom"]
    stand(tom, town, Standing.BANNED)
    assert [each.name for each in moderators_of(town)] == ["Rea"]


def test_who_is_banned_from_the_community_gets_no_notices_as_a_moderator(core: Flask) -> None:
    group = a_group()
    a_member("rea@example.org", "Rea", role=Role.MODERATOR)
    tom = a_member("tom@example.org", "Tom", group, role=Role.MODERATOR)
    assert [each.name for each in moderators_of(group)] == ["Tom"]
    root = membership_of(tom.id, community().id)
    assert root is not None
    with transaction():
        set_standing(root, Standing.BANNED, actor_id=None)
    assert [each.name for each in moderators_of(group)] == ["Rea"]
