"""One conversation with the smarthost: copy after copy, pipelined (RFC 2920), and what became of each.

It must not know of batches, of other connections or of retries: that is `smtp.py`, through which everything here
is imported. How a conversation begins is in `smtp_handshake.py`, what is said in it in `smtp_forms.py`.

What travels together is the message and final dot of copy n with MAIL, RCPT and DATA of copy n+1: RFC 2920
section 3.1 lets message content open a group of commands, and DATA end it. So at most two copies are in a
session at a time, one whose final dot is unanswered and one of which only the envelope is on its way.
"""

import asyncio
import enum
import ssl
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol, cast

from mailgateway.smtp_forms import Reply, envelope_commands, objection_to, text_of, verdict_of
from mailgateway.smtp_values import (
    LONGEST_REPLY_TEXT,
    ConnectError,
    Copy,
    Receipt,
    Smarthost,
    TlsError,
    Verdict,
)

# How long a connection without work is kept, in seconds.
IDLE_SECONDS = 30.0
# How long the smarthost may take to answer QUIT before the line is dropped, in seconds.
GOODBYE_SECONDS = 5.0
# A line of a reply is at most 512 octets (RFC 5321, 4.5.3.1.5); a server that sends far more is not one.
_LONGEST_LINE = 8192


class Item:
    """A copy on its way through sessions; it is settled exactly once."""

    __slots__ = ("_report", "copy", "losses", "settled")

    def __init__(self, copy: Copy, report: Callable[[Receipt], None]) -> None:
        self.copy = copy
        self.losses = 0
        self.settled = False
        self._report = report

    def settle(self, verdict: Verdict, code: int, reply: str) -> None:
        self.settled = True
        self._report(Receipt(self.copy.key, verdict, code, reply[:LONGEST_REPLY_TEXT]))


class Pool(Protocol):
    """What a session asks of those who started it."""

    def take(self) -> Item | None:
        """The next copy, or nothing: then the session is idle until its `proceed` is called."""

    def lost(self, session: "Session", unbegun: Item | None, code: int, why: str) -> None:
        """The session is over, and not by `quit`; the message of `unbegun` was not sent on it."""

    def retire(self, session: "Session") -> None:
        """The session has been idle for so long that it wants to go."""


class _Awaiting(enum.Enum):
    """The reply that the copy in its envelope stage gets next."""

    RSET = enum.auto()
    MAIL = enum.auto()
    RCPT = enum.auto()
    DATA = enum.auto()


_AFTER = {_Awaiting.RSET: _Awaiting.MAIL, _Awaiting.MAIL: _Awaiting.RCPT, _Awaiting.RCPT: _Awaiting.DATA}


