"""How far people who judge alike things agree, and whether a difference is more than chance. Pure statistics.

It knows no posts and no moderators; what the numbers mean is said by whoever shows them.
"""

import math
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from statistics import NormalDist

# Of the two-sided tests and intervals here.
LEVEL = 0.05
_Z = NormalDist().inv_cdf(1 - LEVEL / 2)
RESAMPLES = 1000
# Mantel and Fleiss 1980 (Am J Epidemiol 112:129): below it the normal approximation is not to be trusted.
_ROOM_AT_LEAST = 5.0


@dataclass(frozen=True)
class Interval:
    """From `low` to `high`, with 95 % confidence."""

    low: float
    high: float


@dataclass(frozen=True)
class Table:
    """Two groups of cases, and how many of each had the outcome: `hits` of `cases`, and `other_hits` of the others."""

    hits: int
    cases: int
    other_hits: int
    other_cases: int


def cohens_kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Agreement of two judges beyond chance: 1 is perfect, 0 is chance. None when chance alone would always agree.

    J. Cohen 1960, A coefficient of agreement for nominal scales, Educational and Psychological Measurement 20:37-46.
    """
    return _kappa(Counter(pairs))


def _kappa(table: Counter[tuple[str, str]]) -> float | None:
    total = table.total()
    if not total:
        return None
    first, second = Counter[str](), Counter[str]()
    agreed = 0
    for (one, other), count in table.items():
        first[one] += count
        second[other] += count
        agreed += count if one == other else 0
    by_chance = sum(count * second[category] for category, count in first.items()) / total**2
    if by_chance == 1:
        return None
    return (agreed / total - by_chance) / (1 - by_chance)


def kappa_interval(pairs: Sequence[tuple[str, str]], seed: int = 0) -> Interval | None:
    """The percentile bootstrap of `cohens_kappa` over pairs, each of which must be independent of the others.

    B. Efron 1979, Bootstrap methods, Annals of Statistics 7:1-26. The same pairs give the same interval.
    """
    table = sorted(Counter(pairs).items())
    cells = [cell for cell, _ in table]
    upto = list(accumulate(count for _, count in table))
    chance = random.Random(seed)  # noqa: S311  (nothing is kept secret by it)
    drawn = (Counter(chance.choices(cells, cum_weights=upto, k=len(pairs))) for _ in range(RESAMPLES if pairs else 0))
    kappas = [kappa for each in drawn if (kappa := _kappa(each)) is not None]
    if not kappas:
        return None
    return Interval(percentile(kappas, LEVEL / 2), percentile(kappas, 1 - LEVEL / 2))


def share_interval(hits: int, cases: int) -> Interval:
    """The score interval of a proportion. E. B. Wilson 1927, J Am Stat Assoc 22:209-212."""
    share, square = hits / cases, _Z**2
    middle = (share + square / (2 * cases)) / (1 + square / cases)
    half = _Z * math.sqrt(share * (1 - share) / cases + square / (4 * cases**2)) / (1 + square / cases)
    return Interval(max(middle - half, 0.0), min(middle + half, 1.0))


def difference_interval(table: Table) -> Interval:
    """Of the first share minus the other one. R. G. Newcombe 1998, Statistics in Medicine 17:873-890, method 10."""
    share, other = table.hits / table.cases, table.other_hits / table.other_cases
    own, others = share_interval(table.hits, table.cases), share_interval(table.other_hits, table.other_cases)
    down = math.hypot(share - own.low, others.high - other)
    up = math.hypot(own.high - share, other - others.low)
    return Interval(share - other - down, share - other + up)


def chance_of_difference(strata: Sequence[Table]) -> float | None:
    """How often chance alone makes two groups differ so much within strata (two-sided); None where there is too little.

    N. Mantel and W. Haenszel 1959, J Natl Cancer Inst 22:719-748, without correction for continuity. Comparing only
    within a stratum keeps what differs between the strata out of it.
    """
    surplus = variance = room_below = room_above = 0.0
    for each in strata:
        total, hits = each.cases + each.other_cases, each.hits + each.other_hits
        if total < 2:
            continue
        expected = each.cases * hits / total
        surplus += each.hits - expected
        variance += each.cases * each.other_cases * hits * (total - hits) / (total**2 * (total - 1))
        room_below += expected - max(0, each.cases - (total - hits))
        room_above += min(each.cases, hits) - expected
    if min(room_below, room_above) < _ROOM_AT_LEAST:
        return None
    return math.erfc(abs(surplus) / math.sqrt(2 * variance))


def beyond_chance(chances: Sequence[float]) -> Sequence[bool]:
    """Which of many tests stand out, so that all together give a false alarm in at most 5 % of cases.

    S. Holm 1979, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6:65-70.
    """
    out = [False] * len(chances)
    for rank, index in enumerate(sorted(range(len(chances)), key=chances.__getitem__)):
        if chances[index] > LEVEL / (len(chances) - rank):
            break
        out[index] = True
    return out


def percentile(values: Sequence[float], part: float) -> float:
    """The value below which this part of them lies, between two of them where it falls there."""
    ordered = sorted(values)
    place = part * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
