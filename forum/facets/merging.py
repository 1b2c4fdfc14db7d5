"""What moderators do with facets: merge two that mean the same, take that back, mark a tag as sensitive. Never commits.

A merged facet stays and leads to the other, so that nothing is lost by taking it back. All that lead to one facet are
sensitive or none is.
"""

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import aliased

from forum.db import db
from forum.facets.models import Dimension, Facet, MemberFacet
from forum.facets.queries import is_private, what_lies_above
from forum.log import record


class BadFacet(ValueError):
    """The facets cannot be treated so; the sentence says why."""


def merge(source: Facet, target: Facet, *, actor_id: int | None) -> None:
    """Let the first lead to the second: who has either counts as having the second."""
    _take_turn()
    if source.id == target.id:
        raise BadFacet(f"{source.name} cannot be merged into itself.")
    if source.dimension is not target.dimension:
        raise BadFacet(f"{source.name} and {target.name} are of different kinds and cannot be merged.")
    if source.merged_into_id is not None:
        raise BadFacet(f"{source.name} was merged before. Take that back first.")
    if source.sensitive is not target.sensitive:
        raise BadFacet("One of them is marked as sensitive and the other is not. Mark both or none, then merge them.")
    if source in what_lies_above(target):
        raise BadFacet(f"{target.name} stands below {source.name} or leads to it. Merge them the other way round.")
    source.merged_into_id = target.id
    undo = f"banyan facet unmerge {source.public_id}"
    record("merge facet", "facet", source.id, actor_id=actor_id, why=f"into {target.public_id}", undo=undo)


def unmerge(facet: Facet, *, actor_id: int | None) -> None:
    """Let a merged facet stand for itself again, with all members who have it."""
    _take_turn()
    if facet.merged_into_id is None:
        raise BadFacet(f"{facet.name} is not merged into another.")
    target = db.session.get_one(Facet, facet.merged_into_id)
    facet.merged_into_id = None
    undo = f"banyan facet merge {facet.public_id} {target.public_id}"
    record("unmerge facet", "facet", facet.id, actor_id=actor_id, why=f"from {target.public_id}", undo=undo)


def mark_sensitive(facet: Facet, *, actor_id: int | None) -> None:
    """Hide a tag from everybody, and match nobody by it who does not agree to that."""
    _set_sensitive(facet, True, actor_id)


def unmark_sensitive(facet: Facet, *, actor_id: int | None) -> None:
    """Treat a tag like others again: it was written where others may see it. What was confided is another facet."""
    _set_sensitive(facet, False, actor_id)


def _set_sensitive(facet: Facet, sensitive: bool, actor_id: int | None) -> None:
    _take_turn()
    if facet.dimension is not Dimension.INTEREST:
        raise BadFacet(f"{facet.name} is no interest. Only interests can be sensitive.")
    if facet.merged_into_id is not None:
        raise BadFacet(f"{facet.name} leads to another. Mark that one.")
    if is_private(facet):
        raise BadFacet(f"{facet.name} was said in confidence, and stays so.")
    if facet.sensitive is sensitive:
        return
    ids = _all_that_lead_to(facet)
    # Against those who are just deriving profiles: their rows are there before the update, or know of the mark.
    db.session.execute(select(Facet.id).where(Facet.id.in_(ids)).order_by(Facet.id).with_for_update())
    db.session.execute(update(Facet).where(Facet.id.in_(ids)).values(sensitive=sensitive))
    db.session.execute(update(MemberFacet).where(MemberFacet.facet_id.in_(ids)).values(may_match=not sensitive))
    db.session.expire_all()
    act, back = ("mark facet", "unmark") if sensitive else ("unmark facet", "mark")
    record(act, "facet", facet.id, actor_id=actor_id, undo=f"banyan facet {back} {facet.public_id}")


def _all_that_lead_to(facet: Facet) -> Sequence[int]:
    root, each = aliased(Facet), aliased(Facet)
    walk = select(root.id).where(root.id == facet.id).cte("leading", recursive=True)
    leading = walk.union(select(each.id).join(walk, each.merged_into_id == walk.c.id))
    return db.session.scalars(select(leading.c.id)).all()


def _take_turn() -> None:
    """Wait for others who merge: four at once could make a ring of facets that lead to each other. And look anew."""
    first = select(Facet.id).order_by(Facet.id).limit(1)
    db.session.execute(select(Facet.id).where(Facet.id.in_(first.scalar_subquery())).with_for_update(key_share=True))
    db.session.expire_all()
