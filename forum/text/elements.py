"""Which elements of foreign HTML are kept, as what, where they may stand, and which attributes they keep."""

import re
from typing import Final, Literal, NamedTuple

from forum.text.links import clean_href, strip_controls
from forum.text.scan import names

Kind = Literal["start", "end", "void", "text"]


class Token(NamedTuple):
    """One step of a document; `data` is the element's name, or decoded text."""

    kind: Kind
    data: str
    attributes: tuple[tuple[str, str], ...] = ()


# What each element is written as; what is not named here is left out and what it holds stays.
INLINE: Final[dict[str, str]] = {name: name for name in names("b strong i em u s del ins sub sup code a")}
INLINE.update(strike="s", tt="code", kbd="code", samp="code", var="i", cite="i", dfn="i")
BLOCK: Final[dict[str, str]] = {
    name: name for name in names("p div blockquote pre ul ol li dl dt dd h3 h4 h5 h6 table tr td th")
}
BLOCK.update(h1="h3", h2="h3", dir="ul", menu="ul", listing="pre", xmp="pre", caption="td")
BLOCK.update(dict.fromkeys(names("address article aside center details fieldset figcaption figure footer"), "div"))
BLOCK.update(dict.fromkeys(names("form header legend main nav option section summary"), "div"))
WRITTEN_BLOCKS = frozenset(BLOCK.values())
HOLDS_ONLY_INLINE = frozenset(("p", "h3", "h4", "h5", "h6"))
CELLS = frozenset(("td", "th"))
LISTS = frozenset(("ul", "ol"))
# What a structure may hold; text that stands in it directly gets one of these around it.
STRUCTURES = {"table": "tr", "tr": "td", "ul": "li", "ol": "li", "dl": "dd"}
# Where each part may stand, and what it cannot look beyond for such a place.
PLACES: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "li": (("ul", "ol"), ("td", "th", "blockquote", "dt", "dd")),
    "dt": (("dl",), ("td", "th", "blockquote", "li")),
    "dd": (("dl",), ("td", "th", "blockquote", "li")),
    "tr": (("table",), ()),
    "td": (("tr", "table"), ()),
    "th": (("tr", "table"), ()),
}
PARTS = frozenset(PLACES)
_NUMBERED = {"td": ("colspan", "rowspan"), "th": ("colspan", "rowspan"), "ol": ("start",)}
_MAX_ALT = 200
_MAX_SYMBOL = 8

_NO_MARGIN = re.compile(r"(?:^|;)\s*margin(?:-bottom)?\s*:\s*0", re.IGNORECASE)
_TINY = re.compile(r"\s*[012](?:\.\d+)?\s*(?:px)?\s*")
_TINY_STYLE = re.compile(
    r"(?:^|;)\s*(?:(?:max-)?(?:width|height)\s*:\s*[012](?:px|;|$)|display\s*:\s*none)", re.IGNORECASE
)


def kept_attributes(name: str, raw: dict[str, str]) -> tuple[tuple[str, str], ...]:
    kept: list[tuple[str, str]] = []
    direction = raw.get("dir", "").strip().lower()
    if direction in ("ltr", "rtl", "auto"):
        kept.append(("dir", direction))
    for attribute in _NUMBERED.get(name, ()):
        value = raw.get(attribute, "").strip()
        if value.isascii() and value.isdigit() and len(value) <= 4:
            kept.append((attribute, value))
    return tuple(kept)


def is_line(attributes: dict[str, str]) -> bool:
    """Whether a paragraph has no margin, so that it is one line of several, as Outlook writes them."""
    office = attributes.get("class", "").startswith(("MsoNormal", "MsoPlainText", "MsoListParagraph"))
    return office or _NO_MARGIN.search(attributes.get("style", "")) is not None


class Image(NamedTuple):
    """What stands for an image, which is never loaded: words, and where it can be seen if that is outside the mail."""

    words: str
    source: str | None


def read_image(attributes: dict[str, str]) -> Image | None:
    """The words for an image; None for one that nobody sees (tracking pixels) or that comes as an attachment."""
    if any(_TINY.fullmatch(attributes.get(side, "")) for side in ("width", "height")):
        return None
    if _TINY_STYLE.search(attributes.get("style", "")):
        return None
    words = " ".join(strip_controls(attributes.get("alt", "")).split())[:_MAX_ALT]
    source = clean_href(attributes.get("src", ""))
    if source is not None and source.startswith("http"):
        return Image(words or "Image", source)
    # A picture within the mail is shown as an attachment, but one that stands for a character stays that.
    is_symbol = len(words) <= _MAX_SYMBOL and not any(char.isascii() for char in words)
    return Image(words, None) if words and is_symbol else None
