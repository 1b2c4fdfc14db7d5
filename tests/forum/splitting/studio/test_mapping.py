"""The map of a proposal: circles that never touch, as large as they have members, and ties as wide as their share."""

import math
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from forum.splitting.figures.values import Border, GroupFigures
from forum.splitting.studio.mapping import AREAS_AT_MOST, GAP, SMALLEST, WIDEST_TIE, WIDTH, Map, draw_map, label_in


def of(position: int, members: int, name: str = "Oregon") -> GroupFigures:
    return GroupFigures(position, name, "oregon", members, 0.8, 1.0, 0, False, (), (), (), ())


def map_of(*sizes: int, borders: tuple[Border, ...] = ()) -> Map:
    return draw_map([of(at, size) for at, size in enumerate(sizes, 1)], borders)


@st.composite
def proposals(draw: st.DrawFn) -> tuple[list[GroupFigures], list[Border]]:
    sizes = draw(st.lists(st.integers(1, 5000), min_size=1, max_size=70))
    pairs = list(combinations(range(1, len(sizes) + 1), 2))
    tied = draw(st.lists(st.sampled_from(pairs), max_size=40, unique=True)) if pairs else []
    borders = [Border(first, second, draw(st.floats(0, 0.3))) for first, second in sorted(tied)]
    return [of(at, size) for at, size in enumerate(sizes, 1)], borders


@settings(max_examples=25, deadline=None)
@given(proposals())
def test_no_two_areas_touch_and_all_lie_inside(proposal: tuple[list[GroupFigures], list[Border]]) -> None:
    drawn = draw_map(*proposal)
    assert len(drawn.areas) == min(len(proposal[0]), AREAS_AT_MOST)
    for one, other in combinations(drawn.areas, 2):
        assert math.hypot(one.x - other.x, one.y - other.y) >= one.radius + other.radius + GAP - 0.5
    for area in drawn.areas:
        assert area.radius <= area.x <= WIDTH - area.radius
        assert area.radius <= area.y <= drawn.height - area.radius
    assert drawn == draw_map(*proposal)


def test_areas_grow_with_members_as_far_as_small_ones_can_be_pressed() -> None:
    large, half, tiny = map_of(4000, 2000, 3).areas
    assert round((large.radius / half.radius) ** 2, 1) == 2.0
    assert tiny.radius == SMALLEST


def test_tied_groups_lie_near_each_other_and_the_line_is_as_wide_as_the_share() -> None:
    drawn = map_of(900, 300, 300, 300, 300, borders=(Border(1, 4, 0.10), Border(2, 3, 0.05), Border(3, 5, 0.0)))
    at = {area.position: area for area in drawn.areas}

    def apart(one: int, other: int) -> float:
        return math.hypot(at[one].x - at[other].x, at[one].y - at[other].y)

    assert apart(1, 4) <= min(apart(1, other) for other in (2, 3, 5))
    assert [(tie.first, tie.second, tie.width) for tie in drawn.ties] == [
        (1, 4, WIDEST_TIE),
        (2, 3, WIDEST_TIE / 2),
    ]


def test_a_name_stands_in_its_circle_only_where_it_fits() -> None:
    assert label_in("Oregon", 60) == ("Oregon",)
    assert label_in("Oregon and Washington", 60) == ("Oregon and", "Washington")
    assert label_in("Oregon and Washington", 30) == ()
    long = draw_map([of(1, 500, "Electrophysiologists")], ()).areas[0]
    assert (long.label, long.small) == (("Electrophysiologists",), False)
    small = draw_map([of(1, 900), of(2, 480, "Electrophysiology")], ()).areas[1]
    assert (small.label, small.small) == (("Electrophysiology",), True)
