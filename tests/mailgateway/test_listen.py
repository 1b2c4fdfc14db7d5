"""The LMTP door: a reply per recipient, 250 only for what is stored, and every octet as it came."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, func, select, text

from forum import blobs
from forum.db import db
from mailgateway.models import InboundMail
from tests.gateway import a_mail, addresses, lmtp_door
from tests.lmtp import Lmtp
from tests.people import a_group, a_member

HEADER = b"From: Ann <ann@example.org>\r\nSubject: Locum\r\nMessage-ID: <1@example.org>\r\n\r\n"
GROUP = "cardiology@lists.localhost"


@pytest.fixture
def settings(settings):
    return settings.model_copy(update={"max_message": 300_000})


@pytest.fixture
def door(site) -> Iterator[Lmtp]:
    a_group()
    with Lmtp(("127.0.0.1", site.port)) as door:
        yield door


def stored() -> list[InboundMail]:
    db.session.rollback()
    return list(db.session.scalars(select(InboundMail).order_by(InboundMail.id)))


def octets(mail: InboundMail) -> bytes:
    assert mail.raw_digest is not None
    return blobs.content_of(mail.raw_digest)


def test_each_recipient_has_its_own_reply_and_row(site, door) -> None:
    member = a_member("ann@example.org", "Ann Lee")
    known = [
        GROUP,
        "Cardiology-Owner@Lists.Localhost",
        "cardiology-leave@lists.localhost",
        "community@lists.localhost",
        "banyan@lists.localhost",
        "postmaster@lists.localhost",
        addresses().leave(member.id, 1),
        addresses().reply(member.id, 77),
    ]
    unknown = [
        "nobody@lists.localhost",
        "nobody-join@lists.localhost",
        "reply+aaaaaaaaaaaaaaaaaaaaaaaa@lists.localhost",
        "cardiology@elsewhere.test",
    ]
    replies = door.hand_in("ann@example.org", [*unknown, *known], HEADER + b"Who can?\r\n")
    assert {replies[each][:9] for each in unknown} == {"550 5.1.1"}
    assert {replies[each][:9] for each in known} == {"250 2.0.0"}
    [mail] = stored()
    assert [recipient.address for recipient in mail.recipients] == [each.lower() for each in known]
    assert mail.envelope_sender == "ann@example.org"


def test_what_is_too_large_is_refused_to_each_recipient_and_the_next_mail_is_taken(door) -> None:
    both = [GROUP, "cardiology-owner@lists.localhost"]
    lines = b"x" * 98 + b"\r\n"
    assert {reply[:3] for reply in door.hand_in("a@x.org", both, HEADER + lines * 3100).values()} == {"552"}
    assert {reply[:3] for reply in door.hand_in("a@x.org", both, HEADER + b"x" * 400_000).values()} == {"552"}
    assert {reply[:3] for reply in door.hand_in("a@x.org", both, HEADER, " SIZE=310000").values()} == {"552"}
    assert stored() == []
    assert {reply[:3] for reply in door.hand_in("a@x.org", both, HEADER + lines * 2900).values()} == {"250"}


@pytest.mark.parametrize(
    "body",
    [
        "Grüße, 8-bit ".encode() + b"\xff\xfe\x00\r\n",
        b"x" * 100_000 + b"\r\n",
        b"bare\nline feeds\n.\nand\rreturns\r.\r\n",
        b".\r\n..\r\n.dots\r\n\r\n.\r\n",
        b"\r\n",
        b"no line end, and NUL \x00",
    ],
    ids=["8-bit", "long line", "bare ends", "dots", "empty", "unended"],
)
def test_a_mail_is_kept_octet_for_octet(door, body: bytes) -> None:
    door.hand_in("ann@example.org", [GROUP], HEADER + body)
    [mail] = stored()
    assert octets(mail) == HEADER + body + (b"" if body.endswith(b"\r\n") else b"\r\n")


def test_the_null_sender_and_senders_of_any_letters_are_taken(door) -> None:
    for sender in ("", "jürgen@münchen.example", "odd\udcff@example.org"):
        parameters = "" if sender.isascii() else " SMTPUTF8"
        assert door.hand_in(sender, [GROUP], HEADER + sender.encode(errors="replace"), parameters)[GROUP][:3] == "250"
    assert [mail.envelope_sender for mail in stored()] == ["", "jürgen@münchen.example", "odd @example.org"]


def test_a_unix_socket_is_for_owner_and_group_and_replaces_a_dead_one(site, tmp_path: Path) -> None:
    a_group()
    path = tmp_path / "lmtp.sock"
    settings = site.settings.model_copy(update={"lmtp_listen": str(path)})
    for _ in range(2):
        with lmtp_door(site.core, settings), Lmtp(str(path)) as door:
            assert path.stat().st_mode & 0o777 == 0o660
            assert door.hand_in("ann@example.org", [GROUP], HEADER)[GROUP][:3] == "250"
    assert len(stored()) == 2


# --- the database is busy, broken or away ---


@contextmanager
def writes_wait() -> Iterator[None]:
    """Nobody can store mail inside this."""
    other = create_engine(db.engine.url)
    with other.connect() as connection:
        if db.engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN EXCLUSIVE")
        else:
            connection.exec_driver_sql("LOCK TABLE inbound_mail IN EXCLUSIVE MODE")
        yield
        connection.rollback()
    other.dispose()


def refuse_a_sender(sender: str) -> None:
    """The database itself takes no mail of this sender."""
    with db.engine.begin() as connection:
        if db.engine.dialect.name == "sqlite":
            connection.exec_driver_sql(
                "CREATE TRIGGER no BEFORE INSERT ON inbound_mail "
                f"WHEN NEW.envelope_sender = '{sender}' BEGIN SELECT RAISE(ABORT, 'no'); END"
            )
            return
        connection.exec_driver_sql(
            "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$"
        )
        connection.exec_driver_sql(
            "CREATE TRIGGER no BEFORE INSERT ON inbound_mail FOR EACH ROW "
            f"WHEN (NEW.envelope_sender = '{sender}') EXECUTE FUNCTION no()"
        )


def hand_in_at_once(port: int, senders: list[str]) -> list[str]:
    """One connection a sender; all messages end while nothing can be stored, so that they wait together."""
    waiting = threading.Barrier(len(senders) + 1)

    def one(sender: str) -> str:
        with Lmtp(("127.0.0.1", port)) as door:
            door.begin(sender, [GROUP])
            waiting.wait(20)
            return door.end(HEADER + sender.encode(), [GROUP])[GROUP]

    with ThreadPoolExecutor(len(senders)) as pool:
        replies = [pool.submit(one, sender) for sender in senders]
        # The addresses were looked up before; only the storing waits.
        with writes_wait():
            waiting.wait(20)
            time.sleep(0.5)
            assert not any(reply.done() for reply in replies)
        return [reply.result(20) for reply in replies]


def test_waiting_messages_share_a_commit_and_one_bad_among_them_delays_nobody(site) -> None:
    a_group()
    commits: list[object] = []

    def count(connection: object) -> None:
        commits.append(connection)

    event.listen(db.engine, "commit", count)
    senders = [f"sender-{number}@example.org" for number in range(20)]
    assert {reply[:3] for reply in hand_in_at_once(site.port, senders)} == {"250"}
    # The first message was on its way alone; all others waited for it.
    assert len(commits) <= 3
    event.remove(db.engine, "commit", count)
    refuse_a_sender("bad@example.org")
    replies = hand_in_at_once(site.port, [*senders[:10], "bad@example.org", *senders[10:]])
    assert replies[10].startswith("451")
    assert {reply[:3] for reply in replies[:10] + replies[11:]} == {"250"}
    assert sorted(mail.envelope_sender for mail in stored()) == sorted(senders * 2)


def test_while_the_database_is_locked_or_away_everything_is_to_come_again(site, door) -> None:
    recipients = [GROUP, "cardiology-owner@lists.localhost"]
    raw = a_mail("ann@example.org", GROUP, "Locum", "Who can?").as_bytes()
    assert {reply[:3] for reply in door.begin("ann@example.org", recipients).values()} == {"250"}
    with database_away():
        assert {reply[:3] for reply in door.end(raw, recipients).values()} == {"451"}
        if db.engine.dialect.name == "postgresql":
            # A reader of SQLite is never locked out; an address found a moment ago is not looked up again.
            unseen = ["cardiology-help@lists.localhost"]
            assert {reply[:3] for reply in door.begin("ann@example.org", unseen).values()} == {"451"}
    door.say(b"RSET")
    assert {reply[:3] for reply in door.hand_in("ann@example.org", recipients, raw).values()} == {"250"}
    assert len(stored()) == 1


@contextmanager
def database_away() -> Iterator[None]:
    """SQLite: locked for longer than anybody waits. PostgreSQL: every connection cut and no new one let in."""
    if db.engine.dialect.name == "sqlite":
        with pytest.MonkeyPatch.context() as patch, writes_wait():
            patch.setattr("forum.db.BUSY_SECONDS", 1)
            yield
        return
    name = db.engine.url.database
    administrator = create_engine(db.engine.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with administrator.connect() as connection:
        connection.execute(text(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false'))
        connection.execute(
            select(func.pg_terminate_backend(text("pid")))
            .select_from(text("pg_stat_activity"))
            .where(text("datname = :name")),
            {"name": name},
        )
        yield
        connection.execute(text(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true'))
    administrator.dispose()


def test_what_breaks_the_look_up_of_an_address_is_not_taken_for_an_unknown_one(site) -> None:
    with Lmtp(("127.0.0.1", site.port)) as door:
        with db.engine.begin() as connection:
            connection.execute(text("ALTER TABLE community_group RENAME TO elsewhere"))
        assert door.begin("ann@example.org", [GROUP])[GROUP].startswith("451")
