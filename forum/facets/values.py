"""What a facet is before it is a row: its dimension, code and name, and the value above it. Pure.

Codes are what is compared: two people who write "Rock climbing" and "rock-climbing" mean the same.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from forum.facets.models import Dimension
from forum.text.lines import one_line

LONGEST_CODE = 120
# Of Latin, Greek and Cyrillic letters alone: elsewhere a mark changes the letter.
_ACCENTS = re.compile("[\u0300-\u036f]+")
_APOSTROPHES = re.compile("['’‘`´]")
_BETWEEN_WORDS = re.compile(r"(?:[^\w+]|_)+")


@dataclass(frozen=True, slots=True)
class Value:
    """One thing that a text says. `parent` is the country of a region, the specialty of a subspecialty."""

    dimension: Dimension
    code: str
    name: str
    parent: "Value | None" = None


@lru_cache(maxsize=20_000)
def fold(text: str) -> str:
    """The text as it is compared: small letters without accents, words with one space between them.

    Empty where nothing but signs was written; at most 120 characters.
    """
    letters = unicodedata.normalize("NFKD", one_line(text).casefold())
    plain = unicodedata.normalize("NFC", _ACCENTS.sub("", letters))
    words = _BETWEEN_WORDS.sub(" ", _APOSTROPHES.sub("", plain).replace("&", " and "))
    return words.strip()[:LONGEST_CODE].strip()


def own_value(dimension: Dimension, text: str) -> Value | None:
    """A value that no list knows, as somebody wrote it; None where no word is left."""
    code = fold(text)
    return Value(dimension, code, one_line(text).strip(" .,;#-")[:200] or code) if code else None
