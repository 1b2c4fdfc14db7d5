"""Open winmail.dat (TNEF, MS-OXTNEF): the files and the words that Outlook packed into it.

In one pass over the octets, each looked at once; what is broken is left out. What comes of the words is not decided
here.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from mailgateway.charsets import decode_bytes

_SIGNATURE = 0x223E9F78
_HEAD = struct.Struct("<BHHI")
_MAX_ATTRIBUTES = 20_000
_MAX_PROPERTIES = 2_000

_BODY, _PROPERTIES, _CODE_PAGE = 0x800C, 0x9003, 0x9007
_BEGIN_FILE, _FILE_TITLE, _FILE_DATA, _FILE_PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005
_TEXT, _HTML, _LONG_NAME = 0x1000, 0x1013, 0x3707

# Property types (MS-OXCDATA, section 2.11.1): octets of those of fixed size, and those with a length.
_FIXED = {2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 10: 4, 11: 4, 20: 8, 64: 8, 72: 16}
_STRING8, _UNICODE = 0x1E, 0x1F
_SIZED = {_STRING8, _UNICODE, 0x0D, 0x102}


@dataclass
class Packed:
    """What a winmail.dat holds: files by name, and the words if they are in it."""

    files: list[tuple[str, bytes]] = field(default_factory=list)
    text: str = ""
    html: str = ""


def open_tnef(data: bytes) -> Packed | None:
    """Everything in it that can be read, or None when it is no TNEF or nothing can be read."""
    if len(data) < 6 or int.from_bytes(data[:4], "little") != _SIGNATURE:
        return None
    packed = Packed()
    charset = "windows-1252"
    name, content = "", b""
    for attribute, value in _attributes(data):
        if attribute == _CODE_PAGE and len(value) >= 4:
            charset = f"cp{int.from_bytes(value[:4], 'little')}"
        elif attribute == _BODY:
            packed.text = _text_of(value, charset)
        elif attribute == _PROPERTIES:
            _read_body(packed, value, charset)
        elif attribute == _BEGIN_FILE:
            _keep(packed, name, content)
            name, content = "", b""
        elif attribute == _FILE_TITLE:
            name = name or _text_of(value, charset)
        elif attribute == _FILE_DATA:
            content = bytes(value)
        elif attribute == _FILE_PROPERTIES:
            name = _long_name(value, charset) or name
    _keep(packed, name, content)
    return packed if packed.files or packed.text or packed.html else None


def _keep(packed: Packed, name: str, content: bytes) -> None:
    if content:
        packed.files.append((name, content))


def _text_of(value: memoryview, charset: str) -> str:
    return decode_bytes(bytes(value).rstrip(b"\x00"), charset)


def _attributes(data: bytes) -> Iterator[tuple[int, memoryview]]:
    """The attributes of the stream: level, name, type, length, value, checksum."""
    view = memoryview(data)
    position = 6
    for _ in range(_MAX_ATTRIBUTES):
        if position + _HEAD.size > len(view):
            return
        _, name, _, length = _HEAD.unpack_from(view, position)
        start = position + _HEAD.size
        if start + length > len(view):
            return
        yield name, view[start : start + length]
        position = start + length + 2


def _read_body(packed: Packed, value: memoryview, charset: str) -> None:
    for tag, kind, content in _properties(value):
        if tag == _TEXT:
            packed.text = _string(content, kind, charset)
        elif tag == _HTML:
            packed.html = _string(content, kind, "utf-8")


def _long_name(value: memoryview, charset: str) -> str:
    return next((_string(content, kind, charset) for tag, kind, content in _properties(value) if tag == _LONG_NAME), "")


def _string(content: bytes, kind: int, charset: str) -> str:
    if kind == _UNICODE:
        return content.decode("utf-16-le", "replace").rstrip("\x00")
    return decode_bytes(content.rstrip(b"\x00"), charset)


def _properties(value: memoryview) -> Iterator[tuple[int, int, bytes]]:
    """Tag, type and first value of each MAPI property; ends at the first that cannot be read."""
    try:
        count = int.from_bytes(value[:4], "little")
        position = 4
        for _ in range(min(count, _MAX_PROPERTIES)):
            kind, tag = struct.unpack_from("<HH", value, position)
            position += 4
            if tag >= 0x8000:
                position = _after_name(value, position)
            values, position = _count_of(value, position, kind)
            kind &= 0x0FFF
            if kind in _FIXED:
                position += _FIXED[kind] * values
                continue
            if kind not in _SIZED or values > _MAX_PROPERTIES:
                return
            for index in range(values):
                length = struct.unpack_from("<I", value, position)[0]
                if position + 4 + length > len(value):
                    return
                if index == 0:
                    yield tag, kind, bytes(value[position + 4 : position + 4 + length])
                position += 4 + _padded(length)
    except struct.error:
        # It ends in the middle of a property; what was read so far counts.
        return


def _count_of(value: memoryview, position: int, kind: int) -> tuple[int, int]:
    """How many values a property has; those with a length always say so."""
    if kind & 0x1000 or kind in _SIZED:
        return struct.unpack_from("<I", value, position)[0], position + 4
    return 1, position


def _after_name(value: memoryview, position: int) -> int:
    """Skip the name of a named property: a GUID and a number, or a GUID and a string."""
    kind, length = struct.unpack_from("<II", value, position + 16)
    return position + 24 + (_padded(length) if kind else 0)


def _padded(length: int) -> int:
    return length + (-length) % 4
