"""What a moderator's answer asks for: the words under which decisions are made by mail. Pure.

The first own word decides. In doubt nothing is asked for: then nothing changes, and the moderator is told the words.
"""

import enum
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from mailgateway.phrases import REPLY_ABOVE
from mailgateway.restricting_words import Length, read_length

# Stands above our own words in each mail that is answered with a decision; what follows it is ours in every program.
ANSWER_LINE = "-- Write your reply above this line --"


class Act(enum.StrEnum):
    """What can be asked for in an answer to the mail about a held post, in the order in which it is done."""

    REJECT = "reject"
    RETURN = "return"
    EDIT = "edit"
    MOVE = "move"
    APPROVE_ALL = "approve all"
    APPROVE = "approve"
    TRUST = "trust"
    DISTRUST = "distrust"
    MUTE = "mute"
    BAN = "ban"
    LOCK_THREAD = "lock thread"
    UNLOCK_THREAD = "unlock thread"
    HOLD_THREAD = "hold thread"
    RELEASE_THREAD = "release thread"
    SLOW_THREAD = "slow thread"
    HOLD_GROUP = "hold group"
    RELEASE_GROUP = "release group"
    CLAIM = "claim"
    QUEUE = "queue"
    NOTICES = "notices"


@dataclass(frozen=True)
class Asked:
    """`words` are the reason, the new text or the choice that come with an act. No acts: it was not understood.

    `lengths` say how long a mute, a ban or a brake on a thread lasts; `place` is where a post is moved to.
    """

    acts: tuple[Act, ...]
    words: str = ""
    minutes: int | None = None
    lengths: Mapping[Act, Length] = field(default_factory=dict)
    place: str = ""


_THREAD = r"\s+(?:this\s+|the\s+)?(?:thread|topic)\b"
_MEMBER = r"(?:\s+(?:this\s+|the\s+)?(?:author|member|sender)\b)?"
_MOVE = r"move\s+(?:(?:it|this|(?:this\s+|the\s+)?post)\s+)?to\s+(?P<place>[a-z0-9][a-z0-9-]{0,45})(?:@[\w.-]+)?"
_GROUP = r"\s+(?:this\s+|the\s+)?(?:group|list)\b"
# Only where nothing else stands in the clause: "approve, all good" approves one.
_ALL = (
    r"approve\s+all(?:\s+(?:posts?|waiting))?(?:\s+(?:by|from|of)\s+(?:this|the)\s+(?:author|member|sender))?"
    r"(?=\s*(?:[.,;!&\n]|and\b|$))"
)
_CLAUSES: Sequence[tuple[Act, re.Pattern[str]]] = tuple(
    (act, re.compile(pattern, re.IGNORECASE))
    for act, pattern in (
        (Act.APPROVE_ALL, _ALL),
        (Act.APPROVE, r"(?:approve|yes)\b(?!-\w)"),
        (Act.REJECT, r"reject\b"),
        (Act.RETURN, r"return\b"),
        # With the new text below it or behind a colon: "edit the last line, please" asks for something else.
        (Act.EDIT, r"edit\b[ \t*_.]*(?=:|\n|$)"),
        # With nothing but a reason behind it: "move to the advocacy room" names no group.
        (Act.MOVE, rf"{_MOVE}(?=[ \t*_.!]*(?::|\n|$))"),
        (Act.TRUST, r"trust\b(?!\s+(?:me|in|that|your?)\b)"),
        (Act.DISTRUST, r"(?:distrust|untrust)\b"),
        (Act.MUTE, rf"mute\b{_MEMBER}"),
        (Act.BAN, rf"ban\b{_MEMBER}"),
        (Act.LOCK_THREAD, rf"lock{_THREAD}"),
        (Act.UNLOCK_THREAD, rf"unlock{_THREAD}"),
        (Act.HOLD_THREAD, rf"hold{_THREAD}"),
        (Act.RELEASE_THREAD, rf"release{_THREAD}"),
        (Act.SLOW_THREAD, rf"slow(?:\s+down)?{_THREAD}"),
        (Act.HOLD_GROUP, rf"hold{_GROUP}"),
        (Act.RELEASE_GROUP, rf"release{_GROUP}"),
        (Act.CLAIM, r"claim\b"),
        (Act.QUEUE, r"queue\b"),
        (Act.NOTICES, r"notices\b"),
    )
)
_DECIDES = frozenset({Act.APPROVE, Act.APPROVE_ALL, Act.REJECT, Act.RETURN, Act.EDIT, Act.MOVE})
_TAKES_WORDS = frozenset({Act.REJECT, Act.RETURN, Act.EDIT, Act.NOTICES})
_LASTS = frozenset({Act.MUTE, Act.BAN, Act.LOCK_THREAD, Act.HOLD_THREAD, Act.SLOW_THREAD})
# These take words only behind a colon.
_MAY_TAKE_WORDS = _LASTS | {Act.MOVE}
_COLON = re.compile(r"[ \t*_]*:")
# "reject and mute 7 days: the reason": what follows the decision is asked for as well, and no reason.
_AND = re.compile(r"[ \t]*(?:,[ \t]*(?:and\b)?|and\b|&|\+)[ \t]*", re.IGNORECASE)
_ENDS = re.compile(r"[ \t*_.!]*(?::|\n|$|and\b|[,&+])", re.IGNORECASE)
_BETWEEN = re.compile(
    r"(?:[\s*_.,;:!&+\"'“”‘’()\-]|\b(?:and|then|also|please|it|this|author|member|them)\b)*", re.IGNORECASE
)
_MINUTES = re.compile(r"\s*(?:to|by|every|:)?\s*(\d{1,5})\s*(minutes?|mins?|m|hours?|hrs?|h|days?|d)?\b", re.IGNORECASE)
_PUNCTUATION = re.compile(r"[\s*_.,;:!\-–—\"'“”‘’(]+")
_QUOTED = re.compile(r"[ \t\xa0]{0,3}>")


