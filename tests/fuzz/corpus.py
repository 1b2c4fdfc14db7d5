"""The mails of tests/mail, and ways to break them: what lines, mail programs and hostile people do to a mail.

Each way takes the octets and the dice and returns other octets. The dice decide everything, so that a number makes
the same mail again.
"""

import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path

MAILS = Path(__file__).parents[1] / "mail"
# Above this a mail of the corpus is a test of its own; broken thousands of times it only takes time.
_LARGEST = 60_000

Way = Callable[[bytes, random.Random], bytes]

_CHARSETS = (
    *(b"utf-8", b"us-ascii", b"iso-8859-1", b"windows-1252", b"utf-16", b"utf-7", b"utf-32-be", b"koi8-r", b"gb18030"),
    *(
        b"iso-2022-jp",
        b"hz",
        b"punycode",
        b"idna",
        b"rot13",
        b"base64",
        b"unicode_escape",
        b"x-none",
        b"",
        b'"',
        b"8bit",
    ),
)
_ENCODINGS = (b"7bit", b"8bit", b"binary", b"base64", b"quoted-printable", b"x-uuencode", b"\x00", b"base64, base64")
_TYPES = (
    *(b"text/plain", b"text/html", b"text/calendar", b"text/enriched", b"multipart/mixed", b"multipart/alternative"),
    *(b"multipart/related", b"multipart/report; report-type=delivery-status", b"multipart/signed", b"multipart/digest"),
    *(b"multipart/encrypted", b"message/rfc822", b"message/delivery-status", b"message/partial", b"message/global"),
    *(b"message/external-body", b"message/disposition-notification", b"application/ms-tnef", b"application/pkcs7-mime"),
    *(
        b"application/octet-stream",
        b"a/b/c",
        b"/",
        b"text",
        b"text/plain; charset",
        b"multipart/mixed; boundary=",
        b";",
    ),
)
_FIELDS = (
    *(b"From", b"To", b"Cc", b"Sender", b"Reply-To", b"Subject", b"Date", b"Message-ID", b"In-Reply-To", b"References"),
    *(b"Content-Type", b"Content-Transfer-Encoding", b"Content-Disposition", b"Return-Path", b"List-Id", b"Received"),
    *(
        b"Auto-Submitted",
        b"Precedence",
        b"Authentication-Results",
        b"DKIM-Signature",
        b"MIME-Version",
        b"X-Failed-Recipients",
    ),
)
_VALUES = (
    *(
        b"",
        b" ",
        b"\xff\xfe\xfd",
        b"=?",
        b"=?utf-8?b?",
        b"=?utf-8?q?=",
        b"=?utf-8?b?//79?=",
        b"=?x?x?x?=",
        b"<",
        b"<>",
        b">",
    ),
    *(b"<" * 500, b"(" * 500, b'"' * 499, b"\\" * 500, b"a@" * 300, b"@,;:" * 100, b"<a@b> " * 400, b"x" * 2000),
    *(b"Thu, 32 Foo 99999 99:99:99 +9999", b"0", b"1 Jan 0001 00:00:00 -2359", b"31 Dec 9999 23:59:59 -0100"),
    *(b"mx; dmarc=pass (", b'mx 1; dkim=pass header.d="', b"v=1; a=rsa-sha256; d=\xff; s=..; b=; bh=", b"\xed\xa0\x80"),
    *(
        b"attachment; filename*0*=utf-8''%",
        b"inline; filename*=x'y'%zz%00",
        b'multipart/mixed; boundary="\\',
        b"a:b@c:d@[1",
    ),
)
_PIECES = (
    *(
        b"\x00",
        b"\r",
        b"\n",
        b"\r\n.\r\n",
        b"\r\n\r\n",
        b"\x1a",
        b"\x85",
        b"\xe2\x80\xa8",
        b"\xef\xbb\xbf",
        b"\x1b$B",
        b"~{",
    ),
    *(
        b"--\r\n",
        b"-- \r\n",
        b"> " * 200,
        b">" * 3000,
        b"\r\n>From ",
        b"begin 644 a\r\n",
        b"=\r\n",
        b"=3D=00=ED=A0=80",
        b"=C3",
    ),
    *(
        b"<div>" * 300,
        b"<blockquote>" * 120,
        b"</div>" * 100,
        b"<!--",
        b"<![CDATA[",
        b"<style>",
        b"<script>a()</script>",
    ),
    *(
        b'<a href="javascript:a()">',
        b"<img src=x onerror=a()>",
        b"&#x0;&#55296;&#xffffffff;",
        b"<svg/onload=a()>",
        b"<x" * 200,
    ),
    *(
        "\u202e\u2066\ufeff\u0000\U0001f9d1\u200d".encode(),
        b"On " * 400,
        b"From: a\r\nSent: b\r\nTo: c\r\n" * 20,
        b" " * 5000,
    ),
    *(
        b"On Monday, Ann wrote:\r\n" * 40,
        b"_" * 4000,
        b"-----Original Message-----\r\n" * 10,
        b"http://" + b"a/" * 1500,
    ),
)


