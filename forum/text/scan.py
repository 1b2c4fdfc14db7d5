"""Foreign HTML as a stream of tags and text, in time linear in its length.

This only finds where tags begin and end, the way a browser would. What a tag may do is decided in `reading`,
and what may be shown is decided by bleach in `safe`; nothing that comes out of here is safe to show.
"""

import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from typing import NamedTuple


def names(listed: str) -> frozenset[str]:
    """The element names of a list in one string."""
    return frozenset(listed.split())


class Tag(NamedTuple):
    """A start tag or an end tag; `raw` is the text between the name and the closing bracket."""

    name: str
    closing: bool
    raw: str


# Possessive, so that no input makes it backtrack. A quote only counts after an equals sign.
_TAG = re.compile(r"""<(/?)([a-zA-Z][^\s/>]*+)((?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+')?+)*+)>""")
_TAG_OPENING = re.compile(r"</?[a-zA-Z]")
_ATTRIBUTE = re.compile(r"""([^\s/>=][^\s/>=]*+)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s>]*+)))?+""")
_COMMENT_END = re.compile(r"--!?>")
_HIDING = re.compile(r"display\s*+:\s*+none", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:https?|mailto|tel):|[^@]+@", re.IGNORECASE)

# In an attribute only a name that ends in a semicolon is an entity ("?a=1&copy=2" is not a copyright sign).
_ATTRIBUTE_ENTITY = re.compile(r"&(?:#[0-9]{1,8};?|#[xX][0-9a-fA-F]{1,8};?|[a-zA-Z][a-zA-Z0-9]{1,31};)")
# int() refuses thousands of digits, and no character has as many.
_ENDLESS_NUMBER = re.compile(r"&#[0-9]{9,};?")

# These elements are dropped with what they hold ...
_DROPPED = names("script style title iframe noembed noframes object applet audio video canvas svg math template xml")
# ... and in these, tags are mere text to a browser.
_RAW = names("script style title iframe noembed noframes")
# Only these may hide what they hold: with every name allowed, looking for their ends would take quadratic time.
_HIDEABLE = names("a b blockquote center div em font h1 h2 h3 i li ol p pre span strong table td tr ul")


def decode(text: str) -> str:
    """Text with its character references replaced."""
    if "&" not in text:
        return text
    return unescape(_ENDLESS_NUMBER.sub("\ufffd", text))


def attributes_of(raw: str) -> dict[str, str]:
    """The attributes of a tag, names in lower case, values decoded; the first of a repeated name counts."""
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(raw):
        name, double, single, bare = match.groups()
        value = double or single or bare or ""
        if "&" in value:
            value = _ATTRIBUTE_ENTITY.sub(lambda entity: unescape(entity.group()), value)
        found.setdefault(name.lower(), value)
    return found


def scan(html: str) -> Iterator[Tag | str]:
    """Tags, and pieces of decoded text. Left out are comments, declarations, and with their content: scripts,
    styles, embedded objects, Office's XML, and elements that are not displayed."""
    position, length = 0, len(html)
    ahead = _Lookahead(html)
    while position < length:
        opening = html.find("<", position)
        if opening != position:
            yield decode(html[position:] if opening < 0 else html[position:opening])
        if opening < 0:
            return
        match = _TAG.match(html, opening)
        if match is None:
            if _TAG_OPENING.match(html, opening):
                # A tag that never ends. What follows is shown as it stands: nothing is lost, and nothing is
                # searched to the end a second time.
                yield decode(html[opening:])
                return
            end = ahead.end_of_markup(opening)
            if end is None:
                yield "<"
            position = end or opening + 1
            continue
        position = match.end()
        slash, name, raw = match.groups()
        if _ADDRESS.match(name):
            # An address in angle brackets that a careless program did not escape.
            yield match.group()
            continue
        name = name.lower()
        if not slash and (name in _DROPPED or (raw and name in _HIDEABLE and _hides(raw))):
            end = ahead.end_of_element(name, position)
            position = end or position
            if end or name in _DROPPED:
                continue
        yield Tag(name, bool(slash), raw)


def _hides(raw: str) -> bool:
    return _HIDING.search(raw) is not None and _HIDING.search(attributes_of(raw).get("style", "")) is not None


class _Lookahead:
    """Searches one document and remembers what it does not hold, so that each failure costs one pass only."""

    def __init__(self, html: str) -> None:
        self._html = html
        self._absent: set[str] = set()

    def end_of_markup(self, position: int) -> int | None:
        """Where the comment or declaration that opens here ends; None if it is neither or never ends."""
        html = self._html
        if html.startswith(("<!-->", "<!--->"), position):
            return html.index(">", position) + 1
        if html.startswith("<!--", position):
            match = None if "-->" in self._absent else _COMMENT_END.search(html, position + 4)
            if match is None:
                self._absent.add("-->")
                return None
            return match.end()
        if html.startswith(("<!", "<?", "</"), position) and ">" not in self._absent:
            end = html.find(">", position)
            if end >= 0:
                return end + 1
            self._absent.add(">")
        return None

    def end_of_element(self, name: str, position: int) -> int | None:
        """Where the element that was just opened ends, counting the elements of its name in it."""
        if name in self._absent:
            return None
        depth = 1
        for match in _tags_named(name).finditer(self._html, position):
            if match.group(1):
                depth -= 1
            elif name not in _RAW:
                depth += 1
            if depth == 0:
                end = self._html.find(">", match.end())
                return end + 1 if end >= 0 else len(self._html)
        self._absent.add(name)
        return None


@cache
def _tags_named(name: str) -> re.Pattern[str]:
    return re.compile(rf"<(/?){name}(?=[\s/>])", re.IGNORECASE)
