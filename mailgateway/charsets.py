"""Turn bytes of unknown or mislabelled character set into text, for bodies and for header values.

It never raises and never returns lone surrogates; it knows nothing of MIME structure.
"""

import base64
import binascii
import codecs
import re
from functools import lru_cache

# What the label says is often a smaller set than what the bytes are: browsers read these labels as their
# supersets (WHATWG Encoding Standard, section 4.2), and so do we.
_SUPERSETS = {
    "us-ascii": "windows-1252",
    "ascii": "windows-1252",
    "ansi_x3.4-1968": "windows-1252",
    "iso-8859-1": "windows-1252",
    "iso8859-1": "windows-1252",
    "latin-1": "windows-1252",
    "latin1": "windows-1252",
    "iso-8859-9": "windows-1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "ksc5601": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "big5": "cp950",
    "iso-2022-jp": "iso2022_jp_ext",
    "iso-8859-8-i": "iso-8859-8",
    "unicode-1-1-utf-7": "utf-7",
    "x-unicode-2-0-utf-7": "utf-7",
    "utf8": "utf-8",
    "unicode": "utf-8",
    "x-mac-roman": "mac-roman",
    "macintosh": "mac-roman",
}
# Python calls these encodings, but they are escapes or quadratic transformations, not character sets of mail.
_NOT_CHARSETS = {"unicode_escape", "raw_unicode_escape", "idna", "punycode", "undefined", "mbcs", "oem"}
_GUESSED = {"", "windows-1252", "utf-8"}
# So often at most is base64 glued together from pieces; more of them are no mail, and each takes some time.
_MAX_PIECES = 10_000

_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ufeff]")
_ENCODED_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*(?:\?(?!=)[^?]*){0,20})\?=")
_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")
_FOLD = re.compile(r"[\r\n]+(?=[ \t])")
_LINE_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]+")


@lru_cache(maxsize=256)
def _codec_for(label: str) -> str:
    """Name a codec for a charset label, or "" when the label says nothing we can use."""
    label = label.strip("\"' \t").split("*", 1)[0].lower()
    label = _SUPERSETS.get(label, label)
    if not label or not label.isascii() or len(label) > 40:
        return ""
    try:
        name = codecs.lookup(label).name
        # Codecs that are no text encodings (hex, rot13) are refused here with the same LookupError.
        b"a".decode(label, "replace")
    except (LookupError, ValueError):
        return ""
    # Python writes some of the names with hyphens.
    return "" if name.replace("-", "_") in _NOT_CHARSETS else label


def _decode_mixed(data: bytes) -> str:
    """Decode line by line: UTF-8 where a line is valid UTF-8, else windows-1252.

    List software glues footers in one charset to bodies in another, so one verdict for all lines is wrong.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return "\n".join(_decode_line(line) for line in data.split(b"\n"))


def _decode_line(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        try:
            return line.decode("windows-1252")
        except UnicodeDecodeError:
            return line.decode("latin-1")


def decode_bytes(data: bytes, label: str) -> str:
    """Decode `data` labelled `label`; a wrong, unknown or missing label is repaired."""
    codec = _codec_for(label)
    if codec in _GUESSED:
        if b"\x1b$" in data and codec != "utf-8":
            # Unlabelled Japanese mail: ISO-2022-JP is the only 7-bit charset that begins with this escape.
            codec = "iso2022_jp_ext"
        else:
            return _clean(_decode_mixed(data))
    if codec.startswith(("utf-16", "utf_16", "utf-32", "utf_32")) and b"\x00" not in data:
        return _clean(_decode_mixed(data))
    try:
        return _clean(data.decode(codec))
    except (UnicodeDecodeError, LookupError, ValueError):
        pass
    try:
        # Mislabelled UTF-8 is far more common than any other mistake, and cannot be valid by chance.
        return _clean(data.decode("utf-8"))
    except UnicodeDecodeError:
        try:
            return _clean(data.decode(codec, "replace"))
        except (UnicodeDecodeError, LookupError, ValueError):
            return _clean(_decode_mixed(data))


def charset_within(html: bytes) -> str:
    """The character set that a page itself names, for mails that do not; what is UTF-8 is UTF-8."""
    named = _META_CHARSET.search(html[:4_000])
    if named is None:
        return ""
    try:
        html.decode("utf-8")
    except UnicodeDecodeError:
        return named[1].decode("ascii")
    return ""


def _clean(text: str) -> str:
    """Bring line ends to \\n; drop control characters and anything that cannot be stored as UTF-8."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0b", "\n").replace("\x0c", "\n")
    if _CONTROL.search(text):
        text = _CONTROL.sub("", text)
    if _SURROGATE.search(text):
        text = _SURROGATE.sub("\ufffd", text)
    return text


