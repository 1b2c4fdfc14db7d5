"""What a proposal is computed from: numbers of members, threads, answers and facets, and the cuts that were found.

Arrays alone, no names and no words: who shows them looks those up, for who may see them. Pure; `gathering` fills it.
Members, threads, facets, tags and terms are named by their places in the arrays of their ids, from 0; -1 is nobody.
Everything is of one group and the days it looks back, without anonymous and erased posts and without members who may
not be compared. Arrays that belong together have one prefix and one length, and are in the order of their columns.
"""

import io
import zipfile
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Places = NDArray[np.int32]
Counts = NDArray[np.int32]
Weights = NDArray[np.float32]

# A gathered archive of another layout is gathered anew.
LAYOUT = 1
RECENT_DAYS = 90


class OtherLayout(ValueError):
    """The archive was made by another version of the program, or is none."""


@dataclass(frozen=True)
class Evidence:
    """A group in numbers.

    moment: when it was gathered, in seconds of the epoch, and how many days it looks back.
    member_ids: ascending. Of each member: member_joined_days ago, member_delivery (the place in `groups.Delivery`),
      member_posts and member_started (threads) in all these days; *_recent in the last 90.
    answer_from, answer_to: members, who answered whom; answer_count so often, each answer once; answer_weight counts by
      recency and has half a share for who asked in the thread (where it is 0 times, only that).
    thread_ids: ascending; threads with a post in these days. thread_days ago they began; thread_asker and
      thread_answerer (the first other) are members or -1; thread_posts_recent in the last 90 days.
    wrote_thread, wrote_member: who wrote in which thread; wrote_posts in these days.
    follow_thread, follow_member: who chose to follow which thread.
    tag_ids: of each tag one row of `thread_tag` that says it; tagged_thread, tagged: which thread has which;
      tag_follow_member, tag_follow: who follows which.
    term_keys: of each word of subjects its key (`talk.key_of`); term_thread, term: which thread has which, as often.
    facet_ids: ascending, none merged; facet_dimension (the place in `facets.Dimension`) and facet_sensitive of each;
      has_facet_member, has_facet: who has which, with the places and specialties above it.
    labels[c]: for each member a group from 0, by candidate c from coarse to fine; second[c] another one, or -1.
    unbounded: the groups that Leiden finds without bounds, to compare with.
    """

    moment: Ids
    member_ids: Ids
    member_joined_days: Counts
    member_delivery: Counts
    member_posts: Counts
    member_started: Counts
    member_posts_recent: Counts
    member_started_recent: Counts
    answer_from: Places
    answer_to: Places
    answer_count: Counts
    answer_weight: Weights
    thread_ids: Ids
    thread_days: Counts
    thread_asker: Places
    thread_answerer: Places
    thread_posts_recent: Counts
    wrote_thread: Places
    wrote_member: Places
    wrote_posts: Counts
    follow_thread: Places
    follow_member: Places
    tag_ids: Ids
    tagged_thread: Places
    tagged: Places
    tag_follow_member: Places
    tag_follow: Places
    term_keys: Ids
    term_thread: Places
    term: Places
    facet_ids: Ids
    facet_dimension: Counts
    facet_sensitive: NDArray[np.bool_]
    has_facet_member: Places
    has_facet: Places
    labels: Places
    second: Places
    unbounded: Places

    @property
    def members(self) -> int:
        return len(self.member_ids)

    @property
    def threads(self) -> int:
        return len(self.thread_ids)

    @property
    def days(self) -> int:
        """How many days it looks back."""
        return int(self.moment[1])

    @property
    def received(self) -> Counts:
        """How many answers each member got."""
        return _sums(self.answer_to, self.answer_count, self.members)

    @property
    def given(self) -> Counts:
        """How many answers each member wrote."""
        return _sums(self.answer_from, self.answer_count, self.members)

    def with_cuts(self, labels: Places, second: Places, unbounded: Places) -> "Evidence":
        """The same with these candidates, one in each row of `labels` and `second`."""
        if labels.shape != second.shape or labels.shape[1:] != (self.members,) or unbounded.shape != (self.members,):
            raise ValueError("every candidate places every member")
        return replace(self, labels=labels, second=second, unbounded=unbounded)


def to_bytes(evidence: Evidence) -> bytes:
    """A compressed archive of the arrays; the same evidence, the same octets."""
    octets = io.BytesIO()
    arrays = {each.name: getattr(evidence, each.name) for each in fields(Evidence)}
    np.savez_compressed(octets, allow_pickle=False, layout=np.array([LAYOUT]), **arrays)
    return octets.getvalue()


def from_bytes(octets: bytes) -> Evidence:
    """What `to_bytes` made. OtherLayout for anything else."""
    try:
        with np.load(io.BytesIO(octets), allow_pickle=False) as arrays:
            layout = int(arrays["layout"][0])
            if layout != LAYOUT:
                raise OtherLayout(f"an archive of layout {layout}, not {LAYOUT}")
            return Evidence(**{each.name: arrays[each.name] for each in fields(Evidence)})
    except (KeyError, EOFError, OSError, ValueError, zipfile.BadZipFile) as error:
        raise OtherLayout("no archive of this layout") from error


def _sums(places: Places, counts: Counts, members: int) -> Counts:
    return np.bincount(places, counts, members).astype(np.int32)
