"""Text into the forms under which words are found: accents folded, apostrophes dropped, English endings taken off.

Both engines index and ask with these forms, so that they find the same posts. Pure; knows no engine.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

from whoosh.lang.porter2 import stem as english_stem

# A word is a run of letters and digits, with marks and apostrophes inside it. Chinese and Japanese put no space
# between words, so each of their characters is one, and several side by side are a phrase.
_HAN_KANA = "\\u3040-\\u30ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff"
_LETTER = rf"[^\W_{_HAN_KANA}]"
_WORD = re.compile(rf"[{_HAN_KANA}]|{_LETTER}(?:{_LETTER}|[\u0300-\u036f\u00ad]|['’ʼ](?={_LETTER}))*")
_ASCII = re.compile(r"[a-z]+")
_POSSESSIVE = re.compile(r"['’ʼ]s$", re.IGNORECASE)
# Letters that Unicode does not take apart into a base letter and a mark.
_UNDECOMPOSED = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
_LONGEST_WORD = 64
# PostgreSQL keeps at most 1 MB a document; what stands further down in a post of that length is not found.
MOST_CHARACTERS = 100_000


@lru_cache(maxsize=50_000)
def fold(word: str) -> str:
    """The word as typed without accents and capitals: José and jose are one. Empty when nothing is left."""
    word = _POSSESSIVE.sub("", word)
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", word).casefold()).translate(_UNDECOMPOSED)
    return "".join(character for character in plain if character.isalnum())[:_LONGEST_WORD]


@lru_cache(maxsize=50_000)
def stem(folded: str) -> str:
    """The folded word without its English ending (Porter 2): protocols and protocol are one."""
    return str(english_stem(folded)) if _ASCII.fullmatch(folded) else folded


def words_in(text: str) -> Iterator[tuple[str, int, int]]:
    """The folded words of a text in their order, each with where it starts and ends in the text."""
    for match in _WORD.finditer(text):
        folded = fold(match.group())
        if folded:
            yield folded, match.start(), match.end()


def forms_of(folded: str) -> tuple[str, ...]:
    """What a word is indexed as: as it is, for beginnings of words (`vaccinat*`), and as its stem."""
    stemmed = stem(folded)
    return (folded,) if stemmed == folded else (folded, stemmed)


def placed_forms(parts: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    """Every form in these parts of a post: form, position (from 1 on), number of its part.

    A position stays free between two parts, so that no phrase reaches from one into the next.
    """
    position = 0
    for number, part in enumerate(parts):
        for folded, _, _ in words_in(part[:MOST_CHARACTERS]):
            position += 1
            for form in forms_of(folded):
                yield form, position, number
        position += 1
