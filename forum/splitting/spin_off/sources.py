"""What a spin-off grows from: a thread, a tag, a facet, a search or a list of people. Whom and which threads it names.

Reads only. Of a group its own members and threads alone are looked at; who writes under a pseudonym is not found.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute

from forum.accounts.models import Member, Shown
from forum.accounts.queries import member_by_email
from forum.db import db
from forum.facets.models import Dimension, Facet
from forum.facets.queries import facet_by_code, facet_by_public_id, facets_page, members_with
from forum.groups.actions import NotPossible
from forum.groups.models import READS, Group, Membership
from forum.groups.queries import community
from forum.groups.rights import Viewer
from forum.search import Query, search_posts
from forum.threads.models import Choice, Post, TagChoice, Thread, ThreadChoice
from forum.threads.queries import author_column, thread_by_public_id
from forum.threads.tags import subject_beside, tag_named, tags_of, threads_with

# So much of what a search finds counts, the best first; the words of the source say when there is more.
_PAGES_OF_HITS = 20
_AT_ONCE = 5_000


class SourceKind(StrEnum):
    THREAD = "thread"
    TAG = "tag"
    FACET = "facet"
    SEARCH = "search"
    MEMBERS = "members"


_SHOWN: Mapping[Dimension, InstrumentedAttribute[Shown]] = {
    Dimension.PLACE: Member.place_shown,
    Dimension.SPECIALTY: Member.specialty_shown,
    Dimension.CAREER_STAGE: Member.career_stage_shown,
    Dimension.EMPLOYER: Member.employer_shown,
    Dimension.INTEREST: Member.interests_shown,
}


# What a member may ask for a spin-off of: what is there to be read. Who has which facet is for moderators to use.
FOR_MEMBERS = (SourceKind.THREAD, SourceKind.TAG)


@dataclass(frozen=True)
class Source:
    """`what` is a thread's public id, a tag, a facet's public id or `dimension:code`, words to search for, or mail
    addresses apart by white space or commas."""

    kind: SourceKind
    what: str


@dataclass(frozen=True)
class Grown:
    """What a source names: sorted ids, and itself in words for the plan.

    `hidden`: those of whom nobody may learn that it names them; of a `sensitive` source that is everybody.
    """

    member_ids: Sequence[int]
    thread_ids: Sequence[int]
    words: str
    sensitive: bool = False
    hidden: frozenset[int] = frozenset()


def gather(group: Group, source: Source, viewer: Viewer | None) -> Grown:
    """Whom and what a source names in a group; NotPossible for what is not there. A search needs somebody who looks."""
    match source.kind:
        case SourceKind.THREAD:
            return _from_thread(group, source.what.strip())
        case SourceKind.TAG:
            return _from_tag(group, source.what)
        case SourceKind.FACET:
            return _from_facet(group, source.what.strip())
        case SourceKind.SEARCH:
            return _from_search(group, source.what.strip(), viewer)
        case SourceKind.MEMBERS:
            return _from_list(group, source.what)


def _from_thread(group: Group, public_id: str) -> Grown:
    thread = thread_by_public_id(public_id)
    if thread is None or thread.group_id != group.id:
        raise NotPossible(f"There is no such thread in {group.name}.")
    following = select(ThreadChoice.member_id).where(
        ThreadChoice.thread_id == thread.id, ThreadChoice.choice == Choice.FOLLOW
    )
    return Grown(_members_of(group, {*_writers([thread.id]), *db.session.scalars(following)}), [thread.id], "a thread")


def _from_tag(group: Group, word: str) -> Grown:
    tag = tag_named(word)
    threads = sorted(set(db.session.scalars(threads_with(tag, [group.id])))) if tag else []
    if not threads:
        raise NotPossible(f"No thread of {group.name} has the tag #{word.strip().removeprefix('#')[:40]}.")
    following = select(TagChoice.member_id).where(
        TagChoice.group_id == group.id, TagChoice.tag == tag, TagChoice.choice == Choice.FOLLOW
    )
    return Grown(_members_of(group, {*_writers(threads), *db.session.scalars(following)}), threads, f"the tag #{tag}")


def _from_facet(group: Group, what: str) -> Grown:
    facet = _facet_called(group, what)
    found = () if facet is None else members_with(facet, _belonging(group))
    if facet is None or not found:
        # The same whether nobody has it, too few of something sensitive have it, or it does not exist.
        raise NotPossible(f"Nobody in {group.name} is known to have this. See the list of facets.")
    if facet.sensitive:
        return Grown(found, [], "a health topic", sensitive=True, hidden=frozenset(found))
    return Grown(found, [], facet.name, hidden=_who_shows_nobody(facet.dimension, found))


def _facet_called(group: Group, what: str) -> Facet | None:
    """A facet by its id, by its dimension and code, or by its name; NotPossible where several have that name."""
    dimension, colon, code = what.partition(":")
    if colon and dimension in list(Dimension):
        return facet_by_code(Dimension(dimension), code.strip())
    if (facet := facet_by_public_id(what, _belonging(group))) is not None:
        return facet
    page = facets_page(_belonging(group), matching=what)
    called = [each for each in page if each.facet.name.lower() == what.lower() and each.merged_into is None]
    if len(called) > 1:
        named = [f"{each.facet.dimension}:{each.facet.code}" for each in called]
        raise NotPossible(f"Several things are called {what}. Write one of these: {', '.join(named)}.")
    return called[0].facet if called else None


def _who_shows_nobody(dimension: Dimension, member_ids: Sequence[int]) -> frozenset[int]:
    """Those of these members who show to nobody what they say of themselves in this dimension."""
    hidden = set[int]()
    for start in range(0, len(member_ids), _AT_ONCE):
        some = Member.id.in_(member_ids[start : start + _AT_ONCE])
        hidden.update(db.session.scalars(select(Member.id).where(some, _SHOWN[dimension] == Shown.NOBODY)))
    return frozenset(hidden)


def _from_search(group: Group, words: str, viewer: Viewer | None) -> Grown:
    if viewer is None:
        raise NotPossible("A search finds what somebody may read: say as which member.")
    hits: list[int] = []
    for page in range(1, _PAGES_OF_HITS + 1):
        found = search_posts(viewer, Query(words, group_slug=group.slug, page=page))
        hits += [hit.post_id for hit in found.hits]
        if page >= found.pages:
            break
    threads = sorted(set(db.session.scalars(select(Post.thread_id).where(Post.id.in_(hits)))))
    if not threads:
        raise NotPossible(f"The search finds nothing in {group.name}.")
    best = f"the {len(hits)} best of {found.total} posts found by" if found.total > len(hits) else "a search for"
    return Grown(_members_of(group, _writers(threads)), threads, f"{best} “{words[:100]}”")


def _from_list(group: Group, words: str) -> Grown:
    emails = list(dict.fromkeys(words.replace(",", " ").split()))
    if not emails:
        raise NotPossible("Name the members by their mail addresses.")
    members = {email: member_by_email(email) for email in emails}
    known = may_be_named(group, {each.id for each in members.values() if each is not None})
    unknown = [email for email, each in members.items() if each is None or each.id not in known]
    if unknown:
        more = f" and {len(unknown) - 10} more" if len(unknown) > 10 else ""
        raise NotPossible(f"Not a member of {_named_from(group).name}: {', '.join(unknown[:10])}{more}.")
    return Grown(sorted(known), [], f"a list of {len(known)} members")


def may_be_named(group: Group, member_ids: Collection[int]) -> frozenset[int]:
    """Those of these who may hear of what grows out of a group: of one that is not listed only its own members."""
    return frozenset(_members_of(_named_from(group), member_ids))


def _named_from(group: Group) -> Group:
    return community() if group.listed else group


def belonging_among(group: Group, member_ids: Collection[int]) -> frozenset[int]:
    """Those of these who read in the group by a membership of their own."""
    return frozenset(_members_of(group, member_ids))


def _writers(thread_ids: Collection[int]) -> set[int]:
    """Who wrote in these threads under their own names."""
    ids, found = sorted(thread_ids), set[int]()
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        rows = select(author_column()).where(Post.thread_id.in_(some), Post.pseudonym_id.is_(None)).distinct()
        found.update(db.session.scalars(rows))
    return found


def _belonging(group: Group) -> Select[tuple[int]]:
    """Who reads in a group, and so in the community."""
    in_community = select(Membership.member_id).where(
        Membership.group_id == community().id, Membership.standing.in_(READS)
    )
    return select(Membership.member_id).where(
        Membership.group_id == group.id, Membership.standing.in_(READS), Membership.member_id.in_(in_community)
    )


def _members_of(group: Group, member_ids: Collection[int]) -> Sequence[int]:
    """Those of these who read in the group, sorted."""
    ids, found = sorted(member_ids), []
    for start in range(0, len(ids), _AT_ONCE):
        rows = _belonging(group).where(Membership.member_id.in_(ids[start : start + _AT_ONCE]))
        found += sorted(db.session.scalars(rows))
    return found


def subjects_of(thread_ids: Sequence[int], limit: int = 5) -> Sequence[str]:
    """Subjects of the newest of these threads, to show what goes along; without tags that stand beside them."""
    rows = select(Thread).where(Thread.id.in_(thread_ids[-_AT_ONCE:])).order_by(Thread.last_published_no.desc())
    threads = db.session.scalars(rows.limit(limit)).all()
    tags = tags_of([thread.id for thread in threads])
    return [subject_beside(thread.subject, tags.get(thread.id, ())) for thread in threads]
