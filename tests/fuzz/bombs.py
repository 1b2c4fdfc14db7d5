"""Mails made to break a reader: nested, endless, swelling, or slow. Each is at most as large as a mail may be.

python -m tests.fuzz.bombs     prints one line of JSON a bomb: seconds of processor time and memory at its peak
"""

import base64
import gzip
import io
import json
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.fuzz.judge import Seen, look_at

LIMIT = 25_000_000
_HEAD = b"From: Ann <ann@example.org>\r\nSubject: Cover\r\nMessage-ID: <a@example.org>\r\nMIME-Version: 1.0\r\n"
_WORDS = b"Who can cover two weeks in August? "


def _nested(depth: int, kind: bytes) -> bytes:
    opening = b"".join(b"Content-Type: %b; boundary=b%d\r\n\r\n--b%d\r\n" % (kind, at, at) for at in range(depth))
    closing = b"".join(b"\r\n--b%d--\r\n" % at for at in reversed(range(depth)))
    return _HEAD + opening + b"Content-Type: text/plain\r\n\r\n" + _WORDS + closing


def _forwards(depth: int) -> bytes:
    return _HEAD + b"Content-Type: message/rfc822\r\n\r\n" * depth + _HEAD + b"\r\n" + _WORDS


def _parts(count: int, kind: bytes, content: bytes = _WORDS) -> bytes:
    part = b"--b\r\nContent-Type: %b\r\n\r\n%b\r\n" % (kind, content)
    return _HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part * count + b"--b--\r\n"


