"""Health topics of a member's own: kept as rows alone, shown to nobody else, matched with consent. Never commits.

They are facets apart from the tags that others see, and moderators find one in a list only when ten or more agreed that
it counts. Nothing says to anybody else who confided what, nor that somebody did: the log calls it a change of the
profile.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, delete, select, update

from forum.accounts.models import Member
from forum.db import db
from forum.facets.actions import CONFIDED, facets_of, insert_missing, is_confided, set_facets
from forum.facets.models import Dimension, Facet, MemberFacet
from forum.facets.recognising import tags_in
from forum.facets.values import Value, fold
from forum.log import record


@dataclass(frozen=True)
class Confided:
    """What one member said in confidence. `marked` are tags of the profile that moderators have marked as sensitive."""

    topics: Sequence[str] = ()
    marked: Sequence[str] = ()
    may_match: bool = False


def confided_by(member_id: int) -> Confided:
    """For the page of the member, and for nothing else."""
    rows = db.session.execute(
        select(Facet.code, Facet.name, MemberFacet.may_match)
        .join(MemberFacet, MemberFacet.facet_id == Facet.id)
        .where(MemberFacet.member_id == member_id, Facet.sensitive)
        .order_by(Facet.code)
    ).all()
    return Confided(
        topics=[row.name for row in rows if row.code.startswith(CONFIDED)],
        marked=[row.name for row in rows if not row.code.startswith(CONFIDED)],
        may_match=bool(rows) and all(row.may_match for row in rows),
    )


def confide(member: Member, text: str, *, may_match: bool) -> None:
    """Keep exactly the topics of the text, and whether they and marked tags may count when groups are proposed."""
    # Under the folded word, so that nobody learns how somebody else has written it.
    values = [Value(Dimension.INTEREST, CONFIDED + fold(tag), fold(tag)) for tag in tags_in(text)]
    wanted = {facet.id for facet in facets_of(Dimension.INTEREST, values).values()}
    _forget(member.id, but=wanted)
    rows = [{"member_id": member.id, "facet_id": each, "may_match": may_match} for each in sorted(wanted)]
    if rows:
        insert_missing(MemberFacet, rows)
    sensitive = select(Facet.id).where(Facet.sensitive)
    db.session.execute(
        update(MemberFacet)
        .where(MemberFacet.member_id == member.id, MemberFacet.facet_id.in_(sensitive))
        .values(may_match=may_match)
        .execution_options(synchronize_session=False)
    )
    record("change profile", "member", member.id, actor_id=member.id)


def withdraw(member: Member) -> None:
    """Remove all of it: the topics, the consent, and marked tags out of the member's own interests as well."""
    _forget(member.id)
    marked = set(db.session.scalars(_marked(member.id)))
    if marked:
        member.interests = ", ".join(tag for tag in tags_in(member.interests) if fold(tag) not in marked)
        db.session.flush()
        set_facets([member.id])
    record("change profile", "member", member.id, actor_id=member.id)


def forget_confided(member_id: int) -> None:
    """Erase what somebody confided who is removed for good."""
    _forget(member_id)


def without_sensitive(interests: str) -> str:
    """Interests as others may see them: without the tags that moderators have marked."""
    tags = {fold(tag): tag for tag in tags_in(interests)}
    marked = select(Facet.code).where(
        Facet.dimension == Dimension.INTEREST, Facet.sensitive, Facet.code.in_(sorted(tags))
    )
    hidden = set(db.session.scalars(marked)) if tags else set()
    return ", ".join(tag for code, tag in tags.items() if code not in hidden)


def _marked(member_id: int) -> Select[tuple[str]]:
    return (
        select(Facet.code)
        .join(MemberFacet, MemberFacet.facet_id == Facet.id)
        .where(MemberFacet.member_id == member_id, Facet.sensitive, ~is_confided())
    )


def _forget(member_id: int, but: set[int] | None = None) -> None:
    gone = select(Facet.id).where(is_confided(), Facet.id.not_in(but or set()))
    db.session.execute(
        delete(MemberFacet)
        .where(MemberFacet.member_id == member_id, MemberFacet.facet_id.in_(gone))
        .execution_options(synchronize_session=False)
    )
