"""What is said of each planned group: its size, answers, posts, fit, threads and people. Pure."""

from dataclasses import dataclass

import numpy as np

from forum.facets.models import Dimension
from forum.groups.models import Kind
from forum.splitting.figures.likely_moderators import likely_moderators
from forum.splitting.figures.naming import Name, names_of
from forum.splitting.figures.seating import Kept, Numbers, Seating, Shares, each_once, fit_of
from forum.splitting.figures.traits import (
    HIDDEN,
    Mark,
    facet_marks,
    say_traits,
    topic_marks,
    without_what_points_at_people,
)
from forum.splitting.figures.values import GroupFigures, LikelyModerator, SampleThread, Trait
from forum.splitting.figures.words import Words
from forum.splitting.proposals.evidence import Evidence, Places

SAMPLES = 3
# A post every other day, and so many who write: with less, whoever asks waits in vain and stops asking.
FEWEST_A_DAY, FEWEST_WRITERS = 0.5, 5
WEAK_FIT = 0.5
QUIET_RULE = f"A group needs a post every other day and {FEWEST_WRITERS} members who have written in the last 90 days."


@dataclass(frozen=True)
class _Counts:
    """Of one group. `elsewhere` and `alone`: members with their ties mostly in other groups, and without any."""

    members: int
    twice: int
    inside: int
    written: int
    a_day: float
    writers: int
    elsewhere: int
    alone: int

    @property
    def too_quiet(self) -> bool:
        return self.a_day < FEWEST_A_DAY or self.writers < FEWEST_WRITERS


def groups_of(
    evidence: Evidence, seating: Seating, homes: Numbers, a_day: Shares, kept: Kept, words: Words
) -> tuple[GroupFigures, ...]:
    """The groups in the order of their positions."""
    facets = facet_marks(evidence, seating)
    uncounted: tuple[Dimension, ...] = ()
    if not is_proposed(evidence, seating):
        facets, uncounted = [without_what_points_at_people(evidence, marks) for marks in facets], HIDDEN
    tags, terms = topic_marks(evidence, seating, homes)
    topics = [topics_shown(words, *each) for each in zip(tags, terms, strict=True)]
    names = names_of(evidence, seating, words, facets, topics)
    moderators = likely_moderators(evidence, seating, words.people)
    samples = _samples(evidence, seating, homes, words)
    counts = _counts(evidence, seating, a_day, kept)
    return tuple(
        _group(
            position,
            words.named.get(position, ""),
            names[at],
            counts[at],
            say_traits(evidence, words, facets[at], topics[at], uncounted),
            samples[at],
            moderators[at],
        )
        for at, position in enumerate(seating.positions)
    )


def is_proposed(evidence: Evidence, seating: Seating) -> bool:
    """Whether the groups are those of a candidate, however they are numbered, without any edit."""
    return any(
        _are_the_same(np.concatenate(cut), np.concatenate((seating.first, seating.second)))
        for cut in zip(evidence.labels, evidence.second, strict=True)
    )


def _are_the_same(one: Places, other: Places) -> bool:
    """Whether the same groups stand in both, each label for one label of the other; -1 is -1 in both."""
    if np.any((one < 0) != (other < 0)):
        return False
    seated = one >= 0
    mine, theirs = one[seated].astype(np.int64), other[seated].astype(np.int64)
    width = int(theirs.max(initial=0)) + 1
    return len(each_once(mine)) == len(each_once(theirs)) == len(each_once(mine * width + theirs))


def topics_shown(words: Words, tags: list[Mark], terms: list[Mark]) -> list[Mark]:
    """Tags first, since people chose them as such; then words of subjects that no tag says already."""
    said: list[str] = []
    shown = []
    for mark in (*tags, *terms):
        word = words.topic(mark.place, is_tag=mark in tags).casefold()
        if word and not any(word in each or each in word for each in said):
            said.append(word)
            shown.append(mark)
    return shown


def _counts(evidence: Evidence, seating: Seating, a_day: Shares, kept: Kept) -> list[_Counts]:
    fit = fit_of(evidence, seating)
    seated = seating.first >= 0
    writes = evidence.member_posts_recent[seating.seat_member] > 0
    columns = (
        seating.sizes,
        np.bincount(seating.seat_group[seating.second[seating.seat_member] >= 0], minlength=seating.groups),
        kept.inside,
        kept.written,
        a_day,
        np.bincount(seating.seat_group[writes], minlength=seating.groups),
        # Who bridges two groups counts in the first, for its ties to both.
        np.bincount(seating.first[seated & (fit < WEAK_FIT)], minlength=seating.groups),
        np.bincount(seating.first[seated & np.isnan(fit)], minlength=seating.groups),
    )
    return [_Counts(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def _samples(evidence: Evidence, seating: Seating, homes: Numbers, words: Words) -> list[tuple[SampleThread, ...]]:
    """For each group the threads that would go along with most posts lately, as far as they may be shown."""
    may_show = np.zeros(evidence.threads, dtype=np.bool_)
    may_show[[place for place in words.threads if place < evidence.threads]] = True
    threads = np.flatnonzero(may_show & (homes >= 0) & (evidence.thread_posts_recent > 0))
    order = (threads, evidence.thread_days[threads], -evidence.thread_posts_recent[threads], homes[threads])
    threads = threads[np.lexsort(order)]
    rank = np.arange(len(threads)) - np.searchsorted(homes[threads], homes[threads])
    found: list[list[SampleThread]] = [[] for _ in range(seating.groups)]
    for place in threads[rank < SAMPLES].tolist():
        public_id, subject = words.threads[place]
        posts = int(evidence.thread_posts_recent[place])
        found[int(homes[place])].append(SampleThread(int(evidence.thread_ids[place]), public_id, subject, posts))
    return [tuple(each) for each in found]


def _group(
    position: int,
    named: str,
    made_up: Name | None,
    counts: _Counts,
    traits: tuple[Trait, ...],
    threads: tuple[SampleThread, ...],
    moderators: tuple[LikelyModerator, ...],
) -> GroupFigures:
    return GroupFigures(
        position=position,
        name=made_up.name if made_up else named,
        slug=made_up.slug if made_up else "",
        members=counts.members,
        kept=counts.inside / counts.written if counts.written else None,
        posts_a_day=counts.a_day,
        weak_fit=counts.elsewhere + counts.alone,
        too_quiet=counts.too_quiet,
        traits=traits,
        threads=threads,
        moderators=moderators,
        sentences=_sentences(counts),
        kind=made_up.kind if made_up else Kind.INTEREST,
    )


def _sentences(counts: _Counts) -> tuple[str, ...]:
    twice = f", {counts.twice:,} of them in another group as well" if counts.twice else ""
    kept = f"{counts.inside:,} of {counts.written:,} answers that members of this group wrote went to others in it."
    a_day = f"{counts.a_day:.1f}" if counts.a_day >= 1 else f"{counts.a_day:.2f}"
    quiet = " That is too quiet to live." if counts.too_quiet else ""
    return (
        f"{_members(counts.members)}{twice}.",
        kept if counts.written else "Its members have not answered anybody yet.",
        f"{a_day} posts a day, from {_members(counts.writers)}: those of the last 90 days in threads that would go "
        f"along, since most of their writers would be here.{quiet}",
        f"Weak fit: {counts.elsewhere:,} with most of their ties in other groups, and {counts.alone:,} without any "
        "tie, who have neither answered anybody nor got an answer.",
    )


def _members(count: int) -> str:
    return "1 member" if count == 1 else f"{count:,} members"
