"""What is said in an SMTP conversation: the commands of an envelope, replies, and what a reply means for a copy.

Values only: when something is said, and what is waited for, is the session's.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailgateway.smtp_values import LONGEST_REPLY_TEXT, Copy, Verdict

# 5xx replies about the conversation (wrong order, sign in first, TLS first), not about one recipient or message.
# They come of a misconfigured smarthost, so nobody's address may be given up for them.
_ABOUT_THE_CONVERSATION = frozenset({502, 503, 530, 534, 535, 538})
_UNSAFE = re.compile("[\x00-\x20\x7f-\x9f<>\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Reply:
    code: int
    lines: Sequence[str]

    @property
    def text(self) -> str:
        return " ".join(line for line in self.lines if line)

    def __str__(self) -> str:
        return f"{self.code} {self.text}"[:LONGEST_REPLY_TEXT]


def text_of(line: bytes, start: int = 4) -> str:
    """The words of a line of a reply, by default behind its code."""
    return line[start:].decode("utf-8", "replace").strip()


def verdict_of(reply: Reply) -> Verdict:
    """What a last reply says of a copy."""
    if reply.code < 300:
        return "sent"
    if reply.code < 500 or reply.code in _ABOUT_THE_CONVERSATION:
        return "deferred"
    return "refused"


def envelope_commands(copy: Copy, parameters: bytes) -> bytes:
    """What begins the transaction of a copy, with the parameters of its MAIL command."""
    if not (copy.recipient.isascii() and copy.envelope_sender.isascii()):
        parameters += b" SMTPUTF8"
    return b"MAIL FROM:<%b>%b\r\nRCPT TO:<%b>\r\nDATA\r\n" % (
        copy.envelope_sender.encode(),
        parameters,
        copy.recipient.encode(),
    )


def objection_to(copy: Copy, *, smtputf8: bool, largest: int) -> tuple[int, str] | None:
    """Why a smarthost need not be asked about a copy, as the reply it would or should give.

    `smtputf8`: it takes letters beyond ASCII in addresses. `largest`: how many octets, or 0 where it has not said.
    """
    if not copy.recipient or _UNSAFE.search(copy.recipient):
        return 501, "5.1.3 the recipient's address is empty or has characters that no envelope may carry"
    if _UNSAFE.search(copy.envelope_sender):
        return 501, "5.1.7 the return path has characters that no envelope may carry"
    if not smtputf8 and not (copy.recipient.isascii() and copy.envelope_sender.isascii()):
        return 553, "5.6.7 the address has letters beyond ASCII and the smarthost does not offer SMTPUTF8"
    if largest and (size := sum(map(len, copy.parts))) > largest:
        return 552, f"5.3.4 the message has {size} bytes and the smarthost takes {largest}"
    return None
