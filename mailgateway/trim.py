"""Divide the plain text of a mail into what its author says and what is set aside.

Set aside are quotes at the end or the beginning with their attribution line, signatures and footers. Quotes that
stand between answers stay, and so does a forwarded message. No word is lost, and when in doubt it stays in the text:
trimming too much is worse than trimming too little. Pure: text in, two texts out.
"""

import re
from dataclasses import dataclass
from typing import Literal

from mailgateway.attribution import find_attributions, find_quoted, grade_attribution, part_from_words
from mailgateway.business_cards import is_closing
from mailgateway.footer_words import SENT_FROM
from mailgateway.furniture import find_banner, find_certain, find_furniture
from mailgateway.header_blocks import begins_header_block, begins_notes_block
from mailgateway.phrases import (
    FORWARD,
    FORWARD_SUBJECT,
    INLINE_HINT,
    LABEL,
    REPLY_ABOVE,
    REPLY_SUBJECT,
    SEPARATOR,
)
from mailgateway.quote_marks import is_own_greater_than, is_wrapped_quote, take_measures_for_words
from mailgateway.runs import RULE, Run, says_something

Intent = Literal["new", "reply", "forward"]
_Block = tuple[Literal["own", "quote"], int, int]

_MAX_TAIL_LINE = 20_000
# Lines that begin with a label and are looked at as the beginning of a header block.
_MAX_LABELS = 1_000
# Some phones write the headers on the line of the separator.
_SEPARATOR_AND_LABEL = re.compile(
    rf"(?:{SEPARATOR.pattern})(?<=[-_=])\s*[*_]*(?:From|Von|De|Da|Van|Från|Fra|Od|От)\s?:", re.I
)
_ARMOR = re.compile(r"-----(BEGIN|END) PGP (SIGNED MESSAGE|SIGNATURE)-----\s*")


@dataclass(frozen=True)
class Trimmed:
    """`text` is for the group, `folded` was set aside; each word of the mail is in one of them."""

    text: str
    folded: str


def read_intent(subject: str, *, answers: bool) -> Intent:
    """What the author did: `answers` says whether the mail names another as the one it replies to."""
    if FORWARD_SUBJECT.match(subject):
        return "forward"
    return "reply" if answers or REPLY_SUBJECT.match(subject) else "new"


def trim(text: str, intent: Intent, author: str = "") -> Trimmed:
    """Set aside what the author did not write for this mail; `author` is the name by which a card is known."""
    page = _Page(text, intent, author)
    page.fold_armor()
    page.fold_tail()
    page.fold_around(certain_only=False)
    if not page.has_own_words():
        page.unfold()
        page.fold_around(certain_only=True)
    return page.divided()


def has_only_furniture(text: str) -> bool:
    """Whether a run of text after a quote holds nothing but signatures and footers."""
    page = _Page("own\n\n" + text, "reply", "")
    page.fold_around(certain_only=False)
    return page.divided().text == "own"


