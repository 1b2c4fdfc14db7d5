"""Takes our own footers, addresses with tokens and links with tokens out of text that comes back to us quoted.

What stands in a reader's copy is the reader's own: whoever gets it on in a quote could unsubscribe, block or answer in
that reader's name. Pure; a token is known by its signature, so that nothing else is ever taken for one.
"""

import re

from forum.tokens import Purpose
from mailgateway.addresses import Addresses

_CANDIDATE = re.compile(r"(?<![A-Za-z0-9])[A-Za-z2-7]{20,40}(?![A-Za-z0-9])")
# What a token stands in: an address or a link, with the brackets around it.
_WORD = r"(?:[<(\[]\s?)?(?:mailto:)?[^\s<>()\[\]\"']{{0,400}}{token}[^\s<>()\[\]\"']{{0,400}}(?:\s?[>)\]])?"
# Lines of our footers as they stand under a copy (compose.footer) and under a private answer.
_FOOTER = re.compile(
    r".{1,250}: your answer goes to (?:the whole group|.{1,250} alone)\.|Mail settings, or leave(?: <[^<>]*>|: .*)?"
    r"|Only you got this, from .{1,250} in .{1,250}\."
    r"|Your answer goes only to .{1,250}\. Mail addresses stay hidden\."
    r"|Unwanted\? Block or report.{0,300}|Or by mail to banyan@\S{1,255}, with the subject"
    r"|block [a-z2-7]{16,40} or report [a-z2-7]{16,40}"
)
_ON_THE_WEB = re.compile(r"Read it on the web(?:: | <)(?P<link>\S{1,300})")


def without_own_marks(text: str, addresses: Addresses, base_url: str) -> str:
    """The text without lines of our footers, and without any token of ours."""
    kept = []
    for line in text.split("\n"):
        words = line.lstrip("> |\t").strip()
        web = _ON_THE_WEB.match(words)
        if _FOOTER.fullmatch(words) or (web and web["link"].startswith(base_url)):
            continue
        kept.append(_without_tokens(line, addresses))
    return "\n".join(kept)


def _without_tokens(line: str, addresses: Addresses) -> str:
    for found in set(_CANDIDATE.findall(line)):
        if any(addresses.tokens.read(purpose, found) is not None for purpose in Purpose):
            line = re.sub(_WORD.format(token=re.escape(found)), "", line)
    return line
