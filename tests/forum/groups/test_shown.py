"""Each part of a profile is seen by whom its member chose, on the profile and beside a byline."""

import pytest
from flask import Flask

from forum.accounts.models import Member, Shown
from forum.db import db, transaction
from forum.facets.merging import mark_sensitive
from forum.facets.models import Dimension
from forum.facets.profile import write_profile
from forum.facets.queries import facet_by_code
from forum.groups.leaving import leave
from forum.groups.models import Kind, Role
from forum.groups.queries import community
from forum.groups.rights import Viewer, viewer_of
from forum.groups.shown import ShownProfile, profile_for
from forum.posting.outcomes import Published
from forum.threads.models import Post
from forum.threads.queries import Author, authors_of
from tests.people import a_group, a_member, post

SAID = {
    "place": "Graz",
    "specialty": "Cardiology",
    "career_stage": "attending",
    "employer": "Inn Clinic",
    "interests": "rowing, lupus",
}


def looking(member: Member) -> Viewer:
    viewer = viewer_of(member)
    assert viewer is not None
    return viewer


def show(member: Member, shown: Shown) -> None:
    with transaction():
        write_profile(member, SAID, {f"{column}_shown": shown for column in SAID})


def test_at_first_place_specialty_and_stage_are_shown_and_the_rest_is_not(core: Flask) -> None:
    ann, bea = a_member("ann@example.org", "Ann Lee"), a_member("bea@example.org", "Bea Okafor")
    with transaction():
        write_profile(ann, SAID)
    assert profile_for(looking(bea), ann) == ShownProfile("Graz", "Cardiology", "attending")


@pytest.mark.parametrize(("shown", "sharing", "other"), [("community", 1, 1), ("groups", 1, 0), ("nobody", 0, 0)])
def test_who_shares_a_group_may_see_more(core: Flask, shown: str, sharing: int, other: int) -> None:
    group, circle = a_group(), a_group("eight", "Eight", kind=Kind.CIRCLE)
    ann = a_member("ann@example.org", "Ann Lee", group)
    colleague, outsider = a_member("bea@example.org", "Bea", group), a_member("cyn@example.org", "Cyn", circle)
    # Who moderates from above reads the group without being in it, and shares none.
    owner = a_member("own@example.org", "Own", role=Role.OWNER)
    show(ann, Shown(shown))
    outcome = post(ann, group)
    assert isinstance(outcome, Published)
    written = [db.session.get_one(Post, outcome.post_id)]
    whole = ShownProfile(**SAID)
    for who, seen in ((colleague, sharing), (outsider, other), (owner, other), (ann, sharing)):
        viewer = looking(who)
        assert profile_for(viewer, ann) == (whole if seen else ShownProfile()), who.name
        beside = ("attending", "Cardiology") if seen else ("", "")
        assert authors_of(written, viewer) == {outcome.post_id: Author(ann.public_id, *beside)}, who.name
    with transaction():
        leave(colleague, group, actor_id=colleague.id)
    assert profile_for(looking(colleague), ann) == (whole if other else ShownProfile())


def test_what_moderators_have_marked_is_shown_to_nobody(core: Flask) -> None:
    ann, bea = a_member("ann@example.org", "Ann Lee"), a_member("bea@example.org", "Bea Okafor")
    show(ann, Shown.COMMUNITY)
    facet = facet_by_code(Dimension.INTEREST, "lupus")
    assert facet is not None
    with transaction():
        mark_sensitive(facet, actor_id=None)
    assert profile_for(looking(bea), ann).interests == "rowing"
    assert ann.interests == "rowing, lupus"
    assert community().id in looking(bea).belongings
