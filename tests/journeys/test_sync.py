"""250 is said only for what is on the disk: the sync is seen before each, and without it there is no 250."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from forum.app import create_core
from forum.db import db
from forum.settings import Settings
from mailgateway.models import InboundMail
from tests.conftest import SECRET
from tests.gateway import lmtp_door
from tests.lmtp import Lmtp
from tests.people import a_group
from tests.postgresql import own_server
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


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_each_mail_is_synced_between_its_end_and_its_250(disk: Disk, core, settings) -> None:
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


def test_postgresql_flushes_its_log_before_it_says_that_a_commit_is_done(servers_dir: Path, tmp_path: Path) -> None:
    """Nothing of ours asks a server for less than it does as it comes. That of the other tests waits for no disk."""
    with own_server(servers_dir / f"as-it-comes-{os.getpid()}") as url:
        core = create_core(
            Settings(data_dir=tmp_path, secret_key=SECRET, database_url=url.render_as_string(hide_password=False))
        )
        with core.app_context():
            for name in ("synchronous_commit", "fsync", "full_page_writes"):
                assert db.session.scalar(text(f"SHOW {name}")) == "on", name
            db.session.remove()
            db.engine.dispose()


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