def own_words(text: str) -> str:
    """The moderator's words alone: without quoted lines before them, and without what stands under our own line."""
    lines: list[str] = []
    for line in text.split("\n"):
        if REPLY_ABOVE.fullmatch(line.strip().lstrip("> ")):
            break
        lines.append(line)
    while lines and (not lines[0].strip() or _QUOTED.match(lines[0])):
        del lines[0]
    return "\n".join(lines).strip()


def read_answer(text: str) -> Asked:
    """What an answer asks for, of the words that `own_words` has left. Nothing approves."""
    if not text:
        return Asked((Act.APPROVE,))
    acts: list[Act] = []
    lengths: dict[Act, Length] = {}
    minutes: int | None = None
    place = ""
    cut = _PUNCTUATION.match(text)
    position = cut.end() if cut else 0
    while (found := _clause(text, position)) is not None:
        act, match = found
        if act in _DECIDES and not _DECIDES.isdisjoint(acts):
            break  # The first word has decided; what comes now is only said.
        position = match.end()
        acts.append(act)
        if act is Act.MOVE:
            place = match["place"].lower()
        if act is Act.SLOW_THREAD and (count := _MINUTES.match(text, position)):
            minutes, position = _in_minutes(count), count.end()
        if act in _LASTS:
            length, position = read_length(text, position, after_for=act is Act.SLOW_THREAD)
            if length is not None:
                lengths[act] = length
        if act in _TAKES_WORDS:
            also = _restriction_after(text, position) if act in (Act.REJECT, Act.RETURN) else None
            if also is None:
                break
            position = also
        elif act in _MAY_TAKE_WORDS and _COLON.match(text, position):
            break
        else:
            position = _skip(text, position)
    return Asked(tuple(sorted(set(acts), key=list(Act).index)), _words(acts, text[position:]), minutes, lengths, place)


def _words(acts: Sequence[Act], rest: str) -> str:
    """What is said with the acts: all that follows, for those that take it, or what follows a colon."""
    if not acts or (_TAKES_WORDS.isdisjoint(acts) and not _COLON.match(rest)):
        return ""
    # Of a new text only the line that held the word goes; a reason begins at its first letter.
    if acts[-1] is Act.EDIT:
        return re.sub(r"\A[ \t*_.:]*\n?", "", rest).strip()
    cut = _PUNCTUATION.match(rest)
    return rest[cut.end() if cut else 0 :].strip()


