"""Take a message apart: which parts are words for readers, which are files, which are reports.

It uses the standard email package under `policy.default`, with every header read by our own tolerant reader, and
with limits on depth and number of parts. It does not judge the words.
"""

import binascii
import quopri
import re
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import EmailPolicy
from typing import Literal

from mailgateway.attachments import Attachment, clean_name, clean_type
from mailgateway.charsets import decode_base64, decode_bytes, decode_header, raw_bytes
from mailgateway.flowed import unflow
from mailgateway.headers import Headers, read_parameters, read_value

MAX_DEPTH = 20
MAX_PARTS = 1_000
MAX_STRUCTURE_FIELD = 4_096
# Longer bodies are no words of a person; they stay whole as an attachment.
MAX_PLAIN = 500_000
MAX_HTML = 400_000

_SIGNATURES = {
    "application/pgp-signature",
    "application/pkcs7-signature",
    "application/x-pkcs7-signature",
}
_REPORT_PARTS = {
    "message/delivery-status",
    "message/global-delivery-status",
    "message/disposition-notification",
    "message/global-disposition-notification",
    "message/feedback-report",
}
# Text that is data: readers want it as a file, not as words in the post.
_TEXT_FILES = {
    "text/calendar",
    "text/vcard",
    "text/x-vcard",
    "text/directory",
    "text/csv",
    "text/rtf",
    "text/xml",
    "text/css",
    "text/javascript",
    "text/rfc822-headers",
}
_HEADER_LINE = re.compile(rb"[!-9;-~]+[ \t]*:")
_KNOWN_FIELD = re.compile(
    rb"(?:from|to|cc|subject|date|message-id|mime-version|content-[a-z-]+|received|reply-to|references"
    rb"|in-reply-to|x-[a-z0-9-]+):",
    re.IGNORECASE,
)
_FIELD_LINE = re.compile(rb"(?:[!-9;-~]+:|[ \t])")
_STUB = re.compile(r"\b(?:html|mime)\b", re.IGNORECASE)
_WORD = re.compile(r"\w")


@dataclass(frozen=True)
class Body:
    """One run of words, in reading order. What came in an attached message is `forwarded`: it is never trimmed."""

    form: Literal["plain", "html"]
    text: str
    forwarded: bool = False


@dataclass
class Contents:
    """What a message holds. `notes` are sentences on what was repaired or left out."""

    headers: Headers
    root: "Part"
    bodies: list[Body] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    reports: list["Part"] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    parts: int = 0

    def note(self, sentence: str) -> None:
        if sentence not in self.notes:
            self.notes.append(sentence)


class _TolerantPolicy(EmailPolicy):
    """`policy.default`, but a header is what was written: reading it is the job of `headers.py`."""

    # The stub wants a header object; the package itself takes any string.
    def header_fetch_parse(self, name: str, value: str) -> str:
        return value


class Part(EmailMessage):
    """A MIME part that knows its depth, reads its type once, and is a leaf when nested too deep."""

    depth = 0
    _structure: tuple[str, dict[str, str]] | None = None

    # The parser only ever attaches what our factory made.
    def attach(self, payload: "Part") -> None:  # type: ignore[override]
        payload.depth = self.depth + 1
        super().attach(payload)

    def structure(self) -> tuple[str, dict[str, str]]:
        """The declared media type and the Content-Type parameters."""
        if self._structure is None:
            value = str(self.get("content-type", ""))[:MAX_STRUCTURE_FIELD]
            media_type = read_value(value)
            if media_type.count("/") != 1 or media_type.startswith("/") or media_type.endswith("/"):
                media_type = "text/plain" if value else self.get_default_type()
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
        return self.structure()[1].get("boundary", "").rstrip() or None

    def children(self) -> list["Part"]:
        payload = self.get_payload()
        return [part for part in payload if isinstance(part, Part)] if isinstance(payload, list) else []

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
            return decode_base64(data)
        if encoding in ("quoted-printable", "quotedprintable"):
            return quopri.decodestring(data)
        if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
            return _uudecode(data)
        return data

    def file_name(self) -> str:
        """The name given for a file, decoded, not yet cleaned."""
        disposition = read_parameters(str(self.get("content-disposition", ""))[:MAX_STRUCTURE_FIELD])
        return disposition.get("filename") or self.structure()[1].get("name", "")

    def disposition(self) -> str:
        return read_value(str(self.get("content-disposition", ""))[:200])


