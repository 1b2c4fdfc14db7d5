"""An SMTP smarthost for tests: a real server on a real socket, in a thread, that can be told to misbehave.

It keeps what it accepted, byte for byte after the stuffed dots are taken off. It must not know what the mail
is about: journeys and kill tests use it too.

    with Sink() as sink:
        sink.faults = [refuse("rcpt", "*@gone.example"), cut("dot", times=1)]
        ... send to sink.host, sink.port ...
        sink.wait_for(10, timeout=5)
        assert sink.messages[0].recipients == ("ann@example.org",)
"""

import asyncio
import base64
import fnmatch
import re
import ssl
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

# Where a fault strikes. "body" is in the middle of the message: nothing of it is kept, and a reply given
# there is the only one. "dot" is the reply to the whole message; "done" is after that reply.
Stage = Literal["banner", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "body", "dot", "done"]


@dataclass(frozen=True)
class Received:
    envelope_sender: str
    recipients: tuple[str, ...]
    content: bytes
    connection: int
    mail_parameters: str


@dataclass
class Fault:
    """One misbehaviour: at a stage, for addresses that match; let `skip` pass, then strike `times` (None: always).

    The address is the envelope sender at "mail", the recipient at "rcpt" and the first one accepted after
    that ("data" asks for whom, though none may have been accepted), and empty before. `connection` counts
    from 1. `reply` is said instead of the usual one; without a reply only `delay` and `cut` happen. A cut at
    "dot" comes after the message was kept, but before its reply.
    """

    stage: Stage
    match: str = "*"
    reply: str = ""
    cut: bool = False
    delay: float = 0.0
    skip: int = 0
    times: int | None = None
    connection: int | None = None


def refuse(stage: Stage, match: str = "*", times: int | None = None, skip: int = 0) -> Fault:
    return Fault(stage, match, "550 5.1.1 no such user here", times=times, skip=skip)


def defer(stage: Stage, match: str = "*", times: int | None = None, skip: int = 0) -> Fault:
    return Fault(stage, match, "451 4.7.1 greylisted, come back later", times=times, skip=skip)


def shut_down(stage: Stage, match: str = "*", times: int | None = None, skip: int = 0) -> Fault:
    """421, and then the line goes down."""
    return Fault(stage, match, "421 4.3.2 shutting down", cut=True, times=times, skip=skip)


def cut(stage: Stage, match: str = "*", times: int | None = None, skip: int = 0) -> Fault:
    """The line goes down without a word."""
    return Fault(stage, match, cut=True, times=times, skip=skip)


class _LineDownError(Exception):
    """This connection is over."""


