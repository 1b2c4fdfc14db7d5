"""HTML that may be shown: bleach has the last word on every element, attribute and address.

Foreign HTML is read into well-formed tokens first (`reading`). Of these, every tag is judged and written by bleach's
filter and serializer, and everything else is escaped. So whatever the reading got wrong, nothing leaves here but
tags that bleach wrote and text. Bleach's own parse is left out: it takes twice as long as all the rest together.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from html import escape
from typing import Any, Final

from bleach import html5lib_shim
from bleach.sanitizer import BleachSanitizerFilter

from forum.text.elements import Token
from forum.text.links import LINK_REL, links_in
from forum.text.reading import read_html
from forum.text.scan import names

ALLOWED_ATTRIBUTES: Final = {
    "a": ["href", "rel"],
    "ol": ["start"],
    "td": ["colspan", "rowspan"],
    "th": ["colspan", "rowspan"],
    "*": ["dir"],
}
ALLOWED_PROTOCOLS: Final = frozenset(("http", "https", "mailto", "tel"))
ALLOWED_TAGS: Final = names(
    "a b blockquote br code dd del div dl dt em h3 h4 h5 h6 hr i ins li ol p pre s strong sub sup table td th tr u ul"
)
_HTML5LIB_KINDS: Final = {"start": "StartTag", "end": "EndTag", "void": "EmptyTag"}
# The type stubs ask for html5lib's tree walker, but tags are handed to the filter one by one.
_NO_SOURCE: Any = ()
_FILTER: Final = BleachSanitizerFilter(
    source=_NO_SOURCE,
    allowed_tags=ALLOWED_TAGS,
    attributes=ALLOWED_ATTRIBUTES,
    allowed_protocols=ALLOWED_PROTOCOLS,
    strip_disallowed_tags=True,
)
_SERIALIZER: Final[Any] = html5lib_shim.BleachHTMLSerializer(
    quote_attr_values="always",
    omit_optional_tags=False,
    escape_lt_in_attrs=True,
    resolve_entities=False,
    sanitize=False,
    alphabetical_attributes=False,
)


def html_to_safe(html: str) -> str:
    """Safe, balanced HTML of foreign HTML; bare addresses in it become links. Applying it twice changes nothing."""
    return render(_with_links(read_html(html)))


def render(tokens: Iterable[Token]) -> str:
    """Tokens as HTML: tags as far as bleach allows them, text escaped."""
    return "".join(escape(token.data, quote=False) if token.kind == "text" else _tag(token) for token in tokens)


@lru_cache(maxsize=1024)
def _tag(token: Token) -> str:
    """What bleach makes of one tag; most tags of most mails are the same few."""
    kind, name, attributes = token
    # Bleach takes what looks like a character reference for one, so that every ampersand is written as one here.
    values = {(None, attribute): value.replace("&", "&amp;") for attribute, value in attributes}
    if name == "a" and kind == "start":
        values[(None, "rel")] = LINK_REL
    allowed = _FILTER.sanitize_token({"type": _HTML5LIB_KINDS[kind], "name": name, "namespace": None, "data": values})
    html: str = _SERIALIZER.render([allowed]) if allowed else ""
    return html


def _with_links(tokens: Iterable[Token]) -> Iterator[Token]:
    """Bare URLs and mail addresses in text as links, but in links and code."""
    closed_to_links = 0
    for token in tokens:
        if token.data in ("a", "code", "pre") and token.kind != "text":
            closed_to_links += 1 if token.kind == "start" else -1
        if token.kind != "text" or closed_to_links:
            yield token
            continue
        for text, href in links_in(token.data):
            if href is None:
                yield Token("text", text)
            else:
                yield Token("start", "a", (("href", href),))
                yield Token("text", text)
                yield Token("end", "a")


# Mail clients drop style sheets, so that these few styles stand in the elements. No colour is set for text, and
# greys that are readable on white as on black, so that a client's dark mode may do as it likes.
_MAIL_STYLES: Final = {
    "blockquote": "margin:0 0 1em;padding:0 0 0 .8em;border-left:3px solid #8a938e",
    "pre": "margin:0 0 1em;padding:.6em;border:1px solid #8a938e;white-space:pre-wrap;font-family:monospace",
    "code": "font-family:monospace;font-size:.95em",
    "table": "border-collapse:collapse;margin:0 0 1em",
    "td": "border:1px solid #8a938e;padding:.3em .6em;vertical-align:top",
    "th": "border:1px solid #8a938e;padding:.3em .6em;vertical-align:top;text-align:left",
    "hr": "border:0;border-top:1px solid #8a938e",
    "h3": "margin:1.2em 0 .4em;font-size:1.2em",
    "h4": "margin:1.2em 0 .4em;font-size:1.1em",
    "h5": "margin:1.2em 0 .4em;font-size:1em",
    "h6": "margin:1.2em 0 .4em;font-size:1em;font-weight:normal;font-style:italic",
}
_STYLED = re.compile(rf"<({'|'.join(_MAIL_STYLES)})(?=[ >])")


def html_to_mail(html: str) -> str:
    """The safe HTML of this package with inline styles for the HTML part of a mail. It sanitises nothing."""
    return _STYLED.sub(lambda tag: f'{tag.group()} style="{_MAIL_STYLES[tag.group(1)]}"', html)
