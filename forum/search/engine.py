"""Which engine searches here: Whoosh or PostgreSQL, behind one interface."""

from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from forum.search.matches import Allowed, Matches
from forum.search.postgresql_engine import PostgresqlEngine
from forum.search.wanted import Wanted
from forum.search.whoosh_engine import WhooshEngine
from forum.settings import current_settings


class Engine(Protocol):
    """An index of posts. `find` belongs into a reader's transaction; what writes opens its own."""

    def exists(self) -> bool:
        """Whether the index was ever built here; if not, the worker builds it."""

    def hold(self) -> AbstractContextManager[bool]:
        """The right to `put`; False when another process has it."""

    def put(self, post_ids: Sequence[int]) -> None:
        """Make the index agree with these posts as they are now; can be repeated without harm."""

    def rebuild(self) -> Generator[int, None, None]:
        """Build the whole index anew while it is searched and written to; yields how many posts at a time."""

    def find(self, wanted: Wanted, allowed: Allowed, page: int) -> Matches:
        """The posts that have what is wanted, among those that are allowed."""


def current_engine() -> Engine:
    """The engine that the settings name."""
    settings = current_settings()
    if settings.search_engine == "postgres":
        return PostgresqlEngine()
    return WhooshEngine(settings.data_dir / "search")
