"""The LMTP door: one status per recipient, and 250 only after the commit. Understands nothing of what it takes.

Unknown address 550 at RCPT, too large 552, database busy or away 451. Messages that wait at the same time share
one commit; when a shared one fails, each is tried alone, so that one bad row delays nobody.
"""

import asyncio
import contextlib
import os
import re
import socket
import stat
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any, AnyStr

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import Envelope as SmtpEnvelope
from aiosmtpd.smtp import Session as SmtpSession
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from forum.db import db, reading, transaction
from forum.groups.queries import group_by_mail_name
from forum.settings import Settings, current_settings, split_host_port
from forum.tokens import current_tokens
from mailgateway.addresses import Addresses, ToAnonymous, ToCommand, ToGroup, ToModerators
from mailgateway.store import Envelope, store_mails

TAKEN = "250 2.0.0 Stored"
UNKNOWN = "550 5.1.1 No such address here"
TOO_LARGE = "552 5.3.4 The message is too large"
LATER = "451 4.3.0 We cannot store it just now; try again later"
_LONE_RETURN = re.compile(r"\r(?!\n)")
_MESSAGES_A_COMMIT = 64
_OCTETS_A_COMMIT = 32 * 1024**2
_KNOWN_SECONDS = 60.0
_KNOWN_AT_MOST = 10_000

log = structlog.get_logger(__name__)


class Storeroom:
    """One thread that commits waiting messages together and tells each whether it is safe."""

    def __init__(self, core: Flask) -> None:
        self._core = core
        self._waiting: SimpleQueue[tuple[Envelope, asyncio.Future[bool]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="storeroom", daemon=True)
        self._thread.start()

    async def store(self, envelope: Envelope) -> bool:
        """True when the message is committed and synced; False when it is not, and must come again."""
        safe: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.put((envelope, safe))
        return await safe

    def close(self) -> None:
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch, octets, last = [first], len(first[0].raw), False
            while not self._waiting.empty() and len(batch) < _MESSAGES_A_COMMIT and octets < _OCTETS_A_COMMIT:
                following = self._waiting.get()
                if following is None:
                    last = True
                    break
                batch.append(following)
                octets += len(following[0].raw)
            self._store_together(batch)
            if last:
                return

    def _store_together(self, batch: list[tuple[Envelope, asyncio.Future[bool]]]) -> None:
        if self._commit([envelope for envelope, _ in batch]):
            for _, safe in batch:
                _tell(safe, True)
        elif len(batch) == 1:
            _tell(batch[0][1], False)
        else:
            for each in batch:
                self._store_together([each])

    def _commit(self, envelopes: list[Envelope]) -> bool:
        with self._core.app_context():
            try:
                with transaction():
                    store_mails(envelopes)
            except Exception:
                # Whatever it was, nothing is stored and the sender keeps the mail: 451, never 550.
                log.exception("mail could not be stored", messages=len(envelopes))
                return False
            finally:
                db.session.remove()
        return True


def _tell(safe: asyncio.Future[bool], answer: bool) -> None:
    def tell() -> None:
        if not safe.done():
            safe.set_result(answer)

    with contextlib.suppress(RuntimeError):  # The loop is closed: whoever waited is gone, and will send again.
        safe.get_loop().call_soon_threadsafe(tell)


class Handler:
    """What aiosmtpd asks of us at each step."""

    def __init__(self, core: Flask, storeroom: Storeroom) -> None:
        self._core = core
        self._storeroom = storeroom
        with core.app_context():
            self._addresses = Addresses(current_settings().domain, current_tokens())
        # A group keeps its address for good, so that one found lately need not be looked up for each mail.
        self._known_until: dict[str, float] = {}

    def _remember(self, address: str) -> None:
        if len(self._known_until) >= _KNOWN_AT_MOST:
            self._known_until.clear()
        self._known_until[address] = time.monotonic() + _KNOWN_SECONDS

    async def handle_RCPT(  # noqa: N802  (aiosmtpd's name)
        self, _server: LMTP, _session: SmtpSession, envelope: SmtpEnvelope, address: str, options: list[str]
    ) -> str:
        if self._known_until.get(address, 0.0) > time.monotonic():
            known: bool | None = True
        else:
            known = await asyncio.to_thread(self._is_known, address)
        if known is None:
            return LATER
        if not known:
            return UNKNOWN
        self._remember(address)
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: LMTP, _session: SmtpSession, envelope: SmtpEnvelope) -> str:  # noqa: N802
        content = envelope.original_content or b""
        sender = (envelope.mail_from or "").strip("<>")  # aiosmtpd has "<>" for the null sender.
        stored = await self._storeroom.store(Envelope(sender, tuple(envelope.rcpt_tos), content))
        return _to_each(TAKEN if stored else LATER, envelope)

    async def handle_exception(self, error: Exception) -> str:
        log.error("the LMTP conversation failed", exc_info=error)
        return LATER

    def _is_known(self, address: str) -> bool | None:
        """Whether an address leads anywhere; None when the database does not say."""
        destination = self._addresses.read(address)
        if destination is None:
            return False
        if not isinstance(destination, ToGroup | ToAnonymous | ToCommand | ToModerators) or not destination.mail_name:
            return True
        with self._core.app_context():
            try:
                with reading():
                    return group_by_mail_name(destination.mail_name) is not None
            except SQLAlchemyError:
                log.exception("an address could not be looked up")
                return None
            finally:
                db.session.remove()


