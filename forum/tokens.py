"""Signed tokens for mail addresses and one-time links: made and checked here, without a row of their own.

A token is base32 of purpose, key id, one or two row numbers and an 80-bit MAC: at most 40 characters, and
case-insensitive as the local part of a mail address must be. Retired keys still verify.
"""

import base64
import binascii
import hmac
from enum import IntEnum
from hashlib import sha256

from flask import current_app

_MAC_OCTETS = 10


class Purpose(IntEnum):
    """What a token is good for; a token for one purpose is nothing for another."""

    REPLY = 1  # member, post
    AUTHOR = 2  # member, group
    LEAVE = 3  # member, group
    BOUNCE = 4  # address, months since 2020
    CONFIRM = 5  # confirmation
    MODERATE = 6  # moderator, held post
    SIGN_IN = 7  # one-time link
    INVITATION = 8  # invitation
    DIGEST = 9  # member, digest
    QUEUE = 10  # moderator, queue summary
    BLOCK = 11  # recipient, private answer
    PROBE = 12  # address, probe
    APPEAL = 13  # restriction, member
    REVIEW = 14  # moderator, appeal
    PLAN = 15  # question of a plan, member


class Tokens:
    """Makes and reads tokens under a set of keys; the first key signs."""

    def __init__(self, keys: tuple[bytes, ...]) -> None:
        self._keys = {sha256(b"token key id" + key).digest()[0]: sha256(b"token" + key).digest() for key in keys}
        self._signing = next(iter(self._keys))

    def make(self, purpose: Purpose, first: int, second: int = 0) -> str:
        """A token of at most 40 characters for row numbers below 2**40 and 2**32."""
        a, b = _octets(first), _octets(second)
        body = bytes((purpose << 4 | len(a), self._signing)) + a + b
        mac = hmac.digest(self._keys[self._signing], body, "sha256")[:_MAC_OCTETS]
        return base64.b32encode(body + mac).decode().rstrip("=").lower()

    def read(self, purpose: Purpose, token: str) -> tuple[int, int] | None:
        """The row numbers in a token, or None when it is not ours, not whole or for another purpose."""
        body = self._body(token)
        if body is None or body[0] >> 4 != purpose:
            return None
        cut = 2 + (body[0] & 15)
        return int.from_bytes(body[2:cut]), int.from_bytes(body[cut:])

    def is_ours(self, token: str) -> bool:
        """Whether it is a token of ours, for whatever purpose."""
        return self._body(token) is not None

    def _body(self, token: str) -> bytes | None:
        """What a whole token of ours says, without its MAC."""
        if not 0 < len(token) <= 40 or not token.isascii():
            return None
        try:
            data = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
        except binascii.Error:
            return None
        body, mac = data[:-_MAC_OCTETS], data[-_MAC_OCTETS:]
        if len(body) < 2 or body[1] not in self._keys:
            return None
        mine = hmac.digest(self._keys[body[1]], body, "sha256")[:_MAC_OCTETS]
        return body if hmac.compare_digest(mine, mac) else None


def _octets(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8)


def current_tokens() -> Tokens:
    """The tokens of the running core."""
    tokens = current_app.extensions["banyan_tokens"]
    assert isinstance(tokens, Tokens)
    return tokens
