"""A draft as it lies before a moderator in the studio: its figures, its members by name, what they have in common.

Reads only, and only of the plan's own group: who asks has been asked for the right to moderate it.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy import func, select

from forum.accounts.models import Member
from forum.db import db
from forum.groups.models import Group, Kind
from forum.groups.rights import Viewer
from forum.groups.shown import is_seen
from forum.splitting.figures.describing import figures_of
from forum.splitting.figures.group_figures import WEAK_FIT
from forum.splitting.figures.seating import Seating, fit_of
from forum.splitting.figures.values import PlanFigures
from forum.splitting.figures.words import Words, words_for
from forum.splitting.models import Answer, Asks, Plan, PlannedGroup, PlanQuestion, Seat
from forum.splitting.proposals.evidence import Evidence
from forum.splitting.studio.drafts import draft_of, evidence_of, fits_in, people_in
from forum.splitting.studio.editing import Draft, People, much_the_same, with_names

# Fewer people than these are nobody's to pick out by what they have in common.
FEWEST_IN_COMMON = 10
_MOST_IN_COMMON = 60
_NAMES_AT_MOST = 50
_AT_ONCE = 1_000
# Who sees which part of a profile, in the order of `facets.Dimension`.
_SHOWN = (
    Member.place_shown,
    Member.specialty_shown,
    Member.career_stage_shown,
    Member.employer_shown,
    Member.interests_shown,
)


@dataclass(frozen=True)
class Desk:
    """A draft as it lies before a moderator: the plan, its evidence, who is where, and the words for both."""

    plan: Plan
    evidence: Evidence
    draft: Draft
    words: Words

    def figures(self, draft: Draft) -> PlanFigures:
        """What this draft, or one that an edit makes of it, comes to. Names that a moderator gave stay."""
        named = {at: group.name for at, group in enumerate(draft.groups, 1) if group.named}
        own = {group.slug for group in self.draft.groups if group.planned_id is not None}
        # The made-up addresses of this draft are free for the next one.
        taken = self.words.taken_slugs - (own - _slugs_of_groups(own))
        words = replace(self.words, named=named, taken_slugs=taken)
        return figures_of(self.evidence, draft.labels, draft.second, words)

    def named_anew(self, draft: Draft) -> Draft:
        """The draft that an edit has made, with new names for groups that no moderator has named and whose members have
        changed."""
        by_position = {each.position: each for each in self.figures(draft).groups}
        names = [
            (by_position[at].name, by_position[at].slug) if at in by_position else (group.name, group.slug)
            for at, group in enumerate(draft.groups, 1)
        ]
        return with_names(draft, names, much_the_same(self.draft, draft))


def desk_of(plan: Plan) -> Desk | None:
    """The studio's desk for a draft; None while there is no evidence. OtherLayout as in `evidence_of`."""
    evidence = evidence_of(plan)
    return None if evidence is None else Desk(plan, evidence, draft_of(plan, evidence), words_for(plan, evidence))


@dataclass(frozen=True)
class Seated:
    """A member of a planned group: how the member's ties lie, and the place in the draft where most others are."""

    person: int
    member: Member
    sentence: str
    next_best: int


def weak_in(desk: Desk, at: int) -> People:
    """Who of a group has most ties elsewhere, or none."""
    people = np.flatnonzero(desk.draft.labels == at)
    positions = tuple(range(1, len(desk.draft.groups) + 1))
    fit = fit_of(desk.evidence, Seating(desk.draft.labels, desk.draft.second, positions))[people]
    return people[np.isnan(fit) | (fit < WEAK_FIT)]


def find_in(desk: Desk, at: int, words: str, *, after: int, limit: int) -> People:
    """Who of a group has these words in the name, in the order of the evidence."""
    found = (
        select(Seat.member_id)
        .join(Member, Member.id == Seat.member_id)
        .where(
            Seat.planned_group_id == desk.draft.groups[at].planned_id,
            func.lower(Member.name).contains(words.lower(), autoescape=True),
            Seat.member_id > (int(desk.evidence.member_ids[after]) if after >= 0 else 0),
        )
        .order_by(Seat.member_id)
        .limit(limit)
    )
    people = people_in(desk.evidence, db.session.scalars(found).all())
    return people[people >= 0]


