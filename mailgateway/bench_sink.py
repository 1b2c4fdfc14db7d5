"""A counting SMTP sink for benchmarks: takes everything, keeps only who, from which return path, with which token.

Run as a process of its own, with the milliseconds by which it answers each message's end late; prints its port,
then answers every line on standard input with one JSON line.
"""

import asyncio
import json
import re
import sys
import time

_TOKEN = re.compile(rb"\r\nList-Unsubscribe: <([^>]+)>")
_SUBJECT = re.compile(rb"\r\nSubject: ([^\r]+)")


class Counts:
    """What has come so far. Times are CLOCK_MONOTONIC seconds, comparable between processes of one machine."""

    def __init__(self) -> None:
        self.copies = 0
        self.recipients: set[bytes] = set()
        self.return_paths: set[bytes] = set()
        self.unsubscribe_links: set[bytes] = set()
        self.signatures = 0
        self.octets = 0
        self.last_at = 0.0
        # By subject: how many copies, and when the last of them came.
        self.subjects: dict[str, tuple[int, float]] = {}

    def as_json(self) -> str:
        return json.dumps(
            {
                "copies": self.copies,
                "recipients": len(self.recipients),
                "return_paths": len(self.return_paths),
                "unsubscribe_links": len(self.unsubscribe_links),
                "signatures": self.signatures,
                "octets": self.octets,
                "last_at": self.last_at,
                "subjects": self.subjects,
            }
        )


class Conversation(asyncio.Protocol):
    """One connection: enough of RFC 5321 and 2920 for a well-behaved client."""

    def __init__(self, counts: Counts, delay: float) -> None:
        self._counts = counts
        self._delay = delay
        self._waiting = False
        self._buffer = b""
        self._in_message = False
        self._return_path = b""
        self._recipients: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._waiting:
            self._go_on()

    def _go_on(self) -> None:
        buffer, answers, start = self._buffer, [], 0
        while not self._waiting:
            if self._in_message:
                end = buffer.find(b"\r\n.\r\n", start)
                if end < 0:
                    break
                self._count(buffer[start:end])
                start, self._in_message = end + 5, False
                if self._delay:
                    self._waiting = True
                    asyncio.get_running_loop().call_later(self._delay, self._answer_late)
                else:
                    answers.append(b"250 2.0.0 taken\r\n")
                continue
            end = buffer.find(b"\r\n", start)
            if end < 0:
                break
            answers.append(self._answer(buffer[start:end]))
            start = end + 2
        self._buffer = buffer[start:]
        if answers:
            self._transport.write(b"".join(answers))

    def _answer_late(self) -> None:
        self._transport.write(b"250 2.0.0 taken\r\n")
        self._waiting = False
        self._go_on()

    def _answer(self, line: bytes) -> bytes:
        verb = line[:4].upper()
        if verb == b"MAIL":
            self._return_path, self._recipients = line, []
        elif verb == b"RCPT":
            self._recipients.append(line)
        elif verb == b"DATA":
            self._in_message = True
            return b"354 go on\r\n"
        elif verb == b"EHLO":
            return b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
        elif verb == b"QUIT":
            return b"221 bye\r\n"
        return b"250 2.1.0 ok\r\n"

    def _count(self, message: bytes) -> None:
        counts = self._counts
        counts.copies += 1
        counts.recipients.update(self._recipients)
        counts.return_paths.add(self._return_path)
        link = _TOKEN.search(message)
        if link is not None:
            counts.unsubscribe_links.add(link[1])
        counts.signatures += message.startswith(b"DKIM-Signature: ")
        counts.octets += len(message)
        counts.last_at = time.monotonic()
        subject = _SUBJECT.search(message)
        if subject is not None:
            name = subject[1].decode()
            counts.subjects[name] = (counts.subjects.get(name, (0, 0.0))[0] + 1, counts.last_at)


async def _serve(delay: float) -> None:
    counts = Counts()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Conversation(counts, delay), "127.0.0.1", 0, backlog=200)
    print(server.sockets[0].getsockname()[1], flush=True)
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.readline():
        print(counts.as_json(), flush=True)


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]) / 1000))
