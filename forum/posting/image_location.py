"""Take out of an image where it was made, and what else a camera writes beside the picture (L32).

The picture itself is never decoded or compressed again: only the parts of the file around it are left out. How a JPEG
or WebP is to be turned is kept. Safe on any octets: what is no well-formed image has its location blotted in place.
"""

import re
import struct
from collections.abc import Iterator
from zlib import crc32

from forum.rules.exif import blot_locations, orientation_in, orientation_only

_JPEG, _PNG, _GIF = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", (b"GIF87a", b"GIF89a")
_TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
# The next marker in a JPEG's compressed data: neither a stuffed 0xFF nor a restart.
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
# JFIF, the colour profile and Adobe's colour transform belong to the picture; all other application data goes.
_KEPT_APPLICATION = {0xE0: b"JFIF\x00", 0xE2: b"ICC_PROFILE\x00", 0xEE: b"Adobe"}
_DROPPED_CHUNKS = frozenset({b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME", b"zxIf"})
_KEPT_EXTENSIONS = (b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012")


class _Malformed(Exception):
    """The file is not built as its first octets say."""


def without_location(content: bytes) -> bytes:
    """The file without the place it was made at; what is no image comes back as it is."""
    picture = picture_alone(content)
    if picture is not None:
        return picture
    return blot_locations(content) if is_image(content) or content[4:8] == b"ftyp" else content


def is_image(content: bytes) -> bool:
    """Whether the first octets are those of a JPEG, PNG, GIF, WebP or TIFF."""
    return content.startswith((_JPEG, _PNG, *_GIF, *_TIFF)) or (content[:4] == b"RIFF" and content[8:12] == b"WEBP")


def picture_alone(content: bytes) -> bytes | None:
    """A JPEG, PNG, GIF or WebP with nothing beside the picture; None for what is no well-formed one."""
    try:
        if content.startswith(_JPEG):
            return b"".join(_jpeg(content))
        if content.startswith(_PNG):
            return b"".join(_png(content))
        if content.startswith(_GIF):
            return b"".join(_gif(content))
        if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
            return _webp(content)
    except (_Malformed, struct.error, IndexError):
        return None
    return None


def _jpeg(content: bytes) -> Iterator[bytes]:
    """The segments of a JPEG up to the end of the picture; what cameras hide behind it is left out."""
    yield content[:2]
    position = 2
    turned = 0
    while True:
        if content[position] != 0xFF:
            raise _Malformed
        marker = content[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        if marker == 0xD9:
            yield content[position : position + 2]
            return
        if marker == 0x01 or 0xD0 <= marker <= 0xD7:
            position += 2
            continue
        end = position + 2 + struct.unpack_from(">H", content, position + 2)[0]
        if end > len(content) or end < position + 4:
            raise _Malformed
        body = content[position + 4 : end]
        if marker == 0xE1 and body.startswith(b"Exif\x00") and not turned:
            turned = orientation_in(body[6:])
            if turned > 1:
                exif = b"Exif\x00\x00" + orientation_only(turned)
                yield b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
        elif _belongs_to_picture(marker, body):
            yield content[position:end]
        if marker == 0xDA:
            found = _MARKER.search(content, end)
            if found is None:
                # The end of the picture is missing, as after a broken upload; all of the rest is picture.
                yield content[end:]
                return
            yield content[end : found.start()]
            end = found.start()
        position = end


def _belongs_to_picture(marker: int, body: bytes) -> bool:
    if marker == 0xFE:
        return False
    return not 0xE0 <= marker <= 0xEF or body.startswith(_KEPT_APPLICATION.get(marker, b"\x00none"))


def _png(content: bytes) -> Iterator[bytes]:
    yield content[:8]
    position = 8
    while True:
        length, name = struct.unpack_from(">I4s", content, position)
        end = position + 12 + length
        if end > len(content):
            raise _Malformed
        if name not in _DROPPED_CHUNKS:
            yield content[position:end]
        elif name == b"eXIf" and (turned := orientation_in(content[position + 8 : end - 4])) > 1:
            exif = b"eXIf" + orientation_only(turned)
            yield struct.pack(">I", len(exif) - 4) + exif + struct.pack(">I", crc32(exif))
        if name == b"IEND":
            return
        position = end


def _gif(content: bytes) -> Iterator[bytes]:
    position = 13 + _table_size(content[10])
    yield content[:position]
    while True:
        kind = content[position]
        if kind == 0x3B:
            yield b"\x3b"
            return
        if kind == 0x2C:
            end = _after_blocks(content, position + 11 + _table_size(content[position + 9]))
            yield content[position:end]
        elif kind == 0x21:
            label = content[position + 1]
            end = _after_blocks(content, position + 2)
            if label in (0xF9, 0x01) or (label == 0xFF and content[position + 3 : position + 14] in _KEPT_EXTENSIONS):
                yield content[position:end]
        else:
            raise _Malformed
        position = end


def _table_size(packed: int) -> int:
    return 3 << ((packed & 7) + 1) if packed & 0x80 else 0


def _after_blocks(content: bytes, position: int) -> int:
    """The end of a chain of blocks, each with its length before it."""
    while content[position]:
        position += content[position] + 1
    return position + 1


def _webp(content: bytes) -> bytes:
    chunks: list[bytes] = []
    position = 12
    turned = 0
    while position + 8 <= min(len(content), struct.unpack_from("<I", content, 4)[0] + 8):
        name, length = struct.unpack_from("<4sI", content, position)
        end = position + 8 + length + length % 2
        if end > len(content) + 1:
            raise _Malformed
        if name == b"EXIF":
            turned = orientation_in(content[position + 8 : end].removeprefix(b"Exif\x00\x00"))
        elif name != b"XMP ":
            chunks.append(content[position:end])
        position = end
    if chunks and chunks[0].startswith(b"VP8X"):
        # The header says what follows: no XMP any more, and Exif only for how the picture is turned.
        flags = chunks[0][8] & ~0x0C | (0x08 if turned > 1 else 0)
        chunks[0] = chunks[0][:8] + bytes([flags]) + chunks[0][9:]
        if turned > 1:
            exif = orientation_only(turned)
            chunks.append(b"EXIF" + struct.pack("<I", len(exif)) + exif)
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body
