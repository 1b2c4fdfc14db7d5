"""The map of a proposal: planned groups as circles as large as their members are many, and the ties across borders.

Pure, and the same figures give the same map. It makes shapes in units of its own; the page draws and words them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forum.splitting.figures.values import Border, GroupFigures

# Units of the drawing: about as many as a phone is wide in pixels.
WIDTH = 400.0
GAP = 14.0
LARGEST, SMALLEST = 82.0, 17.0
WIDEST_TIE, NARROWEST_TIE = 16.0, 1.0
# Of each group, this many of its strongest ties are drawn; the others stand in the table.
TIES_OF_A_GROUP = 3
# More than these, the largest, would be dust.
AREAS_AT_MOST = 60
_STEP = 4.0
# How wide a letter is in the usual size and in a small one, and how high a line.
_LETTER, _SMALL_LETTER, _LINE = 7.2, 6.1, 15.0

_Points = NDArray[np.float64]


@dataclass(frozen=True)
class Area:
    """A planned group: its circle, and the lines of its name, maybe in small letters; none where it does not fit."""

    position: int
    x: float
    y: float
    radius: float
    label: tuple[str, ...]
    small: bool


@dataclass(frozen=True)
class Tie:
    """Answers across a border, from the middle of one circle to the other; `width` grows with their share."""

    first: int
    second: int
    x1: float
    y1: float
    x2: float
    y2: float
    width: float
    share: float


@dataclass(frozen=True)
class Map:
    width: float
    height: float
    areas: tuple[Area, ...]
    ties: tuple[Tie, ...]


def draw_map(groups: Sequence[GroupFigures], borders: Sequence[Border]) -> Map:
    """Circles that do not touch, tied ones near each other: each goes to the free place nearest to its ties."""
    groups = sorted(sorted(groups, key=lambda group: -group.members)[:AREAS_AT_MOST], key=lambda group: group.position)
    shown = {group.position for group in groups}
    borders = [border for border in borders if border.first in shown and border.second in shown]
    radii = _radii(groups)
    middles = _places(groups, radii, _strengths(groups, borders))
    top = min((y - radii[position] for position, (_, y) in middles.items()), default=0.0) - GAP
    bottom = max((y + radii[position] for position, (_, y) in middles.items()), default=0.0) + GAP
    at = {position: (round(x, 1), round(y - top, 1)) for position, (x, y) in middles.items()}
    areas = tuple(_area(group, *at[group.position], round(radii[group.position], 1)) for group in groups)
    return Map(WIDTH, round(bottom - top, 1), areas, _ties(borders, at))


def _area(group: GroupFigures, x: float, y: float, radius: float) -> Area:
    usual = label_in(group.name, radius)
    label = usual or label_in(group.name, radius, _SMALL_LETTER)
    return Area(group.position, x, y, radius, label, bool(label) and not usual)


def label_in(name: str, radius: float, letter: float = _LETTER) -> tuple[str, ...]:
    """The name in one or two lines that fit into the circle above its number of members; nothing where none do."""
    if len(name) <= _letters(radius, 1.5, letter):
        return (name,)
    breaks = [at for at, each in enumerate(name) if each == " "]
    longest, at = min(((max(at, len(name) - at - 1), at) for at in breaks), default=(len(name), 0))
    # Two lines begin higher, where the circle is narrower.
    return (name[:at], name[at + 1 :]) if breaks and longest <= _letters(radius, 2.0, letter) else ()


def _letters(radius: float, lines: float, letter: float) -> int:
    """How many letters fit into a circle on a line so many lines away from its middle."""
    return int(2 * math.sqrt(max(radius**2 - (lines * _LINE) ** 2, 0.0)) / letter)


def _radii(groups: Sequence[GroupFigures]) -> dict[int, float]:
    """Areas in the proportion of members, as far as the smallest can still be seen and pressed."""
    if not groups:
        return {}
    most = max(max(group.members for group in groups), 1)
    # Together the circles take about a third of a square; the largest never takes more than its share of the width.
    shares = sum(group.members for group in groups) / most
    largest = min(LARGEST, WIDTH * math.sqrt(0.36 / (math.pi * max(shares, 1.0))))
    largest = max(largest, 2 * SMALLEST)
    return {group.position: max(largest * math.sqrt(group.members / most), SMALLEST) for group in groups}


def _strengths(groups: Sequence[GroupFigures], borders: Sequence[Border]) -> dict[int, dict[int, float]]:
    """By group the shares of its ties to others."""
    found: dict[int, dict[int, float]] = {group.position: {} for group in groups}
    for border in borders:
        found[border.first][border.second] = border.share
        found[border.second][border.first] = border.share
    return found


def _places(
    groups: Sequence[GroupFigures], radii: dict[int, float], strengths: dict[int, dict[int, float]]
) -> dict[int, tuple[float, float]]:
    """The middles. The largest comes first, then always the one with the strongest ties to those that stand."""
    height = max(sum((2 * radius + GAP) ** 2 for radius in radii.values()) / WIDTH, 2 * LARGEST)
    while True:
        found = _places_within(height, groups, radii, strengths)
        if found is not None:
            return found
        height *= 1.3


def _places_within(
    height: float, groups: Sequence[GroupFigures], radii: dict[int, float], strengths: dict[int, dict[int, float]]
) -> dict[int, tuple[float, float]] | None:
    """The middles, in the order in which they are placed; None where the height has no room for all."""
    across, down = np.meshgrid(np.arange(0, WIDTH + 1, _STEP), np.arange(0, height + 1, _STEP))
    x, y = across.ravel(), down.ravel()
    to_wall = np.minimum(np.minimum(x, WIDTH - x), np.minimum(y, height - y))
    to_middle = np.hypot(x - WIDTH / 2, y - height / 2)
    # How far each point is from the nearest circle that stands.
    free = np.full(len(x), np.inf)
    placed: dict[int, tuple[float, float]] = {}
    away: dict[int, _Points] = {}
    waiting = {group.position: radii[group.position] for group in groups}
    while waiting:
        pull = {each: sum(share for other, share in strengths[each].items() if other in placed) for each in waiting}
        each = min(waiting, key=lambda each: (-pull[each], -waiting[each], each))
        radius = waiting.pop(each)
        possible = np.flatnonzero((free >= radius + GAP) & (to_wall >= radius + 2))
        if not len(possible):
            return None
        cost = 0.15 * to_middle[possible]
        for other, share in strengths[each].items():
            if other in placed and pull[each] > 0:
                cost = cost + share / pull[each] * away[other][possible]
        best = possible[int(np.argmin(np.round(cost, 6)))]
        placed[each] = (float(x[best]), float(y[best]))
        away[each] = np.hypot(x - x[best], y - y[best])
        free = np.minimum(free, away[each] - radius)
    return placed


def _ties(borders: Sequence[Border], at: dict[int, tuple[float, float]]) -> tuple[Tie, ...]:
    """The strongest ties of each group, narrow ones last so that they lie on top."""
    by_strength = sorted(borders, key=lambda border: (-border.share, border.first, border.second))
    drawn: dict[int, int] = {}
    kept = []
    for border in by_strength:
        if border.share <= 0 or min(drawn.get(border.first, 0), drawn.get(border.second, 0)) >= TIES_OF_A_GROUP:
            continue
        drawn[border.first] = drawn.get(border.first, 0) + 1
        drawn[border.second] = drawn.get(border.second, 0) + 1
        kept.append(border)
    most = kept[0].share if kept else 1.0
    return tuple(
        Tie(
            border.first,
            border.second,
            *at[border.first],
            *at[border.second],
            round(max(WIDEST_TIE * border.share / most, NARROWEST_TIE), 1),
            border.share,
        )
        for border in kept
    )
