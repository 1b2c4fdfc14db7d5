"""Exif as far as a forum needs it: how a picture is turned, and where its location stands, to blot it out.

Works on any octets within the bounds of what it is handed; it changes no length, so that no offset becomes wrong.
"""

import re
import struct

_HEADER = re.compile(rb"II\*\x00|MM\x00\*")
_XMP = re.compile(rb"<x:xmpmeta\b.*?</x:xmpmeta>", re.DOTALL)
_XMP_BEGIN = b"<x:xmpmeta"
# "+52.5200+013.4050/": how films say where they were made (ISO 6709).
_PLACE_IN_FILM = re.compile(rb"[+-]\d{1,3}\.\d{1,8}[+-]\d{1,3}\.\d{1,8}")
_ORIENTATION, _EXIF, _GPS, _SUB, _XMP_TAG, _IPTC = 0x0112, 0x8769, 0x8825, 0x014A, 700, 33723
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_TELLS = {
    _GPS: "place",
    0x0132: "date", 0x9003: "date", 0x9004: "date",
    0x013B: "name", 0x010E: "name", 0xA430: "name", 0x9C9D: "name", 0x9C9B: "name", 0x9286: "name",
}  # fmt: skip
_MAX_DIRECTORIES = 40
_MAX_ENTRIES = 500
_MAX_HEADERS = 200


def orientation_in(exif: bytes) -> int:
    """How a picture is turned, 1 to 8, from the octets of its Exif; 1 when nothing says so."""
    tiff = _Tiff(bytearray(exif[:65_536]), 0)
    for tag, _, _, position in tiff.entries(tiff.first()):
        if tag == _ORIENTATION:
            turned = tiff.number(position + 8, 2)
            return turned if 1 <= turned <= 8 else 1
    return 1


def orientation_only(turned: int) -> bytes:
    """Exif that says nothing but how a picture is turned."""
    return b"MM\x00*" + struct.pack(">IHHHIHHI", 8, 1, _ORIENTATION, 3, 1, turned, 0, 0)


def told_by(content: bytes) -> frozenset[str]:
    """Which of "place", "date" and "name" the Exif and XMP in a file hold; a caption counts as a name."""
    told: set[str] = set()
    for number, found in enumerate(_HEADER.finditer(content)):
        if number == _MAX_HEADERS:
            break
        told |= _Tiff(bytearray(content[found.start() : found.start() + 131_072]), 0).told()
    begins = content.find(_XMP_BEGIN)
    if begins >= 0:
        packet = content[begins : begins + 65_536]
        marks = ((b"GPSLatitude", "place"), (b"Location", "place"), (b"DateTime", "date"), (b"CreateDate", "date"))
        told |= {what for mark, what in (*marks, (b"dc:creator", "name"), (b"PersonInImage", "name")) if mark in packet}
    return frozenset(told)


def blot_locations(content: bytes) -> bytes:
    """The same file with the location in every Exif, XMP or film header in it overwritten."""
    blotted = bytearray(content)
    for number, found in enumerate(_HEADER.finditer(content)):
        if number == _MAX_HEADERS:
            break
        _Tiff(blotted, found.start()).blot()
    if _XMP_BEGIN in content:
        for packet in _XMP.finditer(content):
            blotted[packet.start() : packet.end()] = b" " * (packet.end() - packet.start())
    if b"ISO6709" in content or b"\xa9xyz" in content or b"loci" in content:
        for place in _PLACE_IN_FILM.finditer(content):
            blotted[place.start() : place.end()] = re.sub(rb"\d", b"0", place.group())
    return bytes(blotted)


class _Tiff:
    """Directories of tags (TIFF 6.0, section 2) at a place in some octets; reading outside them reads zeros."""

    def __init__(self, data: bytearray, base: int) -> None:
        self.data = data
        self.base = base
        self.order = ">" if data[base : base + 2] == b"MM" else "<"
        self.valid = bool(_HEADER.match(data, base))

    def number(self, position: int, size: int) -> int:
        place = self.base + position
        piece = self.data[place : place + size]
        if position < 0 or len(piece) < size:
            return 0
        value: int = struct.unpack(self.order + {2: "H", 4: "I"}[size], piece)[0]
        return value

    def first(self) -> int:
        return self.number(4, 4) if self.valid else 0

    def entries(self, directory: int) -> list[tuple[int, int, int, int]]:
        """Tag, octets of its value, where these stand, and where the entry stands."""
        found: list[tuple[int, int, int, int]] = []
        if directory < 8:
            return found
        for index in range(min(self.number(directory, 2), _MAX_ENTRIES)):
            position = directory + 2 + 12 * index
            if self.base + position + 12 > len(self.data):
                break
            size = _SIZES.get(self.number(position + 2, 2), 1) * self.number(position + 4, 4)
            place = position + 8 if size <= 4 else self.number(position + 8, 4)
            found.append((self.number(position, 2), size, place, position))
        return found

    def blot(self) -> None:
        """Overwrite the location and the texts of all directories that can be reached."""
        waiting, seen = [self.first()], set[int]()
        while waiting and len(seen) < _MAX_DIRECTORIES:
            directory = waiting.pop()
            if directory < 8 or directory in seen:
                continue
            seen.add(directory)
            entries = self.entries(directory)
            for tag, size, place, _ in entries:
                if tag == _GPS:
                    self._blot_directory(self.number(place, 4))
                elif tag in (_XMP_TAG, _IPTC):
                    self._zero(place, size)
                elif tag in (_EXIF, _SUB):
                    waiting += [self.number(place + 4 * index, 4) for index in range(min(max(size // 4, 1), 20))]
            waiting.append(self.number(directory + 2 + 12 * len(entries), 4))

    def told(self) -> set[str]:
        told: set[str] = set()
        waiting, seen = [self.first()], set[int]()
        while waiting and len(seen) < _MAX_DIRECTORIES:
            directory = waiting.pop()
            if directory < 8 or directory in seen:
                continue
            seen.add(directory)
            for tag, size, place, _ in self.entries(directory):
                start = self.base + place
                if tag in _TELLS and self.data[start : start + min(size, 64)].strip(b"\0 "):
                    told.add(_TELLS[tag])
                elif tag == _EXIF:
                    waiting.append(self.number(place, 4))
        return told

    def _blot_directory(self, directory: int) -> None:
        for _, size, place, position in self.entries(directory):
            self._zero(place, min(size, 4_096))
            self._zero(position, 12)
        self._zero(directory, 2)

    def _zero(self, position: int, size: int) -> None:
        start = self.base + position
        end = min(start + size, len(self.data))
        if position >= 8 and start < end:
            self.data[start:end] = bytes(end - start)
