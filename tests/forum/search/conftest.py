"""What the tests of searching share: bringing the index up to date, and asking in one line."""

from collections.abc import Callable

import pytest
from flask import Flask

from forum.accounts.models import Member
from forum.db import reading
from forum.groups.rights import viewer_of
from forum.search import Found, Query, search_posts
from forum.search.indexing import run


@pytest.fixture
def index(core: Flask) -> Callable[[], int]:
    """Let the worker of kind `index` do what is due; returns how many pieces."""

    def until_nothing_is_due() -> int:
        worker = run("test")
        total = 0
        while done := next(worker):
            total += done
        worker.close()
        return total

    return until_nothing_is_due


@pytest.fixture
def ask(core: Flask) -> Callable[..., Found]:
    """Search as a member: words, then the filters of a Query by name."""

    def found_by(member: Member, words: str, **filters: object) -> Found:
        with reading():
            viewer = viewer_of(member)
            assert viewer is not None
            return search_posts(viewer, Query(words, **filters))  # type: ignore[arg-type]

    return found_by
