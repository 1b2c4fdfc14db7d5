"""Where copies go: the smarthost over SMTP, or - `capture` - a Maildir per recipient for demos and development."""

import asyncio
import mailbox
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from forum.settings import Settings, split_host_port
from mailgateway.smtp import Copy, Receipt, Sender, Smarthost, SmtpError


class Carrier(Protocol):
    """Takes copies and gives each exactly one receipt. `trouble` says why it can carry none at present."""

    trouble: SmtpError | None

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


def carrier_for(settings: Settings) -> Carrier:
    """The carrier that the settings name."""
    if settings.smarthost == "capture":
        return Capture(settings.data_dir / "mail")
    return Sender(smarthost_of(settings), settings.smarthost_connections)


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