class Sink:
    """The server; `with` starts and ends it. What it offers is fixed when made, `faults` can change any time."""

    def __init__(
        self,
        *,
        port: int = 0,
        pipelining: bool = True,
        ehlo: bool = True,
        eight_bit: bool = True,
        smtputf8: bool = False,
        size: int = 0,
        tls: bool = False,
        broken_tls: bool = False,
        auth: tuple[str, str] | None = None,
        mechanisms: str = "PLAIN LOGIN",
        connections: int | None = None,
        chunk: int | None = None,
        faults: Sequence[Fault] = (),
    ) -> None:
        self.host = "127.0.0.1"
        self.port = port
        self.faults: list[Fault] = list(faults)
        self.pipelining, self.ehlo, self.eight_bit, self.smtputf8 = pipelining, ehlo, eight_bit, smtputf8
        self.size, self.tls, self.broken_tls, self.auth = size, tls, broken_tls, auth
        self.mechanisms, self.limit, self.chunk = mechanisms, connections, chunk
        self.connections = 0
        self.open_now = 0
        self._messages: list[Received] = []
        self._commands: list[str] = []
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="smtp sink", daemon=True)
        self._started = threading.Event()
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event
        self._tasks: set[asyncio.Task[None]] = set()
        self._failure: BaseException | None = None

    # For the test.

    @property
    def messages(self) -> list[Received]:
        with self._changed:
            return list(self._messages)

    @property
    def commands(self) -> list[str]:
        """Every command line, in the order of arrival, over all connections."""
        with self._changed:
            return list(self._commands)

    @property
    def recipients(self) -> list[str]:
        return [recipient for message in self.messages for recipient in message.recipients]

    def reset(self) -> None:
        """Forget what was received and behave again."""
        with self._changed:
            self._messages.clear()
            self._commands.clear()
            self.faults = []

    def wait_for(self, count: int, timeout: float = 10.0) -> list[Received]:
        """The messages, once there are so many; AssertionError if they do not come."""
        with self._changed:
            enough = self._changed.wait_for(lambda: len(self._messages) >= count, timeout)
            assert enough, f"{len(self._messages)} of {count} messages came in {timeout:g} s"
            return list(self._messages)

    def cut_all(self) -> None:
        """Every open connection goes down now."""

        async def cancel() -> None:
            for task in self._tasks:
                task.cancel()

        asyncio.run_coroutine_threadsafe(cancel(), self._loop).result(5)

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait(10)
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(self, *exc: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        assert not self._thread.is_alive(), "the sink does not end"
        if self._failure is not None:
            raise self._failure

    # The server.

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # `with` raises it in the test
            self._failure = error
        finally:
            self._started.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._accept, self.host, self.port, backlog=200)
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stop.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        self.open_now += 1
        try:
            await _Connection(self, self.connections, reader, writer).run()
        except (_LineDownError, ConnectionError, asyncio.CancelledError):
            pass  # the ways in which a connection ends; whoever cancels waits for this task only
        except Exception as error:  # the end of `with` raises it in the test
            self._failure = error
        finally:
            self.open_now -= 1
            self._tasks.discard(task)
            writer.transport.abort()

    def keep(self, message: Received) -> None:
        with self._changed:
            self._messages.append(message)
            self._changed.notify_all()

    def note(self, command: str) -> None:
        with self._changed:
            self._commands.append(command)

    def fault(self, stage: Stage, address: str, connection: int) -> Fault | None:
        with self._changed:
            for fault in self.faults:
                if fault.stage != stage or not fnmatch.fnmatchcase(address, fault.match):
                    continue
                if fault.connection not in (None, connection) or fault.times == 0:
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None


