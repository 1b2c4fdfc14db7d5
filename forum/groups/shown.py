"""What of a member's profile another one sees: each part by its own choice. Reads only.

`groups` means members who share a group besides the community, as members: whoever moderates from above shares none.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select

from forum.accounts.models import Member, Shown
from forum.db import db
from forum.facets.confiding import without_sensitive
from forum.groups.models import READS, Membership
from forum.groups.queries import community
from forum.groups.rights import Viewer


@dataclass(frozen=True)
class ShownProfile:
    """The parts of a profile as one viewer sees them; what is hidden is empty, like what was never said."""

    place: str = ""
    specialty: str = ""
    career_stage: str = ""
    employer: str = ""
    interests: str = ""


def profile_for(viewer: Viewer, who: Member) -> ShownProfile:
    """The profile of one member as this viewer sees it; one's own as those see it with whom one shares a group."""
    shares = who.id in sharing_a_group(viewer, [who.id])
    return ShownProfile(
        place=who.place if is_seen(who.place_shown, shares) else "",
        specialty=who.specialty if is_seen(who.specialty_shown, shares) else "",
        career_stage=who.career_stage if is_seen(who.career_stage_shown, shares) else "",
        employer=who.employer if is_seen(who.employer_shown, shares) else "",
        interests=without_sensitive(who.interests) if is_seen(who.interests_shown, shares) else "",
    )


def is_seen(shown: Shown, shares_a_group: bool) -> bool:
    """Whether a part that is shown so is seen by somebody of the community, who shares a group or does not."""
    return shown is Shown.COMMUNITY or (shown is Shown.GROUPS and shares_a_group)


def sharing_a_group(viewer: Viewer, member_ids: Collection[int]) -> frozenset[int]:
    """Those of these members who share a group with the viewer, the viewer among them; one query."""
    root = community().id
    own = [each for each, belonging in viewer.belongings.items() if belonging.may_read() and each != root]
    rows = select(Membership.member_id.distinct()).where(
        Membership.member_id.in_(member_ids),
        Membership.group_id.in_(own),
        Membership.standing.in_(READS),
    )
    return frozenset(db.session.scalars(rows)) | {viewer.member_id} if member_ids else frozenset()
