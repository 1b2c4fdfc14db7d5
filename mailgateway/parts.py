"""Parse bytes into a tree of MIME parts, with repairs for what breaks the standard parser, and a limit on depth.

It uses the standard email package under `policy.default`, with every header read by our own tolerant reader. What
the parts are for is decided in `mime.py`.
"""

import binascii
import quopri
import re
from email.feedparser import FeedParser
from email.message import EmailMessage
from email.policy import EmailPolicy
from itertools import islice

from mailgateway.charsets import decode_base64, decode_base64_words, raw_bytes
from mailgateway.headers import read_parameters, read_value

MAX_DEPTH = 20
MAX_STRUCTURE_FIELD = 4_096
MAX_FIELD_BLOCK = 262_144
# Each line and each part costs the standard parser some memory and time, however short it is: a mail of nothing but
# line ends would take a gigabyte. No mail that a person wrote comes near.
MAX_LINES = 1_000_000
MAX_PARSED_PARTS = 20_000
_CHUNK = 65_536

_HEADER_LINE = re.compile(rb"[!-9;-~]+[ \t]*:")
_KNOWN_FIELD = re.compile(
    rb"(?:from|to|cc|subject|date|message-id|mime-version|content-[a-z-]+|received|reply-to|references"
    rb"|in-reply-to|x-[a-z0-9-]+):",
    re.IGNORECASE,
)
# A media type with something after it other than a parameter: the semicolon is missing.
_TYPE_ALONE = re.compile(r"^(\s*[\w.+-]+/[\w.+-]+)\s+(?=[^\s;(])")
_CONTENT_TYPE = re.compile(rb"^content-type[ \t]*:", re.IGNORECASE | re.MULTILINE)
_TYPE_BELOW = re.compile(
    rb"\s*(?:mime-version:[^\r\n]*[\r\n]+)?content-type:[ \t]*[\w.-]+/[\w.+-]+[ \t]*[;\r\n]", re.IGNORECASE
)
_FIELD_LINE = re.compile(rb"(?:[!-9;-~]+:|[ \t])")


class _TolerantPolicy(EmailPolicy):
    """`policy.default`, but a header is what was written: reading it is the job of `headers.py`."""

    # The stub wants a header object; the package itself takes any string.
    def header_fetch_parse(self, name: str, value: str) -> str:
        return value


class Part(EmailMessage):
    """A MIME part that knows its depth, reads its type once, and is a leaf when nested too deep."""

    depth = 0
    # Of the root: the mail had more lines or parts than are read.
    cut_short = False
    _structure: tuple[str, dict[str, str]] | None = None

    # The parser only ever attaches what our factory made.
    def attach(self, payload: "Part") -> None:  # type: ignore[override]
        payload.depth = self.depth + 1
        super().attach(payload)

    def structure(self) -> tuple[str, dict[str, str]]:
        """The declared media type and the Content-Type parameters."""
        if self._structure is None:
            value = _TYPE_ALONE.sub(r"\1; ", str(self.get("content-type", ""))[:MAX_STRUCTURE_FIELD])
            media_type = read_value(value)
            if media_type.count("/") != 1 or media_type.startswith("/") or media_type.endswith("/"):
                guessed = "text/html" if "html" in media_type else "text/plain"
                media_type = guessed if value else self.get_default_type()
            self._structure = media_type, read_parameters(value)
        return self._structure

    def set_default_type(self, ctype: str) -> None:
        self._structure = None
        super().set_default_type(ctype)

    def get_content_type(self) -> str:
        media_type = self.structure()[0]
        if self.depth >= MAX_DEPTH and media_type.startswith(("multipart/", "message/")):
            return "text/plain"
        return media_type

    # The stub lets a caller choose another answer for "none"; nobody here does.
    def get_boundary(self, failobj: object = None) -> str | None:  # type: ignore[override]
        boundary = self.structure()[1].get("boundary", "").rstrip()
        # The lines that it is compared with keep their octets as surrogate escapes.
        return boundary.encode().decode("ascii", "surrogateescape") or None

    def children(self) -> list["Part"]:
        # Of a leaf get_payload would decode the text, with whatever charset it declares.
        payload = self.get_payload() if self.is_multipart() else ()
        return [part for part in payload if isinstance(part, Part)]

    def written(self) -> str:
        """The body as it was written, bytes as surrogate escapes; "" when it holds parts."""
        # get_payload would already decode 8-bit text here, with the declared charset, right or wrong.
        payload = self._payload  # type: ignore[attr-defined]  # missing in the stub, and there is no other way to it
        return payload if isinstance(payload, str) else ""

    def content(self) -> bytes:
        """The decoded bytes of a leaf; whatever the transfer encoding claims, never an error."""
        data = raw_bytes(self.written())
        words = read_value(str(self.get("content-transfer-encoding", ""))[:200]).split()
        encoding = words[0].strip("\"'<>;,") if words else ""
        if encoding == "base64":
            return decode_base64_words(data) if self.get_content_type().startswith("text/") else decode_base64(data)
        if encoding in ("quoted-printable", "quotedprintable"):
            # A soft break that ends with a CR alone, as old mails of the Mac have it, would swallow what follows.
            return quopri.decodestring(re.sub(rb"=[ \t]*\r(?!\n)", b"=\n", data))
        if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
            return _uudecode(data)
        return data

    def charset_of_words(self) -> str:
        """The character set that the first of its parts with one declares; "" when none does."""
        labels = (part.structure()[1].get("charset", "") for part in islice(self.walk(), 10) if isinstance(part, Part))
        return next((label for label in labels if label), "")

    def file_name(self) -> str:
        """The name given for a file, decoded, not yet cleaned."""
        disposition = read_parameters(str(self.get("content-disposition", ""))[:MAX_STRUCTURE_FIELD])
        return disposition.get("filename") or self.structure()[1].get("name", "")

    def disposition(self) -> str:
        return read_value(str(self.get("content-disposition", ""))[:200])


