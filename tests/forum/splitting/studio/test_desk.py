"""What a moderator sees of the people in a draft: names and ties, and in common only what they show and many share."""

import numpy as np
from flask import Flask

from forum.accounts.models import Member, Shown
from forum.db import db, transaction
from forum.facets.models import Dimension, Facet
from forum.groups.models import Role
from forum.groups.rights import viewer_of
from forum.splitting.studio.desk import (
    FEWEST_IN_COMMON,
    desk_of,
    find_in,
    in_common,
    people_by_public_ids,
    seated,
    who_has,
)
from tests.forum.splitting.drafts import a_draft_plan, planted
from tests.people import a_crowd, a_group, a_member


def test_only_what_members_show_and_many_share_brings_them_together(core: Flask) -> None:
    group = a_group()
    moderator = viewer_of(a_member("mod@example.org", "Mo Dee", group, role=Role.MODERATOR))
    above = viewer_of(a_member("above@example.org", "Over All", role=Role.OWNER))
    assert moderator is not None
    assert above is not None
    members = a_crowd(2 * FEWEST_IN_COMMON + 4, group)
    north = members[0::2]
    with transaction():
        facets = [
            Facet(dimension=Dimension.PLACE, code="US-OR", name="Oregon"),
            Facet(dimension=Dimension.PLACE, code="US-WA", name="Washington"),
            Facet(dimension=Dimension.INTEREST, code="rowing", name="Rowing"),
            Facet(dimension=Dimension.INTEREST, code="asthma", name="Asthma", sensitive=True),
        ]
        db.session.add_all(facets)
        db.session.flush()
        hides = db.session.get_one(Member, north[0].id)
        hides.place_shown = Shown.NOBODY
        db.session.get_one(Member, north[1].id).place_shown = Shown.GROUPS
        db.session.get_one(Member, north[2].id).interests_shown = Shown.COMMUNITY
    # Of twelve in the north eleven are in Oregon, nine in Washington too, and all but one row or have asthma.
    pairs = [(2 * at, 0) for at in range(11)] + [(2 * at, 1) for at in range(9)]
    pairs += [(2 * at, facet) for at in range(11) for facet in (2, 3)]
    who, what = zip(*sorted(pairs), strict=True)
    evidence = planted(
        [member.id for member in members],
        2,
        answers=400,
        facet_ids=[facet.id for facet in facets],
        facet_dimension=[0, 0, 4, 4],
        facet_sensitive=[False, False, False, True],
        has_facet_member=who,
        has_facet=what,
    )
    desk = desk_of(a_draft_plan(group, evidence, "North", "South"))
    assert desk is not None
    assert [(each.words, each.members) for each in in_common(desk, 0, moderator)] == [("Oregon", 10)]
    assert who_has(desk, 0, 0, moderator).tolist() == [2 * at for at in range(1, 11)]
    # Who moderates from above shares no group with them, so that nine are left.
    assert in_common(desk, 0, above) == []


def test_members_of_a_group_are_named_with_their_ties_and_found_page_by_page(core: Flask) -> None:
    group = a_group()
    members = a_crowd(12, group)
    desk = desk_of(a_draft_plan(group, planted([m.id for m in members], 3, answers=300), "North", "South", "West"))
    assert desk is not None
    first = find_in(desk, 0, "m ", after=-1, limit=3)
    rest = find_in(desk, 0, "M ", after=int(first[-1]), limit=3)
    assert (first.tolist(), rest.tolist()) == ([0, 3, 6], [9])
    assert [each.member.name for each in seated(desk, 0, first)] == ["M 0", "M 3", "M 6"]
    assert all("of 100 ties here" in each.sentence for each in seated(desk, 0, first))
    ids = [members[4].public_id, members[1].public_id, "nobody"]
    assert people_by_public_ids(desk, ids).tolist() == [1, 4]
    assert np.all(desk.draft.labels[[1, 4]] == 1)