def unfold(value: str) -> str:
    """One line of a raw header value, still encoded (RFC 5322, section 2.2.3)."""
    return _one_line(_FOLD.sub("", value))


def decode_header(value: str) -> str:
    """Decode a raw header value to one line: RFC 2047 words, also broken ones, and unlabelled 8-bit bytes."""
    value = _FOLD.sub("", value)
    if "=?" not in value:
        return _one_line(_decode_plain(value))
    pieces: list[str] = []
    pending: list[tuple[str, bytes]] = []
    end = 0
    for match in _ENCODED_WORD.finditer(value):
        between = value[end : match.start()]
        if between.strip() or not pending:
            pieces.append(_join_words(pending))
            pending = []
            pieces.append(_decode_plain(between))
        pending.append((match[1], _word_bytes(match[2], match[3])))
        end = match.end()
    pieces.append(_join_words(pending))
    pieces.append(_decode_plain(value[end:]))
    return _one_line("".join(pieces))


def in_charset_of_words(value: str, label: str) -> str:
    """A raw header value, read in the charset that its mail declares for its words if it is no UTF-8."""
    data = raw_bytes(value)
    codec = _codec_for(label)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        if codec not in _GUESSED:
            return decode_bytes(data, label)
    return value


def _one_line(text: str) -> str:
    return _LINE_CONTROL.sub(" ", text).strip()


def _decode_plain(value: str) -> str:
    return value if value.isascii() else decode_bytes(raw_bytes(value), "")


def raw_bytes(value: str) -> bytes:
    """Give back the bytes that the email package kept in a string by surrogate escapes."""
    try:
        return value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return value.encode("utf-8", "replace")


def _join_words(words: list[tuple[str, bytes]]) -> str:
    """Decode neighbouring encoded words; those of one charset together, since mailers cut inside characters."""
    out: list[str] = []
    index = 0
    while index < len(words):
        label, data = words[index]
        index += 1
        chunks = [data]
        while index < len(words) and words[index][0].lower() == label.lower():
            chunks.append(words[index][1])
            index += 1
        out.append(decode_bytes(b"".join(chunks), label))
    return "".join(out)


def _word_bytes(encoding: str, text: str) -> bytes:
    raw = raw_bytes(text)
    if encoding in "bB":
        return decode_base64(raw)
    return _HEX.sub(lambda match: bytes([int(match[1], 16)]), raw.replace(b"_", b" "))


_META_CHARSET = re.compile(rb"<meta[^<>]{0,200}charset\s*=\s*[\"']?([A-Za-z0-9_-]{1,40})", re.IGNORECASE)
_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/]*={0,2}")
_NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="))


def decode_base64(data: bytes) -> bytes:
    """Decode base64 with what mail does to it: line ends, junk, padding in the middle, a cut-off end."""
    kept = data.translate(None, _NOT_BASE64)
    if b"=" in kept.rstrip(b"="):
        # Pieces that were encoded apart and then glued together; each has its own padding.
        *pieces, last = kept.split(b"=", _MAX_PIECES)
        return b"".join(decode_base64(piece) for piece in (*pieces, last.replace(b"=", b"")) if piece)
    kept = kept.rstrip(b"=")
    if len(kept) % 4 == 1:
        kept = kept[:-1]
    try:
        return base64.b64decode(kept + b"=" * (-len(kept) % 4))
    except binascii.Error:
        return b""


def decode_base64_words(data: bytes) -> bytes:
    """Decode the words of a mail: what list software or a gateway wrote below or in place of base64 stays as it is."""
    lines = data.splitlines(keepends=True)
    count = next((at for at, line in enumerate(lines) if not _BASE64_LINE.fullmatch(line.strip())), len(lines))
    written = [line for line in lines[count:] if line.strip()]
    # Damaged base64 is no words: these have spaces between them.
    if not written or 2 * sum(b" " in line.strip() for line in written) <= len(written):
        return decode_base64(data)
    decoded = decode_base64(b"".join(lines[:count]))
    return decoded + b"\n" * bool(decoded) + b"".join(lines[count:])
