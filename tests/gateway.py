"""The mail world around a site under test: mail in through a real LMTP socket, mail out to a real SMTP sink."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from flask import Flask
from sqlalchemy import select

from forum.db import db
from forum.queue import Task
from forum.settings import Settings, current_settings
from forum.tokens import current_tokens
from forum.work import work_once, workers
from mailgateway.addresses import Addresses
from mailgateway.listen import listening
from tests.lmtp import Lmtp

AUTHSERV_ID = "mx.banyan.test"
MAIL_WORK = ("intake", "fan_out", "deliver", "digest", "notices", "tasks")


@contextmanager
def lmtp_door(core: Flask, settings: Settings) -> Iterator[int]:
    """A real LMTP door on a free port."""
    ready: threading.Event = threading.Event()
    state: dict[str, Any] = {}

    async def serve() -> None:
        state["stop"] = asyncio.Event()
        state["loop"] = asyncio.get_running_loop()
        async with listening(core, settings) as server:
            state["port"] = server.sockets[0].getsockname()[1]
            ready.set()
            await state["stop"].wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(10)
    try:
        yield state["port"]
    finally:
        state["loop"].call_soon_threadsafe(state["stop"].set)
        thread.join()


def a_mail(
    sender: str, recipient: str, subject: str, text: str, *, dmarc: str | None = "pass", **headers: str
) -> EmailMessage:
    """A mail as our own MTA hands it on; `dmarc=None` leaves its judgement out."""
    message = EmailMessage()
    if dmarc is not None:
        domain = sender.rpartition("@")[2].rstrip(">")
        message["Authentication-Results"] = f"{AUTHSERV_ID}; dmarc={dmarc} header.from={domain}"
    message["From"] = sender
    message["To"] = recipient
    message["Subject"] = subject
    message["Date"] = "Mon, 09 Nov 2026 08:15:00 +0000"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    if "Message_ID" not in headers:
        message["Message-ID"] = f"<{abs(hash((sender, subject, text)))}@sender.example>"
    message.set_content(text)
    return message


def hand_in(
    port: int, message: EmailMessage | bytes, *recipients: str, envelope_sender: str | None = None
) -> dict[str, Any]:
    """Hand a mail to the LMTP door; returns the refused recipients with their replies."""
    raw = message if isinstance(message, bytes) else message.as_bytes(policy=SMTP)
    sender = envelope_sender
    if sender is None:
        assert isinstance(message, EmailMessage)
        sender = message["From"].addresses[0].addr_spec
    with Lmtp(("127.0.0.1", port)) as client:
        replies = client.hand_in(sender, recipients, raw)
    return {
        recipient: (int(reply[:3]), reply[4:].encode())
        for recipient, reply in replies.items()
        if not reply.startswith("2")
    }


def addresses() -> Addresses:
    """The addresses of the running site."""
    return Addresses(current_settings().domain, current_tokens())


def notices() -> list[str]:
    """The kinds of notices that were asked for, in order."""
    kinds = select(Task.kind).where(Task.kind.startswith("notice.")).order_by(Task.id)
    return [kind.removeprefix("notice.") for kind in db.session.scalars(kinds)]


def do_mail_work(core: Flask) -> int:
    """Everything that is due for the gateway, until nothing is; then the test looks at the database anew."""
    every = workers()
    done = work_once(core, {kind: every[kind] for kind in MAIL_WORK}, "test")
    db.session.rollback()
    return done
