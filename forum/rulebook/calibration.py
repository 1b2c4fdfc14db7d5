"""Where the bar of a rule that weighs should lie, by what moderators have decided. Pure: it proposes and moves nothing.

The weights stay as they are: only the share from which on a text counts is moved, and only as far as decisions carry.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

# Fewer decisions say more about single posts than about the bar.
LEAST = 20
# So many decisions more must agree for each step of the bar, from even odds to e to 1 and so on. It keeps the bar where
# it is while decisions are few, and where they say nothing about a move.
_PRICE_OF_A_STEP = 3.0
_LOWEST, _HIGHEST = 0.01, 0.9999


@dataclass(frozen=True)
class Decided:
    """What a text weighs, and whether a moderator kept it out."""

    score: float
    kept_out: bool


@dataclass(frozen=True)
class Tally:
    """How decisions fit a bar: `agree` of them; the bar held `held_in_vain`, and would have let pass `let_pass`."""

    bar: float
    agree: int
    held_in_vain: int
    let_pass: int


@dataclass(frozen=True)
class Calibration:
    """`proposed` is None with fewer than LEAST decisions, and where no other bar fits them better than the present."""

    decisions: int
    present: Tally
    proposed: Tally | None

    @property
    def enough(self) -> bool:
        return self.decisions >= LEAST


def calibrate(decided: Sequence[Decided], bar: float) -> Calibration:
    """The bar that agrees with most decisions, less a price for each step away from the present one."""
    welcome = sorted(each.score for each in decided if not each.kept_out)
    unwelcome = sorted(each.score for each in decided if each.kept_out)

    def tally(at: float) -> Tally:
        let_pass, held_in_vain = bisect_left(unwelcome, at), len(welcome) - bisect_left(welcome, at)
        return Tally(at, len(decided) - let_pass - held_in_vain, held_in_vain, let_pass)

    present = tally(bar)
    if len(decided) < LEAST:
        return Calibration(len(decided), present, None)
    # `max` keeps the first of equals, and the present bar stands first.
    best = max((present, *map(tally, _between(sorted({*welcome, *unwelcome})))), key=lambda each: _worth(each, bar))
    return Calibration(len(decided), present, None if best.agree <= present.agree else best)


def _between(scores: Sequence[float]) -> list[float]:
    """Bars halfway between neighbouring scores, and one above them all: nobody knows more exactly where it lies."""
    steps = [_step(score) for score in scores]
    halfway = [(low + high) / 2 for low, high in pairwise(steps)]
    bars = (1 / (1 + math.exp(-step)) for step in (*halfway, steps[-1] + 0.5))
    return [min(max(round(bar, 4), _LOWEST), _HIGHEST) for bar in bars]


def _worth(each: Tally, present: float) -> float:
    return each.agree - _PRICE_OF_A_STEP * abs(_step(each.bar) - _step(present))


def _step(share: float) -> float:
    share = min(max(share, 1e-6), 1 - 1e-6)
    return math.log(share / (1 - share))
