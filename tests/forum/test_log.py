"""The append-only log and its chain of seals."""

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import DatabaseError

from forum.db import db, transaction
from forum.log import LogEntry, LogSeal, first_broken_seal, record, seal_entries, unsealed
from tests.meanwhile import meanwhile


def write(*numbers: int) -> None:
    with transaction() as session:
        session.add_all(
            LogEntry(id=number, act="join", object_kind="group", object_id=1, why="", undo="") for number in numbers
        )


def seal() -> int:
    with transaction():
        return seal_entries()


def sealed() -> list[int]:
    return list(db.session.scalars(select(LogSeal.entry_id).order_by(LogSeal.number)))


def test_every_entry_is_sealed_once_in_one_chain(core: Flask) -> None:
    with transaction():
        record("join", "membership", 1)
    assert seal() > 0
    assert seal() == 0
    assert db.session.scalar(select(LogEntry.id).where(unsealed())) is None
    assert first_broken_seal() is None


def test_an_entry_that_is_committed_late_is_sealed_after_those_with_higher_ids(core: Flask) -> None:
    seal()
    write(1_000, 1_001)
    seal()
    write(900)
    assert seal() == 1
    assert sealed()[-3:] == [1_000, 1_001, 900]
    assert first_broken_seal() is None


def test_a_changed_seal_and_a_missing_one_are_found(core: Flask) -> None:
    seal()
    write(1_000, 1_001, 1_002)
    seal()
    last = len(sealed())
    with pytest.raises(DatabaseError), transaction() as session:
        session.execute(update(LogEntry).where(LogEntry.id == 1_001).values(why="something else"))
    with transaction() as session:
        session.execute(update(LogSeal).where(LogSeal.entry_id == 1_001).values(hash="0" * 64))
    assert first_broken_seal() == last - 1


def test_two_workers_seal_one_after_the_other(core: Flask) -> None:
    write(1_000, 1_001)
    with meanwhile(core, seal_entries):
        assert seal() == 0
    assert sealed()[-2:] == [1_000, 1_001]
    assert first_broken_seal() is None
