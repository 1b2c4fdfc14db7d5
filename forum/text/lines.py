"""One-line text: names and subjects as people and headers need them. Pure."""

import re
import unicodedata

_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff\ud800-\udfff]+")


# Normalising is quadratic in runs of combining marks, and no name or subject is longer.
_LONGEST = 2_000


def one_line(text: str) -> str:
    """The text on one line: NFC, runs of space folded, without control, zero-width and direction characters.

    At most 2,000 characters.
    """
    return " ".join(_INVISIBLE.sub(" ", unicodedata.normalize("NFC", text[:_LONGEST])).split())
