"""A counting SMTP sink for benchmarks: takes everything, keeps only who, from which return path, with which token.

Run as a process of its own; prints its port, then answers every line on standard input with one JSON line.
"""

import asyncio
import json
import re
import sys
import time

_TOKEN = re.compile(rb"List-Unsubscribe: <([^>]+)>")


class Counts:
    """What has come so far. Times are CLOCK_MONOTONIC seconds, comparable between processes of one machine."""

    def __init__(self) -> None:
        self.copies = 0
        self.recipients: set[bytes] = set()
        self.return_paths: set[bytes] = set()
        self.unsubscribe_links: set[bytes] = set()
        self.last_at = 0.0

    def as_json(self) -> str:
        return json.dumps(
            {
                "copies": self.copies,
                "recipients": len(self.recipients),
                "return_paths": len(self.return_paths),
                "unsubscribe_links": len(self.unsubscribe_links),
                "last_at": self.last_at,
            }
        )


class Conversation(asyncio.Protocol):
    """One connection: enough of RFC 5321 and 2920 for a well-behaved client."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._buffer = b""
        self._in_message = False
        self._return_path = b""
        self._recipients: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        buffer, answers, start = self._buffer + data, [], 0
        while True:
            if self._in_message:
                end = buffer.find(b"\r\n.\r\n", start)
                if end < 0:
                    break
                self._count(buffer[start:end])
                answers.append(b"250 2.0.0 taken\r\n")
                start, self._in_message = end + 5, False
                continue
            end = buffer.find(b"\r\n", start)
            if end < 0:
                break
            answers.append(self._answer(buffer[start:end]))
            start = end + 2
        self._buffer = buffer[start:]
        self._transport.write(b"".join(answers))

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
        counts.last_at = time.monotonic()


async def _serve() -> None:
    counts = Counts()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Conversation(counts), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.readline():
        print(counts.as_json(), flush=True)


if __name__ == "__main__":
    asyncio.run(_serve())
