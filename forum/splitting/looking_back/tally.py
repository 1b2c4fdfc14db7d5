"""What is counted of one measure in one period, member by member. Pure."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forum.splitting.looking_back.measures import Measure

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Counts:
    """Of one measure in one period: for each member in a fixed order, how often of how many; `of` 0 tells nothing."""

    count: Values
    of: Values

    @property
    def value(self) -> float:
        """The measure; nan where there is nothing to count."""
        total = float(self.of.sum())
        return float(self.count.sum()) / total if total else float("nan")


def too_thin(measure: Measure, counts: Counts) -> bool:
    """Whether there is too little in a period to say anything."""
    return bool(counts.of.sum() < measure.least or np.count_nonzero(counts.of) < measure.from_members)
