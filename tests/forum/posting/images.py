"""Small images with a location in them, built by hand: the picture is the octets PIXELS."""

import struct
import zlib

PLACE = b"GPS-52.5200"


def tiff_with_place(turned: int = 1, order: str = "<") -> bytes:
    """Exif with an orientation and a GPS directory whose one value is text."""
    mark = b"II*\x00" if order == "<" else b"MM\x00*"
    place = PLACE + b"\x00"
    first = struct.pack(f"{order}H", 2)
    first += struct.pack(f"{order}HHIHH", 0x0112, 3, 1, turned, 0)
    first += struct.pack(f"{order}HHII", 0x8825, 4, 1, 38)
    first += struct.pack(f"{order}I", 0)
    gps = (
        struct.pack(f"{order}H", 1)
        + struct.pack(f"{order}HHII", 0x001B, 2, len(place), 56)
        + struct.pack(f"{order}I", 0)
    )
    return mark + struct.pack(f"{order}I", 8) + first + gps + place


def segment(marker: int, body: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body


def a_jpeg(turned: int = 1) -> bytes:
    """A JPEG with Exif, XMP, IPTC, a comment and a second image behind it, each with the place."""
    xmp = b"http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta>" + PLACE + b"</x:xmpmeta>"
    return b"".join(
        (
            b"\xff\xd8",
            segment(0xE0, b"JFIF\x00\x01\x02\x00\x00\x01\x00\x01\x00\x00"),
            segment(0xE1, b"Exif\x00\x00" + tiff_with_place(turned)),
            segment(0xE1, xmp),
            segment(0xE2, b"ICC_PROFILE\x00\x01\x01profile"),
            segment(0xED, b"Photoshop 3.0\x00" + PLACE),
            segment(0xFE, PLACE),
            segment(0xDB, bytes(65)),
            segment(0xDA, b"\x01\x01\x00\x00\x3f\x00"),
            b"PIXELS\xff\x00\xff\xd0PIXELS",
            b"\xff\xd9",
            b"\xff\xd8" + segment(0xE1, b"Exif\x00\x00" + tiff_with_place()) + b"\xff\xd9",
        )
    )


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def a_png() -> bytes:
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
            chunk(b"eXIf", tiff_with_place()),
            chunk(b"tEXt", b"Comment\x00" + PLACE),
            chunk(b"iTXt", b"XML:com.adobe.xmp\x00\x00\x00\x00\x00" + PLACE),
            chunk(b"IDAT", zlib.compress(b"PIXELS")),
            chunk(b"IEND", b""),
            PLACE,
        )
    )


def a_webp(turned: int = 1) -> bytes:
    def part(name: bytes, body: bytes) -> bytes:
        return name + struct.pack("<I", len(body)) + body + b"\x00" * (len(body) % 2)

    body = b"WEBP" + part(b"VP8X", bytes([0x0C, 0, 0, 0]) + bytes(6)) + part(b"VP8 ", b"PIXELS")
    body += part(b"EXIF", tiff_with_place(turned)) + part(b"XMP ", b"<x:xmpmeta>" + PLACE + b"</x:xmpmeta>")
    return b"RIFF" + struct.pack("<I", len(body)) + body


def a_gif() -> bytes:
    def blocks(body: bytes) -> bytes:
        return (
            b"".join(bytes([len(body[at : at + 255])]) + body[at : at + 255] for at in range(0, len(body), 255))
            + b"\x00"
        )

    return b"".join(
        (
            b"GIF89a\x01\x00\x01\x00\x80\x00\x00" + bytes(6),
            b"\x21\xff\x0bNETSCAPE2.0" + blocks(b"\x01\x00\x00"),
            b"\x21\xff\x0bXMP DataXMP" + blocks(PLACE),
            b"\x21\xfe" + blocks(PLACE),
            b"\x2c" + bytes(9) + b"\x02" + blocks(b"PIXELS"),
            b"\x3b" + PLACE,
        )
    )


def a_heic() -> bytes:
    return (
        b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"
        + b"\x00\x00\x00\x08mdatPIXELS"
        + b"Exif\x00\x00"
        + tiff_with_place()
    )
