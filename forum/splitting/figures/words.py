"""The words that the figures of a plan need, of the plan's own group and for its moderators' eyes. Reads only.

Evidence has numbers alone. Here they get names: of facets, tags and words of subjects, of threads that can be shown, of
members who could moderate. Nothing is read of groups below or beside it, of posts under a pseudonym or erased ones.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
from sqlalchemy import Select, or_, select, union
from sqlalchemy.orm import aliased

from forum.accounts.models import Address, Member
from forum.clock import now
from forum.db import db
from forum.facets.models import Facet
from forum.groups.models import FormerMembership, Group, Kind, Membership, Role, Standing
from forum.groups.queries import community
from forum.moderation.models import Restriction, Restricts
from forum.posting.erase import ERASED_SUBJECT
from forum.splitting.models import Answer, Asks, Plan, PlannedGroup, PlanQuestion, PlanState
from forum.splitting.proposals.evidence import Evidence
from forum.splitting.proposals.talk import key_of
from forum.threads.models import Thread, ThreadTag

# Subjects of the busiest threads: enough to show some of every group and to spell the words of all.
_MOST_THREADS = 20_000
_AT_ONCE = 5_000
# Below this somebody is a name that few of a group would know: people answered, and posts in the last 90 days.
FEWEST_ANSWERED, FEWEST_RECENT_POSTS = 3, 2
# Whoever was restricted, or would rather not moderate, is not named again so soon.
_RESTRICTED_DAYS, _DECLINED_DAYS = 180, 365
_MODERATES = (Role.MODERATOR, Role.OWNER)
_LETTERS = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class Person:
    """A member who could moderate. `willing` is a sentence about why that seems likely, or empty."""

    public_id: str
    name: str
    willing: str = ""


@dataclass(frozen=True)
class Words:
    """Names by places in the evidence. What has no name here is not shown."""

    group_name: str
    group_slug: str = "group"
    # Names that a moderator has given, by position in the plan.
    named: Mapping[int, str] = field(default_factory=dict)
    facets: Mapping[int, str] = field(default_factory=dict)
    # Of a facet, the place of the one above it.
    facet_parents: Mapping[int, int] = field(default_factory=dict)
    tags: Mapping[int, str] = field(default_factory=dict)
    terms: Mapping[int, str] = field(default_factory=dict)
    # Of a thread that may be shown, its public id and subject.
    threads: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    people: Mapping[int, Person] = field(default_factory=dict)
    taken_slugs: frozenset[str] = frozenset()
    # In small letters; only of groups that everybody in the community may know of.
    taken_names: frozenset[str] = frozenset()
    # Words of what is sensitive, in small letters: no talk that has one names or describes a group.
    unsaid: frozenset[str] = frozenset()

    def topic(self, place: int, *, is_tag: bool) -> str:
        """A tag or a word of subjects as people write it; empty where it is unknown or not to be said."""
        words = self.tags.get(place, "").replace("-", " ") if is_tag else self.terms.get(place, "")
        return "" if self.unsaid.intersection(_folded(words)) else words


def words_for(plan: Plan, evidence: Evidence) -> Words:
    """All words that any cut of this evidence needs; no cut is asked for, so they can be kept between two edits."""
    group = db.session.get_one(Group, plan.group_id)
    sensitive = db.session.scalars(select(Facet.name).where(Facet.sensitive)).all()
    facets, parents = _facets(evidence, frozenset(name.casefold() for name in sensitive))
    threads = _threads(evidence, group)
    return Words(
        group_name=group.name,
        group_slug=group.slug,
        named={planned.position: planned.name for planned in _named(plan)},
        facets=facets,
        facet_parents=parents,
        tags=_tags(evidence, group),
        terms=_terms(evidence, threads),
        threads={place: shown for place, shown in threads.items() if evidence.thread_asker[place] >= 0},
        people=_people(evidence, group),
        # A new group must not take the name of one that nobody may know of either; a number more tells nobody which.
        taken_slugs=_taken_slugs(plan),
        taken_names=_taken_names(plan),
        unsaid=frozenset(word for name in sensitive for word in _folded(name)),
    )


def _named(plan: Plan) -> Sequence[PlannedGroup]:
    return db.session.scalars(select(PlannedGroup).where(PlannedGroup.plan_id == plan.id, PlannedGroup.named)).all()


def _taken_slugs(plan: Plan) -> frozenset[str]:
    """What a group made up here must not be called: as any group, secret ones too, or as one that is planned. Names
    that this plan has made up itself are free: they are made up anew."""
    ended = [state for state in PlanState if state.has_ended]
    planned = (
        select(PlannedGroup.slug)
        .join(Plan, Plan.id == PlannedGroup.plan_id)
        .where(Plan.state.not_in(ended), or_(PlannedGroup.plan_id != plan.id, PlannedGroup.named))
    )
    others = Group.id.not_in(_made_by(plan))
    groups = (select(Group.slug).where(others), select(Group.mail_name).where(others))
    return frozenset(db.session.scalars(union(*groups, planned)))


def _taken_names(plan: Plan) -> frozenset[str]:
    """As the plan's group is called, and those that everybody in the community may know of."""
    known = or_(Group.listed, Group.id == plan.group_id)
    names = db.session.scalars(select(Group.name).where(known, Group.id.not_in(_made_by(plan))))
    return frozenset(name.casefold() for name in names)


