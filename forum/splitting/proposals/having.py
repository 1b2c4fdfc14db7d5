"""What members have in common: facets, and what they talk about. Pure."""

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from forum.facets.models import Dimension
from forum.splitting.cut.graph import Numbers, Weights
from forum.splitting.proposals.evidence import Evidence

_SPOKEN_AT_MOST = 20
_DIMENSIONS = list(Dimension)


@dataclass(frozen=True)
class Having:
    """Who has what and how much of it, in the order of members and things, each pair once. Things are numbered from 0
    to `kinds` - 1."""

    members: int
    kinds: int
    member: Numbers
    thing: Numbers
    amount: Weights


def facets_of(evidence: Evidence, dimensions: Collection[Dimension] = _DIMENSIONS) -> Having:
    """The facets of members in these dimensions."""
    wanted = np.isin(evidence.facet_dimension, [_DIMENSIONS.index(each) for each in dimensions])
    kept = wanted[evidence.has_facet]
    member, facet = evidence.has_facet_member[kept].astype(np.int64), evidence.has_facet[kept].astype(np.int64)
    return _having(evidence.members, len(evidence.facet_ids), member, facet, np.ones(len(member)))


def talk_of(evidence: Evidence) -> Having:
    """What members talk about: tags and telling words of the threads in which they write or that they follow, and tags
    that they follow. Of each member the most telling ones; twice as often is not twice as much."""
    member = np.concatenate((evidence.wrote_member, evidence.follow_member)).astype(np.int64)
    thread = np.concatenate((evidence.wrote_thread, evidence.follow_thread)).astype(np.int64)
    tags = len(evidence.tag_ids)
    tagged_by, tagged = _along(member, thread, evidence.tagged_thread, evidence.tagged, evidence.threads)
    said_by, said = _along(member, thread, evidence.term_thread, evidence.term, evidence.threads)
    who = np.concatenate((tagged_by, evidence.tag_follow_member.astype(np.int64), said_by))
    what = np.concatenate((tagged, evidence.tag_follow.astype(np.int64), said + tags))
    often = _having(evidence.members, tags + len(evidence.term_keys), who, what, np.ones(len(who)))
    return most_telling(replace(often, amount=np.sqrt(often.amount)), _SPOKEN_AT_MOST)


def _along(
    member: Numbers, thread: Numbers, having: NDArray[np.int32], what: NDArray[np.int32], threads: int
) -> tuple[Numbers, Numbers]:
    """What members come by through threads: for each pair of both and each thing that the thread has, one pair."""
    order = np.argsort(having, kind="stable")
    starts = np.searchsorted(having[order], np.arange(threads + 1))
    counts = starts[thread + 1] - starts[thread]
    pair = np.repeat(np.arange(len(thread)), counts)
    within = np.arange(len(pair)) - np.repeat(np.cumsum(counts) - counts, counts)
    return member[pair], what[order][starts[thread][pair] + within].astype(np.int64)


def _having(members: int, kinds: int, member: Numbers, thing: Numbers, amount: Weights) -> Having:
    pairs, at = np.unique(member * max(kinds, 1) + thing, return_inverse=True)
    sums = np.bincount(at, amount, len(pairs)).astype(np.float64)
    return Having(members, kinds, pairs // max(kinds, 1), pairs % max(kinds, 1), sums)


def most_telling(having: Having, at_most: int) -> Having:
    """Of each member so many things: those that few others have, and those that come often."""
    holders = len(np.unique(having.member))
    rarity = np.log(max(holders, 1) / np.maximum(np.bincount(having.thing, minlength=having.kinds), 1))
    order = np.lexsort((having.thing, -having.amount * rarity[having.thing], having.member))
    member = having.member[order]
    place = np.arange(len(order)) - np.searchsorted(member, member)
    kept = np.sort(order[place < at_most])
    return Having(having.members, having.kinds, having.member[kept], having.thing[kept], having.amount[kept])
