"""What goes into sending mail and what comes out of it: frozen values and typed failures.

Whoever sends imports them from `smtp.py`. They must not do anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Tls = Literal["none", "opportunistic", "required"]
Verdict = Literal["sent", "refused", "deferred", "in_doubt"]

LONGEST_REPLY_TEXT = 500


class SmtpError(Exception):
    """No copy can be sent at present. It defers every copy and refuses none. `code` is the smarthost's, or 0."""

    def __init__(self, message: str, code: int = 0) -> None:
        super().__init__(message)
        self.code = code


class ConnectError(SmtpError):
    """Nothing answers at the smarthost's address, or what answers does not want to talk."""


class AuthenticationError(SmtpError):
    """The smarthost does not take this user and password, or knows no way of signing in that we know."""


class TlsError(SmtpError):
    """The line had to be encrypted and could not be."""


@dataclass(frozen=True, slots=True)
class Smarthost:
    """Where mail is handed on, and how.

    `opportunistic` encrypts when the smarthost offers it and verifies nothing; `required` verifies the
    certificate against `host`. A password is sent over a plain line only if `tls` is `none`.
    `timeout` is for each reply; `end_timeout` for the one to the final dot, which may take a virus scan.
    """

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    tls: Tls = "opportunistic"
    helo: str = "localhost"
    timeout: float = 60.0
    end_timeout: float = 300.0

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Copy:
    """One message to one recipient.

    `parts` joined are the message in CRLF lines, its dots already stuffed (`dot_stuff`); a header part needs no
    stuffing, since no header line starts with a dot. `envelope_sender` is empty for the null sender.
    """

    key: int
    envelope_sender: str
    recipient: str
    parts: Sequence[bytes]
    eight_bit: bool = False

    def __post_init__(self) -> None:
        if not self.parts or not self.parts[-1].endswith(b"\r\n"):
            # The final dot would not stand on a line of its own, and the smarthost would wait for it for ever.
            raise ValueError(f"the message of copy {self.key} does not end with CRLF")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one copy.

    sent: the smarthost took it. refused: it said 5xx to this recipient or message, or would have to. deferred: it
    said 4xx, or the line broke before the final dot was sent. in_doubt: the line broke, or 421 came, after the
    final dot: it may have been taken, so a retry may make it arrive twice.
    `code` is 0 where the smarthost said nothing; `reply` has the enhanced code and at most 500 characters.
    """

    key: int
    verdict: Verdict
    code: int
    reply: str
