"""Names where the words around them speak of a patient; pure.

A name on its own is nobody's in particular, and colleagues, authors of papers and eponyms are no patients. So each way
to find one begins with a cue: a title, "named", a patient word, a kinship, an age or an illness beside the name.
"""

import re
from collections.abc import Iterator

from forum.rules.identifiers.context import sentence_after, sentence_before
from forum.rules.identifiers.found import Found
from forum.rules.identifiers.lists import NO_NAMES, eponyms, first_names, names_and_words, surnames
from forum.rules.identifiers.name_cues import (
    ABOUT_PATIENT,
    COLLEAGUE,
    DEGREE,
    DOCTORS,
    ILL,
    ILLNESS,
    KIN,
    MANAGER_BEFORE,
    NAME_LABEL,
    NAMING,
    NO_PERSON_AFTER,
    PARTICLES,
    PATIENTS,
    PERSON_BEFORE,
    PERSON_NAMED,
    TITLES,
    VERB_BEFORE,
)
from forum.rules.identifiers.plain import Plain

_TOKEN = re.compile(r"[^\W\d_]+(?:['\-][^\W\d_]+)*")
_MANY = 5


class _Reader:
    """The words of one text and the names they make."""

    def __init__(self, words: Plain) -> None:
        self.text, self.lower = words.text, words.lower
        self.spans = [token.span() for token in _TOKEN.finditer(words.text)]
        self.words = [words.lower[start:end] for start, end in self.spans]
        # RAF1 and JAMA are nobody, unless all is written in capitals.
        self._abbreviations = frozenset(
            index
            for index, (start, end) in enumerate(self.spans)
            if end - start < 5 and words.text[start:end].isupper()
        )
        if 2 * len(self._abbreviations) > len(self.spans):
            self._abbreviations = frozenset()

    def is_capital(self, index: int) -> bool:
        return self.text[self.spans[index][0]].isupper()

    def is_listed(self, index: int) -> bool:
        """Whether a list has the word, or each of the words that hyphens join."""
        if index in self._abbreviations:
            return False
        word = self.words[index].removesuffix("'s")
        return _in_lists(word, self.is_capital(index)) or (
            "-" in word and all(_in_lists(part, self.is_capital(index)) for part in word.split("-") if len(part) > 2)
        )

    def between(self, index: int) -> str:
        """What stands between a word and the one before it."""
        return self.text[self.spans[index - 1][1] : self.spans[index][0]] if index else ""

    def after(self, last: int) -> str:
        return self.lower[self.spans[last][1] : self.spans[last][1] + 60].replace("\n", " ")

    def before(self, index: int) -> str:
        start = self.spans[index][0]
        return self.lower[max(0, start - 40) : start].replace("\n", " ")

    def last_of_name(self, index: int, *, listed: bool, comma: bool) -> int:
        """The index of the last word of the name that begins here, or -1: four words at most, particles among them.

        `listed` asks that the first word is on a list; `comma` takes "Alvarez, Maria" for one name.
        """
        if index >= len(self.words):
            return -1
        # "A. Rahman" begins with what could be an article.
        initial_first = len(self.words[index]) == 1 and self.is_capital(index) and self.after(index).startswith(".")
        if self.words[index] in NO_NAMES and not initial_first:
            return -1
        particle = initial_first or self.words[index] in PARTICLES
        # "van der Berg" begins small and is a name with capital letters.
        capital = any(
            self.is_capital(place) for place in range(index, min(index + 3, len(self.words)) if particle else index + 1)
        )
        if not (particle or self.is_listed(index) or (capital and not listed)):
            return -1
        last = -1 if particle else index
        for place in range(index + 1, min(index + _MANY, len(self.words))):
            gap = self.between(place).strip()
            word = self.words[place]
            joined = (
                gap == ""
                or (gap == "." and len(self.words[place - 1]) == 1)
                or (gap == "," and comma and place == index + 1)
            )
            if not joined or "\n\n" in self.between(place):
                break
            if word in PARTICLES:
                continue
            initial = len(word) == 1 and self.is_capital(place)
            named = self.is_capital(place) == capital and (self.is_listed(place) or (capital and word not in NO_NAMES))
            if not (initial or named) or word in NO_NAMES:
                break
            if not initial:
                last = place
        return last

    def is_of_one_patient(self, first: int, last: int) -> bool:
        """Whether the sentence speaks of an illness and of no colleague, paper or talk."""
        start, end = self.spans[first][0], self.spans[last][1]
        around = sentence_before(self.lower, start) + " | " + sentence_after(self.lower, end)
        return bool(ILLNESS.search(around)) and not COLLEAGUE.search(around)

    def found(self, first: int, last: int, *, hard: bool) -> Found | None:
        """The name, unless it is a colleague's or part of the name of a thing."""
        after = self.after(last)
        if DEGREE.match(after) or NO_PERSON_AFTER.match(after):
            return None
        if first and self.words[first - 1] in DOCTORS and len(self.between(first)) < 3:
            return None
        end = self.spans[last][1] - (2 if self.words[last].endswith("'s") else 0)
        return Found(self.spans[first][0], end, "name", hard)


def find_names(words: Plain, country: str) -> Iterator[Found]:
    reader = _Reader(words)
    firsts, lasts = first_names(), surnames()
    done = -1
    for index, word in enumerate(reader.words):
        if index <= done:
            continue
        if word in TITLES:
            found, last = _titled(reader, index)
        elif word in NAMING:
            found, last = _after_naming_word(reader, index)
        elif word in PATIENTS:
            found, last = _after_patient_word(reader, index)
        elif word in KIN:
            found, last = _after_kin(reader, index)
        elif (
            word in firsts
            or word in lasts
            or "-" in word
            or (reader.is_capital(index) and word in names_and_words())
            or (word in PARTICLES and reader.is_capital(index))
        ):
            found, last = _beside_patient_words(reader, index)
        else:
            continue
        if found is not None:
            done = last
            yield found


