"""What somebody looks for, read from the words that were typed. Pure; whatever was typed means something or nothing.

All words must be there. "Several words" in quotation marks stand side by side, -word must not be there, and
beginn* stands for every word that begins so. tag:name asks for a tag of the thread. Anything else is plain words.
"""

import re
from dataclasses import dataclass

from forum.search.words import stem, words_in

_MOST_CHARACTERS = 500
_MOST_PARTS = 32
_SHORTEST_BEGINNING = 2
_PART = re.compile(r'(?P<minus>-?)(?:"(?P<phrase>[^"]*)"|(?P<word>\S+))')
_TAG = re.compile(r'(?<!\S)(?P<minus>-?)tag:(?:"(?P<phrase>[^"]*)"|(?P<word>\S+))', re.IGNORECASE)
_QUOTATION_MARKS = str.maketrans(dict.fromkeys("“”„‟«»", '"'))
# Words that nearly every post has say nothing beside others; alone or in a phrase they are looked for.
_COMMON = """
a an and are as at be but by do for from has have i if in is it me my of on or our so that the there this to was we what
when where which who will with you your
"""
_SAYS_NOTHING = frozenset(_COMMON.split())


@dataclass(frozen=True)
class Word:
    """A word in any of its English forms."""

    stem: str


@dataclass(frozen=True)
class Phrase:
    """Words side by side, in this order."""

    stems: tuple[str, ...]


@dataclass(frozen=True)
class Beginning:
    """Any word that begins with these letters."""

    letters: str


Part = Word | Phrase | Beginning


@dataclass(frozen=True)
class Wanted:
    """The parts that must be there, those that must not, and the words of the author's name."""

    present: tuple[Part, ...]
    absent: tuple[Part, ...]
    author: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.present or self.absent or self.author)


def read_wanted(typed: str, author: str = "") -> Wanted:
    """What the words typed into the two fields ask for."""
    present: list[Part] = []
    absent: list[Part] = []
    plain: list[Part] = []
    for match in _PART.finditer(typed[:_MOST_CHARACTERS].translate(_QUOTATION_MARKS)):
        part = _part(match)
        if part is None or len(present) + len(absent) + len(plain) == _MOST_PARTS:
            continue
        if match["minus"]:
            absent.append(part)
        elif match["word"] is not None and match["word"].lower() in _SAYS_NOTHING:
            plain.append(part)
        else:
            present.append(part)
    name = tuple(folded for folded, _, _ in words_in(author[:_MOST_CHARACTERS]))[:_MOST_PARTS]
    return Wanted(tuple(dict.fromkeys(present or plain)), tuple(dict.fromkeys(absent)), name)


@dataclass(frozen=True)
class TagsWanted:
    """What `tag:name` and `-tag:name` ask of a thread, and the other words that were typed."""

    present: tuple[str, ...]
    absent: tuple[str, ...]
    words: str


def read_tags(typed: str) -> TagsWanted:
    """The tags that the words typed ask for; a name is written as people write it, with # or without."""
    typed = typed[:_MOST_CHARACTERS].translate(_QUOTATION_MARKS)
    present: list[str] = []
    absent: list[str] = []
    for match in _TAG.finditer(typed):
        named = match["phrase"] if match["phrase"] is not None else match["word"]
        (absent if match["minus"] else present).append(named)
    return TagsWanted(tuple(present[:_MOST_PARTS]), tuple(absent[:_MOST_PARTS]), _TAG.sub(" ", typed))


def _part(match: re.Match[str]) -> Part | None:
    typed = match["phrase"] if match["phrase"] is not None else match["word"]
    folded = [word for word, _, _ in words_in(typed)]
    if not folded:
        return None
    if len(folded) > 1:
        return Phrase(tuple(stem(word) for word in folded))
    if match["word"] is not None and typed.endswith("*") and len(folded[0]) >= _SHORTEST_BEGINNING:
        return Beginning(folded[0])
    return Word(stem(folded[0]))
