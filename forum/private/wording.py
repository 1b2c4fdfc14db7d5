"""The words of a private answer as its recipient gets them: whole, and without the mail address of either member.

An address that the sender wrote into the answer's own words stays; what a program has put there - a signature, the
line above a quote, quoted headers - gives way to names. Pure, but for the look-up of names.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from forum.accounts.models import Member
from forum.accounts.queries import names_by_email
from forum.text import hide_addresses

_ADDRESS = re.compile(r"[^\s<>()\[\]\"',;:@]{1,64}@[A-Za-z0-9.-]{1,190}")
# An address with the marks that programs put around it.
_AROUND = r"(?:[<\[(] ?(?:mailto:)?)?{address}(?: ?[>\])])?"


@dataclass(frozen=True)
class Hider:
    """Takes the addresses of some members out of what programs have written."""

    members: tuple[tuple[str, re.Pattern[str]], ...]

    @classmethod
    def of(cls, members: Sequence[Member]) -> "Hider":
        return cls(
            tuple(
                (member.name, re.compile(_AROUND.format(address=_any_spelling(address.email)), re.IGNORECASE))
                for member in members
                for address in member.addresses
            )
        )

    def __call__(self, line: str) -> str:
        """The line with names instead of these addresses, each name once."""
        for name, pattern in self.members:
            line = pattern.sub(partial(_named, name), line)
        return line


def _named(name: str, found: re.Match[str]) -> str:
    """The name, unless it stands before the address already."""
    return "" if name in found.string[: found.start()] else name


def _any_spelling(email: str) -> str:
    """A pattern for an address with whatever plus-tag; a longer address that ends or begins like it is another one."""
    local, _, domain = email.rpartition("@")
    bare = local.partition("+")[0] or local
    return rf"(?<![\w.+-]){re.escape(bare)}(?:\+[\w.+-]*)?@{re.escape(domain)}(?![\w-]|\.\w)"


def hidden_words(text: str, own: str, parties: Sequence[Member]) -> str:
    """`text` is the whole message, `own` the part of it that its author wrote for this answer."""
    written = _ADDRESS.findall(text)
    names = names_by_email(written) if written else {}
    text = hide_addresses(text, lambda email: names.get(email.lower()))
    hide, kept = Hider.of(parties), {line.strip() for line in own.split("\n") if not line.startswith(">")}
    return "\n".join(line if line.strip() in kept else hide(line) for line in text.split("\n"))
