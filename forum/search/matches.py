"""What an engine answers: how many posts were found, and which of them stand on the page asked for."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement

PER_PAGE = 20

# Conditions on `post` joined to `thread`: what the viewer may read and the filters. They are part of each engine's
# query, and the group is that of the thread at this moment, so that a thread takes its posts along when it moves.
Allowed = Sequence[ColumnElement[bool]]


@dataclass(frozen=True)
class Matches:
    """A page of what was found: ids of posts, the best first."""

    total: int
    page: int
    post_ids: Sequence[int]


def pages_of(total: int) -> int:
    """How many pages there are; an empty one counts."""
    return max(1, -(-total // PER_PAGE))


def page_within(page: int, total: int) -> int:
    """The page asked for, or the nearest that there is."""
    return min(max(page, 1), pages_of(total))
