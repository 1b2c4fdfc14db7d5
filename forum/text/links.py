"""Addresses in text: where they stand, where they lead, and which of them a reader may follow."""

import re
from collections.abc import Iterator
from html import escape
from urllib.parse import quote

LINK_REL = "nofollow noopener ugc"
_MAX_HREF = 2000

# Control characters (but tab and newline) and everything that overrides or isolates text direction: they can
# make a word read as another one. Joiners and the plain direction marks stay, since scripts need them.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff\ufff9-\ufffb\ud800-\udfff]"
)

_SCHEME = re.compile(r"(?:https?://|mailto:|tel:)[^\s]", re.IGNORECASE)
_TAB_OR_NEWLINE = re.compile(r"[\t\n\r]+")
# Square brackets as well: in a host they would make an address that no parser agrees on.
_UNQUOTED = re.compile(r"[\s\"'<>`\\\[\]]")

_LINKABLE = re.compile(
    r"""
    (?P<url> \bhttps?://[^\s<>"]++ | \bwww\.[a-z0-9-]++\.[^\s<>"]++ )
  | (?P<mail> (?<![\w.+-]) [a-z0-9_][a-z0-9_.+'=-]{0,63} @ (?:[a-z0-9][a-z0-9-]{0,62}\.)+[a-z]{2,24} (?![\w@]) )
    """,
    re.IGNORECASE | re.VERBOSE,
)
_PAIRS = {")": "(", "]": "[", "}": "{"}


def strip_controls(text: str) -> str:
    """The text without control characters, lone surrogates and direction overrides."""
    return _UNWANTED.sub("", text)


def clean_href(value: str) -> str | None:
    """A link's target as it may stand in an attribute, or None if it leads nowhere that a reader may go."""
    value = strip_controls(_TAB_OR_NEWLINE.sub("", value)).strip()
    if len(value) > _MAX_HREF or not _SCHEME.match(value):
        return None
    scheme, colon, rest = value.partition(":")
    return scheme.lower() + colon + _UNQUOTED.sub(lambda found: quote(found.group()), rest)


def _without_trailing_punctuation(url: str) -> str:
    """A URL in running text ends before the sentence's punctuation; a bracket stays only if it was opened in it."""
    while url:
        last = url[-1]
        opening = _PAIRS.get(last)
        if last in ".,;:!?'*_" or (opening and url.count(last) > url.count(opening)):
            url = url[:-1]
        else:
            break
    return url


def links_in(text: str) -> Iterator[tuple[str, str | None]]:
    """The pieces of a text, each with the address it leads to, if it is a URL or a mail address."""
    position = 0
    if "@" not in text and "://" not in text and "www." not in text.lower():
        yield text, None
        return
    for match in _LINKABLE.finditer(text):
        found = match.group()
        if len(found) > _MAX_HREF:
            continue
        if match.lastgroup == "url":
            found = _without_trailing_punctuation(found)
            href = clean_href(found if "://" in found[:8] else f"https://{found}")
        else:
            href = clean_href(f"mailto:{found}")
        if href is None:
            continue
        if match.start() > position:
            yield text[position : match.start()], None
        yield found, href
        position = match.start() + len(found)
    if position < len(text):
        yield text[position:], None


def link_text(text: str) -> str:
    """Escaped text with its URLs and mail addresses as links."""
    return "".join(
        escape(piece, quote=False)
        if href is None
        else f'<a href="{escape(href)}" rel="{LINK_REL}">{escape(piece, quote=False)}</a>'
        for piece, href in links_in(text)
    )