class _Page:
    """The lines of one mail and what has become of each: own, quoted or folded."""

    def __init__(self, text: str, intent: Intent, author: str) -> None:
        self.raw = [part for line in text.split("\n") for part in part_from_words(line)]
        self.lines = [line.rstrip() for line in self.raw]
        self.intent = intent
        self.author = author
        self.folded = [False] * len(self.lines)
        self.fixed = [False] * len(self.lines)
        # From here on everything is an unmarked quote or a forward: not looked at any more.
        self.end = len(self.lines)
        self.quoted = find_quoted(self.lines)
        self.attributed = [False] * len(self.lines)
        self.labels = 0
        self.attributions = find_attributions(self.lines, self.quoted)

    def _next_filled(self, index: int) -> int:
        while index < len(self.lines) and not self.lines[index]:
            index += 1
        return index

    # -- what runs to the end of the mail --------------------------------------------------------------------

    def fold_tail(self) -> None:
        """Find where an unmarked quote or a forward begins that runs to the end."""
        for index, line in enumerate(self.lines[:_MAX_TAIL_LINE]):
            if not line or self.quoted[index]:
                continue
            tail = self._tail_at(index, line)
            if tail == "forward":
                self.end = index
                return
            if tail == "quote":
                self._fold_from(index)
                return

    def _tail_at(self, index: int, line: str) -> Literal["", "quote", "forward"]:
        short = len(line) <= 160
        if short and FORWARD.fullmatch(line):
            return "forward"
        quote: Literal["quote", "forward"] = "forward" if self.intent == "forward" else "quote"
        if (short and (SEPARATOR.fullmatch(line) or REPLY_ABOVE.fullmatch(line))) or _SEPARATOR_AND_LABEL.match(
            line[:300]
        ):
            return quote
        if index in self.attributions:
            last, grade = self.attributions[index]
            following = self._next_filled(last + 1)
            is_marked = following < len(self.lines) and self.quoted[following]
            is_certain = grade == 2 or self._is_under_device(index)
            return quote if is_certain and not is_marked else ""
        if self.labels < _MAX_LABELS and LABEL.match(line[:200]):
            self.labels += 1
            return quote if begins_header_block(self.lines, index) else ""
        return quote if short and begins_notes_block(self.lines, index) else ""

    def _is_under_device(self, index: int) -> bool:
        """Whether the last words above a line are "Sent from my phone": some phones put the quote below that."""
        above = index - 1
        while above > 0 and not self.lines[above]:
            above -= 1
        return above > 0 and bool(SENT_FROM.fullmatch(self.lines[above][:200]))

    def _fold_from(self, index: int) -> None:
        own = [line for line, quoted in zip(self.lines[:index], self.quoted, strict=False) if not quoted]
        words = "\n".join(own)
        if not any(map(says_something, own)):
            # Nothing stands above it. The answer may stand below, unmarked: nobody can tell, so all of it stays.
            return
        if len(words) <= 600 and INLINE_HINT.search(words):
            self.end = index
            return
        while index > 0 and (not self.lines[index - 1] or RULE.fullmatch(self.lines[index - 1])):
            index -= 1
        for position in range(index, len(self.lines)):
            self.folded[position] = self.fixed[position] = True
        self.end = index

    # -- folding ---------------------------------------------------------------------------------------------

    def fold_armor(self) -> None:
        """Take off the armour of an inline PGP signature; the signed words stay."""
        if not any(line.startswith("-----BEGIN PGP SIGNED") for line in self.lines):
            return
        state = "text"
        for index, line in enumerate(self.lines):
            match = _ARMOR.fullmatch(line)
            if match:
                state = {"SIGNED MESSAGE": "head", "SIGNATURE": "signature"}[match[2]]
                if match[1] == "END":
                    state = "text"
                self._fold_fixed(index)
            elif state == "head":
                self._fold_fixed(index)
                state = "head" if line else "text"
            elif state == "signature":
                self._fold_fixed(index)
            elif line.startswith("- "):
                # Dash-escaped (RFC 9580, section 7.2).
                self.raw[index] = self.raw[index][2:]
                self.lines[index] = self.lines[index][2:]

    def _fold_fixed(self, index: int) -> None:
        self.folded[index] = self.fixed[index] = True
        self.lines[index] = ""

    def unfold(self) -> None:
        """Take back what was folded by judgement, keep what was folded for sure."""
        self.folded = list(self.fixed)

    def fold_around(self, *, certain_only: bool) -> None:
        """Fold quotes and footers from the bottom up, then a single quote or a banner at the top."""
        blocks = self._blocks()
        find = find_certain if certain_only else find_furniture
        while blocks:
            kind, start, end = blocks[-1]
            if kind == "quote":
                if not self._is_foldable(start, end):
                    break
                rest = start
            else:
                rest = find(Run(self.raw, self.lines, start, end, is_first=len(blocks) == 1, author=self.author))
            self._fold(rest, end)
            if rest > start:
                blocks[-1] = (kind, start, rest)
                break
            blocks.pop()
            if kind == "quote" and blocks:
                self._fold(self._ruler_above(start), start)
        if [kind for kind, _, _ in blocks] == ["own", "quote", "own"] and self._is_between_words_and_closing(*blocks):
            self._fold(*blocks[1][1:])
        elif len(blocks) == 2 and blocks[0][0] == "quote" and self._is_foldable(*blocks[0][1:]):
            self._fold(*blocks[0][1:])
        elif blocks and blocks[0][0] == "own" and not certain_only:
            banner = find_banner(Run(self.raw, self.lines, *blocks[0][1:], is_first=True))
            if banner is not None:
                self._fold(*banner)

    def _ruler_above(self, start: int) -> int:
        """Where a ruler begins that some programs draw above a quote; one right under words is the author's."""
        first = start
        while first > 0 and (not self.lines[first - 1] or RULE.fullmatch(self.lines[first - 1])):
            first -= 1
        return first if first > 0 and not self.lines[first] else start

    def _is_between_words_and_closing(self, above: _Block, quote: _Block, below: _Block) -> bool:
        """A quote under all that the author says, with "Regards, Ann" below it."""
        closing = [line for line in self.lines[below[1] : below[2]] if line]
        return self.attributed[quote[1]] and self._is_foldable(*quote[1:]) and is_closing(closing)

    def _fold(self, start: int, end: int) -> None:
        for index in range(start, end):
            self.folded[index] = True

    def _blocks(self) -> list[_Block]:
        """Runs of own and quoted lines; an attribution belongs to its quote, blank lines to what precedes them."""
        quoted = list(self.quoted)
        for first, (last, grade) in self.attributions.items():
            following = self._next_filled(last + 1)
            if (following < self.end and self.quoted[following]) or (grade == 2 and following >= self.end):
                for index in range(first, following):
                    quoted[index] = True
                for index in range(first, last + 1):
                    self.attributed[index] = True
        for index in range(1, self.end - 1):
            if not quoted[index] and self.lines[index] and quoted[index - 1] and quoted[index + 1]:
                quoted[index] = self.quoted[index - 1] and is_wrapped_quote(self.lines[index - 1], self.lines[index])
        lines = self.lines[: self.end]
        take_measures_for_words(lines, quoted, self.attributed)
        blocks: list[_Block] = []
        for index in range(self.end):
            kind: Literal["own", "quote"] = "quote" if quoted[index] else "own"
            if blocks and (blocks[-1][0] == kind or not self.lines[index]):
                blocks[-1] = (blocks[-1][0], blocks[-1][1], index + 1)
            elif self.lines[index]:
                if kind == "quote" and is_own_greater_than(lines, quoted, index):
                    kind = "own"
                    if blocks and blocks[-1][0] == "own":
                        blocks[-1] = ("own", blocks[-1][1], index + 1)
                        continue
                blocks.append((kind, index, index + 1))
        return blocks

    def _is_foldable(self, start: int, end: int) -> bool:
        if self.intent == "forward":
            return False
        if self.intent == "reply" or any(self.attributed[start:end]):
            return True
        # A new mail may quote a book: only a quote that names whom it quotes is set aside.
        marked = [line.lstrip("> \t") for line in self.lines[start:end]]
        return any(grade_attribution(line) for line in marked[:12] if line)

    # -- result ----------------------------------------------------------------------------------------------

    def has_own_words(self) -> bool:
        kept = (line for line, folded in zip(self.lines, self.folded, strict=True) if not folded)
        return any(map(says_something, kept))

    def divided(self) -> Trimmed:
        kept: list[str] = []
        folded: list[str] = []
        previous = 0
        for index, is_folded in enumerate(self.folded):
            if is_folded:
                if folded and previous < index - 1:
                    folded.append("")
                folded.append(self.raw[index].rstrip())
                previous = index
            else:
                kept.append(self.lines[index])
        return Trimmed(_strip_blank(kept), _strip_blank(folded))


def _strip_blank(lines: list[str]) -> str:
    """Join lines without the empty ones at both ends, but with the indent of the first."""
    first, last = 0, len(lines)
    while first < last and not lines[first].strip():
        first += 1
    while last > first and not lines[last - 1].strip():
        last -= 1
    return "\n".join(lines[first:last])
