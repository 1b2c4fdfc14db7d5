"""What an author's answer asks for: the words under which an own post is changed or taken back by mail. Pure.

The first own line decides. In doubt nothing is asked for: then nothing changes, and the author is told the words.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Edit:
    """The text shall take the place of what was sent, and a subject of its; each may stay as it was."""

    text: str
    subject: str = ""


@dataclass(frozen=True)
class NotAPatient:
    """The marked words with these numbers identify no patient; no numbers when none were written."""

    numbers: tuple[int, ...]


@dataclass(frozen=True)
class Ask:
    """A moderator shall look at what a rule has sent back."""


@dataclass(frozen=True)
class AsMyself:
    """It shall go under the author's own name, although there are anonymous posts of the author in the thread."""


@dataclass(frozen=True)
class Withdraw:
    """It shall not be posted, and be forgotten here."""


@dataclass(frozen=True)
class Unclear:
    """Something else, such as a new text without a word before it."""


AuthorAnswer = Edit | NotAPatient | Ask | AsMyself | Withdraw | Unclear

# With the new text below it or behind a colon: "edit the last line, please" asks for something else.
_EDIT = re.compile(r"[\W_]*edit\b[ \t*_.\"'“”’]*(?::|\n|$)[*_]*", re.IGNORECASE)
_SUBJECT = re.compile(r"[\s*_]*subject[*_]*\s*:[ \t*_]*([^\n]*[^\s*_])[*_ \t]*(?:\n|$)", re.IGNORECASE)
# What erases for good stands alone on its line: "Withdraw the drug slowly" is a text that lacks its word.
_COURTESY = r"(?:[\W_]+(?:it|this|that|my|the|post|mail|message|please|thanks?|thank\s+you|now))*[\W_]*"
_WITHDRAW = re.compile(rf"[\W_]*withdraw{_COURTESY}", re.IGNORECASE)
# "Ask your patients about it" is such a text too.
_ASK = re.compile(
    r"[\W_]*ask(?:\s+(?:a|the|my|your|our)?\s*moderators?\b.*|\s+please\b.*|[^\w\s].*|[\W_]+)?", re.IGNORECASE
)
_AS_MYSELF = re.compile(r"[\W_]*as\s+myself[\W_]*", re.IGNORECASE)
_NUMBERS = r"\d{1,4}(?:(?:[\s,;&.#]|\band\b|\bor\b)+\d{1,4})*"
_NOT = r"not\s+(?:a\s+|the\s+|my\s+)?patients?(?:['’]s|['’])?"
_NOT_A_PATIENT = re.compile(
    rf"[\W_]*(?:(?:no\.?|nos\.?|numbers?)?\s*(?P<before>{_NUMBERS})\s*:?\s*(?:is|are)?\s*{_NOT}"
    rf"|{_NOT}\s*[:.,#–—-]*\s*(?P<after>{_NUMBERS})?)[\s.,!*_\"'“”’]*",
    re.IGNORECASE,
)
# What lets out a post in one's name. Whoever answers "that was not me", or is away, must not publish a forgery.
_YES = re.compile(
    r"[\W_]*(?:yes|yep|ok|okay|confirm|confirmed|i wrote (?:this|it)|(?:it|this) (?:was|is) (?:me|mine)|ja|jawohl|oui"
    r"|s[ií]|sim|da|tak|ano|áno|igen|evet|jo|joo|kyllä|já|jah|jā|taip|да|так|ναι|כן|نعم|はい|是|是的|네|예)\b"
    r"(?!\s+(?:not?|nicht|pas)\b)",
    re.IGNORECASE,
)


def read_author_answer(words: str) -> AuthorAnswer:
    """What an author asks for, of the words that `own_words` has left of an answer."""
    edit = _EDIT.match(words)
    if edit is not None:
        words = words[edit.end() :].strip("\n")
        subject = _SUBJECT.match(words)
        return Edit(words) if subject is None else Edit(words[subject.end() :].strip("\n"), subject[1].strip())
    first = words.partition("\n")[0].strip()
    if _WITHDRAW.fullmatch(first):
        return Withdraw()
    if _AS_MYSELF.fullmatch(first):
        return AsMyself()
    if _ASK.fullmatch(first):
        return Ask()
    not_one = _NOT_A_PATIENT.fullmatch(first)
    if not_one is not None:
        written = re.findall(r"\d+", not_one["before"] or not_one["after"] or "")
        return NotAPatient(tuple(dict.fromkeys(map(int, written))))
    return Unclear()


def says_yes(words: str) -> bool:
    """Whether an answer to "did you write this?" says so."""
    return _YES.match(words) is not None