def _to_each(status: str, envelope: SmtpEnvelope) -> str:
    """One line per recipient, as LMTP has it (RFC 2033, section 4.2)."""
    return "\r\n".join([status] * len(envelope.rcpt_tos))


class Door(LMTP):
    """aiosmtpd's LMTP with a status per recipient, and with lines as long as a message may be."""

    _taking_data = False

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        self._taking_data = True
        try:
            await super().smtp_DATA(arg)
        finally:
            self._taking_data = False

    async def push(self, status: AnyStr) -> None:
        # aiosmtpd answers an oversized message once; each recipient needs the answer.
        if self._taking_data and isinstance(status, str) and status.startswith(("552 Error", "500 Line too long")):
            assert self.envelope is not None
            await super().push(_to_each(TOO_LARGE, self.envelope))
        elif isinstance(status, str):
            # It repeats what it did not understand: a return in that would end the reply for some readers.
            await super().push(_LONE_RETURN.sub("", status))
        else:
            await super().push(status)


@contextlib.asynccontextmanager
async def listening(core: Flask, settings: Settings) -> AsyncIterator[asyncio.Server]:
    """The door, open until the context ends; what is being stored then is still finished."""
    storeroom = Storeroom(core)
    handler = Handler(core, storeroom)
    door = type("SizedDoor", (Door,), {"line_length_limit": settings.max_message})

    def protocol() -> Any:
        return door(
            handler,
            data_size_limit=settings.max_message,
            # Else a sender or recipient beyond ASCII would be bounced by the mail server before us.
            enable_SMTPUTF8=True,
            hostname=settings.domain,
            ident="Banyan LMTP",
        )

    loop = asyncio.get_running_loop()
    if settings.lmtp_listen.startswith("/"):
        _remove_stale_socket(Path(settings.lmtp_listen))
        server = await loop.create_unix_server(protocol, settings.lmtp_listen)
        os.chmod(settings.lmtp_listen, 0o660)
    else:
        host, port = split_host_port(settings.lmtp_listen)
        server = await loop.create_server(protocol, host, port, family=socket.AF_UNSPEC)
    try:
        yield server
    finally:
        server.close()
        await asyncio.to_thread(storeroom.close)


def _remove_stale_socket(path: Path) -> None:
    """What a killed listener left; a file of another kind stays, and binding then fails with its name."""
    if path.exists() and stat.S_ISSOCK(path.stat().st_mode):
        path.unlink()
