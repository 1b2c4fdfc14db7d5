"""Where copies go: the smarthost over SMTP, or - `capture` - a Maildir per recipient for demos and development.

Whatever goes there is signed on its way when the settings have a key: there is no other way out.
"""

import asyncio
import mailbox
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Protocol

from forum.settings import Settings, split_host_port
from mailgateway.dkim_sign import Signer, signer_for
from mailgateway.smtp import Copy, Receipt, Sender, Smarthost, SmtpError

# Copies are signed in lots, so many lots ahead of those that go out: a signature is most of what a copy costs.
_SIGNED_TOGETHER = 16
_LOTS_AHEAD = 4


class Carrier(Protocol):
    """Takes copies and gives each exactly one receipt. `trouble` says why it can carry none at present."""

    @property
    def trouble(self) -> SmtpError | None: ...

    async def deliver(self, copies: Iterable[Copy], on_receipt: Callable[[Receipt], None]) -> None: ...

    async def close(self) -> None: ...


class Capture:
    """Keeps each copy in a Maildir named for its recipient, with the envelope as a mail server would note it."""

    def __init__(self, folder: Path) -> None:
        self.trouble: SmtpError | None = None
        self._folder = folder

    async def deliver(self, copies: Iterable[Copy], on_receipt: Callable[[Receipt], None]) -> None:
        for copy in copies:
            on_receipt(self._keep(copy))
            await asyncio.sleep(0)

    async def close(self) -> None:
        return None

    def _keep(self, copy: Copy) -> Receipt:
        name = copy.recipient.lower()
        if "/" in name or name.startswith("."):
            return Receipt(copy.key, "refused", 553, "5.1.3 this address cannot be a folder")
        self._folder.mkdir(parents=True, exist_ok=True)
        box = mailbox.Maildir(self._folder / name, create=True)
        message = b"".join(copy.parts).replace(b"\r\n..", b"\r\n.").replace(b"\r\n", b"\n")
        box.add(b"Return-Path: <%s>\nDelivered-To: %s\n" % (copy.envelope_sender.encode(), name.encode()) + message)
        return Receipt(copy.key, "sent", 250, "2.0.0 kept")


class Signing:
    """Signs each copy and hands it on. Threads sign, since the library lets go of the interpreter meanwhile."""

    def __init__(self, carrier: Carrier, signer: Signer) -> None:
        self._carrier = carrier
        self._signer = signer
        self._threads = ThreadPoolExecutor(max_workers=os.cpu_count(), thread_name_prefix="signer")

    @property
    def trouble(self) -> SmtpError | None:
        return self._carrier.trouble

    async def deliver(self, copies: Iterable[Copy], on_receipt: Callable[[Receipt], None]) -> None:
        await self._carrier.deliver(self._signed(copies), on_receipt)

    async def close(self) -> None:
        try:
            await self._carrier.close()
        finally:
            self._threads.shutdown()

    def _signed(self, copies: Iterable[Copy]) -> Iterator[Copy]:
        unsigned = iter(copies)
        lots: deque[Future[Sequence[Copy]]] = deque()
        while (lot := tuple(islice(unsigned, _SIGNED_TOGETHER))) or lots:
            if lot:
                lots.append(self._threads.submit(self._sign, lot))
            if not lot or len(lots) > _LOTS_AHEAD:
                yield from lots.popleft().result()

    def _sign(self, lot: Sequence[Copy]) -> Sequence[Copy]:
        return [replace(copy, parts=(self._signer.signature(copy.parts), *copy.parts)) for copy in lot]


def carrier_for(settings: Settings) -> Carrier:
    """The carrier that the settings name."""
    if settings.smarthost == "capture":
        carrier: Carrier = Capture(settings.data_dir / "mail")
    else:
        carrier = Sender(smarthost_of(settings), settings.smarthost_connections)
    signer = signer_for(settings)
    return carrier if signer is None else Signing(carrier, signer)


def smarthost_of(settings: Settings) -> Smarthost:
    host, port = split_host_port(settings.smarthost)
    return Smarthost(
        host,
        port,
        user=settings.smarthost_user,
        password=settings.smarthost_password,
        tls=settings.smarthost_tls,
        helo=settings.domain,
    )
