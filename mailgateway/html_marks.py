"""Read in one tag of an HTML mail how its author's program marked what is in it: a quote, a signature, or the rest.

Pure, and about one tag at a time; which of the marked pieces are cut out is for `quoted_html.py` to decide.
"""

import html as entities
import re
from typing import Literal

from forum.text.scan import names
from mailgateway.phrases import LABEL, LABEL_KINDS

# A quote for sure, one that may be the author's own, what runs to the end of the mail, or a signature.
Kind = Literal["quote", "loose", "rest", "signature"]

_ATTRIBUTE = re.compile(
    r"""\b(class|id|type|name|style|title|data-signatureblock|data-signature-widget)\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)""",
    re.IGNORECASE,
)
_FOREIGN_PREFIX = re.compile(r"^(?:x_|ecx|yiv\d+|ydp[0-9a-f]*?(?=yahoo|ymail))+")
# What programs call a quote, in a class, an id or a name; then what runs to the end of the mail, and signatures.
_QUOTES = names(
    "gmail_attr yahoo_quoted zmail_extra moz-cite-prefix reply-intro quote-pre moz-email-headers-table"
    " messagereplysection sh-quoted-content replyheader isreplycontent reply139content origbody quotedreply"
    " gmail_quote_attribution history_container quote quoted-content groupwisereplyheader groupwisemessagebody"
)
# ... or by a name of their own that ends so. Gmail's own holds the author's words too, between those of others.
_QUOTE_NAME = re.compile(r"(?!gmail_)[a-z0-9_-]+[_-](?:quote|quoted|blockquote)")
_RESTS = names(
    "divrplyfwdmsg appendonsend stopspelling zwchr ms-outlook-mobile-reference-message replysplit qmbox"
    " mail-editor-reference-message-container olk_src_body_section outlookmessageheader ntes-mailmaster-quote"
    " orimsghtmlseperator"
)
_SIGNATURES = names("mb_sig")
_SIGNATURE_NAME = re.compile(r"[a-z0-9_-]*signature[a-z0-9_-]*")
# Gmail's "indent more" is a blockquote too, but no quote of anybody.
_INDENT = re.compile(r"margin[^;]*:\s*0(?:px)?\s+0(?:px)?\s+0(?:px)?\s+40px", re.IGNORECASE)
SPACE = re.compile(
    "(?:&nbsp;|&#160;|&#xa0;|&zwnj;|&#8203;|&#65279;|[\\s\xa0\u200b-\u200d\ufeff\u2060\xad])+", re.IGNORECASE
)


def crude_text(fragment: str) -> str:
    """The words of a fragment without its tags, good enough to compare them with patterns."""
    return SPACE.sub(" ", entities.unescape(re.sub(r"<[^<>]*>", " ", fragment))).strip()


def read_kind(name: str, attributes: str, source: str, end: int) -> Kind | None:
    """What the tag that ends at an offset of the source marks, if anything."""
    if not attributes and name not in ("blockquote", "hr"):
        return None
    found = {match[1].lower(): match[2].strip("\"'") for match in _ATTRIBUTE.finditer(attributes)}
    style = found.get("style", "")
    labels = {
        _FOREIGN_PREFIX.sub("", label.lower())
        for label in [*found.get("class", "").split(), found.get("id", "").strip(), found.get("name", "").strip()]
        if label
    }
    if name == "blockquote":
        if found.get("type", "").lower() == "cite" or ("gmail_quote" in labels and not _INDENT.search(style)):
            return "quote"
        return None if _INDENT.search(style) else "loose"
    if labels & _RESTS or found.get("title", "").startswith("beforequote:"):
        return "rest"
    if labels & _QUOTES or any(label.startswith("yahoo_quoted") or _QUOTE_NAME.fullmatch(label) for label in labels):
        return "quote"
    has_mark = "data-signatureblock" in found or "data-signature-widget" in found
    if has_mark or labels & _SIGNATURES or any(map(_SIGNATURE_NAME.fullmatch, labels)):
        return "signature"
    if name in ("hr", "div", "p", "td") and (name == "hr" or "border-top" in style) and _begins_headers(source, end):
        return "rest"
    return None


def _begins_headers(source: str, position: int) -> bool:
    """Whether the next words are "From: ..." or "Date: ..." and another label or an address follows soon."""
    words = crude_text(source[position : position + 3_000])[:400]
    match = LABEL.match(words)
    kind = LABEL_KINDS.get(match[1].strip().lower()) if match else None
    if match is None or kind not in ("from", "date"):
        return False
    labels = re.findall(r"([^\W\d_][\w ]{0,20}?)\s?[:：]", words)
    kinds = {LABEL_KINDS.get(part.lower()) for label in labels for part in (label, label.split()[-1])}
    return len(kinds - {None}) >= 2 or (kind == "from" and "@" in words[:80])