def read_corpus() -> Sequence[bytes]:
    """The mails, in the order of their names, so that a number means the same mail tomorrow."""
    found = (path.read_bytes() for path in sorted(MAILS.glob("*.eml")))
    return [raw for raw in found if len(raw) <= _LARGEST]


def broken(corpus: Sequence[bytes], number: int, seed: int = 0) -> bytes:
    """The mail of this number: one of the corpus, broken in up to four ways."""
    dice = random.Random(f"{seed}:{number}")
    raw = dice.choice(corpus)
    for _ in range(dice.choice((1, 1, 2, 2, 3, 4))):
        way = dice.choice(WAYS)
        raw = way(raw, dice) if way is not spliced else spliced(raw, dice, corpus)
    return raw


def flipped(raw: bytes, dice: random.Random) -> bytes:
    octets = bytearray(raw)
    for _ in range(dice.choice((1, 3, 10, 60))):
        if octets:
            octets[dice.randrange(len(octets))] = dice.randrange(256)
    return bytes(octets)


def cut_short(raw: bytes, dice: random.Random) -> bytes:
    return raw[: dice.randrange(len(raw) + 1)]


def without_a_slice(raw: bytes, dice: random.Random) -> bytes:
    start, end = _slice(raw, dice)
    return raw[:start] + raw[end:]


def with_a_slice_twice(raw: bytes, dice: random.Random) -> bytes:
    start, end = _slice(raw, dice)
    return raw[:end] + raw[start:end] * dice.choice((1, 2, 20)) + raw[end:]


def with_a_strange_piece(raw: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(raw) + 1)
    return raw[:at] + dice.choice(_PIECES) + raw[at:]


def with_shuffled_headers(raw: bytes, dice: random.Random) -> bytes:
    head, gap, body = _divided(raw)
    lines = head.splitlines(keepends=True)
    if dice.random() < 0.5:
        # Folded lines stay with their field.
        lines = re.findall(rb"[^\n]*\n(?:[ \t][^\n]*\n)*", head + b"\n") or lines
    dice.shuffle(lines)
    return b"".join(lines).rstrip(b"\r\n") + gap + body


def with_a_header_more(raw: bytes, dice: random.Random) -> bytes:
    field = dice.choice(_FIELDS) + dice.choice((b": ", b":", b" : ", b":\r\n ")) + dice.choice(_VALUES) + b"\r\n"
    if dice.random() < 0.5:
        return field + raw
    head, gap, body = _divided(raw)
    return head + b"\r\n" + field.rstrip(b"\r\n") + gap + body


def with_another_value(raw: bytes, dice: random.Random) -> bytes:
    name = dice.choice(_FIELDS)
    value = dice.choice(_VALUES + _TYPES + _ENCODINGS)
    return re.sub(rb"(?im)^(%b:)[^\r\n]*" % re.escape(name), lambda found: found[1] + b" " + value, raw, count=1)


def with_another_charset(raw: bytes, dice: random.Random) -> bytes:
    charset = dice.choice(_CHARSETS)
    raw = re.sub(rb'(?i)charset="?[\w.-]*"?', lambda _: b"charset=" + charset, raw)
    return re.sub(rb"=\?[\w-]+\?", lambda _: b"=?" + charset + b"?", raw) if dice.random() < 0.5 else raw


