"""Take a message apart: which parts are words for readers, which are files, which are reports.

With limits on the number of parts and the length of bodies. It does not judge the words.
"""

import mimetypes
import quopri
import re
from dataclasses import dataclass, field
from typing import Literal

from mailgateway.attachments import Attachment, clean_name, clean_type
from mailgateway.charsets import charset_within, decode_base64, decode_bytes, decode_header, raw_bytes
from mailgateway.events import describe_events
from mailgateway.flowed import unflow
from mailgateway.headers import Headers, read_value
from mailgateway.parts import MAX_DEPTH, Part, open_message
from mailgateway.tnef import open_tnef

MAX_PARTS = 1_000
# Longer bodies are no words of a person; they stay whole as an attachment.
MAX_PLAIN = 200_000
MAX_HTML = 300_000
# Messages kept as files are opened in each other so far.
MAX_OPENED = 3
SIGNATURE_REMOVED = "A cryptographic signature was taken off; it would not survive the list."

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
_CALENDARS = {"text/calendar", "application/ics"}
_MAIL_FIELD = re.compile(rb"^(?:from|to|subject|date|message-id|received|return-path):", re.IGNORECASE | re.MULTILINE)
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
    """What a message holds. `notes` are sentences on what was repaired or left out, `events` on calendar files.

    `opened` counts the messages kept as files that this one was found in.
    """

    headers: Headers
    root: Part
    bodies: list[Body] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    reports: list[Part] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    parts: int = 0
    opened: int = 0

    def version(self, headers: Headers | None = None) -> "Contents":
        """An empty one for some of the parts, which goes on counting them."""
        return Contents(headers or self.headers, self.root, parts=self.parts, opened=self.opened)

    def take_in(self, version: "Contents") -> None:
        """Everything of a version but its words."""
        self.parts = version.parts
        self.reports.extend(version.reports)
        for sentence in version.notes:
            self.note(sentence)
        self.events.extend(event for event in version.events if event not in self.events)

    def note(self, sentence: str) -> None:
        if sentence not in self.notes:
            self.notes.append(sentence)


def read_contents(raw: bytes) -> Contents:
    """Everything a message holds, sorted; see `Contents`."""
    root = open_message(raw)
    contents = Contents(Headers(root.raw_items(), root.charset_of_words()), root)
    if root.cut_short:
        contents.note("The mail has more lines or parts than anybody can read; the rest was left out.")
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
        version = contents.version()
        _read_part(child, version)
        contents.take_in(version)
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
        contents.note(SIGNATURE_REMOVED)
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
    content = part.content()
    text = decode_bytes(content, parameters.get("charset", "") or (charset_within(content) if form == "html" else ""))
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
        if _unpack_tnef(content, contents):
            return
        contents.note("Outlook packed its files into winmail.dat, which could not be opened; it was kept as it is.")
    elif name.lower().endswith(".eml") and _looks_like_mail(content) and contents.opened < MAX_OPENED:
        contents.opened += 1
        _read_inner(open_message(content), contents)
        contents.opened -= 1
        return
    elif media_type in _CALENDARS or name.lower().endswith(".ics"):
        event = describe_events(content)
        if event and event not in contents.events:
            contents.events.append(event)
    default = {"text/plain": "message.txt", "text/html": "message.html", "text/calendar": "invitation.ics"}
    _attach(name or default.get(media_type, ""), media_type, content, contents)


def _attach(name: str, media_type: str, content: bytes, contents: Contents) -> None:
    number = len(contents.attachments) + 1
    contents.attachments.append(Attachment(clean_name(name, media_type, number), media_type, content))


def _unpack_tnef(content: bytes, contents: Contents) -> bool:
    """Take the files out of a winmail.dat, and its words when the mail has none; whether there were any."""
    packed = open_tnef(content)
    if packed is None:
        return False
    for name, data in packed.files[:MAX_PARTS]:
        _attach(name, clean_type(mimetypes.guess_type(name)[0] or ""), data, contents)
    if not contents.bodies:
        if packed.text.strip():
            contents.bodies.append(Body("plain", packed.text[:MAX_PLAIN]))
        elif packed.html.strip():
            contents.bodies.append(Body("html", packed.html[:MAX_HTML]))
    return True


def _looks_like_mail(content: bytes) -> bool:
    head = re.split(rb"\r?\n\r?\n", content[:20_000].lstrip(), maxsplit=1)[0]
    return len({match.group().lower() for match in _MAIL_FIELD.finditer(b"\n" + head)}) >= 2


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
    _read_inner(inner, contents)


def _read_inner(inner: Part, contents: Contents) -> None:
    version = contents.version(Headers(inner.raw_items()))
    _read_part(inner, version)
    contents.take_in(version)
    contents.attachments.extend(version.attachments)
    lines = ["---------- Forwarded message ----------"]
    for label in ("From", "Date", "Subject", "To", "Cc"):
        value = decode_header(" ".join(version.headers.raw(label))[:2_000])
        if value:
            lines.append(f"{label}: {value}")
    contents.bodies.append(Body("plain", "\n".join(lines), forwarded=True))
    contents.bodies.extend(Body(body.form, body.text, forwarded=True) for body in version.bodies)
