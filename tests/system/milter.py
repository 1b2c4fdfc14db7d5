"""Stands for opendkim and opendmarc: a milter that writes what it is told to think of a mail's sender.

DNS, which the real ones ask, is not there in a test. How their word reaches Banyan is the real thing: Postfix asks this
server over the milter protocol and puts the header where it says (Postfix, MILTER_README; sendmail's mfdef.h).
"""

import socketserver
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

_LENGTH = struct.Struct("!I")
_VERSION = 6
_ADD_HEADERS = 1
_NO_BODY = 0x10
# What the mail server says without waiting for an answer: macros, and that a mail is over.
_UNANSWERED = b"DA"


@dataclass
class Seen:
    """What a milter knows of one mail when it is complete."""

    envelope_sender: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


# The value of the Authentication-Results that goes on top, or None to stay silent.
Judge = Callable[[Seen], str | None]


class Milter:
    """A milter on a port of its own while the context lasts."""

    def __init__(self, judge: Judge) -> None:
        self._server = _Server(("127.0.0.1", 0), _Conversation)
        self._server.judge = judge
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, name="milter", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    judge: Judge


class _Conversation(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        seen = Seen()
        while (packet := self._packet()) is not None:
            command, content = packet[:1], packet[1:]
            match command:
                case b"O":
                    self._say(b"O" + struct.pack("!III", _VERSION, _ADD_HEADERS, _NO_BODY))
                case b"M":
                    seen = Seen(_text(content.split(b"\0")[0]).strip("<>"))
                    self._say(b"c")
                case b"L":
                    name, value = content.split(b"\0")[:2]
                    seen.headers.append((_text(name), _text(value).strip()))
                    self._say(b"c")
                case b"E":
                    word = self.server.judge(seen)
                    if word is not None:
                        self._say(b"i" + _LENGTH.pack(0) + f"Authentication-Results\0{word}\0".encode())
                    self._say(b"c")
                case b"Q":
                    return
                case _ if command not in _UNANSWERED:
                    self._say(b"c")

    def _packet(self) -> bytes | None:
        head = self.rfile.read(4)
        return self.rfile.read(_LENGTH.unpack(head)[0]) if len(head) == 4 else None

    def _say(self, packet: bytes) -> None:
        self.wfile.write(_LENGTH.pack(len(packet)) + packet)


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "replace")
