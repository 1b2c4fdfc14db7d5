"""Signs what goes out with DKIM (RFC 6376): rsa-sha256, relaxed/relaxed, under our own domain.

Works on the octets that are about to go over the line, so that every mail of ours is signed in one place. What the
copies of a post share, their last part above all, is hashed once. Makes no mail and sends none.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from forum.settings import Settings

# In the order in which the signature names them. What a mail does not have is not named.
_SIGNED = (
    b"from",
    b"reply-to",
    b"to",
    b"subject",
    b"date",
    b"message-id",
    b"mime-version",
    b"content-type",
    b"content-transfer-encoding",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
)
# Named once more than they occur: who adds a second one on the way breaks the signature (section 8.15).
_ONLY_ONCE = (b"from", b"reply-to", b"to", b"subject", b"date", b"message-id", b"content-type")
_NEXT_FIELD = re.compile(rb"\r\n(?![ \t])")
_BLANKS = re.compile(rb"[ \t]+")
_BLANKS_AT_LINE_END = re.compile(rb"[ \t]+(?=\r\n)")
_PADDING, _HASH = PKCS1v15(), Prehashed(SHA256())
# Parts of so many posts stay prepared: a fan-out has two that its copies share.
_PREPARED = 6
_LONG_ENOUGH_TO_KEEP = 600

Fields = Sequence[tuple[bytes, bytes]]


class Signer:
    """Signs for one domain with one key. May be used by several threads at once."""

    def __init__(self, key: RSAPrivateKey, domain: str, selector: str) -> None:
        self._key = key
        self._start = b"v=1; a=rsa-sha256; c=relaxed/relaxed; d=%b; s=%b;\r\n h=" % (domain.encode(), selector.encode())

    def signature(self, parts: Sequence[bytes]) -> bytes:
        """The DKIM-Signature field of a message, to stand before it; dots of the message may be stuffed.

        `parts` joined are the message. A part ends where a field does, or holds the blank line and all after it.
        """
        fields: dict[bytes, list[bytes]] = {}
        body_hash = _EMPTY_BODY
        for part in parts:
            found, hash_of_rest = _prepared(part) if len(part) >= _LONG_ENOUGH_TO_KEEP else _prepare(part)
            for name, canonical in found:
                fields.setdefault(name, []).append(canonical)
            if hash_of_rest is not None:
                body_hash = hash_of_rest
        named = [name for name in _SIGNED for _ in range(len(fields.get(name, ())) + (name in _ONLY_ONCE))]
        # Several of one name are taken from the bottom up (section 5.4.2); those named in excess are empty.
        signed = [each for name in _SIGNED for each in reversed(fields.get(name, ()))]
        lines = (b":".join(named[at : at + 6]) for at in range(0, len(named), 6))
        value = b"%b%b;\r\n bh=%b;\r\n b=" % (self._start, b":\r\n  ".join(lines), body_hash)
        signed.append(b"dkim-signature:" + _relaxed(value))
        digest = hashlib.sha256(b"".join(signed)).digest()
        made = base64.b64encode(self._key.sign(digest, _PADDING, _HASH))
        folded = b"\r\n ".join(made[at : at + 72] for at in range(0, len(made), 72))
        return b"DKIM-Signature: %b%b\r\n" % (value, folded)


def signer_for(settings: Settings) -> Signer | None:
    """The signer that the settings name; None where the mail server signs, or nobody."""
    if not settings.dkim_key:
        return None
    key = load_pem_private_key(Path(settings.dkim_key).read_bytes(), password=None)
    assert isinstance(key, RSAPrivateKey), "the settings take no other key"
    return Signer(key, settings.domain, settings.dkim_selector)


def _prepare(part: bytes) -> tuple[Fields, bytes | None]:
    """The fields of a part, canonical, and the hash of the body if it begins in this part."""
    part = part.replace(b"\r\n..", b"\r\n.")
    head, blank_line, body = (b"", b"\r\n", part[2:]) if part.startswith(b"\r\n") else part.partition(b"\r\n\r\n")
    return tuple(_fields(head)), _body_hash(body) if blank_line else None


_prepared = lru_cache(maxsize=_PREPARED)(_prepare)


def _fields(head: bytes) -> Iterable[tuple[bytes, bytes]]:
    for field in _NEXT_FIELD.split(head):
        name, colon, value = field.partition(b":")
        if colon:
            name = name.strip().lower()
            yield name, b"%b:%b\r\n" % (name, _relaxed(value))


def _relaxed(value: bytes) -> bytes:
    """A field's value as section 3.4.2 has it: unfolded, blanks as one, none at the ends."""
    return _BLANKS.sub(b" ", value.replace(b"\r\n", b"")).strip(b" ")


def _body_hash(body: bytes) -> bytes:
    """The hash of a body as section 3.4.4 has it: no blanks at line ends, no empty lines at its end."""
    canonical = _BLANKS.sub(b" ", _BLANKS_AT_LINE_END.sub(b"", body if body.endswith(b"\r\n") else body + b"\r\n"))
    bare = canonical.rstrip(b"\r\n")
    return base64.b64encode(hashlib.sha256(bare + b"\r\n" if bare else b"").digest())


_EMPTY_BODY = _body_hash(b"")
