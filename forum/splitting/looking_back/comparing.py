"""What has changed since a split, beside groups that were not split: differences with intervals by bootstrap. Pure.

Members are resampled, each with what belongs to the member before and after (cluster bootstrap: Field and Welsh,
"Bootstrapping clustered data", J. R. Statist. Soc. B 69, 2007; with smooth weights, as Rubin, "The Bayesian bootstrap",
Ann. Statist. 9, 1981, so that no draw leaves nothing to count). Of the change, what the other groups have changed
meanwhile is taken off (difference in differences). Groups also change by themselves, beyond what their members explain,
and that widens the interval. A handful of groups tells little of it, so the same groups in earlier weeks are asked as
well: Conley and Taber, "Inference with difference in differences with a small number of policy changes", Rev. Econ.
Stat. 93, 2011, take it from groups to which nothing happened, too. A verdict is given only where it stands against all
others of the plan (Holm, Scand. J. Statist. 6, 1979), so that a split without any effect gets one in about 5 of 100
plans.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forum.splitting.looking_back.measures import MEASURES, Measure, Verdict
from forum.splitting.looking_back.tally import Counts, Values, too_thin

_DRAWS = 2000
# Enough for a variance alone.
_EARLIER_DRAWS = 400
_GRID = 200
# Members whose weights are drawn together, so that memory stays bounded: 2,000 draws of so many are 64 MB.
_TOGETHER = 4000
FALSE_ALARMS = 0.05


@dataclass(frozen=True)
class Periods:
    """One group's counts before and after, its members in the same order in both."""

    before: Counts
    after: Counts


@dataclass(frozen=True)
class Comparison:
    """One measure of one group. `change` is after - before, less the change of the others; `low` to `high` its
    interval at 95 of 100; `p` how likely so large a change is without any effect. All nan where data is too thin, or
    nothing tells how much groups change by themselves."""

    measure: str
    before: float
    after: float
    others: int
    others_change: float
    change: float
    low: float
    high: float
    p: float
    thin: bool


def compare(
    measure: Measure,
    groups: Sequence[Periods],
    others: Sequence[Periods],
    *,
    seed: int,
    earlier: Sequence[Sequence[Periods]] = (),
) -> Sequence[Comparison]:
    """How one measure of each group has changed beside the groups that were not split; without any, beside itself.

    `earlier`: what groups have changed in weeks in which nothing was split, time by time.
    """
    random = np.random.default_rng(seed)
    now, *before = ([each for each in time if not _thin(measure, each)] for time in (others, *earlier))
    background = _background(measure, now, before, random)
    return [_compare(measure, group, background, random) for group in groups]


@dataclass(frozen=True)
class _Background:
    """What the other groups have changed meanwhile: on the whole, in each draw, and how far one more may differ."""

    others: int
    change: float
    draws: Values
    # Of one more such group, beyond what its members explain: a standard deviation for each draw. None where neither
    # other groups nor earlier weeks tell of it.
    spreads: Values | None


def _background(
    measure: Measure, others: Sequence[Periods], earlier: Sequence[Sequence[Periods]], random: np.random.Generator
) -> _Background:
    before = [_drawn(measure, time, _EARLIER_DRAWS, random) for time in earlier if time]
    if not others:
        return _Background(0, 0.0, np.zeros(_DRAWS), _spreads(before, random, centred=False))
    changes, drawn = _drawn(measure, others, _DRAWS, random)
    spreads = _spreads([(changes, drawn), *before], random, centred=len(others) > 1)
    if spreads is not None:
        # The mean of the others, too, is only one of those that might have been.
        spreads *= math.sqrt(1 + 1 / len(others))
    return _Background(len(others), float(changes.mean()), drawn.mean(axis=0), spreads)


def _drawn(
    measure: Measure, others: Sequence[Periods], draws: int, random: np.random.Generator
) -> tuple[Values, Values]:
    """What each of some groups has changed at one time, and under so many draws."""
    changes = np.array([_value(measure, other.after) - _value(measure, other.before) for other in others])
    return changes, np.array([_changes(measure, other, draws, random) for other in others])


def _compare(measure: Measure, group: Periods, background: _Background, random: np.random.Generator) -> Comparison:
    before, after = (_value(measure, counts) for counts in (group.before, group.after))
    nothing = float("nan")
    if background.spreads is None or _thin(measure, group):
        return Comparison(
            measure.name, before, after, background.others, nothing, nothing, nothing, nothing, nothing, True
        )
    draws = _changes(measure, group, _DRAWS, random) - background.draws
    change = after - before - background.change
    p = _chance(change, float(draws.var(ddof=1)), background.spreads)
    draws += background.spreads * random.standard_normal(_DRAWS)
    low, high = (float(edge) for edge in np.quantile(draws, (FALSE_ALARMS / 2, 1 - FALSE_ALARMS / 2)))
    return Comparison(measure.name, before, after, background.others, background.change, change, low, high, p, False)


def _chance(change: float, variance: float, spreads: Values) -> float:
    """How likely a change so large is without any effect. Not counted among the draws, of which there are too few to
    tell one in ten thousand: of many comparisons some have to stand against that."""
    errors = np.sqrt(2 * (variance + spreads**2))
    if not errors.all():
        return float(change == 0.0)
    return sum(math.erfc(abs(change) / error) for error in errors.tolist()) / len(errors)