def _made_by(plan: Plan) -> Select[tuple[int | None]]:
    """The groups that this plan has made already: they keep their names."""
    return select(PlannedGroup.group_id).where(PlannedGroup.plan_id == plan.id, PlannedGroup.group_id.is_not(None))


def _facets(evidence: Evidence, sensitive: frozenset[str]) -> tuple[dict[int, str], dict[int, int]]:
    """Names, and which facet lies in which. What has become sensitive since the evidence was gathered, or is called as
    something sensitive is, is counted there as if it were not, and so has no name."""
    places = {facet_id: place for place, facet_id in enumerate(evidence.facet_ids.tolist())}
    names: dict[int, str] = {}
    parents: dict[int, int] = {}
    for some in _some(places):
        for row in db.session.execute(select(Facet.id, Facet.name, Facet.parent_id).where(Facet.id.in_(some))):
            if row.name.casefold() not in sensitive or evidence.facet_sensitive[places[row.id]]:
                names[places[row.id]] = row.name
            if row.parent_id in places:
                parents[places[row.id]] = places[row.parent_id]
    return names, parents


def _tags(evidence: Evidence, group: Group) -> dict[int, str]:
    places = {tag_id: place for place, tag_id in enumerate(evidence.tag_ids.tolist())}
    found: dict[int, str] = {}
    for some in _some(places):
        rows = select(ThreadTag.id, ThreadTag.tag).where(ThreadTag.id.in_(some), ThreadTag.group_id == group.id)
        found |= {places[row.id]: row.tag for row in db.session.execute(rows)}
    return found


def _threads(evidence: Evidence, group: Group) -> dict[int, tuple[str, str]]:
    """The busiest threads that still are in the group, by place: public id and subject."""
    busiest = np.lexsort((evidence.thread_days, -evidence.thread_posts_recent))[:_MOST_THREADS]
    places = {int(evidence.thread_ids[place]): int(place) for place in busiest}
    found: dict[int, tuple[str, str]] = {}
    for some in _some(places):
        rows = select(Thread.id, Thread.public_id, Thread.subject).where(
            Thread.id.in_(some), Thread.group_id == group.id, Thread.subject != ERASED_SUBJECT
        )
        found |= {places[row.id]: (row.public_id, row.subject) for row in db.session.execute(rows)}
    return found


