"""An LMTP client for tests that shows every reply, one per recipient after DATA, as the standard library's does not."""

import socket
from collections.abc import Sequence
from typing import Self


class Lmtp:
    """One conversation. Replies are texts such as `250 2.0.0 Stored`; of several lines the last."""

    def __init__(self, address: tuple[str, int] | str, timeout: float = 30.0) -> None:
        self._socket = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
        self._socket.settimeout(timeout)
        self._lines = self._socket.makefile("rb")
        try:
            self._socket.connect(address)
            self.reply()
            self.say(b"LHLO sender.test")
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._lines.close()
        self._socket.close()

    def reply(self) -> str:
        while True:
            line = self._lines.readline()
            if not line.endswith(b"\r\n"):
                raise ConnectionError("the door closed the connection")
            if line[3:4] != b"-":
                return line.decode("utf-8", "replace").rstrip()

    def send(self, octets: bytes) -> None:
        self._socket.sendall(octets)

    def say(self, line: bytes) -> str:
        self.send(line + b"\r\n")
        return self.reply()

    def begin(self, sender: str, recipients: Sequence[str], parameters: str = "") -> dict[str, str]:
        """MAIL and RCPT; the reply for each recipient, or the one to MAIL where that was refused."""
        reply = self.say(f"MAIL FROM:<{sender}>{parameters}".encode("utf-8", "surrogateescape"))
        if not reply.startswith("2"):
            return dict.fromkeys(recipients, reply)
        return {each: self.say(f"RCPT TO:<{each}>".encode("utf-8", "surrogateescape")) for each in recipients}

    def end(self, raw: bytes, accepted: Sequence[str]) -> dict[str, str]:
        """DATA, the message, and the reply for each recipient that was accepted."""
        if not accepted:
            return {}
        reply = self.say(b"DATA")
        if not reply.startswith("354"):
            return dict.fromkeys(accepted, reply)
        stuffed = (b"\r\n" + raw).replace(b"\r\n.", b"\r\n..")[2:]
        self.send(stuffed + (b"" if raw.endswith(b"\r\n") else b"\r\n") + b".\r\n")
        return {each: self.reply() for each in accepted}

    def hand_in(self, sender: str, recipients: Sequence[str], raw: bytes, parameters: str = "") -> dict[str, str]:
        """The whole of it: the final reply for each recipient."""
        replies = self.begin(sender, recipients, parameters)
        accepted = [each for each, reply in replies.items() if reply.startswith("2")]
        if not accepted:
            self.say(b"RSET")
        return replies | self.end(raw, accepted)
