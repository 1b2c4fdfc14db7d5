"""One thing that a finder saw: where, what kind, and whether its author has to decide about it; pure."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Found:
    """A stretch of a text, in code points from `start` up to but without `end`.

    What is `hard` tells a person from all others, or nearly so; the rest is worth a second look.
    """

    start: int
    end: int
    kind: str
    hard: bool


def without_overlaps(found: Iterable[Found]) -> list[Found]:
    """In the order of the text; of two that overlap, the hard one stays, then the one that was found first."""
    kept: list[Found] = []
    ranked = sorted(enumerate(found), key=lambda each: (each[1].start, each[0]))
    ranks: list[int] = []
    for rank, each in ranked:
        if kept and each.start < kept[-1].end:
            last = kept[-1]
            if (not each.hard, rank) < (not last.hard, ranks[-1]):
                kept[-1], ranks[-1] = each, rank
            continue
        kept.append(each)
        ranks.append(rank)
    return kept