def _terms(evidence: Evidence, threads: Mapping[int, tuple[str, str]]) -> dict[int, str]:
    """How the words are mostly written in the subjects from which they were taken: MRI, Portland, imaging."""
    place_of = {int(key): place for place, key in enumerate(evidence.term_keys.tolist())}
    written: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for thread in threads.keys() & set(evidence.term_thread.tolist()):
        for form in _LETTERS.findall(threads[thread][1]):
            place = place_of.get(key_of(form.casefold()))
            if place is not None:
                written[place][form] += 1
    # Of forms that are as frequent, the one in small letters.
    return {place: max(forms, key=lambda form: (forms[form], form)) for place, forms in written.items()}


def _people(evidence: Evidence, group: Group) -> dict[int, Person]:
    """Active members who answer others, get mail, are not away, and were not restricted lately, by place."""
    busy = (evidence.given >= FEWEST_ANSWERED) & (evidence.member_posts_recent >= FEWEST_RECENT_POSTS)
    places = {int(evidence.member_ids[place]): int(place) for place in np.flatnonzero(busy)}
    root = aliased(Membership)
    restricted = select(Restriction.member_id).where(
        Restriction.group_id == group.id,
        Restriction.kind.in_((Restricts.MUTE, Restricts.BAN)),
        or_(Restriction.ended_at.is_(None), Restriction.starts_at > now() - timedelta(days=_RESTRICTED_DAYS)),
    )
    rows = (
        select(Member.id, Member.public_id, Member.name)
        .join(Membership, Membership.member_id == Member.id)
        .join(root, root.member_id == Member.id)
        .join(Address, (Address.member_id == Member.id) & Address.is_primary)
        .where(
            Membership.group_id == group.id,
            Membership.standing == Standing.ACTIVE,
            root.group_id == community().id,
            root.standing == Standing.ACTIVE,
            Address.bouncing_since.is_(None),
            or_(Member.away_until.is_(None), Member.away_until <= now()),
            Member.id.not_in(restricted),
        )
    )
    moderating, before = _have_moderated(group)
    agreed, declined = _have_been_asked(group)
    found: dict[int, Person] = {}
    for some in _some(places):
        for row in db.session.execute(rows.where(Member.id.in_(some))):
            willing = "Said yes to moderating before." if row.id in agreed else ""
            if row.id in moderating:
                willing = "Moderates a group already."
            elif row.id in before:
                willing = "Has moderated a group before."
            if row.id not in declined:
                found[places[row.id]] = Person(row.public_id, row.name, willing)
    return found


def _have_moderated(group: Group) -> tuple[frozenset[int], frozenset[int]]:
    """Who moderates and who once did, here and in groups that everybody may know of: not in secret ones."""
    known = or_(Group.id == group.id, (Group.listed) & (Group.kind != Kind.CIRCLE))
    here = select(Membership.member_id).join(Group, Group.id == Membership.group_id)
    here = here.where(Membership.role.in_(_MODERATES), Membership.standing == Standing.ACTIVE, known)
    before = select(FormerMembership.member_id).join(Group, Group.id == FormerMembership.group_id)
    before = before.where(FormerMembership.role.in_(_MODERATES), known)
    return frozenset(db.session.scalars(here)), frozenset(db.session.scalars(before))


def _have_been_asked(group: Group) -> tuple[frozenset[int], frozenset[int]]:
    """Who said yes to moderating a group that was to grow out of this one, and who said no not long ago."""
    asked = select(PlanQuestion.member_id).join(Plan, Plan.id == PlanQuestion.plan_id)
    asked = asked.where(Plan.group_id == group.id, PlanQuestion.asks == Asks.MODERATE)
    lately = now() - timedelta(days=_DECLINED_DAYS)
    declined = asked.where(PlanQuestion.answer == Answer.NO, PlanQuestion.answered_at > lately)
    return (
        frozenset(db.session.scalars(asked.where(PlanQuestion.answer == Answer.YES))),
        frozenset(db.session.scalars(declined)),
    )


def _some(ids: Iterable[int]) -> Iterator[Sequence[int]]:
    ordered = sorted(ids)
    return (ordered[start : start + _AT_ONCE] for start in range(0, len(ordered), _AT_ONCE))


def _folded(words: str) -> Iterable[str]:
    return _LETTERS.findall(words.casefold())
