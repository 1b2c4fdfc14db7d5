"""Push individual copies to the smarthost, over several pipelined connections, and give each exactly one receipt.

Pure transport: it must not know the database, settings, or how a message is made. The conversation itself is
in `smtp_handshake.py` and `smtp_session.py`; here is the pool that feeds the sessions and sees to what a lost
one left behind.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator

from mailgateway.smtp_handshake import connect
from mailgateway.smtp_session import GOODBYE_SECONDS, Item, Session
from mailgateway.smtp_values import (
    AuthenticationError,
    ConnectError,
    Copy,
    Receipt,
    Smarthost,
    SmtpError,
    TlsError,
    Verdict,
)

__all__ = [
    "AuthenticationError",
    "ConnectError",
    "Copy",
    "Receipt",
    "Sender",
    "Smarthost",
    "SmtpError",
    "TlsError",
    "Verdict",
    "dot_stuff",
]

# After so many connections in a row that settled no copy, what waits is deferred rather than tried on yet another.
_FRUITLESS_CONNECTIONS = 3
# A copy whose connection was lost so often before its message was sent is deferred: it may itself be the cause.
_LOSSES = 2
# While other connections work, one that failed is not tried again for so many seconds.
_RETRY_SECONDS = 5.0


def dot_stuff(message: bytes) -> bytes:
    """A message as it goes over the line: CRLF lines only, the last one ended, a dot doubled where it starts a line.

    Bare CR and bare LF become line ends, so that nothing in a message can look like its end to the smarthost and
    not to us (SMTP smuggling).
    """
    lines = message.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if not lines.endswith(b"\n"):
        lines += b"\n"
    if lines.startswith(b"."):
        lines = b"." + lines
    return lines.replace(b"\n.", b"\n..").replace(b"\n", b"\r\n")


class _Delivery:
    """One call of `Sender.deliver`: its copies not yet pulled, and how many receipts are still due."""

    def __init__(self, copies: Iterable[Copy], on_receipt: Callable[[Receipt], None]) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.error: Exception | None = None
        self._copies: Iterator[Copy] = iter(copies)
        self._on_receipt = on_receipt
        self._due = 0
        self._ahead: Copy | None = None
        self._advance()

    @property
    def exhausted(self) -> bool:
        return self._ahead is None

    def pull(self) -> Item:
        """The next copy; only when not exhausted."""
        assert self._ahead is not None
        item = Item(self._ahead, self._receive)
        self._due += 1
        self._advance()
        return item

    def stop(self, error: Exception | None = None) -> None:
        """Pull no more copies. Those already pulled still get their receipts."""
        self.error = self.error or error
        self._copies = iter(())
        self._ahead = None
        self._finish()

    def _advance(self) -> None:
        # One copy is kept ahead, so that it is known whether there is work before a connection is opened for it.
        try:
            self._ahead = next(self._copies, None)
        except Exception as error:  # the caller's own, which `deliver` raises
            self.stop(error)
        self._finish()

    def _receive(self, receipt: Receipt) -> None:
        self._due -= 1
        try:
            self._on_receipt(receipt)
        except Exception as error:  # the caller's own, which `deliver` raises
            self.stop(error)
        self._finish()

    def _finish(self) -> None:
        if self._ahead is None and self._due == 0 and not self.done.done():
            self.done.set_result(None)


class Sender:
    """A pool of at most `connections` sessions with one smarthost, opened as work comes and kept between deliveries.

    Call `deliver` again before the last one is done (two at a time are enough) and no connection waits for the next
    batch. `trouble` says why the smarthost could not be used when last tried; it is None again once it could.
    """

    def __init__(self, smarthost: Smarthost, connections: int) -> None:
        if connections < 1:
            raise ValueError("at least one connection is needed")
        self.trouble: SmtpError | None = None
        self._smarthost = smarthost
        self._limit = connections
        self._sessions: set[Session] = set()
        self._opening: asyncio.Task[None] | None = None
        self._deliveries: deque[_Delivery] = deque()
        self._again: deque[Item] = deque()
        self._fruitless = 0
        self._retry_at = 0.0
        self._closing = False

    async def open(self) -> None:
        """Open one connection, or raise the `SmtpError`. `deliver` does not need it; it proves that the way is free."""
        if not self._sessions:
            self._welcome(await connect(self._smarthost, self))

    async def deliver(self, copies: Iterable[Copy], on_receipt: Callable[[Receipt], None]) -> None:
        """Send the copies, pulled lazily as connections have room, and return when each has had its one receipt.

        `on_receipt` is called from the event loop and must be quick, and so must be pulling a copy. When either
        raises, no more copies are pulled and the error is raised here once all that were pulled have a receipt.
        When cancelled, no more are pulled either, but receipts of those on their way still come. A smarthost that
        cannot be used raises nothing: every copy is deferred, and `trouble` says why.
        """
        delivery = _Delivery(copies, on_receipt)
        self._deliveries.append(delivery)
        self._staff()
        try:
            await delivery.done
        except asyncio.CancelledError:
            delivery.stop()
            raise
        if delivery.error is not None:
            raise delivery.error

    async def close(self) -> None:
        """Say goodbye on every connection. Copies still under way are cut off: in doubt or deferred."""
        self._closing = True
        try:
            if self._opening is not None:
                self._opening.cancel()
                await asyncio.wait([self._opening])
            sessions = list(self._sessions)
            for session in sessions:
                if session.idle:
                    self.retire(session)
                else:
                    session.cut_off("the sender was closed")
            self._staff()
            if sessions:
                await asyncio.wait([session.closed for session in sessions], timeout=GOODBYE_SECONDS)
            for session in sessions:
                session.abort()
        finally:
            self._closing = False

    # What sessions ask.

    def take(self) -> Item | None:
        if not self._has_work():
            return None
        item = self._again.popleft() if self._again else self._deliveries[0].pull()
        if len(self._sessions) < self._limit and self._has_work():
            self._open_one_more()
        return item

    def lost(self, session: Session, unbegun: Item | None, code: int, why: str) -> None:
        self._sessions.discard(session)
        if unbegun is not None:
            unbegun.losses += 1
            if unbegun.losses < _LOSSES:
                self._again.append(unbegun)
            else:
                unbegun.settle("deferred", code, why)
        if session.fruitful:
            self._fruitless = 0
        elif session.took_copies:
            self._failed(ConnectError(f"{self._smarthost}: {why}", code), self._fruitless + 1)
        self._staff()

    def retire(self, session: Session) -> None:
        self._sessions.discard(session)
        session.quit()

    # Hands for the work.

    def _has_work(self) -> bool:
        while self._deliveries and self._deliveries[0].exhausted:
            self._deliveries.popleft()
        return bool(self._again or self._deliveries)

    def _staff(self) -> None:
        """See that waiting copies have a session that will take them, or account for them."""
        for session in list(self._sessions):
            if session.idle and self._has_work():
                session.proceed()
        if not self._has_work():
            return
        if self._closing:
            self._defer_all(SmtpError("the sender was closed"))
        elif self._fruitless >= _FRUITLESS_CONNECTIONS and not self._sessions and self._opening is None:
            self._fruitless = 0
            self._defer_all(self.trouble or SmtpError("the smarthost cannot be used"))
        else:
            self._open_one_more()

    def _open_one_more(self) -> None:
        """One at a time, so that work for two does not open ten; the new one asks for the next as it takes a copy."""
        if self._opening is not None or self._closing or len(self._sessions) >= self._limit:
            return
        if self._sessions and asyncio.get_running_loop().time() < self._retry_at:
            return
        self._opening = asyncio.create_task(self._open_session())

    async def _open_session(self) -> None:
        try:
            session = await connect(self._smarthost, self)
        except SmtpError as error:
            # Without another session there is no use in trying twice.
            self._failed(error, _FRUITLESS_CONNECTIONS)
        except Exception as error:  # a fault of ours, which every `deliver` raises
            for delivery in self._deliveries:
                delivery.stop(error)
            self._failed(SmtpError(f"{self._smarthost}: {error!r}"), _FRUITLESS_CONNECTIONS)
        else:
            self._welcome(session)
        finally:
            self._opening = None
            self._staff()

    def _welcome(self, session: Session) -> None:
        self.trouble = None
        self._sessions.add(session)
        session.start()

    def _failed(self, trouble: SmtpError, fruitless: int) -> None:
        self.trouble = trouble
        self._fruitless = fruitless
        self._retry_at = asyncio.get_running_loop().time() + _RETRY_SECONDS

    def _defer_all(self, why: SmtpError) -> None:
        while self._has_work():
            item = self._again.popleft() if self._again else self._deliveries[0].pull()
            item.settle("deferred", why.code, str(why))