def with_another_encoding(raw: bytes, dice: random.Random) -> bytes:
    encoding = dice.choice(_ENCODINGS)
    return re.sub(rb"(?i)(content-transfer-encoding:)[^\r\n]*", lambda found: found[1] + b" " + encoding, raw)


def with_another_type(raw: bytes, dice: random.Random) -> bytes:
    kind = dice.choice(_TYPES)
    found = list(re.finditer(rb"(?i)content-type:\s*[\w/.+-]*", raw))
    if not found:
        return b"Content-Type: " + kind + b"\r\n" + raw
    at = dice.choice(found)
    return raw[: at.start()] + b"Content-Type: " + kind + raw[at.end() :]


def with_broken_boundaries(raw: bytes, dice: random.Random) -> bytes:
    lines = raw.splitlines(keepends=True)
    places = [index for index, line in enumerate(lines) if line.startswith(b"--") or b"boundary=" in line]
    for index in places:
        fate = dice.random()
        if fate < 0.2:
            lines[index] = b""
        elif fate < 0.4:
            lines[index] = lines[index] * 2
        elif fate < 0.6:
            lines[index] = flipped(lines[index], dice)
        elif fate < 0.7:
            lines[index] = lines[index].rstrip(b"-\r\n") + b"--\r\n"
    return b"".join(lines)


def with_broken_encoded_words(raw: bytes, dice: random.Random) -> bytes:
    def one(found: re.Match[bytes]) -> bytes:
        word = found[0]
        return word[: dice.randrange(len(word) + 1)] + dice.choice((b"", b"?=", b"\xff", b"=?=?", b"?q?"))

    return re.sub(rb"=\?[^\r\n]{1,80}", one, raw)


def with_other_line_ends(raw: bytes, dice: random.Random) -> bytes:
    lines = re.split(rb"\r\n|\r|\n", raw)
    ends = dice.choice(
        ((b"\n",), (b"\r",), (b"\r\n", b"\n", b"\r"), (b"\r\r\n",), (b"\n\r",), (b"\r\n", b"\x0b"), (b"",))
    )
    return b"".join(line + dice.choice(ends) for line in lines)


def nested(raw: bytes, dice: random.Random) -> bytes:
    """Inside a forward inside a forward."""
    for depth in range(dice.choice((1, 2, 5, 30, 120))):
        mark = b"nest%d" % (depth if dice.random() < 0.8 else 0)
        kind = dice.choice((b"mixed", b"alternative", b"digest", b"related", b"report", b"signed"))
        inner = dice.choice((b"Content-Type: message/rfc822\r\n\r\n", b""))
        head = b"From: a@example.org\r\nContent-Type: multipart/" + kind + b"; boundary=" + mark + b"\r\n\r\n--" + mark
        raw = head + b"\r\n" + inner + raw + b"\r\n--" + mark + b"--\r\n"
        if len(raw) > 4 * _LARGEST:
            break
    return raw


def spliced(raw: bytes, dice: random.Random, corpus: Sequence[bytes] = ()) -> bytes:
    """The head of one mail on the body of another."""
    other = dice.choice(corpus) if corpus else raw
    head, gap, _body = _divided(raw)
    return head + gap + _divided(other)[2] if dice.random() < 0.5 else head + b"\r\n" + other


WAYS: Sequence[Way] = (
    *(flipped, cut_short, without_a_slice, with_a_slice_twice, with_a_strange_piece, with_a_strange_piece),
    *(with_shuffled_headers, with_a_header_more, with_a_header_more, with_another_value, with_another_charset),
    *(with_another_encoding, with_another_type, with_broken_boundaries, with_broken_boundaries),
    *(with_broken_encoded_words, with_other_line_ends, nested, spliced),
)


def _slice(raw: bytes, dice: random.Random) -> tuple[int, int]:
    start = dice.randrange(len(raw) + 1)
    return start, min(len(raw), start + dice.choice((1, 10, 100, 1000, len(raw))))


def _divided(raw: bytes) -> tuple[bytes, bytes, bytes]:
    """Head, the blank line, body."""
    found = re.search(rb"\r?\n\r?\n", raw)
    return (raw[: found.start()], found[0], raw[found.end() :]) if found else (raw, b"\r\n\r\n", b"")