def _parse_bytes(raw: bytes) -> Part:
    """Feed the standard parser until the mail ends, or has had as many lines or parts as anybody needs."""
    lines = parts = 0

    def part(policy: EmailPolicy | None = None) -> Part:
        nonlocal parts
        parts += 1
        return Part(policy)

    parser = FeedParser(part, policy=_TolerantPolicy())
    text = raw.decode("ascii", "surrogateescape")
    at = 0
    while at < len(text) and lines < MAX_LINES and parts < MAX_PARSED_PARTS:
        chunk = text[at : at + _CHUNK]
        parser.feed(chunk)
        lines += max(chunk.count("\n"), chunk.count("\r"))
        at += _CHUNK
    message = parser.close()
    # Our factory made it; the parser's stub only promises a Message.
    assert isinstance(message, Part)
    message.cut_short = at < len(text)
    return message


def open_message(raw: bytes) -> Part:
    """Parse bytes into a tree of parts, after repairing headers that would end too early."""
    message = _parse_bytes(_repair_header_block(raw))
    media_type, parameters = message.structure()
    if media_type.startswith("multipart/") and not message.is_multipart():
        message = _reopen_with_boundary(message, parameters.get("boundary", "")) or message
    return message


def _repair_header_block(raw: bytes) -> bytes:
    """Drop what stands before the first header and lines among the headers that are none.

    One such line would make the parser take all later headers for body.
    """
    raw = raw.lstrip(b"\r\n\x00\xef\xbb\xbf")
    if b"\r\r\n" in raw[:MAX_FIELD_BLOCK]:
        raw = raw.replace(b"\r\r\n", b"\r\n")
    end = re.search(rb"\r\n[ \t]*\r\n|\n[ \t]*\n|\r[ \t]*\r", raw[:MAX_FIELD_BLOCK])
    if end is None:
        return raw
    head, body = raw[: end.start()], raw[end.start() :]
    if _TYPE_BELOW.match(body) and not _CONTENT_TYPE.search(head):
        # A program that put a blank line before the fields that say what the body is.
        return _repair_header_block(head + b"\n" + body.lstrip())
    if body.strip(b"\r\n")[:1] in (b" ", b"\t"):
        # The blank line has a space in it, or an old program folded a field over an empty line.
        following = re.match(rb"\s*([^\r\n]*)", body)
        if following and not _HEADER_LINE.match(following[1]):
            # Only the blank line is mended: how far the first line of the words stands in is their author's.
            body = b"\n\n" + raw[end.end() :]
        else:
            return raw
    lines = head.splitlines(keepends=True)
    strange = [
        index
        for index, line in enumerate(lines)
        if not _FIELD_LINE.match(line) and not (index == 0 and line.startswith(b"From "))
    ]
    if not strange:
        return head + body
    # What looks like no header may be where the body begins without a blank line; then no known header follows.
    repaired = list(lines)
    for index in strange:
        line = lines[index]
        if _HEADER_LINE.match(line):
            # The old way of writing a field, with a space before the colon.
            name, _, value = line.partition(b":")
            repaired[index] = name.rstrip() + b":" + value
        elif not any(_KNOWN_FIELD.match(later) for later in lines[index + 1 :]):
            return raw
        else:
            repaired[index] = b"X-Unreadable: " + line
    return b"".join(repaired) + body


def _reopen_with_boundary(message: Part, declared: str) -> Part | None:
    """Parse a multipart again whose boundary is missing or is not the one its parts stand between."""
    payload = message.written()
    candidates = re.findall(r"^--(-{0,60}[^\s-][^\r\n]{0,199}?)[ \t]*\r?\n[!-9;-~]+:", payload[:200_000], re.MULTILINE)
    boundary = next((found for found in candidates if found != declared), None)
    if boundary is None or '"' in boundary or "\\" in boundary:
        return None
    kind = message.structure()[0]
    head = f'Content-Type: {kind}; boundary="{boundary}"\n\n'.encode("utf-8", "surrogateescape")
    again = _parse_bytes(head + raw_bytes(payload))
    if not again.is_multipart():
        return None
    del again["content-type"]
    for name, value in message.raw_items():
        again.set_raw(name, value)
    again._structure = kind, {"boundary": boundary}
    return again


def _uudecode(data: bytes) -> bytes:
    out = bytearray()
    for line in data.splitlines():
        if line.startswith((b"begin ", b"end")) or not line:
            continue
        try:
            out += binascii.a2b_uu(line)
        except binascii.Error:
            # Some encoders pad the last group wrongly; the length byte says how much of it counts.
            count = (((line[0] - 32) & 63) * 4 + 5) // 3
            try:
                out += binascii.a2b_uu(line[:count])
            except binascii.Error:
                break
    return bytes(out)
