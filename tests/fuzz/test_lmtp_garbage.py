"""Whatever is said at the LMTP door: it answers in its own way, stores what it said it stored, and stays open."""

import random
import re
import socket
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from forum.db import db, reading
from forum.settings import current_settings
from mailgateway.models import InboundMail, InboundRecipient
from tests.fuzz.corpus import broken, read_corpus
from tests.fuzz.intake import fuzzed_site
from tests.gateway import lmtp_door
from tests.lmtp import Lmtp

GROUP = "cardiology@lists.localhost"
_LINES = (
    *(
        b"LHLO x",
        b"LHLO",
        b"EHLO x",
        b"HELO x",
        b"LHLO \xff\xfe",
        b"LHLO " + b"a" * 5000,
        b"NOOP",
        b"RSET",
        b"VRFY a",
        b"HELP",
    ),
    *(
        b"MAIL FROM:<ann@example.org>",
        b"MAIL FROM:<>",
        b"MAIL FROM:",
        b"MAIL",
        b"MAIL FROM:<a@b> SIZE=9999999999",
        b"mail from:<A>",
    ),
    *(
        b"MAIL FROM:<ann@example.org> SMTPUTF8 BODY=8BITMIME",
        b"MAIL FROM:<" + b"a" * 70_000 + b"@b>",
        b"MAIL FROM:<\0@b>",
    ),
    *(
        b"RCPT TO:<cardiology@lists.localhost>",
        b"RCPT TO:<cardiology@lists.localhost>",
        b"RCPT TO:<nobody@lists.localhost>",
    ),
    *(
        b"RCPT TO:<\xff\xfe@lists.localhost>",
        b"RCPT TO:<cardiology@lists.localhost> NOTIFY=NEVER",
        b"RCPT TO:",
        b"RCPT TO:<@>",
    ),
    *(
        b"RCPT TO:<@a,@b:cardiology@lists.localhost>",
        b'RCPT TO:<"a b"@lists.localhost>',
        b"RCPT TO:<bounce+zzz@lists.localhost>",
    ),
    *(
        b"DATA",
        b"DATA x",
        b"BDAT 10 LAST",
        b"AUTH PLAIN AAAA",
        b"STARTTLS",
        b"\0\0\0",
        b"\x16\x03\x01\x02",
        b"",
        b" ",
        b"GET / HTTP/1.1",
    ),
    *(b"Subject: a", b".", b"..", b". ", b".\r", b"\r.\r", b"a" * 200_000, b"\xe2\x80\xa8", b"XCLIENT NAME=a", b"QUIT"),
)
_REPLY = re.compile(rb"[2-5][0-9]{2}[ -][^\r\n]*")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with fuzzed_site() as site, lmtp_door(site.core, current_settings()) as port:
        yield port


@pytest.mark.parametrize("seed", [*range(12), None])
def test_weird_lines_get_answers_and_leave_the_door_open(port: int, seed: int | None) -> None:
    seed = random.randrange(10**6) if seed is None else seed
    dice = random.Random(seed)
    before = _stored()
    told = 0
    for _ in range(10):
        said = _said(dice)
        answers = _converse(port, said)
        assert all(_REPLY.fullmatch(line) for line in answers), (seed, answers)
        told += sum(line.startswith(b"250 2.0.0 Stored") for line in answers)
    mails, recipients = _stored()
    # A recipient may be named twice; and who goes away while we store is not told of it any more.
    assert (mails - before[0] > 0) >= (told > 0), seed
    assert recipients - before[1] >= mails - before[0]
    with Lmtp(("127.0.0.1", port)) as door:
        assert (
            door.hand_in("ann@example.org", [GROUP], b"From: ann@example.org\r\n\r\nStill there?\r\n")[GROUP][:3]
            == "250"
        )
    assert _stored()[0] == mails + 1


def test_broken_mails_are_stored_octet_for_octet(port: int) -> None:
    corpus = read_corpus()
    with Lmtp(("127.0.0.1", port)) as door:
        for number in range(60):
            raw = broken(corpus, number, seed=9)
            reply = door.hand_in("ann@example.org", [GROUP], raw)[GROUP]
            assert reply.startswith("250" if len(raw) < 1_000_000 else "552"), (number, reply)


def test_a_line_without_an_end_is_refused_without_filling_the_memory(port: int) -> None:
    with Lmtp(("127.0.0.1", port)) as door:
        door.begin("ann@example.org", [GROUP])
        assert door.say(b"DATA").startswith("354")
        for _ in range(40):
            door.send(b"a" * 100_000)
        door.send(b"\r\n.\r\n")
        assert door.reply().startswith("552")
        assert door.say(b"NOOP").startswith("250")


def _said(dice: random.Random) -> bytes:
    """A whole conversation at once, as nobody should hold it."""
    polite = [
        b"LHLO x",
        b"MAIL FROM:<ann@example.org>",
        b"RCPT TO:<cardiology@lists.localhost>",
        b"DATA",
        b"A: b",
        b"",
        b"c",
        b".",
    ]
    lines = [] if dice.random() < 0.3 else polite[: dice.randrange(len(polite) + 1)]
    for _ in range(dice.randrange(12)):
        lines.insert(dice.randrange(len(lines) + 1), dice.choice(_LINES))
    end = dice.choice((b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b"\r\r\n"))
    return end.join(lines) + dice.choice((end, b""))


def _converse(port: int, said: bytes) -> list[bytes]:
    """Say it all, close our end, and hear what is answered until the other end closes too."""
    heard = bytearray()
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        try:
            connection.sendall(said)
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65_536):
                heard += piece
        except ConnectionError:
            pass  # The door may close on whoever talks nonsense.
    return bytes(heard).split(b"\r\n")[:-1]


def _stored() -> tuple[int, int]:
    """How many mails and recipients there are, once nothing more is being stored for who has gone away already."""
    counts = _counted()
    while True:
        time.sleep(0.3)
        before, counts = counts, _counted()
        if counts == before:
            return counts


def _counted() -> tuple[int, int]:
    with reading() as session:
        mails = session.scalar(select(func.count(InboundMail.id))) or 0
        recipients = session.scalar(select(func.count(InboundRecipient.id))) or 0
    db.session.remove()
    return mails, recipients
