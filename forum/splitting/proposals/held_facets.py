"""Which facets the members of a group have, with what lies above them: a city is in its region, a subspecialty in its
specialty. Reads only.

Only what may be matched: of a sensitive facet with its member's consent alone, which does not stretch to what it is
merged into or to what lies above, when that is sensitive and the member's own value is not.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from forum.db import db
from forum.facets.models import Dimension, Facet, MemberFacet
from forum.groups.models import Group, Membership
from forum.splitting.proposals.evidence import Counts, Ids, Places

_DIMENSIONS = list(Dimension)


@dataclass(frozen=True)
class HeldFacets:
    """Columns of `Evidence`: the facets ascending, and who has which, by places."""

    facet_ids: Ids
    facet_dimension: Counts
    facet_sensitive: NDArray[np.bool_]
    has_facet_member: Places
    has_facet: Places


@dataclass(frozen=True)
class _Known:
    dimension: int
    sensitive: bool
    parent_id: int | None
    merged_into_id: int | None


def held_facets(group: Group, member_ids: Ids) -> HeldFacets:
    """The facets of these members of the group, each once a member."""
    known = _known()
    above = {facet_id: _counts_as(facet_id, known) for facet_id in known}
    rows = (
        select(MemberFacet.member_id, MemberFacet.facet_id)
        .join(Membership, (Membership.member_id == MemberFacet.member_id) & (Membership.group_id == group.id))
        .where(MemberFacet.may_match)
    )
    held = [(member, each) for member, facet in db.session.execute(rows) for each in above[facet]]
    pairs = np.unique(np.array(held, dtype=np.int64).reshape(-1, 2), axis=0)
    place = np.searchsorted(member_ids, pairs[:, 0])
    theirs = np.isin(pairs[:, 0], member_ids)
    facet_ids, at = np.unique(pairs[theirs, 1], return_inverse=True)
    facets = [known[each] for each in facet_ids.tolist()]
    return HeldFacets(
        facet_ids=facet_ids,
        facet_dimension=np.array([each.dimension for each in facets], dtype=np.int32),
        facet_sensitive=np.array([each.sensitive for each in facets], dtype=np.bool_),
        has_facet_member=place[theirs].astype(np.int32),
        has_facet=at.astype(np.int32),
    )


def _known() -> Mapping[int, _Known]:
    rows = select(Facet.id, Facet.dimension, Facet.sensitive, Facet.parent_id, Facet.merged_into_id)
    return {
        row.id: _Known(_DIMENSIONS.index(row.dimension), row.sensitive, row.parent_id, row.merged_into_id)
        for row in db.session.execute(rows)
    }


def _counts_as(facet_id: int, known: Mapping[int, _Known]) -> tuple[int, ...]:
    """What having this facet says: where it has been merged to, and all above that."""
    consented = known[facet_id].sensitive
    met: list[int] = []
    found: list[int] = []
    step: int | None = facet_id
    while step is not None and step not in met:
        met.append(step)
        facet = known[step]
        if facet.merged_into_id is None and (consented or not facet.sensitive):
            found.append(step)
        step = facet.merged_into_id or facet.parent_id
    return tuple(found)
