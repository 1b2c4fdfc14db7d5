"""Who would sit where, and what follows for answers and threads: counts of a proposal. Pure; no loop over members.

Members are places in the evidence, groups the places of `Seating.positions`, from 0; -1 is nowhere.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from forum.splitting.course.threads_along import FITS_PERCENT
from forum.splitting.proposals.evidence import RECENT_DAYS, Evidence, Places

Flags = NDArray[np.bool_]
Numbers = NDArray[np.int64]
Shares = NDArray[np.float64]


@dataclass(frozen=True)
class Seating:
    """One or two seats of each member. `positions` are the numbers of the groups in the plan, ascending, from 1."""

    first: Places
    second: Places
    positions: tuple[int, ...]

    @property
    def groups(self) -> int:
        return len(self.positions)

    @cached_property
    def seat_member(self) -> Numbers:
        """Of every seat, whose it is."""
        return np.concatenate((np.flatnonzero(self.first >= 0), np.flatnonzero(self.second >= 0)))

    @cached_property
    def seat_group(self) -> Numbers:
        """Of every seat, in which group."""
        return np.concatenate((self.first[self.first >= 0], self.second[self.second >= 0])).astype(np.int64)

    @cached_property
    def sizes(self) -> Numbers:
        return np.bincount(self.seat_group, minlength=self.groups).astype(np.int64)

    def together(self, one: Places, other: Places) -> Flags:
        """Whether these pairs of members share a group."""
        shared: Flags = np.any([found >= 0 for found in self._shared(one, other)], axis=0)
        return shared

    def inside(self, one: Places, other: Places, counts: NDArray[np.int32]) -> Numbers:
        """For each group, how much of the counts lies between pairs who both sit in it."""
        total = np.zeros(self.groups, dtype=np.int64)
        for found in self._shared(one, other):
            total += np.bincount(found[found >= 0], counts[found >= 0], self.groups).astype(np.int64)
        return total

    def seats_of(self, members: Places) -> tuple[Numbers, Numbers]:
        """For rows that name a member: the rows again, once for each seat of the member, and the group of the seat."""
        rows, groups = [], []
        for seats in (self.first, self.second):
            at = np.flatnonzero(seats[members] >= 0)
            rows.append(at)
            groups.append(seats[members[at]].astype(np.int64))
        return np.concatenate(rows), np.concatenate(groups)

    def _shared(self, one: Places, other: Places) -> list[NDArray[np.int32]]:
        """The group that a pair shares or -1, for each way to choose a seat of both. No group comes twice in a row."""
        ways = [(mine, theirs) for mine in (self.first, self.second) for theirs in (self.first, self.second)]
        return [np.where(mine[one] == theirs[other], mine[one], np.int32(-1)) for mine, theirs in ways]


def seating_of(labels: Places, second: Places, positions: frozenset[int] = frozenset()) -> Seating:
    """The seating by the labels of a cut, from 0; group g has the position g + 1. `positions` names groups that may be
    empty. ValueError where a second seat is the first one again, or has no first one."""
    if np.any((second >= 0) & ((second == labels) | (labels < 0))):
        raise ValueError("a second seat is in another group than the first")
    found = np.union1d(labels[labels >= 0], second[second >= 0])
    numbers = np.union1d(found, np.array([position - 1 for position in sorted(positions)], dtype=np.int64))
    place = np.full(int(numbers.max()) + 2 if len(numbers) else 1, -1, dtype=np.int32)
    # The last cell stays -1, so that nowhere leads nowhere.
    place[numbers.astype(np.int64)] = np.arange(len(numbers), dtype=np.int32)
    return Seating(place[labels], place[second], tuple(int(number) + 1 for number in numbers))


@dataclass(frozen=True)
class Kept:
    """Answers that stay inside groups. Of each group: `written` by its members, and `inside` to others in it."""

    written: Numbers
    inside: Numbers
    # Of the whole: all answers, and those between members who share a group.
    answers: int
    kept: int

    @property
    def share(self) -> float:
        """1 where there is no answer to lose."""
        return self.kept / self.answers if self.answers else 1.0


def kept_by(evidence: Evidence, seating: Seating) -> Kept:
    written = np.bincount(seating.seat_group, evidence.given[seating.seat_member], seating.groups).astype(np.int64)
    ends = (evidence.answer_from, evidence.answer_to)
    together = seating.together(*ends)
    return Kept(
        written,
        seating.inside(*ends, evidence.answer_count),
        int(evidence.answer_count.sum(dtype=np.int64)),
        int(evidence.answer_count[together].sum(dtype=np.int64)),
    )


def fit_of(evidence: Evidence, seating: Seating) -> Shares:
    """Of each member's ties, by weight, the share with others who share a group, 0 to 1; nan where there are none."""
    together = seating.together(evidence.answer_from, evidence.answer_to)
    weight = evidence.answer_weight.astype(np.float64)
    ends = np.concatenate((evidence.answer_from, evidence.answer_to))
    total = np.bincount(ends, np.concatenate((weight, weight)), evidence.members)
    inside = np.bincount(ends, np.concatenate((weight * together, weight * together)), evidence.members)
    share = np.full(evidence.members, np.nan)
    # Sums in another order differ in their last digits.
    share[total > 0] = np.clip(inside[total > 0] / total[total > 0], 0.0, 1.0)
    return share


