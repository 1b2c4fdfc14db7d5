"""Read header fields that any program may have written: addresses, ids, dates, parameters.

Nothing here raises on any value, and everything is bounded: the standard parser of `policy.default` raises on
about one mail in eighty of a torture set and takes quadratic time on very long fields.
"""

import email.utils
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from mailgateway.charsets import decode_bytes, decode_header, in_charset_of_words, raw_bytes, unfold

MAX_FIELD = 65_536
MAX_ADDRESSES = 1_000
MAX_REFERENCES = 200

_ID = re.compile(r"<([^<>]{1,990})>")
_BARE_ADDRESS = re.compile(r"[^\s<>\"(),;:@]{1,64}@[^\s<>\"(),;:@]{1,255}")
_ANGLE_ADDRESS = re.compile(r"<\s*([^\s<>\"]{1,64}@[^\s<>\"]{1,255})\s*>?\s*$")
_WHITESPACE = re.compile(r"\s+")
_PARAMETER = re.compile(r';\s*([^\s=;"]{1,80})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))')
_CONTINUED = re.compile(r"([^*]+)\*(?:(\d{1,3})(\*)?)?")
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True)
class Address:
    """One mailbox of a header: decoded display name and address; the domain is in lower case."""

    name: str
    address: str


class Headers:
    """The header fields of one message or part, in order, as received (8-bit bytes as surrogate escapes).

    `charset` is what the message declares for its words: bytes of words in the fields are often of the same.
    """

    def __init__(self, items: Iterable[tuple[str, str]], charset: str = "") -> None:
        self._charset = charset
        self._values: dict[str, list[str]] = {}
        for name, value in items:
            self._values.setdefault(name.lower(), []).append(value[:MAX_FIELD])
        self._addresses: dict[str, tuple[Address, ...]] = {}

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._values

    def raw(self, name: str) -> list[str]:
        """All values of a field, unfolded but still encoded, topmost first."""
        return [decode_plain(value) for value in self._values.get(name.lower(), ())]

    def first(self, name: str) -> str:
        """The first value of a field, unfolded but still encoded; "" when there is none."""
        values = self._values.get(name.lower())
        return decode_plain(values[0]) if values else ""

    def text(self, name: str) -> str:
        """The first non-empty value of a field, decoded to one line."""
        for value in self._values.get(name.lower(), ()):
            decoded = decode_header(value if value.isascii() else in_charset_of_words(value, self._charset))
            if decoded:
                return decoded
        return ""

    def addresses(self, name: str) -> tuple[Address, ...]:
        """All mailboxes of all fields of that name."""
        if name not in self._addresses:
            found: list[Address] = []
            for value in self._values.get(name.lower(), ()):
                found.extend(read_addresses(value, self._charset))
            self._addresses[name] = tuple(found[:MAX_ADDRESSES])
        return self._addresses[name]

    def ids(self, name: str) -> tuple[str, ...]:
        """All message ids of all fields of that name, with angle brackets."""
        found: list[str] = []
        for value in self._values.get(name.lower(), ()):
            found.extend(read_ids(value))
        return tuple(found[-MAX_REFERENCES:])

    def date(self) -> datetime | None:
        """The Date field in UTC, or None when it is missing or no date that can be."""
        return read_date(self.first("date"))


def decode_plain(value: str) -> str:
    """One line without surrogates, encoded words left as they are."""
    return unfold(value if value.isascii() else decode_bytes(raw_bytes(value), ""))


def read_addresses(value: str, charset: str = "") -> list[Address]:
    """The mailboxes in a header value; what cannot be an address is left out.

    Only names are read in the charset, after all addresses were found: no byte of it may hide one from the checks.
    """
    value = unfold(value)
    try:
        pairs = email.utils.getaddresses([value])
    except (IndexError, ValueError, TypeError, AttributeError, RecursionError):
        pairs = []
    found = [_make_address(name, address, charset) for name, address in pairs if _is_address(address)]
    if len(found) <= 1:
        # "Lee, Ann <ann@x>" without quotes is one person, although the comma says two.
        match = _ANGLE_ADDRESS.search(value)
        if match and value.count("@") - value[: match.start()].count("@") == 1 and ":" not in value:
            return [_make_address(value[: match.start()].strip(' "'), match[1], charset)]
    if not found:
        found = [_make_address("", address, charset) for address in _BARE_ADDRESS.findall(value)[:MAX_ADDRESSES]]
    return found


def _is_address(value: str) -> bool:
    local, at, domain = value.rpartition("@")
    return bool(at and local and domain) and not _WHITESPACE.search(value) and len(value) <= 320


def _make_address(name: str, address: str, charset: str) -> Address:
    name = name if name.isascii() else in_charset_of_words(name, charset)
    local, _, domain = decode_plain(address).rpartition("@")
    return Address(decode_header(name).strip("\"' "), f"{local}@{domain.lower()}")


def read_ids(value: str) -> list[str]:
    """Message ids in a header value; also those without brackets, as some programs write them."""
    value = decode_plain(value)
    ids = [_WHITESPACE.sub("", found) for found in _ID.findall(value)]
    proper = [found for found in ids if "@" in found] or ids
    if not proper:
        proper = [word.strip("<>,;") for word in value.split() if "@" in word][:MAX_REFERENCES]
    return [f"<{found}>" for found in proper if found]


def read_message_id(value: str) -> str:
    """The Message-ID as received, in angle brackets; "" when the field is missing or empty."""
    ids = read_ids(value)
    if ids:
        return ids[0]
    bare = _WHITESPACE.sub("", decode_plain(value)).strip("<>")[:990]
    return f"<{bare}>" if bare else ""


def read_date(value: str) -> datetime | None:
    """A Date value in UTC; a time without a zone is read as UTC."""
    try:
        parsed = email.utils.parsedate_to_datetime(value[:200])
        parsed = parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return None
    # Mail began in the seventies; what claims another age has a broken clock.
    return parsed if 1970 < parsed.year < 2200 else None


def read_value(value: str) -> str:
    """The main value of a structured field such as Content-Type, in lower case, without parameters."""
    return unfold(value.split(";", 1)[0]).lower().strip("\"' ")


def read_parameters(value: str) -> dict[str, str]:
    """Parameters of a structured field, decoded (RFC 2231, and RFC 2047 where it should not be)."""
    plain: dict[str, str] = {}
    continued: dict[str, dict[int, tuple[bool, str]]] = {}
    for match in _PARAMETER.finditer(unfold(value)):
        name = match[1].lower()
        content = _ESCAPED.sub(r"\1", match[2]) if match[2] is not None else match[3].strip(" \t\"'")
        parts = _CONTINUED.fullmatch(name) if "*" in name else None
        if parts is None:
            plain.setdefault(name, decode_header(content))
        else:
            number = int(parts[2]) if parts[2] else 0
            encoded = parts[2] is None or parts[3] is not None
            continued.setdefault(parts[1], {}).setdefault(number, (encoded, content))
    for name, pieces in continued.items():
        plain[name] = _join_continued(pieces)
    return plain


def _join_continued(pieces: dict[int, tuple[bool, str]]) -> str:
    label = ""
    data = bytearray()
    for order, (_, (encoded, content)) in enumerate(sorted(pieces.items())):
        if encoded and order == 0 and content.count("'") >= 2:
            label, _language, content = content.split("'", 2)
        raw = raw_bytes(content)
        data += _PERCENT.sub(lambda match: bytes([int(match[1], 16)]), raw) if encoded else raw
    return " ".join(decode_bytes(bytes(data), label or "utf-8").split("\n")).strip()
