"""No test finds on PostgreSQL what another has left there."""

import psycopg
import pytest
from sqlalchemy.engine import URL

from tests.postgresql import CleanDatabase, connect


def _look(url: URL) -> list[object]:
    """What a site that begins would see: its groups, its log, and the number that the next row gets."""
    with connect(url) as connection:
        return [
            connection.execute(query).fetchall()
            for query in (
                "SELECT * FROM community_group ORDER BY id",
                "SELECT * FROM log_entry ORDER BY id",
                "SELECT * FROM pg_sequences ORDER BY sequencename",
            )
        ]


def test_rows_are_what_they_were_and_nobody_is_connected(postgresql_database: CleanDatabase) -> None:
    url = postgresql_database.url()
    before = _look(url)
    with connect(url) as left_open:
        left_open.execute("INSERT INTO member (public_id, name, created_at) VALUES ('abcdefghjkmn', 'Ann', now())")
        left_open.execute("UPDATE community_group SET name = 'Another'")
        assert _look(url) != before
        left_open.execute("BEGIN")
        left_open.execute("LOCK TABLE member")
        assert postgresql_database.url() == url
        assert _look(url) == before
        with pytest.raises(psycopg.OperationalError):
            left_open.execute("SELECT 1")


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE more (id int)",
        "ALTER TABLE member ALTER name DROP NOT NULL",
        "CREATE FUNCTION no() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ],
)
def test_a_changed_schema_is_another_database(postgresql_database: CleanDatabase, change: str) -> None:
    url = postgresql_database.url()
    before = _look(url)
    with connect(url) as connection:
        connection.execute(change)
    assert postgresql_database.url() != url
    assert _look(postgresql_database.url()) == before