class Session(asyncio.Protocol):
    """The protocol of one connection. `connect` makes it; `proceed` starts it; it ends in `Pool.lost` or `quit`."""

    def __init__(self, smarthost: Smarthost, pool: Pool) -> None:
        self.fruitful = False
        self.took_copies = False
        self.encrypted = False
        self.extensions: dict[str, str] = {}
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._smarthost = smarthost
        self._pool = pool
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._started = False
        self._over = False
        self._leaving = False
        self._heard = self._loop.time()
        self._rest = b""
        self._earlier_lines: list[bytes] = []
        self._answer: asyncio.Future[Reply] = self._loop.create_future()  # the first answer is the greeting
        self._ending: Item | None = None
        self._envelope: Item | None = None
        self._awaiting = _Awaiting.MAIL
        self._unsent: deque[bytes] = deque()
        self._needs_reset = False
        self._pipelining = False
        self._largest = 0
        self._smtputf8 = False
        self._mail_8bit = b""

    # The line.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._heard = self._loop.time()
        if self._rest:
            data = self._rest + data
        lines = data.split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            if self._over:
                return
            if line[3:4] == b"-":
                self._earlier_lines.append(line)
                if len(self._earlier_lines) > 200:
                    self._lose(0, "the smarthost's reply had no end")  # and the next turn of the loop returns
                continue
            code = line[:3]
            if not (code.isdigit() and b"200" <= code < b"600"):
                self._lose(0, f"the smarthost said something that is no SMTP reply: {text_of(line, 0)[:200]}")
                return
            if self._earlier_lines:
                texts = [text_of(earlier) for earlier in self._earlier_lines] + [text_of(line)]
                self._earlier_lines.clear()
            else:
                texts = [text_of(line)]
            self._replied(Reply(int(code), texts))
        if len(self._rest) > _LONGEST_LINE:
            self._lose(0, "the smarthost's reply had no end")

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.closed.done():
            self.closed.set_result(None)
        self._lose(0, f"connection lost ({exc})" if exc else "the smarthost closed the connection")

    def abort(self) -> None:
        """Drop the line at once, without a word to the pool."""
        self._over = True
        self._transport.abort()

    # The handshake, one command at a time.

    async def ask(self, command: bytes | None) -> Reply:
        """Send a line (or none, for the greeting) and wait for its reply."""
        if command is not None:
            if self._over:
                raise ConnectError(f"{self._smarthost} closed the connection")
            self._answer = self._loop.create_future()
            self._transport.write(command + b"\r\n")
        try:
            async with asyncio.timeout(self._smarthost.timeout):
                reply = await self._answer
        except TimeoutError:
            raise ConnectError(f"{self._smarthost} did not answer in {self._smarthost.timeout:g} s") from None
        if reply.code == 421:
            raise ConnectError(f"{self._smarthost} is closing the connection: {reply}", reply.code)
        return reply

    async def encrypt(self, context: ssl.SSLContext) -> None:
        if self._rest or self._over:
            # Whatever came in plain behind the reply to STARTTLS was put there by somebody on the way.
            raise TlsError(f"{self._smarthost} sent something unencrypted behind its answer to STARTTLS")
        try:
            transport = await self._loop.start_tls(
                self._transport,
                self,
                context,
                server_hostname=self._smarthost.host,
                ssl_handshake_timeout=self._smarthost.timeout,
            )
        except OSError as error:  # ssl.SSLError and broken connections are both OSErrors
            raise TlsError(f"the TLS handshake with {self._smarthost} failed: {error}") from error
        if transport is None:
            raise TlsError(f"{self._smarthost} closed the connection in the TLS handshake")
        self._transport = transport
        self.encrypted = True

    # Copies.

    def start(self) -> None:
        """End of the handshake: from here on replies belong to copies."""
        self._started = True
        self._pipelining = "PIPELINING" in self.extensions
        size = self.extensions.get("SIZE", "")
        self._largest = int(size) if size.isdecimal() else 0
        self._smtputf8 = "SMTPUTF8" in self.extensions
        self._mail_8bit = b" BODY=8BITMIME" if "8BITMIME" in self.extensions else b""
        self._tick()

    @property
    def over(self) -> bool:
        return self._over

    @property
    def idle(self) -> bool:
        return self._envelope is None and self._ending is None and not self._over

    def proceed(self) -> None:
        """Take the next copy, if there is one. Only for an idle session."""
        self._heard = self._loop.time()
        group = self._open_next()
        if group:
            self._transport.write(group)

    def quit(self) -> None:
        """Say goodbye. Only for an idle session; `closed` is set when the line is down."""
        self._leaving = True
        self._heard = self._loop.time()
        self._transport.write(b"QUIT\r\n")

    def cut_off(self, why: str) -> None:
        """End at once, accounting for the copies under way."""
        self._lose(0, why)

    def _open_next(self) -> bytes:
        """What to write to begin the next copy's envelope; empty if there is none."""
        while (item := self._pool.take()) is not None:
            objection = objection_to(item.copy, smtputf8=self._smtputf8, largest=self._largest)
            if objection is None:
                break
            item.settle("refused", *objection)
        else:
            return b""
        copy = item.copy
        self.took_copies = True
        self._envelope = item
        group = envelope_commands(copy, self._mail_8bit if copy.eight_bit else b"")
        self._awaiting = _Awaiting.MAIL
        if self._needs_reset:
            # The transaction of a refused copy may still be open, and MAIL inside of one is an error.
            group = b"RSET\r\n" + group
            self._awaiting = _Awaiting.RSET
            self._needs_reset = False
        if self._pipelining:
            return group
        self._unsent = deque(group.splitlines(keepends=True))
        return self._unsent.popleft()

    def _replied(self, reply: Reply) -> None:
        if not self._started:
            if self._answer.done():
                self._lose(0, f"the smarthost spoke without being asked: {reply}")
            else:
                self._answer.set_result(reply)
        elif self._leaving:
            self._transport.close()
        elif reply.code == 421:
            self._lose(421, reply.text)
        elif self._ending is not None:
            item, self._ending = self._ending, None
            self._message_answered(item, reply)
        elif self._envelope is not None:
            self._envelope_answered(self._envelope, reply)
        else:
            self._lose(0, f"the smarthost spoke without being asked: {reply}")

    def _message_answered(self, item: Item, reply: Reply) -> None:
        if 300 <= reply.code < 400:
            self._ending = item
            self._lose(0, f"the smarthost answered the message with {reply}")
            return
        if not item.settled:  # else it was a lone dot, whose answer is about nobody
            self._settle(item, reply)
        if self._envelope is None:
            self.proceed()

    def _envelope_answered(self, item: Item, reply: Reply) -> None:
        stage = self._awaiting
        if stage is _Awaiting.DATA:
            accepted, nonsense = reply.code == 354, reply.code < 400
        else:
            accepted, nonsense = reply.code < 300, 300 <= reply.code < 400
        if (nonsense and not accepted) or (stage is _Awaiting.RSET and not accepted):
            self._lose(0, f"the smarthost answered {stage.name} with {reply}")
            return
        if not accepted and not item.settled:
            self._settle(item, reply)
        if stage is _Awaiting.DATA:
            self._envelope = None
            if accepted:
                self._send_message(item)
            else:
                self._needs_reset = True
                self.proceed()
        elif self._pipelining:
            self._awaiting = _AFTER[stage]
        elif accepted:
            self._awaiting = _AFTER[stage]
            self._transport.write(self._unsent.popleft())
        else:
            self._envelope = None
            self._needs_reset = True
            self.proceed()

    def _send_message(self, item: Item) -> None:
        """DATA was answered 354. If MAIL or RCPT was refused all the same, a lone dot ends it (RFC 2920, 3.1)."""
        self._ending = item
        parts: Sequence[bytes] = item.copy.parts
        if item.settled:
            parts = ()
            self._needs_reset = True
        # One write: a dot sent apart would wait for the other side's delayed acknowledgement.
        self._transport.write(b"".join((*parts, b".\r\n", self._open_next() if self._pipelining else b"")))

    def _settle(self, item: Item, reply: Reply) -> None:
        self.fruitful = True
        item.settle(verdict_of(reply), reply.code, reply.text)

    # The end.

    def _tick(self) -> None:
        """Look a few times in every waiting period whether it is over: cheaper than a timer for each reply."""
        quiet = self._loop.time() - self._heard
        patience = self._smarthost.timeout
        if self.closed.done():
            return
        if self._leaving:
            if quiet >= GOODBYE_SECONDS:
                self._transport.abort()
        elif self._ending is not None or self._envelope is not None:
            limit = self._smarthost.end_timeout if self._ending is not None else patience
            if quiet >= limit:
                self._lose(0, f"the smarthost did not answer in {limit:g} s")
        elif quiet >= IDLE_SECONDS:
            self._pool.retire(self)
        self._loop.call_later(min(patience, self._smarthost.end_timeout, GOODBYE_SECONDS) / 4, self._tick)

    def _lose(self, code: int, why: str) -> None:
        """The session is over, whatever the cause: account for both copies on it."""
        if self._over:
            return
        self._over = True
        self._transport.abort()
        if not self._started:
            if not self._answer.done():
                self._answer.set_exception(ConnectError(f"{self._smarthost}: {why}"))
                self._answer.exception()  # asyncio would log it when nobody is left to ask, as after a cancellation
            return
        if self._leaving:
            return
        if self._ending is not None and not self._ending.settled:
            self._ending.settle("in_doubt", code, why)
        unbegun = self._envelope if self._envelope is not None and not self._envelope.settled else None
        self._ending = self._envelope = None
        self._pool.lost(self, unbegun, code, why)
