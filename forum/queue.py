"""Durable work: rows that are due, claimed under a lease, done or set aside. Rows carry ids, never contents.

A row is written in the transaction of what caused it. A worker that dies loses only its lease: its rows come due
again. Handlers are found by the kind of a task, through the entry points `banyan.tasks`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Index, String, Text, insert, or_, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from forum.clock import now
from forum.db import Base, PrimaryKey, db

LEASE = timedelta(seconds=30)
MAX_ATTEMPTS = 12
_LONGEST_WAIT = timedelta(hours=6)


class Queued:
    """The columns of durable work. `due_at` says when next; `done_at` and `set_aside_at` say never again."""

    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    leased_until: Mapped[datetime | None]
    leased_by: Mapped[str | None] = mapped_column(String(80))
    done_at: Mapped[datetime | None]
    set_aside_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)


def due_index(table: str, *columns: str) -> Index:
    """The partial index that makes finding due rows cheap however many are done."""
    open_rows = text("done_at IS NULL AND set_aside_at IS NULL")
    return Index(f"ix_{table}_due", *columns, sqlite_where=open_rows, postgresql_where=open_rows)


class Task(Queued, Base):
    """One piece of later work: its kind names the handler, `target_id` the row that it is about."""

    __tablename__ = "task"
    __table_args__ = (
        due_index("task", "kind", "due_at", "id"),
        # Whether somebody was told the same lately.
        Index("ix_task_target_id_kind", "target_id", "kind"),
    )

    id: Mapped[PrimaryKey]
    kind: Mapped[str] = mapped_column(String(40))
    target_id: Mapped[int]
    other_id: Mapped[int | None]


# Written at once: as objects they would cost the gate more than the post does.
_TASK = insert(Base.metadata.tables["task"]).values(attempts=0)


def enqueue(kind: str, target_id: int, other_id: int | None = None, due_at: datetime | None = None) -> None:
    """Write a task in the transaction that is open."""
    row = {"kind": kind, "target_id": target_id, "other_id": other_id, "due_at": due_at or now()}
    db.session.connection().execute(_TASK, row)


def enqueue_each(kind: str, target_ids: Iterable[int]) -> None:
    """One task for each of these rows, all at once."""
    moment = now()
    rows = [{"kind": kind, "target_id": each, "other_id": None, "due_at": moment} for each in target_ids]
    if rows:
        db.session.connection().execute(_TASK, rows)


def asked_lately(kind: str, target_id: int, within: timedelta, *, other_id: int | None = None) -> bool:
    """Whether such a task was written for this row (and the other one) lately; done ones are kept for three days."""
    lately = select(Task.id).where(Task.target_id == target_id, Task.kind == kind, Task.due_at > now() - within)
    if other_id is not None:
        lately = lately.where(Task.other_id == other_id)
    return db.session.scalar(lately.limit(1)) is not None


def open_and_due(model: type[Any], moment: datetime) -> ColumnElement[bool]:
    """What a worker may claim at this moment: due, not finished, and under nobody's living lease."""
    condition: ColumnElement[bool] = (
        model.done_at.is_(None)
        & model.set_aside_at.is_(None)
        & (model.due_at <= moment)
        & or_(model.leased_until.is_(None), model.leased_until < moment)
    )
    return condition


def anything_due(model: type[Any], *where: ColumnElement[bool]) -> bool:
    """A cheap look without a write, so that an idle worker never takes SQLite's one write lock."""
    found = select(model.id).where(open_and_due(model, now()), *where).limit(1)
    return db.session.scalar(found) is not None


def claim(model: type[Any], limit: int, owner: str, *where: ColumnElement[bool]) -> Sequence[int]:
    """Lease up to `limit` due rows to `owner` in one UPDATE and return their ids, oldest due first.

    SKIP LOCKED keeps several workers on PostgreSQL out of each other's way; SQLite has one writer anyway.
    """
    moment = now()
    due = (
        select(model.id)
        .where(open_and_due(model, moment), *where)
        .order_by(model.due_at, model.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        # As a table of its own: PostgreSQL may run a plain subquery again and again, each time with other rows.
        .cte("due")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    lease = (
        update(model)
        .where(model.id.in_(select(due.c.id)))
        .values(leased_until=moment + LEASE, leased_by=owner, attempts=model.attempts + 1)
        .returning(model.id, model.due_at)
        .execution_options(synchronize_session=False)
    )
    rows = db.session.execute(lease).all()
    return [row.id for row in sorted(rows, key=lambda row: (row.due_at, row.id))]


def renew(model: type[Any], ids: Iterable[int], owner: str) -> None:
    """Prolong the leases of work that is still going on."""
    db.session.execute(
        update(model)
        .where(model.id.in_(list(ids)), model.leased_by == owner, model.done_at.is_(None))
        .values(leased_until=now() + LEASE)
        .execution_options(synchronize_session=False)
    )


def finish(model: type[Any], ids: Iterable[int]) -> None:
    """Mark work as done."""
    db.session.execute(
        update(model)
        .where(model.id.in_(list(ids)))
        .values(done_at=now(), leased_until=None, leased_by=None)
        .execution_options(synchronize_session=False)
    )


def back_off(attempts: int) -> timedelta:
    """30 s, 1 min, 2 min, ... doubling up to 6 h: the wait before attempt number `attempts + 1`."""
    doublings = min(max(attempts - 1, 0), 12)
    return min(timedelta(seconds=30 * (1 << doublings)), _LONGEST_WAIT)


def put_off(row: Queued, error: str) -> None:
    """Try again later, or set aside for a person after `MAX_ATTEMPTS`."""
    row.leased_until = row.leased_by = None
    row.error = error[:2000]
    if row.attempts >= MAX_ATTEMPTS:
        row.set_aside_at = now()
    else:
        row.due_at = now() + back_off(row.attempts)


def free_leases(model: type[Any], owner: str) -> int:
    """Make the rows of a worker that is known to be dead due at once; returns how many."""
    freed = db.session.execute(
        update(model)
        .where(model.leased_by == owner, model.done_at.is_(None))
        .values(leased_until=None, leased_by=None)
        .execution_options(synchronize_session=False)
    )
    return int(getattr(freed, "rowcount", 0))
