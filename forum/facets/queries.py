"""Reads of facets: which there are, how many members have them, who does. Reads only; who may ask is the door's affair.

Who counts is given as a statement of member ids, since nothing here knows groups: those who belong, not who has left.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import CTE, ColumnElement, Select, func, or_, select
from sqlalchemy.orm import aliased

from forum.db import db
from forum.facets.actions import CONFIDED, is_confided
from forum.facets.models import Dimension, Facet, MemberFacet
from forum.facets.values import fold

# Of a sensitive facet nothing is said of fewer people than these.
FEWEST_SENSITIVE = 10


@dataclass(frozen=True)
class Listed:
    """A facet as moderators see it. `members` is None for fewer than ten of a sensitive one."""

    facet: Facet
    above: str
    merged_into: Facet | None
    members: int | None


def facet_by_public_id(public_id: str, among: Select[tuple[int]] | None = None) -> Facet | None:
    """The facet with this id; of what is said in confidence only what ten of these members agreed to have counted."""
    found = select(Facet).where(Facet.public_id == public_id, _may_be_named(among))
    return db.session.scalars(found).first()


def _may_be_named(among: Select[tuple[int]] | None) -> ColumnElement[bool]:
    """The condition that moderators may hear of a facet."""
    confided: ColumnElement[bool] = is_confided()
    if among is None:
        return ~confided
    many = (
        select(MemberFacet.facet_id)
        .where(MemberFacet.facet_id.in_(select(Facet.id).where(confided)))
        .where(MemberFacet.may_match, MemberFacet.member_id.in_(among))
        .group_by(MemberFacet.facet_id)
        .having(func.count() >= FEWEST_SENSITIVE)
    )
    return or_(~confided, Facet.id.in_(many))


def is_private(facet: Facet) -> bool:
    """Whether it holds what members said in confidence, and not a tag of their profiles."""
    return facet.code.startswith(CONFIDED)


def facet_by_code(dimension: Dimension, code: str) -> Facet | None:
    """The facet of this code, or of what folds to it."""
    for each in (code, fold(code)):
        found = select(Facet).where(Facet.dimension == dimension, Facet.code == each, ~is_confided())
        if (facet := db.session.scalars(found).first()) is not None:
            return facet
    return None


def facets_page(
    among: Select[tuple[int]],
    *,
    dimension: Dimension | None = None,
    matching: str = "",
    after: Facet | None = None,
    limit: int = 50,
) -> Sequence[Listed]:
    """One page of facets by code, merged ones among them, with how many of these members have each (keyset)."""
    rows = select(Facet).where(_may_be_named(among)).order_by(Facet.code, Facet.id).limit(limit)
    if dimension is not None:
        rows = rows.where(Facet.dimension == dimension)
    if matching:
        rows = rows.where(
            or_(
                Facet.code.contains(fold(matching) or matching, autoescape=True),
                func.lower(Facet.name).contains(matching.lower(), autoescape=True),
                Facet.code.contains(matching, autoescape=True),
            )
        )
    if after is not None:
        rows = rows.where((Facet.code > after.code) | ((Facet.code == after.code) & (Facet.id > after.id)))
    facets = db.session.scalars(rows).all()
    return _listed(facets, counts_of([facet.id for facet in facets], among))


def list_one(facet: Facet, among: Select[tuple[int]]) -> Listed:
    """One facet as moderators see it."""
    return _listed([facet], counts_of([facet.id], among))[0]


def _listed(facets: Sequence[Facet], counts: Mapping[int, int]) -> Sequence[Listed]:
    others = {each.parent_id for each in facets} | {each.merged_into_id for each in facets}
    named = {each.id: each for each in db.session.scalars(select(Facet).where(Facet.id.in_(others - {None})))}
    listed = []
    for facet in facets:
        members: int | None = counts.get(facet.id, 0)
        if facet.sensitive and (members or 0) < FEWEST_SENSITIVE:
            members = None
        above = named[facet.parent_id].name if facet.parent_id is not None else ""
        merged_into = named[facet.merged_into_id] if facet.merged_into_id is not None else None
        listed.append(Listed(facet, above, merged_into, members))
    return listed


def counts_of(facet_ids: Collection[int], among: Select[tuple[int]]) -> Mapping[int, int]:
    """How many of these members have each facet, or one below it or merged into it; 0 is left out.

    Of a sensitive one those who agreed that it counts.
    """
    under = _under(facet_ids)
    rows = (
        select(under.c.root, func.count(MemberFacet.member_id.distinct()))
        .join(MemberFacet, MemberFacet.facet_id == under.c.id)
        .where(MemberFacet.may_match, MemberFacet.member_id.in_(among))
        .group_by(under.c.root)
    )
    return {root: count for root, count in db.session.execute(rows)}


def members_with(facet: Facet, among: Select[tuple[int]]) -> Sequence[int]:
    """Which of these members have the facet or one below it, by id; of a sensitive one nobody below ten people.

    Whoever invites them must not name them where the facet is sensitive.
    """
    under = _under([facet.id])
    rows = (
        select(MemberFacet.member_id.distinct())
        .join(under, under.c.id == MemberFacet.facet_id)
        .where(MemberFacet.may_match, MemberFacet.member_id.in_(among))
        .order_by(MemberFacet.member_id)
    )
    found = db.session.scalars(rows).all()
    return found if not facet.sensitive or len(found) >= FEWEST_SENSITIVE else ()


def _under(facet_ids: Collection[int]) -> CTE:
    """Pairs (root, id): each of these facets with all that counts as it, by being merged into it or below it.

    What is below a facet that was merged elsewhere went with it. What is sensitive counts as itself alone.
    """
    root = aliased(Facet)
    under = select(root.id.label("root"), root.id.label("id"), root.sensitive.label("sensitive"))
    walk = under.where(root.id.in_(facet_ids)).cte("under", recursive=True)
    each = aliased(Facet)
    below = (each.parent_id == walk.c.id) & each.merged_into_id.is_(None)
    step = select(walk.c.root, each.id, each.sensitive).join(walk, or_(each.merged_into_id == walk.c.id, below))
    return walk.union(step.where(each.sensitive == walk.c.sensitive))


def what_lies_above(facet: Facet) -> Sequence[Facet]:
    """Where a facet leads: what it was merged into, and what is above, nearest first."""
    chain: list[Facet] = []
    step: Facet | None = facet
    while step is not None and step not in chain:
        chain.append(step)
        next_id = step.merged_into_id if step.merged_into_id is not None else step.parent_id
        step = db.session.get(Facet, next_id) if next_id is not None else None
    return chain[1:]