_PARSER = BytesParser(Part, policy=_TolerantPolicy())


def _parse_bytes(raw: bytes) -> Part:
    message = _PARSER.parsebytes(raw)
    # Our factory made it; the parser's stub only promises a Message.
    assert isinstance(message, Part)
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
    if body.strip(b"\r\n")[:1] in (b" ", b"\t"):
        # The blank line has a space in it, or an old program folded a field over an empty line.
        following = re.match(rb"\s*([^\r\n]*)", body)
        if following and not _HEADER_LINE.match(following[1]):
            body = b"\n\n" + body.lstrip(b"\r\n \t")
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


MAX_FIELD_BLOCK = 262_144


def _reopen_with_boundary(message: Part, declared: str) -> Part | None:
    """Parse a multipart again whose boundary is missing or is not the one its parts stand between."""
    payload = message.written()
    candidates = re.findall(r"^--([^\s-][^\r\n]{0,199}?)[ \t]*\r?\n[!-9;-~]+:", payload[:200_000], re.MULTILINE)
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


def read_contents(raw: bytes) -> Contents:
    """Everything a message holds, sorted; see `Contents`."""
    root = open_message(raw)
    contents = Contents(Headers(root.raw_items()), root)
    _read_part(root, contents)
    if not contents.bodies and not contents.attachments and root.preamble and root.is_multipart():
        # A program that wrote all its words before the first boundary.
        preamble = decode_bytes(raw_bytes(root.preamble), "")
        if _WORD.search(preamble):
            contents.bodies.append(Body("plain", preamble))
    return contents


def _read_part(part: Part, contents: Contents) -> None:
    contents.parts += 1
    if contents.parts > MAX_PARTS:
        contents.note(f"The mail has more than {MAX_PARTS} parts; the rest was left out.")
        return
    media_type = part.get_content_type()
    if part.depth >= MAX_DEPTH and part.structure()[0] != media_type:
        contents.note(f"The mail is nested deeper than {MAX_DEPTH} levels; what is deeper was kept as one file.")
        _keep_file(part, contents)
    elif media_type in _REPORT_PARTS:
        contents.reports.append(part)
    elif media_type.startswith("message/"):
        _read_message(part, contents)
    elif part.is_multipart():
        _read_multipart(part, media_type, contents)
    elif media_type.startswith("multipart/"):
        # Declared as several parts, but there are none: what stands there is text.
        _keep_words(part, "plain", contents)
    else:
        _read_leaf(part, media_type, contents)


def _read_multipart(part: Part, media_type: str, contents: Contents) -> None:
    children = part.children()
    if media_type == "multipart/alternative":
        _read_alternative(children, contents)
        return
    if media_type == "multipart/encrypted":
        contents.note("The mail is encrypted; it can only be kept as a file.")
    before = len(contents.bodies)
    for child in children:
        start = len(contents.bodies)
        _read_part(child, contents)
        if media_type != "multipart/digest" and start > before:
            _drop_repeated(contents, before, start)


def _drop_repeated(contents: Contents, before: int, start: int) -> None:
    """Some list software sends the same words as text and again as HTML, side by side: keep them once."""
    new = contents.bodies[start:]
    old = contents.bodies[before:start]
    if len(new) == 1 and new[0].form == "html" and old[-1].form == "plain":
        words = re.findall(r"\w+", re.sub(r"<[^<>]*>", " ", new[0].text))
        if words and words == re.findall(r"\w+", old[-1].text):
            del contents.bodies[start:]


def _read_alternative(children: list[Part], contents: Contents) -> None:
    """Of several versions of the same words take one: the plain one, unless it only points to the HTML."""
    versions: list[Contents] = []
    for child in children:
        version = Contents(contents.headers, contents.root, parts=contents.parts)
        _read_part(child, version)
        contents.parts = version.parts
        versions.append(version)
    plain = next((v for v in versions if v.bodies and _is_worth_reading(v, versions)), None)
    chosen = plain or next((v for v in reversed(versions) if v.bodies), None)
    seen: set[tuple[str, bytes]] = set()
    for version in versions:
        for attachment in version.attachments:
            key = attachment.type, attachment.content
            if key not in seen:
                seen.add(key)
                contents.attachments.append(attachment)
        contents.reports.extend(version.reports)
        for sentence in version.notes:
            contents.note(sentence)
    if chosen:
        contents.bodies.extend(chosen.bodies)


