"""250 is said only for what is on the disk: the sync is seen before each, and without it there is no 250."""

import time
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select, text

from forum.db import db
from mailgateway.models import InboundMail
from tests.gateway import lmtp_door
from tests.lmtp import Lmtp
from tests.people import a_group
from tests.sqlite_disk import Disk, watched_disk

GROUP = "cardiology@lists.localhost"


def a_raw_mail(number: int) -> bytes:
    return b"From: Ann <ann@example.org>\r\nMessage-ID: <%d@example.org>\r\n\r\nWho can?\r\n" % number


def stored() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(InboundMail.id))) or 0


@pytest.fixture
def disk(settings) -> Iterator[Disk]:
    with watched_disk() as disk:
        yield disk


def test_each_mail_is_synced_between_its_end_and_its_250(disk: Disk, core, settings) -> None:
    if db.engine.dialect.name != "sqlite":
        _assert_postgresql_syncs()
        return
    a_group()
    with lmtp_door(core, settings) as port, Lmtp(("127.0.0.1", port)) as door:
        for number in range(5):
            door.begin("ann@example.org", [GROUP])
            assert door.say(b"DATA").startswith("354")
            door.send(a_raw_mail(number))
            began = time.monotonic()
            door.send(b".\r\n")
            assert door.reply().startswith("250")
            ended = time.monotonic()
            between = [name for name, moment in disk.syncs if began <= moment <= ended]
            # The write-ahead log is where a commit stands until a checkpoint.
            assert "banyan.db-wal" in between


def _assert_postgresql_syncs() -> None:
    """A commit is done when the server's log is flushed, and no session of ours asks for less.

    That is the one setting of the kind that a session can change; the others belong to the server.
    """
    assert db.session.scalar(text("SHOW synchronous_commit")) == "on"


def test_without_the_sync_there_is_no_250(disk: Disk, core, settings) -> None:
    a_group()
    with lmtp_door(core, settings) as port, Lmtp(("127.0.0.1", port)) as door:
        assert door.hand_in("ann@example.org", [GROUP], a_raw_mail(1))[GROUP].startswith("250")
        if db.engine.dialect.name == "sqlite":
            disk.broken = True
        else:
            _break_commits()
        assert door.hand_in("ann@example.org", [GROUP], a_raw_mail(2))[GROUP].startswith("451")
        assert stored() == 1
        if db.engine.dialect.name == "sqlite":
            disk.broken = False
            assert door.hand_in("ann@example.org", [GROUP], a_raw_mail(2))[GROUP].startswith("250")


def _break_commits() -> None:
    """Every insert succeeds and the commit after it fails, as it does when the log cannot be flushed."""
    with db.engine.begin() as connection:
        connection.execute(
            text("CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$")
        )
        connection.execute(
            text(
                "CREATE CONSTRAINT TRIGGER no AFTER INSERT ON inbound_mail DEFERRABLE INITIALLY DEFERRED "
                "FOR EACH ROW EXECUTE FUNCTION no()"
            )
        )