def _restriction_after(text: str, position: int) -> int | None:
    """Where a mute, a ban or a brake begins that is asked for together with a decision; None for a reason."""
    joined = _AND.match(text, position)
    found = _clause(text, joined.end()) if joined is not None else None
    if joined is None or found is None or found[0] not in _LASTS:
        return None
    after = found[1].end()
    if found[0] is Act.SLOW_THREAD and (count := _MINUTES.match(text, after)):
        after = count.end()
    _length, after = read_length(text, after, after_for=found[0] is Act.SLOW_THREAD)
    return joined.end() if _ENDS.match(text, after) else None


def _skip(text: str, position: int) -> int:
    between = _BETWEEN.match(text, position)
    return between.end() if between is not None else position


def _clause(text: str, position: int) -> tuple[Act, re.Match[str]] | None:
    for act, pattern in _CLAUSES:
        found = pattern.match(text, position)
        if found is not None:
            return act, found
    return None


def _in_minutes(count: re.Match[str]) -> int:
    number, unit = int(count[1]), (count[2] or "m")[0].lower()
    return number * {"m": 1, "h": 60, "d": 24 * 60}[unit]


class Letter(enum.StrEnum):
    """A decision in an answer to a summary, as one letter behind a number."""

    APPROVE = "a"
    REJECT = "r"
    BACK = "b"
    TRUST = "t"
    CLAIM = "c"


@dataclass(frozen=True)
class Choice:
    """One decision of an answer to a summary. `place` counts from 1."""

    place: int
    letter: Letter
    reason: str


_CHOICE = re.compile(
    r"(?P<all>\ball)?(?P<first>\d{1,4})?(?:\s*-\s*(?P<last>\d{1,4}))?\s*(?P<letter>[a-z]+)(?:\s*:\s*)?", re.IGNORECASE
)
_NEXT = re.compile(
    r"(?:^|[\s,;.])(?=(?:\d{1,4}(?:\s*-\s*\d{1,4})?|all\s)\s*"
    r"(?:[arbtc]|approve|yes|reject|return|back|trust|claim)(?![a-z]))",
    re.IGNORECASE,
)
_NAMES = {"approve": "a", "yes": "a", "reject": "r", "return": "b", "back": "b", "trust": "t", "claim": "c"}


def read_choices(text: str, places: int) -> tuple[Sequence[Choice], Sequence[str]]:
    """The decisions in an answer such as "1a 2r:off-topic 3-5t", and the pieces that could not be read.

    A number that the summary does not have could not be read either; `all` stands for every number. The first
    decision on a number counts.
    """
    starts = [match.end() for match in _NEXT.finditer(text)]
    pieces = [text[start:end] for start, end in pairwise([*starts, len(text)])]
    unread = [text[: starts[0]].strip()] if starts else [text.strip()]
    chosen: dict[int, Choice] = {}
    for piece in pieces:
        found = _read_piece(piece.strip(" \t\n,;"), places)
        if found is None:
            unread.append(piece.strip())
        else:
            for choice in found:
                chosen.setdefault(choice.place, choice)
    return [chosen[place] for place in sorted(chosen)], [piece for piece in unread if piece]


def _read_piece(piece: str, places: int) -> Sequence[Choice] | None:
    found = _CHOICE.match(piece.replace("all ", "all", 1) if piece.lower().startswith("all ") else piece)
    if found is None:
        return None
    letter = _NAMES.get(found["letter"].lower(), found["letter"].lower())
    if letter not in list(Letter):
        return None
    first = 1 if found["all"] else int(found["first"] or 0)
    last = places if found["all"] else int(found["last"] or first)
    if not 1 <= first <= last <= places:
        return None
    reason = " ".join(found.string[found.end() :].split())
    return [Choice(place, Letter(letter), reason) for place in range(first, last + 1)]
