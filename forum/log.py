"""The one append-only log: who did what, to what, and why. Ids and short reasons, never contents of mail.

Transactions append; one task seals rows into a hash chain some seconds later. The database itself refuses to
change or remove an entry (triggers of the first migration).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import ColumnElement, ForeignKey, Index, String, Text, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from forum.clock import now
from forum.db import Base, PrimaryKey, db

# Ids are not in the order of commits: an entry may appear after some with higher ids. No transaction stays open while
# so many others are logged.
_LATE = 10_000


class LogEntry(Base):
    """One act. `actor_id` is a member, or None when the program acted by itself or an operator at the terminal."""

    __tablename__ = "log_entry"
    __table_args__ = (
        # Decisions are counted by group and month.
        Index(
            "ix_log_entry_held_post",
            "group_id",
            "at",
            sqlite_where=text("object_kind = 'held_post'"),
            postgresql_where=text("object_kind = 'held_post'"),
        ),
        # Whether somebody was declined is asked of each who follows a thread to where it has moved.
        Index(
            "ix_log_entry_declined",
            "object_id",
            sqlite_where=text("act = 'decline'"),
            postgresql_where=text("act = 'decline'"),
        ),
    )

    id: Mapped[PrimaryKey]
    at: Mapped[datetime] = mapped_column(default=now)
    actor_id: Mapped[int | None]
    act: Mapped[str] = mapped_column(String(60))
    object_kind: Mapped[str] = mapped_column(String(30))
    object_id: Mapped[int]
    group_id: Mapped[int | None]
    why: Mapped[str] = mapped_column(Text, default="")
    undo: Mapped[str] = mapped_column(Text, default="")


class LogSeal(Base):
    """The place of an entry in the chain: hash of the seal before and of the entry."""

    __tablename__ = "log_seal"

    number: Mapped[PrimaryKey]
    entry_id: Mapped[int] = mapped_column(ForeignKey("log_entry.id"), unique=True)
    hash: Mapped[str] = mapped_column(String(64))


def record(
    act: str,
    object_kind: str,
    object_id: int,
    *,
    actor_id: int | None = None,
    group_id: int | None = None,
    why: str = "",
    undo: str = "",
) -> None:
    """Append one entry in the transaction that is open."""
    db.session.add(
        LogEntry(
            act=act,
            object_kind=object_kind,
            object_id=object_id,
            actor_id=actor_id,
            group_id=group_id,
            why=why,
            undo=undo,
        )
    )


def unsealed() -> ColumnElement[bool]:
    """The condition of entries without a seal. It looks back as far as late commits reach, not at the whole log."""
    newest = select(func.coalesce(func.max(LogSeal.entry_id), 0)).scalar_subquery()
    sealed = select(LogSeal.entry_id).where(LogSeal.entry_id == LogEntry.id).exists()
    condition: ColumnElement[bool] = (LogEntry.id > newest - _LATE) & ~sealed
    return condition


def seal_entries(limit: int = 1000) -> int:
    """Chain the entries that have no seal yet; returns how many. Of two workers at once the second waits."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("LOCK TABLE log_seal IN SHARE ROW EXCLUSIVE MODE"))
    last = db.session.scalars(select(LogSeal).order_by(LogSeal.number.desc()).limit(1)).first()
    number, chain = (last.number, last.hash) if last else (0, "")
    entries = db.session.scalars(select(LogEntry).where(unsealed()).order_by(LogEntry.id).limit(limit)).all()
    for entry in entries:
        number, chain = number + 1, _link(chain, entry)
        db.session.add(LogSeal(number=number, entry_id=entry.id, hash=chain))
    return len(entries)


def first_broken_seal() -> int | None:
    """Walk the chain; the number of the first seal that does not fit its entry, or None when the chain is whole."""
    chain, expected = "", 0
    rows = select(LogSeal, LogEntry).join(LogEntry, LogEntry.id == LogSeal.entry_id).order_by(LogSeal.number)
    with db.session.execute(rows.execution_options(yield_per=1000)) as found:
        for seal, entry in found:
            chain, expected = _link(chain, entry), expected + 1
            if seal.number != expected or seal.hash != chain:
                return expected
    missing = (db.session.scalar(select(func.count()).select_from(LogSeal)) or 0) - expected
    return expected + 1 if missing else None


@dataclass(frozen=True)
class ChainState:
    """What a walk through the chain has found. `broken_entry` is the entry of the first seal that does not fit."""

    entries: int
    seals: int
    unsealed: int
    broken_seal: int | None
    broken_entry: int | None
    last_seal: str


def chain_state() -> ChainState:
    """The whole chain, walked. Who keeps the last seal elsewhere can show later that nothing was cut off behind it."""
    broken = first_broken_seal()
    entries = db.session.scalar(select(func.count()).select_from(LogEntry)) or 0
    seals = db.session.scalar(select(func.count()).select_from(LogSeal)) or 0
    last = db.session.scalars(select(LogSeal).order_by(LogSeal.number.desc()).limit(1)).first()
    broken_entry = db.session.scalar(select(LogSeal.entry_id).where(LogSeal.number == broken))
    return ChainState(
        entries, seals, entries - seals, broken, broken_entry, f"{last.number} {last.hash}" if last is not None else ""
    )


def entries_page(
    *, group_id: int | None = None, act: str | None = None, since: datetime | None = None, limit: int = 200
) -> Sequence[LogEntry]:
    """Entries, the newest first."""
    rows = select(LogEntry).order_by(LogEntry.id.desc()).limit(limit)
    if group_id is not None:
        rows = rows.where(LogEntry.group_id == group_id)
    if act is not None:
        rows = rows.where(LogEntry.act == act)
    if since is not None:
        rows = rows.where(LogEntry.at >= since)
    return db.session.scalars(rows).all()


def _link(chain: str, entry: LogEntry) -> str:
    fields = [entry.id, entry.at.isoformat(), entry.actor_id, entry.act, entry.object_kind, entry.object_id]
    content = json.dumps([chain, *fields, entry.group_id, entry.why, entry.undo], ensure_ascii=True)
    return sha256(content.encode()).hexdigest()
