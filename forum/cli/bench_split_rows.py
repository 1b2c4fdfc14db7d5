"""A simulated community as rows of a database, written in bulk; for the benchmark of splits."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import insert

from forum.accounts.models import Member
from forum.clock import now
from forum.db import Base, analyze, public_id, transaction
from forum.facets.models import Dimension, Facet, MemberFacet
from forum.groups.models import Group, Membership
from forum.groups.queries import community
from forum.splitting.proposals.simulated import EMPLOYERS, INTERESTS, REGIONS, SPECIALTIES, STAGES, Pairs, Simulated
from forum.threads.models import Choice, Post, Thread, ThreadChoice, ThreadTag

_LOT = 20_000
_SYLLABLES = [consonant + vowel for consonant in "bdfghklmnprstvwz" for vowel in "aeiou"]


def write_rows(simulated: Simulated, group: Group) -> Sequence[int]:
    """Write all of it as rows of the group; the ids of the members, in their order."""
    root, moment = community(), now()
    ids = range(1_000, 1_000 + len(simulated.groups))
    _write(Member, ({"id": each, "public_id": public_id(), "name": f"Member {each}"} for each in ids))
    for to in (root, group):
        _write(Membership, ({"member_id": each, "group_id": to.id, "delivery": "digest"} for each in ids))
    _write_facets(simulated, ids)
    _write(Thread, _threads(simulated, group, moment))
    _write(Post, _posts(simulated, ids, moment))
    _write(ThreadTag, _tags(simulated.tags, group))
    follows = zip(simulated.follows.owner.tolist(), simulated.follows.trait.tolist(), strict=True)
    _write(
        ThreadChoice,
        ({"member_id": ids[member], "thread_id": thread + 1, "choice": Choice.FOLLOW} for member, thread in follows),
    )
    with transaction():
        analyze(Member, Membership, MemberFacet, Thread, Post, ThreadTag, ThreadChoice)
    return ids


def _write(table: type[Base], rows: Iterable[dict[str, Any]]) -> None:
    left = iter(rows)
    while lot := list(islice(left, _LOT)):
        with transaction() as session:
            session.execute(insert(table), lot)


def _write_facets(simulated: Simulated, ids: Sequence[int]) -> None:
    """Each kind of trait is a dimension; regions lie in a country."""
    kinds = (
        (Dimension.PLACE, REGIONS.values, simulated.regions),
        (Dimension.SPECIALTY, SPECIALTIES.values, simulated.specialties),
        (Dimension.INTEREST, INTERESTS.values, simulated.interests),
        (Dimension.EMPLOYER, EMPLOYERS.values, simulated.employers),
        (Dimension.CAREER_STAGE, STAGES.values, simulated.stages),
    )
    country, first = 1, 2
    _write(Facet, [_facet(country, Dimension.PLACE, None)])
    for dimension, values, pairs in kinds:
        parent = country if dimension is Dimension.PLACE else None
        _write(Facet, [_facet(first + value, dimension, parent) for value in range(values)])
        having = zip(pairs.owner.tolist(), pairs.trait.tolist(), strict=True)
        _write(MemberFacet, [{"member_id": ids[owner], "facet_id": first + value} for owner, value in having])
        first += values


def _facet(number: int, dimension: Dimension, parent: int | None) -> dict[str, Any]:
    word = _word(number)
    return {"id": number, "dimension": dimension, "code": word, "name": word.capitalize(), "parent_id": parent}


def _threads(simulated: Simulated, group: Group, moment: datetime) -> Iterator[dict[str, Any]]:
    subjects: list[list[str]] = [[] for _ in range(simulated.threads)]
    for thread, word in zip(simulated.words.owner.tolist(), simulated.words.trait.tolist(), strict=True):
        subjects[thread].append(_word(word))
    ages = simulated.post_age[: simulated.threads].tolist()
    for thread, (words, age) in enumerate(zip(subjects, ages, strict=True)):
        subject = " ".join(words)
        yield {
            "id": thread + 1,
            "public_id": public_id(),
            "group_id": group.id,
            "subject": subject,
            "subject_key": subject,
            "created_at": moment - timedelta(days=age),
            "posts": 1,
            "last_post_at": moment,
            "last_published_no": thread + 1,
        }


def _posts(simulated: Simulated, ids: Sequence[int], moment: datetime) -> Iterator[dict[str, Any]]:
    columns = (simulated.post_thread, simulated.post_author, simulated.post_answers, simulated.post_age)
    for number, (thread, author, answers, age) in enumerate(
        zip(*(each.tolist() for each in columns), strict=True), start=1
    ):
        yield {
            "id": number,
            "public_id": public_id(),
            "thread_id": thread + 1,
            "published_no": number,
            "fan_out_key": -number,
            "author_id": ids[author],
            "byline": "Somebody",
            "via": "web",
            "message_id": f"<bench{number}@bench.example>",
            "in_reply_to_id": answers + 1 if answers >= 0 else None,
            "subject": "Anything",
            "text": "Nobody has written this.",
            "text_format": "plain",
            "html": "<p>Nobody has written this.</p>",
            "created_at": moment - timedelta(days=age),
        }


def _tags(tags: Pairs, group: Group) -> Iterator[dict[str, Any]]:
    for thread, tag in zip(tags.owner.tolist(), tags.trait.tolist(), strict=True):
        yield {"thread_id": thread + 1, "group_id": group.id, "tag": _word(tag)}


def _word(number: int) -> str:
    """A word that nobody knows, another one for each number."""
    high, low = divmod(number, len(_SYLLABLES))
    return _SYLLABLES[high] + _SYLLABLES[low] + "n"
