"""A community that is made up, with groups planted in it that a proposal should find again. Pure, and only measured on.

Planted are groups of unequal sizes. Much speaks of them and nothing alone tells them: who answers whom goes across
them as often as `answers_outside` says; a few members write most, many write once or never; facets and words of
subjects lean to a group and are shared by several. No member, answer or word is anybody's.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Amounts = NDArray[np.float64]

DAYS = 700
_GROUPS = 24
# The largest has so many times the members of the smallest.
_RATIO = 10.0
# So many never write a word, whatever happens; the others' amounts have a heavy tail (of a lognormal), and many of them
# write once or never as well.
_SILENT = 0.2
_TAIL = 1.5
_TAIL_AT_MOST = 400.0
_ANSWERS_A_THREAD = 6.0
_LONGEST_THREAD = 60
# Of the answers, so many go to who asked; the others to the post before.
_TO_ASKER = 0.6


@dataclass(frozen=True)
class Leaning:
    """One kind of trait (a region, a tag, a word): how many there are, how many each group leans to, how often a member
    or thread of the group has one of those, and how often one at all."""

    values: int
    favourites: int
    leaning: float
    given: float
    most: int


REGIONS = Leaning(values=14, favourites=1, leaning=0.8, given=0.9, most=1)
SPECIALTIES = Leaning(values=16, favourites=1, leaning=0.8, given=0.95, most=1)
INTERESTS = Leaning(values=60, favourites=4, leaning=0.6, given=0.5, most=3)
EMPLOYERS = Leaning(values=400, favourites=14, leaning=0.6, given=0.4, most=1)
STAGES = Leaning(values=4, favourites=4, leaning=0.0, given=0.9, most=1)
TAGS = Leaning(values=40, favourites=4, leaning=0.6, given=0.4, most=2)
WORDS = Leaning(values=1500, favourites=80, leaning=0.4, given=1.0, most=6)
# Threads that a member follows who may never have written.
_FOLLOWS = 0.5
_FOLLOWS_AT_MOST = 4
_FOLLOWS_OWN = 0.75


@dataclass(frozen=True)
class Pairs:
    """Who or which thread has which trait."""

    owner: Numbers
    trait: Numbers


@dataclass(frozen=True)
class Simulated:
    """Members and their planted groups from 0; posts in the order of writing: their thread, author, the place of the
    post that they answer (-1 for a thread's first) and their age in days; traits of members and threads."""

    groups: Numbers
    post_thread: Numbers
    post_author: Numbers
    post_answers: Numbers
    post_age: Amounts
    threads: int
    regions: Pairs
    specialties: Pairs
    interests: Pairs
    employers: Pairs
    stages: Pairs
    tags: Pairs
    words: Pairs
    follows: Pairs

    @property
    def answers(self) -> int:
        return int((self.post_answers >= 0).sum())

    @property
    def outside(self) -> float:
        """The share of answers that go to a member of another planted group."""
        answers = np.flatnonzero(self.post_answers >= 0)
        author, answered = self.post_author[answers], self.post_author[self.post_answers[answers]]
        return float(np.mean(self.groups[author] != self.groups[answered]))


def simulate(
    members: int, answers: int, *, seed: int, planted: int = _GROUPS, answers_outside: float = 0.3
) -> Simulated:
    """A community of so many members, answers and planted groups; the same seed, the same community."""
    draw = np.random.default_rng(seed)
    groups = _planted(members, planted, draw)
    writers = _Writers.of(groups, draw)
    threads = max(1, round(answers / _ANSWERS_A_THREAD))
    thread, author, answered, age = _posts(writers, groups, _lengths(threads, answers, draw), answers_outside, draw)
    group_of_thread = groups[author[:threads]]
    return Simulated(
        groups=groups,
        post_thread=thread,
        post_author=author,
        post_answers=answered,
        post_age=age,
        threads=threads,
        regions=_traits(REGIONS, groups, draw),
        specialties=_traits(SPECIALTIES, groups, draw),
        interests=_traits(INTERESTS, groups, draw),
        employers=_traits(EMPLOYERS, groups, draw),
        stages=_traits(STAGES, groups, draw),
        tags=_traits(TAGS, group_of_thread, draw),
        words=_traits(WORDS, group_of_thread, draw),
        follows=_follows(groups, group_of_thread, draw),
    )


def _planted(members: int, planted: int, draw: Generator) -> Numbers:
    shares = _RATIO ** (np.arange(planted) / max(planted - 1, 1))
    ends = np.round(np.cumsum(shares) / shares.sum() * members).astype(np.int64)
    groups = np.searchsorted(ends, np.arange(members), side="right")
    # Neither the number of a member nor that of a group tells anything.
    shuffled: Numbers = draw.permutation(planted)[draw.permutation(groups)]
    return shuffled


@dataclass(frozen=True)
class _Writers:
    """Members in the order of their groups, with the sum of what those before them write."""

    members: Numbers
    upto: Amounts
    starts: Amounts
    ends: Amounts

    @classmethod
    def of(cls, groups: Numbers, draw: Generator) -> "_Writers":
        amounts = np.minimum(draw.lognormal(0.0, _TAIL, len(groups)), _TAIL_AT_MOST)
        amounts[draw.random(len(groups)) < _SILENT] = 0.0
        members = np.argsort(groups, kind="stable")
        upto = np.cumsum(amounts[members])
        last = np.searchsorted(groups[members], np.arange(int(groups.max()) + 1), side="right") - 1
        ends: Amounts = upto[last]
        return cls(members, upto, np.append(0.0, ends[:-1]), ends)

    def anybody(self, count: int, draw: Generator) -> Numbers:
        return self._at(draw.random(count) * self.upto[-1])

    def of_groups(self, groups: Numbers, draw: Generator) -> Numbers:
        """One writer of each of these groups."""
        share = draw.random(len(groups))
        return self._at(self.starts[groups] + share * (self.ends[groups] - self.starts[groups]))

    def not_of(self, groups: Numbers, draw: Generator) -> Numbers:
        """One writer of another group than each of these."""
        inside = self.ends[groups] - self.starts[groups]
        place = draw.random(len(groups)) * (self.upto[-1] - inside)
        return self._at(np.where(place < self.starts[groups], place, place + inside))

    def _at(self, places: Amounts) -> Numbers:
        found = np.searchsorted(self.upto, places, side="right")
        return self.members[np.minimum(found, len(self.members) - 1)]


def _posts(
    writers: _Writers, groups: Numbers, lengths: Numbers, outside: float, draw: Generator
) -> tuple[Numbers, Numbers, Numbers, Amounts]:
    """Thread, author, answered post and age of each post. The first posts begin the threads, one each; then come the
    first answers of all, the second ones, ..."""
    threads = len(lengths)
    asked, began = writers.anybody(threads, draw), draw.random(threads) * DAYS
    latest, latest_author = np.arange(threads), asked.copy()
    thread, author, answered, age = [latest.copy()], [asked], [np.full(threads, -1)], [began]
    written = threads
    for step in range(int(lengths.max())):
        going = np.flatnonzero(lengths > step)
        to_asker = draw.random(len(going)) < _TO_ASKER
        theirs = groups[np.where(to_asker, asked[going], latest_author[going])]
        goes_out = draw.random(len(going)) < outside
        thread.append(going)
        answered.append(np.where(to_asker, going, latest[going]))
        author.append(np.where(goes_out, writers.not_of(theirs, draw), writers.of_groups(theirs, draw)))
        age.append(np.maximum(began[going] - (step + 1) / 24, 0.0))
        latest[going], latest_author[going] = written + np.arange(len(going)), author[-1]
        written += len(going)
    return np.concatenate(thread), np.concatenate(author), np.concatenate(answered), np.concatenate(age)


def _lengths(threads: int, answers: int, draw: Generator) -> Numbers:
    """How many answers each thread has: some none, a few very many; so many in all."""
    shares = draw.gamma(0.7, 1.0, threads)
    lengths: Numbers = np.minimum(np.floor(shares * answers / shares.sum()), _LONGEST_THREAD).astype(np.int64)
    while (left := answers - int(lengths.sum())) > 0:
        lengths = np.minimum(lengths + np.bincount(draw.integers(0, threads, left), minlength=threads), _LONGEST_THREAD)
    return lengths


def _traits(kind: Leaning, groups: Numbers, draw: Generator) -> Pairs:
    """For each owner, by group, up to `most` values: of the group's favourites so often, else any."""
    planted = int(groups.max()) + 1
    favourites = np.stack([draw.choice(kind.values, kind.favourites, replace=False) for _ in range(planted)])
    number = np.where(draw.random(len(groups)) < kind.given, draw.integers(1, kind.most + 1, len(groups)), 0)
    owner = np.repeat(np.arange(len(groups)), number)
    leans = draw.random(len(owner)) < kind.leaning
    favourite = favourites[groups[owner], draw.integers(0, kind.favourites, len(owner))]
    trait = np.where(leans, favourite, draw.integers(0, kind.values, len(owner)))
    pairs = np.unique(owner * kind.values + trait)
    return Pairs(pairs // kind.values, pairs % kind.values)


def _follows(groups: Numbers, group_of_thread: Numbers, draw: Generator) -> Pairs:
    """Members and threads that they follow, mostly of their own group."""
    number = np.where(draw.random(len(groups)) < _FOLLOWS, draw.integers(1, _FOLLOWS_AT_MOST + 1, len(groups)), 0)
    owner = np.repeat(np.arange(len(groups)), number)
    order = np.argsort(group_of_thread, kind="stable")
    sizes = np.bincount(group_of_thread, minlength=int(groups.max()) + 1)
    starts = np.cumsum(sizes) - sizes
    own = starts[groups[owner]] + np.floor(draw.random(len(owner)) * sizes[groups[owner]]).astype(np.int64)
    anywhere = draw.integers(0, len(order), len(owner))
    stays = (draw.random(len(owner)) < _FOLLOWS_OWN) & (sizes[groups[owner]] > 0)
    thread = order[np.where(stays, np.minimum(own, len(order) - 1), anywhere)]
    pairs = np.unique(owner * len(order) + thread)
    return Pairs(pairs // len(order), pairs % len(order))
