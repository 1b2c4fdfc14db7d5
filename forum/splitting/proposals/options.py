"""How a proposal is asked for: what it goes by, how large groups may be, how many belong to two. Pure."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from forum.groups.actions import NotPossible


class By(enum.StrEnum):
    """What a proposal mainly goes by."""

    MIXED = "mixed"  # who answers whom, with facets and talk beside
    TALK = "talk"  # who answers whom and what they talk about
    PLACE = "place"
    SPECIALTY = "specialty"
    INTEREST = "interest"


@dataclass(frozen=True)
class Options:
    """`smallest` and `largest`: members of a group. `overlap`: the share of members who may belong to a second one."""

    by: By = By.MIXED
    smallest: int = 50
    largest: int = 5000
    overlap: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.smallest <= self.largest:
            raise NotPossible("A group has at least 1 member, and at most as many as --max says: mind --min and --max.")
        if not 0 <= self.overlap <= 1:
            raise NotPossible("The share of members in two groups lies between 0 and 1.")

    def written(self) -> dict[str, Any]:
        """As it stands in the plan."""
        return {
            "by": self.by.value,
            "min": self.smallest,
            "max": self.largest,
            "overlap": self.overlap,
            "seed": self.seed,
        }

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> "Options":
        """As it stands in a plan."""
        return cls(By(written["by"]), written["min"], written["max"], written["overlap"], written["seed"])