_Answer = tuple[Found | None, int]
_NONE: _Answer = (None, -1)


def _in_lists(word: str, capital: bool) -> bool:
    # The census leaves out apostrophes.
    word = word.replace("'", "")
    return word in first_names() or word in surnames() or (capital and word in names_and_words())


def _titled(reader: _Reader, index: int) -> _Answer:
    """Mrs. Alvarez; "ms" and "MR" are other things too, so that beside them only a known name counts."""
    first = index + 1
    gap = reader.between(first) if first < len(reader.words) else ""
    if not gap or gap.strip() not in ("", ".") or "\n\n" in gap or (gap[0] == "." and reader.words[index] == "miss"):
        return _NONE
    if reader.words[index] == "miss" and VERB_BEFORE.search(reader.before(index)):
        return _NONE
    title = reader.text[slice(*reader.spans[index])]
    sure = title[0].isupper() and not title.isupper()
    last = reader.last_of_name(first, listed=not sure, comma=False)
    if last < 0 or (not sure and reader.words[index] == "ms" and reader.is_capital(first) and title.isupper()):
        return _NONE
    if not reader.is_capital(first) and reader.words[first] in eponyms() and not sure:
        return _NONE
    if MANAGER_BEFORE.search(reader.before(index)):
        return _NONE
    found = reader.found(first, last, hard=True)
    return (found and Found(reader.spans[index][0], found.end, "name", True), last)


def _after_naming_word(reader: _Reader, index: int) -> _Answer:
    """Name: Maria Alvarez; a woman named Maria. A syndrome is named after somebody too."""
    before = reader.before(index)
    first = index + 1
    label = reader.words[index] == "name"
    if label and first < len(reader.words) and reader.words[first] in ("is", "was"):
        first += 1
    if first >= len(reader.words):
        return _NONE
    gap = reader.between(first).strip()
    if gap not in ("", ":", "-", "=", "is") or before.endswith("my "):
        return _NONE
    if label and (gap in (":", "=") or first > index + 1 or NAME_LABEL.search(before)):
        last = reader.last_of_name(first, listed=not gap and first == index + 1, comma=True)
    elif not label and PERSON_NAMED.search(before):
        last = reader.last_of_name(first, listed=False, comma=False)
        if last >= 0 and not reader.is_capital(first) and not reader.is_listed(first):
            return _NONE
    else:
        return _NONE
    if last < 0 or (not reader.is_capital(first) and not reader.is_listed(first)):
        return _NONE
    return reader.found(first, last, hard=last > first), last


def _after_patient_word(reader: _Reader, index: int) -> _Answer:
    """Patient Maria Alvarez; pt alvarez; Patient: M. Alvarez."""
    first = index + 1
    if first >= len(reader.words):
        return _NONE
    gap = reader.between(first)
    if (
        gap.strip() not in ("", ":", ",", "-", ".", "is")
        or "\n\n" in gap
        or (gap.strip() == "." and reader.words[index] != "pt")
    ):
        return _NONE
    last = reader.last_of_name(first, listed=gap.strip() != ":", comma=gap.strip() == ":")
    if last < 0 or not any(reader.is_listed(place) for place in range(first, last + 1)):
        return _NONE
    if not reader.is_capital(first) and reader.words[first] in eponyms():
        return _NONE
    if reader.words[index] in ("patients", "pts") and gap.strip() != ":":
        return _NONE
    return reader.found(first, last, hard=last > first), last


def _after_kin(reader: _Reader, index: int) -> _Answer:
    """His wife Rosa; her son is Mateo."""
    first = index + 1
    if first < len(reader.words) and reader.words[first] in ("is", "named", "called"):
        first += 1
    if first >= len(reader.words) or reader.between(first).strip() not in ("", ",", "(", ":"):
        return _NONE
    last = reader.last_of_name(first, listed=True, comma=False)
    if last < 0 or not (reader.is_capital(first) or reader.words[first] in first_names()):
        return _NONE
    if reader.is_capital(index) and reader.words[index] == "sister":
        return _NONE
    return reader.found(first, last, hard=False), last


def _beside_patient_words(reader: _Reader, first: int) -> _Answer:
    """Maria Alvarez, 54F; Ethan was admitted; a 54-year-old man, John Smith; Smith, John, DOB ..."""
    if reader.words[first].endswith("'s"):
        return _NONE
    before = reader.before(first)
    last = reader.last_of_name(first, listed=reader.words[first] not in PARTICLES, comma=True)
    if last < 0:
        return _NONE
    capital = reader.is_capital(first)
    after = reader.after(last)
    known = reader.words[first] in first_names() or reader.words[first] in names_and_words()
    if ABOUT_PATIENT.match(after) and (known or last > first):
        return reader.found(first, last, hard=last > first and capital), last
    if "," in reader.lower[reader.spans[first][0] : reader.spans[last][1]]:
        return _NONE
    if PERSON_BEFORE.search(before) and (capital or (known and last > first)):
        return reader.found(first, last, hard=last > first and capital), last
    if capital and ILL.match(after) and (known or last > first or reader.words[first] in surnames()):
        return reader.found(first, last, hard=False), last
    if not capital and known and ILL.match(after):
        return reader.found(first, last, hard=False), last
    if capital and known and last > first and reader.is_listed(last) and reader.is_of_one_patient(first, last):
        return reader.found(first, last, hard=False), last
    return _NONE