class _Connection:
    """One client's conversation, strictly in order."""

    def __init__(self, sink: Sink, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.sink, self.number, self.reader, self.writer = sink, number, reader, writer
        self.buffer = b""
        self.unsaid = b""
        self.encrypted = False
        self.signed_in = False
        self.sender: str | None = None
        self.parameters = ""
        self.recipients: list[str] = []
        self.asked_for = ""

    async def run(self) -> None:
        if self.sink.limit is not None and self.sink.open_now > self.sink.limit:
            self.say("421 4.7.0 too many connections")
            await self.flush()
            raise _LineDownError
        await self.answer("banner", "", "220 sink ESMTP")
        while True:
            line = await self.line()
            verb, _, rest = line.partition(" ")
            self.sink.note(line)
            match verb.upper():
                case "EHLO" if self.sink.ehlo:
                    self.sender = None
                    await self.answer("ehlo", "", "\n".join(self.offers()))
                case "HELO":
                    await self.answer("ehlo", "", "250 sink")
                case "STARTTLS" if self.sink.tls:
                    await self.start_tls()
                case "AUTH" if self.sink.auth:
                    await self.sign_in(rest)
                case "MAIL":
                    await self.mail(rest)
                case "RCPT":
                    await self.rcpt(rest)
                case "DATA":
                    await self.data()
                case "RSET":
                    self.forget()
                    self.say("250 2.0.0 forgotten")
                case "NOOP":
                    self.say("250 2.0.0 ok")
                case "QUIT":
                    self.say("221 2.0.0 bye")
                    await self.flush()
                    return
                case _:
                    self.say("502 5.5.2 unknown command")

    def offers(self) -> list[str]:
        sink = self.sink
        offers = ["sink", "ENHANCEDSTATUSCODES"]
        offers += ["PIPELINING"] if sink.pipelining else []
        offers += ["8BITMIME"] if sink.eight_bit else []
        offers += ["SMTPUTF8"] if sink.smtputf8 else []
        offers += [f"SIZE {sink.size}"]
        offers += ["STARTTLS"] if sink.tls and not self.encrypted else []
        offers += [f"AUTH {sink.mechanisms}"] if sink.auth else []
        return [f"250-{offer}" for offer in offers[:-1]] + [f"250 {offers[-1]}"]

    async def start_tls(self) -> None:
        if not await self.answer("starttls", "", "220 2.0.0 go ahead"):
            return
        await self.flush()
        if self.sink.broken_tls:
            self.say("this is not TLS")
            await self.flush()
            raise _LineDownError
        try:
            await self.writer.start_tls(server_context())
        except OSError as error:  # the client did not like our certificate
            raise _LineDownError from error
        self.encrypted = True
        self.forget()

    async def sign_in(self, rest: str) -> None:
        mechanism, _, initial = rest.partition(" ")
        if mechanism.upper() == "PLAIN":
            _, user, password = base64.b64decode(initial).decode().split("\0")
        else:
            self.say("334 VXNlcm5hbWU6")
            user = base64.b64decode(await self.line()).decode()
            self.say("334 UGFzc3dvcmQ6")
            password = base64.b64decode(await self.line()).decode()
        if (user, password) != self.sink.auth:
            self.say("535 5.7.8 wrong user or password")
        elif await self.answer("auth", "", "235 2.7.0 welcome"):
            self.signed_in = True

    async def mail(self, rest: str) -> None:
        if self.sender is not None:
            self.say("503 5.5.1 nested MAIL")
            return
        if self.sink.auth and not self.signed_in:
            self.say("530 5.7.0 sign in first")
            return
        sender, parameters = _path(rest)
        if await self.answer("mail", sender, "250 2.1.0 ok"):
            self.sender, self.parameters = sender, parameters

    async def rcpt(self, rest: str) -> None:
        recipient, _ = _path(rest)
        self.asked_for = recipient
        if self.sender is None:
            self.say("503 5.5.1 MAIL first")
        elif await self.answer("rcpt", recipient, "250 2.1.5 ok"):
            self.recipients.append(recipient)

    async def data(self) -> None:
        usual = "354 go ahead" if self.recipients else "554 5.5.1 no valid recipients"
        if not await self.answer("data", self.asked_for, usual):
            return
        address = self.recipients[0] if self.recipients else self.asked_for
        answered = False
        if (fault := self.sink.fault("body", address, self.number)) is not None:
            await self.more()
            answered = await self.strike(fault)
        content = await self.message()
        sender, recipients, parameters = self.sender, tuple(self.recipients), self.parameters
        self.forget()
        if answered:
            return
        if not recipients:
            assert content == b"", "a message was sent though every recipient was refused"
            self.say("554 5.5.1 no valid recipients")
            return
        fault = self.sink.fault("dot", address, self.number)
        if fault is None or not fault.reply:
            # Kept before the reply, as a careful server does: a lost reply makes a duplicate, not a loss.
            self.sink.keep(Received(sender or "", recipients, content, self.number, parameters))
        if fault is None or not await self.strike(fault):
            self.say("250 2.0.0 taken")
        if (fault := self.sink.fault("done", address, self.number)) is not None:
            await self.strike(fault)

    def forget(self) -> None:
        self.sender = None
        self.recipients = []

    async def answer(self, stage: Stage, address: str, usual: str) -> bool:
        """Say the usual, unless a fault strikes. True if what was said is a yes."""
        fault = self.sink.fault(stage, address, self.number)
        if fault is None or not await self.strike(fault):
            self.say(usual)
            return usual[0] in "23"
        return fault.reply[0] in "23"

    async def strike(self, fault: Fault) -> bool:
        """Do what the fault says. True if it said something in place of the usual reply."""
        if fault.delay:
            await self.flush()
            await asyncio.sleep(fault.delay)
        if fault.reply:
            self.say(fault.reply)
        if fault.cut:
            await self.flush()
            raise _LineDownError
        return bool(fault.reply)

    def say(self, reply: str) -> None:
        """Replies leave together once everything received is answered (RFC 2920, 3.2)."""
        self.unsaid += reply.replace("\n", "\r\n").encode() + b"\r\n"

    async def flush(self) -> None:
        unsaid, self.unsaid = self.unsaid, b""
        step = self.sink.chunk or len(unsaid) or 1
        for start in range(0, len(unsaid), step):
            if self.writer.is_closing():
                raise _LineDownError
            self.writer.write(unsaid[start : start + step])
            if self.sink.chunk:
                await asyncio.sleep(0)

    async def more(self) -> None:
        await self.flush()
        data = await self.reader.read(65536)
        if not data:
            raise _LineDownError
        self.buffer += data

    async def line(self) -> str:
        while (end := self.buffer.find(b"\r\n")) < 0:
            await self.more()
        line, self.buffer = self.buffer[:end], self.buffer[end + 2 :]
        last_in_group = not self.sink.pipelining or line.upper() in (b"DATA", b"QUIT", b"STARTTLS")
        assert not (last_in_group and self.buffer), f"the client did not wait for the reply to {line!r}"
        return line.decode("utf-8", "surrogateescape")

    async def message(self) -> bytes:
        """Up to CRLF dot CRLF and nothing else, without the stuffed dots."""
        # The CRLF of the DATA line counts as the line end before a dot that is the whole message.
        self.buffer = b"\r\n" + self.buffer
        seen = 0
        while (end := self.buffer.find(b"\r\n.\r\n", seen)) < 0:
            seen = max(0, len(self.buffer) - 4)
            await self.more()
        stuffed, self.buffer = self.buffer[: end + 2], self.buffer[end + 5 :]
        return stuffed.replace(b"\r\n.", b"\r\n")[2:]


def _path(rest: str) -> tuple[str, str]:
    """Address and parameters of `FROM:<a@b> BODY=8BITMIME`."""
    found = re.fullmatch(r"(?:FROM|TO):<([^<>]*)>(?: (.*))?", rest, re.IGNORECASE)
    assert found, f"not an envelope path: {rest!r}"
    return found[1], found[2] or ""


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        pair = Path(folder, "pair.pem")
        pair.write_text(_KEY + CERTIFICATE)
        context.load_cert_chain(pair)
    return context


# A self-signed pair for localhost and 127.0.0.1, valid until 2100, used nowhere but in tests.
_KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgfBK04BL4N6JJWEFp
lwG76IQvj/pRMYKMCQ7jMa51OTChRANCAARro86rs3w0L8VquqCVb+5Uf79iOg/Q
DObU3m9iZQIO1w34EXbGj0m8kRzl+H4VRYm5owRAeff3lVRW/IHjF/iJ
-----END PRIVATE KEY-----
"""

CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBaDCCAQ2gAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
c3QwIBcNMDAwMTAxMDAwMDAwWhgPMjEwMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABGujzquzfDQvxWq6
oJVv7lR/v2I6D9AM5tTeb2JlAg7XDfgRdsaPSbyRHOX4fhVFibmjBEB59/eVVFb8
geMX+ImjTjBMMBoGA1UdEQQTMBGCCWxvY2FsaG9zdIcEfwAAATAPBgNVHRMBAf8E
BTADAQH/MB0GA1UdDgQWBBT0HJ3w7MfQNIJiYGmo26rQ5qgnxDAKBggqhkjOPQQD
AgNJADBGAiEAlMv2utRqM6sfN7ULvS2mtlqyWNS63OeGo2G6WGHcGkACIQCUpfye
fyIdK/NiPQjhtIeyEL9+X7075FHLJ/f3cgEShQ==
-----END CERTIFICATE-----
"""