def _is_worth_reading(version: Contents, versions: list[Contents]) -> bool:
    if any(body.form == "html" for body in version.bodies):
        return False
    text = " ".join(body.text for body in version.bodies)
    if not _WORD.search(text):
        return False
    if len(text) < 400 and _STUB.search(text):
        # "Your program does not show HTML": a stub, when the HTML has far more words.
        others = [body.text for other in versions if other is not version for body in other.bodies]
        crude = re.sub(r"<[^<>]*>", " ", " ".join(others))
        return len(crude.split()) < 3 * len(text.split())
    return True


def _read_leaf(part: Part, media_type: str, contents: Contents) -> None:
    if media_type in _SIGNATURES:
        contents.note("A cryptographic signature was taken off; it would not survive the list.")
        return
    name = part.file_name()
    is_words = media_type.startswith("text/") and media_type not in _TEXT_FILES
    if media_type == "text/html" and part.disposition() == "inline" and not part.depth:
        name = ""
    if is_words and part.disposition() != "attachment" and not name:
        _keep_words(part, "html" if media_type == "text/html" else "plain", contents)
    elif is_words and not part.depth:
        # The only part there is holds the words of the mail, whatever it is called.
        _keep_words(part, "html" if media_type == "text/html" else "plain", contents)
    else:
        _keep_file(part, contents)


def _keep_words(part: Part, form: Literal["plain", "html"], contents: Contents) -> None:
    _, parameters = part.structure()
    text = decode_bytes(part.content(), parameters.get("charset", ""))
    limit = MAX_HTML if form == "html" else MAX_PLAIN
    if len(text) > limit:
        contents.note("The body is longer than a post can be; it was kept whole as a file and cut in the post.")
        _keep_file(part, contents)
        text = text[:limit]
    if form == "plain" and parameters.get("format", "").lower() == "flowed":
        text = unflow(text, delete_space=parameters.get("delsp", "").lower() == "yes")
    if text.strip():
        contents.bodies.append(Body(form, text))


def _keep_file(part: Part, contents: Contents) -> None:
    media_type = clean_type(part.structure()[0])
    if media_type.startswith(("multipart/", "message/")):
        media_type = "application/octet-stream"
    content = part.content()
    name = part.file_name()
    if not content and not name:
        return
    if media_type in ("application/ms-tnef", "application/vnd.ms-tnef") or name.lower() == "winmail.dat":
        contents.note("Outlook packed its files into winmail.dat, which few programs can open; it was kept as it is.")
    default = {"text/plain": "message.txt", "text/html": "message.html", "text/calendar": "invitation.ics"}
    name = name or default.get(media_type, "")
    number = len(contents.attachments) + 1
    contents.attachments.append(Attachment(clean_name(name, media_type, number), media_type, content))


def _read_message(part: Part, contents: Contents) -> None:
    """A message inside the message becomes the text of a forward; its files become files of this mail."""
    media_type = part.get_content_type()
    children = part.children()
    if media_type not in ("message/rfc822", "message/global", "message/news") or not children:
        _keep_file(part, contents)
        return
    inner = children[0]
    payload = inner.written()
    encoding = read_value(str(part.get("content-transfer-encoding", ""))[:200])
    if encoding in ("base64", "quoted-printable") and not list(inner.raw_items()):
        # Forbidden (RFC 2046, section 5.2.1), yet seen: the attached message is itself encoded.
        data = raw_bytes(payload)
        depth = inner.depth
        inner = open_message(decode_base64(data) if encoding == "base64" else quopri.decodestring(data))
        inner.depth = depth
    version = Contents(Headers(inner.raw_items()), contents.root, parts=contents.parts)
    _read_part(inner, version)
    contents.parts = version.parts
    contents.attachments.extend(version.attachments)
    for sentence in version.notes:
        contents.note(sentence)
    lines = ["---------- Forwarded message ----------"]
    for label in ("From", "Date", "Subject", "To", "Cc"):
        value = decode_header(" ".join(version.headers.raw(label))[:2_000])
        if value:
            lines.append(f"{label}: {value}")
    contents.bodies.append(Body("plain", "\n".join(lines), forwarded=True))
    contents.bodies.extend(Body(body.form, body.text, forwarded=True) for body in version.bodies)


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
