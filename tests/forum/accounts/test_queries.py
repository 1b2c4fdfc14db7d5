"""Reads of members and addresses."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import event

from forum.accounts.queries import names_by_email
from forum.db import db
from forum.posting.outcomes import Published
from forum.threads.models import Post
from tests.people import a_group, a_member, post


@pytest.fixture
def statements(core: Flask) -> Iterator[list[str]]:
    """What the database is asked, in order."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield asked
    event.remove(db.engine, "before_cursor_execute", note)


def test_names_are_found_among_more_addresses_than_a_query_has_variables(core: Flask) -> None:
    a_member("ann@example.org", "Ann Lee")
    assert names_by_email(["ANN@example.org", *(f"n{number}@example.net" for number in range(70_000))]) == {
        "ann@example.org": "Ann Lee"
    }


def test_addresses_that_are_nobodys_cost_no_query_each(core: Flask, statements: list[str]) -> None:
    group = a_group()
    ann, _bea = a_member("ann@example.org", "Ann Lee", group), a_member("bea@example.org", "Bea Okafor", group)
    statements.clear()
    words = " ".join(f"n{number}@example.net" for number in range(400))
    outcome = post(ann, group, text=f"Write to ann@example.org or bea@example.org, not to {words}")
    assert len(statements) < 100
    assert isinstance(outcome, Published)
    text = db.session.get_one(Post, outcome.post_id).text
    assert "ann@example.org" in text
    assert "bea@example.org" not in text
