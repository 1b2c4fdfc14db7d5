"""Recognise what people put under their words: the greeting with the name, and the business card below it.

Pure: a run of lines in, places out.
"""

import re
from collections.abc import Sequence

from mailgateway.footer_words import CONTACT, SIGN_OFF
from mailgateway.runs import Run

_MAX_CONTACT_LINES = 14
_NAME = re.compile(r"(?:[^\W\d_][\w.'’-]*(?:,? [^\W\d_][\w.'’-]*){0,4},?)?")
# What an author adds below the name.
_POSTSCRIPT = re.compile(r"(?:p\.? ?s|p\.? ?d|n\.? ?b)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{2,}")


def is_closing(lines: Sequence[str]) -> bool:
    """Whether lines say no more than "Kind regards" and a name."""
    if not 1 <= len(lines) <= 3 or sum(map(len, lines)) > 80:
        return False
    greeting, _, rest = " ".join(line.strip() for line in lines).partition(",")
    if len(lines) > 1 and SIGN_OFF.fullmatch(lines[0]):
        rest = " ".join(lines[1:])
    elif not SIGN_OFF.fullmatch(greeting):
        return False
    return bool(_NAME.fullmatch(rest.strip()))


def find_contact_block(run: Run, last: int) -> int | None:
    """Where the lines of a business card begin, under "Kind regards, Ann Lee" or under the sender's whole name.

    The greeting and the name stay, since people end their words so. Without either nothing is a card: a number or an
    address may be what the mail is about.
    """
    # Programs that make paragraphs of the lines put blank ones between them.
    near = _filled(run, max(run.start, last - 3 * _MAX_CONTACT_LINES), last)[-_MAX_CONTACT_LINES:]
    floor = near[0] if near else last
    greeting = next((at for at in range(last - 1, floor - 1, -1) if SIGN_OFF.fullmatch(run.lines[at][:80])), None)
    name = _find_name(run, floor, last)
    if greeting is not None:
        # The first line after the greeting is the name.
        card = _filled(run, greeting + 1, last)[1:]
        fewest, least_marks = (2, 1) if name in card else (3, 2)
    elif name is not None:
        card, fewest, least_marks = _filled(run, name + 1, last), 2, 2
        has_gaps = card and any(not line for line in run.lines[card[0] : last])
        if has_gaps and any(run.lines[at - 1] for at in card[1:]):
            # Several paragraphs are a list of people.
            return None
    else:
        return None
    lines = [run.lines[index] for index in card]
    marks = sum(bool(CONTACT.search(line)) for line in lines)
    if (
        len(card) < fewest
        or marks < least_marks
        or any(len(line) > 90 or line[-1] in "?!" or _POSTSCRIPT.match(line) for line in lines)
    ):
        return None
    sentences = sum(line.endswith(".") and len(line.split()) > 6 for line in lines)
    return card[0] if not sentences else None


def _filled(run: Run, start: int, end: int) -> list[int]:
    return [index for index in range(start, end) if run.lines[index]]


def names_author(run: Run, line: str) -> bool:
    names = set(_WORD.findall(run.author.casefold()))
    return len(names) >= 2 and names <= set(_WORD.findall(line[:90].casefold()))


def _find_name(run: Run, floor: int, last: int) -> int | None:
    """The line of the sender's whole name that begins a paragraph of its own, below words of the mail."""
    for at in range(last - 1, floor, -1):
        if not run.lines[at - 1] and names_author(run, run.lines[at]):
            above = run.lines[run.last_filled(at) - 1]
            # "For the tickets ask:" makes the card what the mail is about.
            return at if run.last_filled(at) > run.start and above[-1:] != ":" else None
    return None
