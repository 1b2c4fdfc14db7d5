"""MIME parts of mail that goes out, as octets: 7-bit clean, lines of at most 76 characters. Knows no posts.

The standard library makes the same from its own model of a message, at ten times the cost a mail; it still makes
what is rare or hard: files, their names, and subjects.
"""

import binascii
from collections.abc import Iterable, Sequence
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP

POLICY = SMTP.clone(max_line_length=78, cte_type="7bit")


def quoted_printable(text: str) -> bytes:
    """The octets of a text in UTF-8 as quoted-printable (RFC 2045, section 6.7), lines ended by LF."""
    return binascii.b2a_qp(text.replace("\r\n", "\n").replace("\r", "\n").encode(errors="replace"))


def text_part(media_type: str, body: Iterable[bytes]) -> bytes:
    """A part of text, from pieces that are quoted-printable already."""
    head = f"Content-Type: {media_type}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return b"".join((head.encode(), *body))


def multipart(subtype: str, name: str, parts: Sequence[bytes]) -> bytes:
    """Parts in one; `name` tells its boundary from that of one around it.

    Needs no look into the parts: no line of base64 can be like the boundary, nor one of quoted-printable, where two
    digits or the line's end follow an equals sign.
    """
    boundary = f"=_{name}".encode()
    head = b'Content-Type: multipart/%b;\r\n boundary="%b"\r\n\r\n' % (subtype.encode(), boundary)
    return head + b"".join(b"--%b\r\n%b\r\n" % (boundary, part) for part in parts) + b"--%b--\r\n" % boundary


def subject_value(subject: str) -> str:
    """The value of a Subject field, folded and encoded by the standard library. ValueError for more than one line."""
    if len(subject.splitlines()) > 1:
        raise ValueError("a subject is one line")
    if not subject.isascii():
        # As one run of encoded words (RFC 2047): where some words are encoded and some are not, the library's newer
        # folding can lose the space between two of them.
        return Header(subject, "utf-8", maxlinelen=76, header_name="Subject").encode(linesep="\r\n")
    message = EmailMessage(policy=POLICY)
    message["Subject"] = subject
    return message.as_bytes().decode("ascii").split(":", 1)[1].strip("\r\n ")


def message_octets(message: EmailMessage) -> bytes:
    """A whole message. Its subject begins on the line of its name, where programs look for it, however long it is."""
    head, end, body = message.as_bytes(policy=POLICY).partition(b"\r\n\r\n")
    return head.replace(b"\r\nSubject:\r\n ", b"\r\nSubject: ", 1) + end + body
