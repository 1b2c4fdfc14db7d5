"""The database: typed columns that hold on SQLite and PostgreSQL alike, and the only commit in the program.

Doors open `with transaction():`; actions and queries use `db.session` inside it and never commit.
"""

import enum
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    Engine,
    Enum,
    Integer,
    MetaData,
    String,
    TypeDecorator,
    event,
    text,
)
from sqlalchemy.engine import Connection
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, registry

BUSY_SECONDS = 10
_LOOK_SECONDS = 0.001
_PUBLIC_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


class UtcDateTime(TypeDecorator[datetime]):
    """A moment. Aware UTC in Python; `timestamptz` on PostgreSQL, ISO text in UTC on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def words_of(kind: type[enum.StrEnum], name: str | None = None) -> Enum:
    """A column type for a StrEnum: its words as text, with a CHECK that admits no other."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        length=20,
        name=name or kind.__name__.lower(),
        values_callable=lambda members: [member.value for member in members],
    )


Key = BigInteger().with_variant(Integer, "sqlite")


def public_id() -> str:
    """60 random bits in 12 characters: what stands in URLs instead of a row's number."""
    bits = secrets.randbits(60)
    return "".join([_PUBLIC_ALPHABET[bits >> shift & 31] for shift in range(0, 60, 5)])


PrimaryKey = Annotated[int, mapped_column(Key, primary_key=True)]
PublicId = Annotated[str, mapped_column(String(12), unique=True, default=public_id)]


class Base(DeclarativeBase):
    # On the registry, not on this class: Flask-SQLAlchemy derives its own base from this one.
    registry = registry(
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={datetime: UtcDateTime(), int: Key},
    )


db = SQLAlchemy(model_class=Base, session_options={"autoflush": True})


@contextmanager
def transaction() -> Iterator[Session]:
    """The only commit in the program: returned commits, raised rolls back.

    On SQLite it is BEGIN IMMEDIATE: a deferred transaction that reads and then writes fails at once under load.
    Transactions do not nest: a second one inside means that an action has tried to be a door.
    """
    session = db.session()
    if session.info.get("writing"):
        raise RuntimeError("a transaction is open already; only a door opens one")
    session.rollback()
    session.info["writing"] = True
    try:
        session.connection(execution_options={"writing": True})
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info["writing"] = False


@contextmanager
def reading() -> Iterator[Session]:
    """A look at the database that ends: no snapshot stays open behind an idle worker."""
    session = db.session()
    if session.info.get("writing"):
        raise RuntimeError("a transaction is open; read inside it")
    try:
        yield session
    finally:
        session.rollback()


def analyze(*tables: type[Base]) -> None:
    """Tell PostgreSQL's planner of many new rows at once, instead of a minute later; SQLite plans without."""
    if db.engine.dialect.name == "postgresql":
        for table in tables:
            db.session.execute(text(f"ANALYZE {table.__tablename__}"))


def engine_options(url: str) -> dict[str, Any]:
    """Options of the engine for this database."""
    # Messages of the database's errors go to the log, and what people write must not stand there.
    hidden = {"hide_parameters": True}
    if url.startswith("sqlite"):
        return hidden | {"connect_args": {"timeout": BUSY_SECONDS, "check_same_thread": False}}
    return hidden | {"pool_pre_ping": True, "pool_size": 10, "max_overflow": 20}


def prepare_engine(engine: Engine) -> None:
    """Set SQLite's pragmas on each connection and make its transactions begin as `transaction` asks."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _pragmas(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # SQLAlchemy's begin event below says BEGIN, not the driver.
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-32000"):
            connection.execute(f"PRAGMA {pragma}").close()

    turn = threading.Lock()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get("writing", False):
            _begin_writing(connection, turn)
        else:
            connection.exec_driver_sql("BEGIN")


def _begin_writing(connection: Connection, turn: threading.Lock) -> None:
    """Take SQLite's one write lock, or wait for it as long as elsewhere.

    SQLite's own waiting sleeps longer and longer, up to 100 ms, while others come and go: with several writers most of
    the time went by in sleep. Here one looks again after a millisecond: the program's other threads wait for their
    `turn`, and cost nothing meanwhile.
    """
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    until = time.monotonic() + BUSY_SECONDS
    driver.execute("PRAGMA busy_timeout=0").close()
    mine = turn.acquire(timeout=BUSY_SECONDS)
    try:
        while time.monotonic() < until:
            try:
                driver.execute("BEGIN IMMEDIATE").close()
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    break
                time.sleep(_LOOK_SECONDS)
            else:
                return
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        if mine:
            turn.release()
        driver.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}").close()
