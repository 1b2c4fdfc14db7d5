"""Whether like posts fare alike, whoever decides and whoever wrote: what the decisions of a group show. Pure.

It points at what people should look at, and judges nobody: a difference can have its good reason.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log, sqrt

from forum.moderation.agreement import (
    Interval,
    Table,
    beyond_chance,
    chance_of_difference,
    cohens_kappa,
    difference_interval,
    kappa_interval,
    percentile,
    share_interval,
)

APPROVE, RETURN, REJECT = "approve", "return", "reject"
OUTCOMES = (APPROVE, RETURN, REJECT)
# With fewer pairs, or fewer cases on a side, there is a number and no verdict.
PAIRS_AT_LEAST = 20
# So many of their rare words have posts in common that count as alike (cosine).
ALIKE = 0.5
CONTRADICTIONS = 10
# Words in more posts than this find no pairs: they would find nearly all. What has no others is compared with so many
# decisions before it under the same rule.
_RARE = 60
_NEAR = 5
NEWCOMERS, OLD_MEMBERS = "newcomers", "old members"


@dataclass(frozen=True)
class Judged:
    """One decision of one moderator on one held post. `rules` are what was found, the most severe first.

    `by_newcomer` is None when nobody knows any more; `seconds` lie between its coming and the decision.
    """

    held_id: int
    moderator_id: int
    outcome: str
    seconds: float
    rules: tuple[str, ...]
    by_newcomer: bool | None
    words: frozenset[str]

    @property
    def sent_back(self) -> bool:
        return self.outcome != APPROVE


@dataclass(frozen=True)
class Share:
    """What one moderator decided under one rule."""

    rule: str
    moderator_id: int
    outcomes: Mapping[str, int]

    @property
    def decisions(self) -> int:
        return sum(self.outcomes.values())


@dataclass(frozen=True)
class Alarm:
    """One moderator sends back another share of like posts than the others: under one rule, or of one kind of author.

    `rule` is "" when it is about authors, and `authors` is "" when it is about a rule.
    """

    moderator_id: int
    rule: str
    authors: str
    table: Table
    chance: float


@dataclass(frozen=True)
class Agreement:
    """How far decisions on like posts agree. `kappa` and its interval are None where nothing could disagree."""

    pairs: int
    same: int
    kappa: float | None
    interval: Interval | None

    @property
    def is_enough(self) -> bool:
        return self.pairs >= PAIRS_AT_LEAST


@dataclass(frozen=True)
class Contradiction:
    """Two like posts with different outcomes by different moderators."""

    first: Judged
    second: Judged
    likeness: float


@dataclass(frozen=True)
class Standing:
    """How newcomers' posts fare beside those of old members; no interval where one side has too few."""

    table: Table
    unknown: int
    interval: Interval | None


@dataclass(frozen=True)
class Speed:
    moderator_id: int
    decisions: int
    median: float
    slowest_tenth: float


@dataclass(frozen=True)
class SecondLooks:
    """What came of appeals: the same post judged twice.

    There is no kappa of it: every first decision sent the post back, so that chance would always agree as often.
    """

    answered: int
    overturned: int
    interval: Interval | None


@dataclass(frozen=True)
class Evenness:
    """All that the decisions of a group show."""

    decisions: int
    shares: Sequence[Share]
    alarms: Sequence[Alarm]
    # How many comparisons had enough cases to be made.
    compared: int
    agreement: Agreement
    agreement_of: Mapping[int, Agreement]
    contradictions: Sequence[Contradiction]
    standing: Standing
    speeds: Sequence[Speed]
    second_looks: SecondLooks


def assess(judged: Sequence[Judged], second_looks: tuple[int, int] = (0, 0)) -> Evenness:
    """What decisions show; `second_looks` are how many appeals were answered, and how many of them overturned."""
    alarms, compared = find_alarms(judged)
    like = sorted(like_pairs(judged), key=lambda each: (-each.likeness, each.first.held_id, each.second.held_id))
    apart = list(_disjoint(like))
    moderators = sorted({each.moderator_id for each in judged})
    answered, overturned = second_looks
    return Evenness(
        decisions=len(judged),
        shares=_shares(judged),
        alarms=alarms,
        compared=compared,
        agreement=_agreement([(each.first.outcome, each.second.outcome) for each in apart]),
        agreement_of={each: _agreement(_own_first(apart, each)) for each in moderators} if len(moderators) > 2 else {},
        contradictions=list(_disjoint([each for each in like if each.first.outcome != each.second.outcome]))[
            :CONTRADICTIONS
        ],
        standing=_standing(judged),
        speeds=[_speed(each, [one.seconds for one in judged if one.moderator_id == each]) for each in moderators],
        second_looks=SecondLooks(answered, overturned, share_interval(overturned, answered) if answered else None),
    )


# --- shares and alarms ---


def _shares(judged: Sequence[Judged]) -> Sequence[Share]:
    counts: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    for each in judged:
        for rule in each.rules:
            counts[rule, each.moderator_id][each.outcome] += 1
    return [
        Share(rule, moderator_id, {outcome: found[outcome] for outcome in OUTCOMES})
        for (rule, moderator_id), found in sorted(counts.items())
    ]