def verdicts(comparisons: Sequence[Comparison]) -> Sequence[Verdict]:
    """What is said of each, given all that are said together."""
    told = sorted((each.p, at) for at, each in enumerate(comparisons) if not each.thin)
    found: set[int] = set()
    for rank, (p, at) in enumerate(told):
        if p > FALSE_ALARMS / (len(told) - rank):
            break
        found.add(at)
    return [
        Verdict.THIN if each.thin else _verdict(each) if at in found else Verdict.NO_DIFFERENCE
        for at, each in enumerate(comparisons)
    ]


def _verdict(comparison: Comparison) -> Verdict:
    better = MEASURES[comparison.measure].better
    if better == 0:
        return Verdict.MORE if comparison.change > 0 else Verdict.FEWER
    return Verdict.BETTER if comparison.change * better > 0 else Verdict.WORSE


def _thin(measure: Measure, periods: Periods) -> bool:
    return too_thin(measure, periods.before) or too_thin(measure, periods.after)


def _value(measure: Measure, counts: Counts) -> float:
    if measure.name == "concentration":
        return float(_top_tenth(counts.count, np.ones((1, len(counts.of))))[0])
    return float(_ratio(measure, counts.count.sum(), counts.of.sum()))


def _changes(measure: Measure, periods: Periods, draws: int, random: np.random.Generator) -> Values:
    """The change under so many draws of the members, each draw as a weight for every member."""
    members = len(periods.before.of)
    parts = [
        _statistic_of_change(measure, periods, random.standard_exponential((size, members), dtype=np.float32))
        for size in _sizes(members, draws)
    ]
    return np.concatenate(parts)


def _sizes(members: int, draws: int) -> Sequence[int]:
    most = max(1, _DRAWS * _TOGETHER // max(members, _TOGETHER))
    whole, rest = divmod(draws, most)
    return [most] * whole + ([rest] if rest else [])


def _statistic_of_change(measure: Measure, periods: Periods, weights: np.ndarray) -> Values:
    """The measure of both periods once for each row of weights, and by how much they differ."""
    after, before = periods.after, periods.before
    if measure.name == "concentration":
        return _top_tenth(after.count, weights) - _top_tenth(before.count, weights)
    # One product instead of four: the weights are by far the largest, and are walked through once.
    sums = weights @ np.stack((after.count, after.of, before.count, before.of), axis=1).astype(weights.dtype)
    count, of, count_before, of_before = sums.astype(np.float64).T
    return _ratio(measure, count, of) - _ratio(measure, count_before, of_before)


def _ratio(measure: Measure, count: Values, of: Values) -> Values:
    """0 where there is nothing to count."""
    scale = 1.0 if measure.unit == "hours" else 100.0
    ratio: Values = scale * count / np.where(of > 0, of, 1.0)
    return ratio


def _top_tenth(posts: Values, weights: np.ndarray) -> Values:
    """The share of posts, of 100, that come from the tenth of the writers who write most."""
    order = np.argsort(-posts, kind="stable")
    wrote, drawn = posts[order], weights[:, order] * (posts[order] > 0)
    up_to = np.cumsum(drawn, axis=1)
    tenth = up_to[:, -1:] / 10
    taken = np.clip(tenth - (up_to - drawn), 0.0, drawn)
    total = drawn @ wrote
    share: Values = 100.0 * (taken @ wrote) / np.where(total > 0, total, 1.0)
    return share


def _spreads(times: Sequence[tuple[Values, Values]], random: np.random.Generator, *, centred: bool) -> Values | None:
    """By how much the true changes of groups differ at one time, as a standard deviation: so many draws of what it may
    be, seen what they have changed. None where nothing tells of it.

    `centred`: from what all groups change at that time, which needs two at least; else from no change at all, since
    there is nothing by which a common change could be taken off. Before anything is seen, half-Cauchy on half the
    scale of what chance alone does (Gelman, Bayesian Analysis 1, 2006): made-up splits without an effect get a verdict
    in about 5 of 100 then.
    """
    seen = []
    for changes, drawn in times:
        within = drawn.var(axis=1)
        known = within > 0
        if np.count_nonzero(known) > centred:
            seen.append((changes[known], within[known]))
    if not seen:
        return None
    scale = 0.5 * float(np.sqrt(np.median(np.concatenate([within for _, within in seen]))))
    widest = max(float(np.abs(changes - centred * changes.mean()).max()) for changes, _within in seen)
    grid = np.linspace(0.0, 4 * max(scale, widest), _GRID)
    likely = -np.log1p((grid / scale) ** 2)
    for changes, within in seen:
        weight = 1 / (within + grid[:, np.newaxis] ** 2)
        total = weight.sum(axis=1)
        middle = (weight @ changes / total)[:, np.newaxis] if centred else 0.0
        likely += (np.log(weight) - weight * (changes - middle) ** 2).sum(axis=1) / 2 - centred * np.log(total) / 2
    chances = np.exp(likely - likely.max())
    spreads: Values = random.choice(grid, _DRAWS, p=chances / chances.sum())
    return spreads
