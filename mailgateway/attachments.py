"""Attachments of a mail as values, with names that are safe to show and to store.

It judges no contents: what a group accepts is for the rules to say.
"""

import mimetypes
import re
from dataclasses import dataclass

_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,80}/[a-z0-9][a-z0-9!#$&^_.+-]{0,120}")
# Control characters, and the marks that turn the reading direction and so hide an ending ("gpj.exe").
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffd]")
_MAX_NAME_OCTETS = 200


@dataclass(frozen=True)
class Attachment:
    """One file of a mail: `name` without a path and never empty, `type` a media type, `content` decoded."""

    name: str
    type: str
    content: bytes


def clean_type(value: str) -> str:
    """A media type in lower case; what is none becomes application/octet-stream."""
    value = value.strip().lower()
    return value if _TYPE.fullmatch(value) else "application/octet-stream"


def clean_name(value: str, media_type: str, number: int) -> str:
    """A file name without path or control characters, at most 200 octets; `number` names the nameless."""
    name = _UNSEEN.sub("", value).replace("\\", "/").rsplit("/", 1)[-1]
    name = " ".join(name.split()).strip(". ")
    if not name:
        ending = ".eml" if media_type == "message/rfc822" else mimetypes.guess_extension(media_type) or ".bin"
        return f"attachment-{number}{ending}"
    if len(name.encode()) <= _MAX_NAME_OCTETS:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 10:
        stem, dot, ending = name, "", ""
    room = _MAX_NAME_OCTETS - len((dot + ending).encode())
    return stem.encode()[:room].decode("utf-8", "ignore") + dot + ending