def _headers(line: bytes, octets: int) -> bytes:
    return _HEAD + line * (octets // len(line)) + b"\r\n" + _WORDS


def _text(content: bytes, kind: bytes = b"text/plain", encoding: bytes = b"8bit") -> bytes:
    field = b"Content-Type: %b; charset=utf-8\r\nContent-Transfer-Encoding: %b\r\n\r\n" % (kind, encoding)
    return _HEAD + field + content + b"\r\n"


def _html(content: bytes) -> bytes:
    return _text(b"<html><body>" + content, b"text/html")


def _file(name: bytes, kind: bytes, content: bytes) -> bytes:
    field = b'Content-Type: %b; name="%b"\r\nContent-Transfer-Encoding: base64\r\n' % (kind, name)
    disposition = b'Content-Disposition: attachment; filename="%b"\r\n\r\n' % name
    words = b"--b\r\nContent-Type: text/plain\r\n\r\n" + _WORDS + b"\r\n--b\r\n"
    head = _HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + words
    return head + field + disposition + base64.encodebytes(content) + b"\r\n--b--\r\n"


def _zip() -> bytes:
    """A gigabyte of nothing in a megabyte."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(10):
            archive.writestr(f"{number}.txt", b"\0" * 100_000_000)
    return packed.getvalue()


def _tnef() -> bytes:
    """The sign of winmail.dat, then attributes that claim to be as long as can be."""
    return b"\x78\x9f\x3e\x22\x00\x00" + b"\x02\x0f\x80\x06\x00\xff\xff\xff\x7f" * 20_000


BOMBS: Mapping[str, Callable[[], bytes]] = {
    "multiparts nested 500 deep": lambda: _nested(500, b"multipart/mixed"),
    "multiparts nested 20,000 deep": lambda: _nested(20_000, b"multipart/mixed"),
    "alternatives nested 500 deep": lambda: _nested(500, b"multipart/alternative"),
    "forwards nested 20,000 deep": lambda: _forwards(20_000),
    "10,000 parts of text": lambda: _parts(10_000, b"text/plain"),
    "10,000 parts of HTML": lambda: _parts(10_000, b"text/html", b"<p>" + _WORDS),
    "10,000 files": lambda: _parts(10_000, b"application/pdf; name=a.pdf"),
    "10,000 forwards": lambda: _parts(10_000, b"message/rfc822", _HEAD + b"\r\n" + _WORDS),
    "300,000 empty parts": lambda: _parts(300_000, b"text/plain", b""),
    "1 MB of headers": lambda: _headers(b"X-Filler: " + b"a" * 80 + b"\r\n", 1_000_000),
    "20 MB of headers": lambda: _headers(b"X-Filler: " + b"a" * 80 + b"\r\n", 20_000_000),
    "1 MB of one header": lambda: _HEAD + b"References:" + b"\r\n <a@example.org>" * 60_000 + b"\r\n\r\n" + _WORDS,
    "1 MB of addresses": lambda: _HEAD + b"To: " + b"a@example.org, " * 70_000 + b"\r\n\r\n" + _WORDS,
    "1 MB of encoded words": lambda: _HEAD + b"Subject: " + b"=?utf-8?b?w7w=?= " * 60_000 + b"\r\n\r\n" + _WORDS,
    "1 MB of brackets": lambda: _HEAD + b"Cc: " + b"(" * 1_000_000 + b"\r\n\r\n" + _WORDS,
    "1 MB of parameters": lambda: _HEAD + b"Content-Type: text/plain" + b"; a=b" * 200_000 + b"\r\n\r\n" + _WORDS,
    "1 MB of received lines": lambda: _headers(b"Received: from a by b; Mon, 9 Nov 2026 08:15:00 +0000\r\n", 1_000_000),
    "a line of 10 MB": lambda: _text(b"a" * 10_000_000),
    "a line of 10 MB of words": lambda: _text(_WORDS * 280_000),
    "a line of 10 MB in HTML": lambda: _html(b"<p>" + b"a" * 10_000_000),
    "10 MB of lines": lambda: _text((_WORDS + b"\r\n") * 270_000),
    "10 MB of blank lines": lambda: _text(b"\r\n" * 5_000_000),
    "10 MB of spaces": lambda: _text(b" " * 10_000_000 + b"end"),
    "10 MB of quotes": lambda: _text(b"> " + b"\r\n> ".join([_WORDS] * 270_000)),
    "quote marks 1 MB deep": lambda: _text(b">" * 1_000_000 + b" a\r\n" + _WORDS),
    "100,000 attribution lines": lambda: _text(
        b"On Mon, 9 Nov 2026 at 08:15, Ann Lee <ann@example.org> wrote:\r\n" * 100_000
    ),
    "attributions without an end": lambda: _text(b"On Mon, 9 Nov 2026, Ann Lee\r\n" * 100_000),
    "100,000 header blocks": lambda: _text(b"From: a\r\nSent: b\r\nTo: c\r\nSubject: d\r\n\r\n" * 100_000),
    "200,000 signatures": lambda: _text(b"-- \r\nAnn\r\n" * 200_000),
    "5 MB in quoted-printable": lambda: _text(b"=C3=BC" * 800_000, encoding=b"quoted-printable"),
    "200,000 open tags": lambda: _html(b"<div>" * 200_000 + _WORDS),
    "200,000 open quotes": lambda: _html(b"<blockquote>" * 200_000 + _WORDS),
    "500,000 open brackets": lambda: _html(b"<" * 500_000 + _WORDS),
    "1 MB of attributes": lambda: _html(b"<p " + b"a=b " * 250_000 + b">" + _WORDS),
    "1 MB of character references": lambda: _html(b"&amp;" * 200_000 + b"&#x1f600;" * 20_000),
    "a million comments": lambda: _html(b"<!---->" * 1_000_000 + _WORDS),
    "a table of 200,000 cells": lambda: _html(b"<table>" + b"<tr><td>a" * 100_000),
    "200,000 links": lambda: _html(b'<a href="http://example.org/a">a</a> ' * 200_000),
    "10 MB of addresses as text": lambda: _text(b"http://example.org/a?b=c " * 400_000),
    "10 MB of style": lambda: _html(b"<style>" + b"a{color:red}" * 800_000 + b"</style>" + _WORDS),
    "a zip bomb": lambda: _file(b"scans.zip", b"application/zip", _zip()),
    "a gzip bomb": lambda: _file(b"scans.gz", b"application/gzip", gzip.compress(b"\0" * 500_000_000, 9)),
    "winmail.dat with endless attributes": lambda: _file(b"winmail.dat", b"application/ms-tnef", _tnef()),
    "18 MB in a file": lambda: _file(b"film.mp4", b"video/mp4", bytes(range(256)) * 70_000),
    "flowed text without an end": lambda: _text(b"a \r\n" * 1_000_000, b"text/plain; format=flowed"),
    "24 MB of folded headers": lambda: (
        _HEAD + b"References:" + b"\r\n <a@example.org>" * 1_300_000 + b"\r\n\r\n" + _WORDS
    ),
    "24 MB of short headers": lambda: _headers(b"A:b\r\n", 24_000_000),
    "24 MB of short lines": lambda: _text(b"a\n" * 12_000_000),
    "24 MB of base64 in pieces": lambda: _text(b"Q!=?" * 6_000_000, encoding=b"base64"),
    "24 MB of words glued by HTML": lambda: _html(b"a<br>" * 4_800_000),
    "24 MB of boundaries without parts": lambda: (
        _HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--bb\r\n" * 4_000_000
    ),
    "24 MB under five signatures": lambda: (
        b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=s; h=from; bh=YQ==; b=YQ==\r\n" * 5
        + _text(b" a  " * 6_000_000)
    ),
    "a report on 100,000 addresses": lambda: (
        _HEAD
        + b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nNot sent.\r\n"
        + b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; a\r\n\r\n"
        + b"Final-Recipient: rfc822; a@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n" * 100_000
        + b"--b--\r\n"
    ),
}


def set_off(name: str) -> tuple[Seen, float]:
    """Read one bomb: what came of it, and the memory in MB at the peak, above what was in use before."""
    raw = BOMBS[name]()
    assert len(raw) <= LIMIT, f"{name} has {len(raw)} octets: no server would take it"
    # From here on the kernel counts the peak anew (proc(5), clear_refs).
    Path("/proc/self/clear_refs").write_text("5")
    before = _memory("VmRSS")
    seen = look_at(raw)
    return seen, _memory("VmHWM") - before


def _memory(field: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) / 1024


def main() -> None:
    for name in BOMBS:
        began = time.monotonic()
        try:
            seen, peak = set_off(name)
            found: dict[str, object] = {
                "kind": seen.parsed.kind,
                "seconds": round(seen.seconds, 2),
                "peak_mb": round(peak),
            }
        except Exception as error:
            found = {"fault": f"{type(error).__name__}: {error}"[:200], "seconds": round(time.monotonic() - began, 2)}
        print(json.dumps({"bomb": name, **found}), flush=True)


if __name__ == "__main__":
    main()