def homes_of(evidence: Evidence, seating: Seating) -> Numbers:
    """For each thread the group with which it would go along, as `threads_along.place_for` decides; -1 for none.

    It is the one in which most of its writers sit, if they are enough; of several one of who asked, then the first.
    """
    width = max(seating.groups, 1)
    rows, groups = seating.seats_of(evidence.wrote_member)
    keys, counts = np.unique(evidence.wrote_thread[rows].astype(np.int64) * width + groups, return_counts=True)
    threads, at = keys // width, keys % width
    writers = np.bincount(evidence.wrote_thread, minlength=evidence.threads)
    fits = 100 * counts >= FITS_PERCENT * writers[threads]
    threads, at, counts = threads[fits], at[fits], counts[fits]
    asker = evidence.thread_asker[threads]
    begun_there = (asker >= 0) & ((seating.first[asker] == at) | (seating.second[asker] == at))
    # The last of a thread stands.
    order = np.lexsort((-at, begun_there, counts, threads))
    homes = np.full(evidence.threads, -1, dtype=np.int64)
    homes[threads[order]] = at[order]
    return homes


def each_once(keys: Numbers) -> Numbers:
    """The same, ascending and each once. numpy's own, which hashes, takes ten times as long for millions."""
    ordered = np.sort(keys)
    return ordered[np.append(True, ordered[1:] != ordered[:-1])] if len(ordered) else ordered


def days_seen(evidence: Evidence) -> int:
    """Over how many days the recent posts are spread: 90, or fewer in a group that is younger."""
    oldest = int(evidence.thread_days.max()) + 1 if evidence.threads else 1
    return max(1, min(RECENT_DAYS, oldest))


def posts_a_day(evidence: Evidence, seating: Seating, homes: Numbers) -> Shares:
    """Of each group, the posts a day lately in threads that would go along with it."""
    at_home = homes >= 0
    posts = np.bincount(homes[at_home], evidence.thread_posts_recent[at_home], seating.groups)
    return posts.astype(np.float64) / days_seen(evidence)


@dataclass(frozen=True)
class Answerers:
    """Threads begun in the last 90 days that somebody else has answered, and how many would lose all answerers."""

    threads: int
    lost: int


def answerers_lost(evidence: Evidence, seating: Seating) -> Answerers:
    asked = evidence.thread_asker[evidence.wrote_thread]
    fresh = evidence.thread_days[evidence.wrote_thread] < RECENT_DAYS
    answers = np.flatnonzero((asked >= 0) & (evidence.wrote_member != asked) & fresh)
    thread = evidence.wrote_thread[answers]
    stays = seating.together(asked[answers], evidence.wrote_member[answers])
    answered = np.bincount(thread, minlength=evidence.threads) > 0
    still = np.bincount(thread[stays], minlength=evidence.threads) > 0
    return Answerers(int(answered.sum()), int((answered & ~still).sum()))