def seated(desk: Desk, at: int, people: People) -> list[Seated]:
    """These people of a group by name, with a sentence about where their ties are."""
    fits = fits_in(desk.evidence, desk.draft)
    best = fits.next_best(desk.draft)[people]
    here = fits.share(people, np.full(len(people), at, dtype=np.int32))
    there = fits.share(people, np.maximum(best, 0))
    ids = desk.evidence.member_ids[people].tolist()
    members = {each.id: each for each in db.session.scalars(select(Member).where(Member.id.in_(ids)))}
    names = [group.name for group in desk.draft.groups]
    return [
        Seated(person, members[member_id], _where_ties_are(mine, other, names[best_at]), best_at)
        for person, member_id, mine, other, best_at in zip(
            people.tolist(), ids, here.tolist(), there.tolist(), best.tolist(), strict=True
        )
        if member_id in members
    ]


def _where_ties_are(here: float, there: float, best: str) -> str:
    if math.isnan(here):
        return "Has not talked with anybody yet: placed by what is known otherwise."
    if not there:
        return "All ties are here."
    return f"{100 * here:.0f} of 100 ties here, {100 * there:.0f} in {best}."


@dataclass(frozen=True)
class Common:
    """What some members of a planned group have in common; never something sensitive, never of few people."""

    place: int
    words: str
    members: int


def in_common(desk: Desk, at: int, viewer: Viewer) -> list[Common]:
    """Facets by which members of a group can be moved together, the most common first: of those who show theirs."""
    evidence = desk.evidence
    pairs = _shown_pairs(desk, at, viewer)
    counts = np.bincount(evidence.has_facet[pairs], minlength=len(evidence.facet_ids))
    everybody = len(desk.draft.people_of(at))
    possible = np.flatnonzero((counts >= FEWEST_IN_COMMON) & (counts < everybody) & ~evidence.facet_sensitive)
    order = possible[np.argsort(-counts[possible], kind="stable")]
    named = [place for place in order.tolist() if place in desk.words.facets]
    return [Common(place, desk.words.facets[place], int(counts[place])) for place in named[:_MOST_IN_COMMON]]


def who_has(desk: Desk, at: int, place: int, viewer: Viewer) -> People:
    """Who of a group has this facet and shows it: whoever moves them and looks again sees who they are."""
    pairs = _shown_pairs(desk, at, viewer)
    return np.unique(desk.evidence.has_facet_member[pairs[desk.evidence.has_facet[pairs] == place]]).astype(np.int64)


def _shown_pairs(desk: Desk, at: int, viewer: Viewer) -> People:
    """The pairs of a member and a facet in the evidence that this moderator sees in the member's profile as well."""
    group = desk.plan.group
    own = viewer.belongings.get(group.id)
    shares = group.kind is not Kind.COMMUNITY and own is not None and own.may_read()
    rows = db.session.execute(
        select(Member.id, *_SHOWN)
        .join(Seat, Seat.member_id == Member.id)
        .where(Seat.planned_group_id == desk.draft.groups[at].planned_id)
    ).all()
    people = people_in(desk.evidence, [row[0] for row in rows])
    seen = np.zeros((desk.evidence.members, len(_SHOWN)), dtype=np.bool_)
    for person, row in zip(people.tolist(), rows, strict=True):
        if person >= 0:
            seen[person] = [is_seen(shown, shares) for shown in row[1:]]
    dimension = desk.evidence.facet_dimension[desk.evidence.has_facet]
    return np.flatnonzero(seen[desk.evidence.has_facet_member, dimension])


def _slugs_of_groups(slugs: Collection[str]) -> frozenset[str]:
    return frozenset(db.session.scalars(select(Group.slug).where(Group.slug.in_(slugs))))


def people_by_public_ids(desk: Desk, public_ids: Collection[str]) -> People:
    """The members of the draft with these public ids, at most 1,000, in the order of the evidence."""
    some = sorted(public_ids)[:_AT_ONCE]
    ids = db.session.scalars(select(Member.id).where(Member.public_id.in_(some)).order_by(Member.id)).all()
    people = people_in(desk.evidence, ids)
    return people[people >= 0]


def asked_to_moderate(planned: PlannedGroup) -> list[tuple[str, Answer | None]]:
    """Who was asked to be a first moderator of a planned group, by name, and what each has answered."""
    rows = (
        select(Member.name, PlanQuestion.answer)
        .join(Member, Member.id == PlanQuestion.member_id)
        .where(PlanQuestion.planned_group_id == planned.id, PlanQuestion.asks == Asks.MODERATE)
        .order_by(PlanQuestion.id)
        .limit(_NAMES_AT_MOST)
    )
    return list(db.session.execute(rows).tuples())
