"""How small and how large groups may be, and whether so many people can be divided so. Pure."""

from dataclasses import dataclass


class CannotBound(ValueError):
    """These bounds cannot be met; str() is the reason, a sentence for people."""


@dataclass(frozen=True)
class Bounds:
    """Every group has `smallest` to `largest` members. CannotBound when no number lies between."""

    smallest: int
    largest: int

    def __post_init__(self) -> None:
        if self.smallest < 1:
            raise CannotBound("A group needs at least one member.")
        if self.largest < self.smallest:
            raise CannotBound(f"No group can have at least {self.smallest} and at most {self.largest} members.")

    def groups_for(self, people: int) -> range:
        """How many groups these people can make: from the fewest to the most. CannotBound when there is no way."""
        fewest, most = -(-people // self.largest), people // self.smallest
        if people < self.smallest and people > 0:
            raise CannotBound(f"{people} people are fewer than the {self.smallest} that a group needs.")
        if fewest > most:
            raise CannotBound(
                f"{people} people cannot be divided into groups of {self.smallest} to {self.largest}: "
                f"{_groups(most)} would leave somebody out, {_groups(fewest)} would be too small."
            )
        return range(fewest, most + 1)


def _groups(number: int) -> str:
    return "1 group" if number == 1 else f"{number} groups"
