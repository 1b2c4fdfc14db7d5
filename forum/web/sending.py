"""What the button under some words leads to: another look at them, the gate, or a moderator. It reads no form.

Nothing goes to the gate before its author has seen what the rules of the group find in exactly these words.
"""

import enum
from collections.abc import Callable
from dataclasses import dataclass, replace

from forum.clock import now
from forum.rules.findings import Severity
from forum.web.confirmations import passages_named, written_instead
from forum.web.drafts import Draft
from forum.web.look import Look

NOTHING_MARKED = "Nothing is marked in these words now. Whether they still tell too much, only you can judge."
AS_BEFORE = "The words are as they were. Change the marked ones first."
NOT_FOUND = "These words are not there any more. This is what is marked now."


class Next(enum.Enum):
    SHOW = "show the form again, with what was found"
    SEND = "hand it in"
    ASK = "have a moderator look at what a rule sends back"


@dataclass(frozen=True)
class Turn:
    """What comes next, with the draft as the button has left it; `hint` is a sentence to show with it."""

    next: Next
    draft: Draft
    look: Look
    hint: str = ""


def turn_of(draft: Draft, act: str, look_at: Callable[[Draft], Look]) -> Turn:
    """What a button does: `act` is a word, for the buttons beside a passage with its name behind it."""
    word, _, name = act.partition(" ")
    if word == "confirm":
        draft = replace(draft, confirmed=tuple(dict.fromkeys((*draft.confirmed, name))))
        return _shown(draft, look_at(draft))
    look = look_at(draft)
    if word == "instead":
        return _with_other_words(draft, look, name, look_at)
    if word == "preview":
        return Turn(Next.SHOW, draft.seen_as(look.note, look.names), look)
    if not look.findings:
        # Who asked for a moderator has seen other words, and may want to send these at once.
        is_sent = word not in ("hold", "ask") or look.gate_speaks
        return Turn(Next.SEND, draft, look) if is_sent else _shown(draft, look)
    if draft.seen != look.note:
        return _shown(draft, look)
    match look.severity:
        case Severity.ADVISE:
            return Turn(Next.SEND, draft, look)
        case Severity.HOLD if word == "hold":
            return Turn(Next.SEND, draft, look)
        case Severity.RETURN if word == "ask" and look.may_ask:
            return Turn(Next.ASK, draft, look)
        case _:
            return _shown(draft, look, AS_BEFORE)


def _with_other_words(draft: Draft, look: Look, name: str, look_at: Callable[[Draft], Look]) -> Turn:
    """The offer that the button made stands for the words as they are in the form now, and only if they are there."""
    meant = passages_named([name], look.passages, draft.words)
    field = written_instead(meant[0], draft.words, now().date()) if meant else None
    if field is None:
        return _shown(draft, look, NOT_FOUND)
    draft = replace(draft, subject=field[:500]) if meant[0].field == "subject" else replace(draft, text=field)
    return _shown(draft, look_at(draft))


def _shown(draft: Draft, look: Look, hint: str = "") -> Turn:
    """The form again, which knows what its author has seen now."""
    draft = draft.seen_as(look.note, look.names)
    return Turn(Next.SHOW, draft, look, hint if look.findings else NOTHING_MARKED)
