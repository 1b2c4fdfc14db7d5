import pytest

from forum.splitting.cut.bounds import Bounds, CannotBound


def test_bounds_say_how_many_groups_people_can_make() -> None:
    assert Bounds(6, 8).groups_for(14) == range(2, 3)
    assert Bounds(2, 5).groups_for(10) == range(2, 6)


@pytest.mark.parametrize(
    ("smallest", "largest", "people", "reason"),
    [
        (6, 8, 10, "10 people cannot be divided into groups of 6 to 8: 1 group would leave somebody out, 2 groups"),
        (6, 8, 5, "5 people are fewer than the 6 that a group needs"),
        (7, 6, 100, "No group can have at least 7 and at most 6 members"),
        (0, 6, 100, "at least one member"),
    ],
)
def test_what_cannot_be_met_has_a_reason(smallest: int, largest: int, people: int, reason: str) -> None:
    with pytest.raises(CannotBound, match=reason):
        Bounds(smallest, largest).groups_for(people)
