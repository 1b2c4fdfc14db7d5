"""One-line text: names and subjects as people and headers need them. Pure."""

import re
import unicodedata

_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff\ud800-\udfff]+")


def one_line(text: str) -> str:
    """The text on one line: NFC, runs of space folded, without control, zero-width and direction characters."""
    return " ".join(_INVISIBLE.sub(" ", unicodedata.normalize("NFC", text)).split())