def find_alarms(judged: Sequence[Judged]) -> tuple[Sequence[Alarm], int]:
    """Who sends back more or less than the others of what is alike, and how many such comparisons were made.

    Under a rule, posts of newcomers are compared with posts of newcomers and old with old; of newcomers' posts, and of
    old members', those with the same rule found.
    """
    possible: list[Alarm] = []
    for rule in sorted({rule for each in judged for rule in each.rules}):
        under = [(each, str(each.by_newcomer)) for each in judged if rule in each.rules]
        possible += _comparisons(under, rule, "")
    for authors, by_newcomer in ((NEWCOMERS, True), (OLD_MEMBERS, False)):
        of_them = [(each, each.rules[0] if each.rules else "") for each in judged if each.by_newcomer is by_newcomer]
        possible += _comparisons(of_them, "", authors)
    stands_out = beyond_chance([each.chance for each in possible])
    alarms = [each for each, beyond in zip(possible, stands_out, strict=True) if beyond]
    return sorted(alarms, key=lambda each: each.chance), len(possible)


def _comparisons(judged: Sequence[tuple[Judged, str]], rule: str, authors: str) -> Iterator[Alarm]:
    """Each moderator beside the others, within strata. Of two moderators one comparison says all."""
    moderators = sorted({each.moderator_id for each, _ in judged})
    found = []
    for moderator_id in moderators:
        strata: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        for each, stratum in judged:
            side = 0 if each.moderator_id == moderator_id else 2
            strata[stratum][side] += each.sent_back
            strata[stratum][side + 1] += 1
        tables = [Table(*each) for each in strata.values()]
        chance = chance_of_difference(tables)
        if chance is not None:
            whole = Table(*(sum(column) for column in zip(*strata.values(), strict=True)))
            found.append(Alarm(moderator_id, rule, authors, whole, chance))
    if len(moderators) == 2:
        yield from sorted(found, key=lambda each: -each.table.hits / each.table.cases)[:1]
    elif len(moderators) > 2:
        yield from found


# --- like posts ---


def like_pairs(judged: Sequence[Judged]) -> Iterator[Contradiction]:
    """Pairs of like posts by different moderators: a rule found in both, and most of their rare words shared.

    Words weigh by how few posts have them; likeness is the cosine of the two sets, 1 for the same words.
    """
    spread = Counter(word for each in judged for word in each.words)
    weight = {word: log(1 + (len(judged) + 1) / (count + 1)) for word, count in spread.items()}
    norms = [sqrt(sum(weight[word] for word in each.words)) for each in judged]
    common = [sum(weight[word] for word in each.words if spread[word] > _RARE) for each in judged]
    with_word: dict[str, list[int]] = defaultdict(list)
    under_rule: dict[str, deque[int]] = defaultdict(lambda: deque(maxlen=_NEAR))
    for place, each in enumerate(judged):
        shared = {other: 0.0 for rule in each.rules for other in under_rule[rule]}
        for word in each.words:
            if 1 < spread[word] <= _RARE:
                for other in with_word[word]:
                    shared[other] = shared.get(other, 0.0) + weight[word]
                with_word[word].append(place)
        for rule in each.rules:
            under_rule[rule].append(place)
        for other, rare in shared.items():
            # Most pairs cannot be alike whatever common words they share, and are not looked at closely.
            if rare + min(common[place], common[other]) >= ALIKE * norms[place] * norms[other] > 0:
                found = _pair(each, judged[other], weight)
                if found is not None and found.likeness >= ALIKE:
                    yield found


def _pair(one: Judged, other: Judged, weight: Mapping[str, float]) -> Contradiction | None:
    """How alike two posts are; None where one moderator decided on both, it is one post, or no rule found both."""
    if one.moderator_id == other.moderator_id or one.held_id == other.held_id or set(one.rules).isdisjoint(other.rules):
        return None
    whole = sum(weight[word] for word in one.words) * sum(weight[word] for word in other.words)
    # The same moderator stands on the same side in all pairs, so that of two kappa is Cohen's own.
    first, second = sorted((one, other), key=lambda each: each.moderator_id)
    return Contradiction(first, second, sum(weight[word] for word in one.words & other.words) / sqrt(whole))


def _disjoint(pairs: Sequence[Contradiction]) -> Iterator[Contradiction]:
    """The most alike first, each decision in one pair at most: pairs that share one are not independent."""
    taken: set[tuple[int, int]] = set()
    for each in pairs:
        both = {(one.held_id, one.moderator_id) for one in (each.first, each.second)}
        if taken.isdisjoint(both):
            taken |= both
            yield each


def _own_first(pairs: Sequence[Contradiction], moderator_id: int) -> list[tuple[str, str]]:
    """The pairs of one moderator with all others."""
    return [
        (each.first.outcome, each.second.outcome)
        if each.first.moderator_id == moderator_id
        else (each.second.outcome, each.first.outcome)
        for each in pairs
        if moderator_id in (each.first.moderator_id, each.second.moderator_id)
    ]


def _agreement(pairs: Sequence[tuple[str, str]]) -> Agreement:
    same = sum(one == other for one, other in pairs)
    if len(pairs) < PAIRS_AT_LEAST:
        return Agreement(len(pairs), same, None, None)
    return Agreement(len(pairs), same, cohens_kappa(pairs), kappa_interval(pairs))


# --- authors, and time ---


def _standing(judged: Sequence[Judged]) -> Standing:
    new = [each.sent_back for each in judged if each.by_newcomer is True]
    old = [each.sent_back for each in judged if each.by_newcomer is False]
    table = Table(sum(new), len(new), sum(old), len(old))
    enough = min(len(new), len(old)) >= PAIRS_AT_LEAST
    return Standing(table, len(judged) - len(new) - len(old), difference_interval(table) if enough else None)


def _speed(moderator_id: int, seconds: Sequence[float]) -> Speed:
    return Speed(moderator_id, len(seconds), percentile(seconds, 0.5), percentile(seconds, 0.9))
