"""Divide the plain text of a mail into what its author says and what is set aside.

Set aside are quotes at the end or the beginning with their attribution line, signatures and footers. Quotes that
stand between answers stay, and so does a forwarded message. No word is lost, and when in doubt it stays in the text:
trimming too much is worse than trimming too little. Pure: text in, two texts out.
"""

import re
from dataclasses import dataclass
from typing import Literal

from mailgateway.attribution import DATE_START, MAX_ATTRIBUTION, grade_attribution
from mailgateway.phrases import (
    BANNER,
    FOOTER_HEADING,
    FOOTER_STRONG,
    FOOTER_WEAK,
    FORWARD,
    FORWARD_SUBJECT,
    INLINE_HINT,
    LABEL,
    LABEL_KINDS,
    LIST_FOOTER,
    OPENER,
    REPLY_ABOVE,
    REPLY_SUBJECT,
    SENT_FROM,
    SEPARATOR,
    VERB_AT_END,
    WHERE_TO,
)

Intent = Literal["new", "reply", "forward"]

_ATTRIBUTION_LINES = 4
_MAX_SIGNATURE_LINES = 30
# No mail has more lines that look like the beginning of a quote; what has is not worth seconds.
_MAX_CANDIDATES = 3_000
_MAX_TAIL_LINE = 20_000
_INVISIBLE = re.compile("[\\s\u200b-\u200f\u2060\ufeff\xa0\xad]+")
# A lone ">:" is the end of a wrapped attribution, not a quote.
_QUOTED = re.compile(r"[ \t\xa0]{0,3}>(?!\s*:\s*$)")
_DIGIT = re.compile(r"\d")
_RULE = re.compile(r"\s*[-_=*#~─━]{3,}[-_=*#~─━\s]*")
_LONG_RULE = re.compile(r"\s*[-_=*─━]{5,}\s*")
_LOOSE_DELIMITER = re.compile(r"\s*(?:--|__|—|–|—-|-—|[—–─]{2,})\s*")
_LIST_REASON = re.compile(
    r"you (?:received|are receiving|have received) this (?:message|e-?mail|mail|because)"
    r"|to unsubscribe(?: from|[:,]| click| send| go| visit| please)|reply to this e-?mail directly or view it",
    re.IGNORECASE,
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


def trim(text: str, intent: Intent) -> Trimmed:
    """Set aside what the author did not write for this mail."""
    page = _Page(text, intent)
    page.fold_armor()
    page.fold_tail()
    page.fold_around(certain_only=False)
    if not page.has_own_words():
        page.unfold()
        page.fold_around(certain_only=True)
    return page.divided()


def has_only_furniture(text: str) -> bool:
    """Whether a run of text after a quote holds nothing but signatures and footers."""
    page = _Page("own\n\n" + text, "reply")
    page.fold_around(certain_only=False)
    return page.divided().text == "own"


class _Page:
    """The lines of one mail and what has become of each: "own", "quote" or "folded"."""

    def __init__(self, text: str, intent: Intent) -> None:
        self.raw = text.split("\n")
        self.lines = [line.rstrip() for line in self.raw]
        self.intent = intent
        self.folded = [False] * len(self.lines)
        self.fixed = [False] * len(self.lines)
        # From here on everything is an unmarked quote or a forward: not looked at any more.
        self.end = len(self.lines)
        self.quoted = [bool(_QUOTED.match(line)) for line in self.lines]
        self.attributed = [False] * len(self.lines)
        self.attributions = self._find_attributions()

    # -- finding ---------------------------------------------------------------------------------------------

    def _next_filled(self, index: int) -> int:
        while index < len(self.lines) and not self.lines[index]:
            index += 1
        return index

    def _find_attributions(self) -> dict[int, tuple[int, int]]:
        """Start line -> (end line, grade). Attributions are wrapped over up to four lines."""
        found: dict[int, tuple[int, int]] = {}
        candidates = 0
        for last, line in enumerate(self.lines):
            if not line or self.quoted[last] or len(line) > MAX_ATTRIBUTION:
                continue
            end = line.rstrip("*_- \xa0\u200e\u200f\u202c")
            if not end.endswith((":", "：")) and not VERB_AT_END.search(end[-40:]):
                continue
            candidates += 1
            if candidates > _MAX_CANDIDATES:
                break
            weak: int | None = None
            joined = ""
            for first in range(last, max(last - _ATTRIBUTION_LINES, -1), -1):
                if not self.lines[first] or self.quoted[first] or len(joined) > MAX_ATTRIBUTION:
                    break
                joined = f"{self.lines[first].strip()} {joined}".rstrip()
                grade = grade_attribution(joined)
                # What begins with neither a date nor "On" begins with the name and address of somebody.
                begins = OPENER.match(joined) or DATE_START.match(joined) or "@" in self.lines[first]
                if grade == 2 and (begins or first == last):
                    found[self._widen(first, joined)] = (last, 2)
                    weak = None
                    break
                if grade and weak is None:
                    weak = first
            if weak is not None:
                found[weak] = (last, 1)
        return found

    def _widen(self, first: int, joined: str) -> int:
        """Go up to the "On Nov 21, 2014," that some programs put on a line of its own."""
        if OPENER.match(joined):
            return first
        for above in range(first - 1, max(first - 3, -1), -1):
            line = self.lines[above]
            if not line or len(line) > 40 or self.quoted[above]:
                break
            if OPENER.match(line) and _DIGIT.search(line) and line.endswith(","):
                return above
        return first

    def _header_block(self, start: int) -> bool:
        """Whether a quoted header block ("From: ... Sent: ... To: ... Subject: ...") begins at a line."""
        kinds: dict[str, str] = {}
        extra = 0
        for line in self.lines[start : start + 14]:
            if not line.strip(" *_|"):
                break
            match = LABEL.fullmatch(line)
            kind = LABEL_KINDS.get(match[1].strip(" *_").lower()) if match else None
            if match and kind:
                kinds.setdefault(kind, match[2].strip(" *_"))
            elif kinds:
                # A long list of recipients goes on over lines without a label.
                extra += 1
                if extra > 6:
                    break
            else:
                return False
        if "from" not in kinds or len(kinds.keys() & {"date", "to", "subject"}) < 2:
            return False
        sender = kinds["from"]
        if sender[:1].isdigit() or ("date" in kinds and not _DIGIT.search(kinds["date"])):
            return False
        has_address = any("@" in value for value in kinds.values())
        after_rule = start > 0 and any(_LONG_RULE.fullmatch(line) for line in self.lines[max(0, start - 2) : start])
        return has_address or after_rule or len(kinds) >= 4 or ("date" in kinds and len(kinds) >= 3)

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
        if short and (SEPARATOR.fullmatch(line) or REPLY_ABOVE.fullmatch(line) or self._is_notes_separator(line)):
            return quote
        if index in self.attributions:
            last, grade = self.attributions[index]
            following = self._next_filled(last + 1)
            is_marked = following < len(self.lines) and self.quoted[following]
            return quote if grade == 2 and not is_marked else ""
        if LABEL.match(line[:200]) and self._header_block(index):
            return quote
        return ""

    def _is_notes_separator(self, line: str) -> bool:
        """Lotus Notes wrote "-----Bob/Hospital wrote: -----"."""
        return line.startswith("---") and line.endswith("---") and grade_attribution(line) > 0

    def _fold_from(self, index: int) -> None:
        own = [line for line, quoted in zip(self.lines[:index], self.quoted, strict=False) if not quoted]
        words = "\n".join(own)
        if not any(_says_something(line) for line in own):
            # Nothing stands above it. The answer may stand below, unmarked: nobody can tell, so all of it stays.
            if not any(self.quoted[:index]):
                self.end = 0
            return
        if len(words) <= 600 and INLINE_HINT.search(words):
            self.end = index
            return
        while index > 0 and (not self.lines[index - 1] or _RULE.fullmatch(self.lines[index - 1])):
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
        peel = self._peel_certain if certain_only else self._peel
        while blocks:
            kind, start, end = blocks[-1]
            if kind == "quote":
                if not self._is_foldable(start, end):
                    break
                rest = start
            else:
                rest = peel(start, end, has_more=len(blocks) > 1)
            for index in range(rest, end):
                self.folded[index] = True
            if rest > start:
                blocks[-1] = (kind, start, rest)
                break
            blocks.pop()
        if len(blocks) == 2 and blocks[0][0] == "quote" and self._is_foldable(*blocks[0][1:]):
            for index in range(*blocks[0][1:]):
                self.folded[index] = True
        elif blocks and blocks[0][0] == "own" and not certain_only:
            self._fold_banner(*blocks[0][1:])

    def _blocks(self) -> list[tuple[Literal["own", "quote"], int, int]]:
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
                quoted[index] = self._is_wrapped_quote(index)
        blocks: list[tuple[Literal["own", "quote"], int, int]] = []
        for index in range(self.end):
            kind: Literal["own", "quote"] = "quote" if quoted[index] else "own"
            if blocks and (blocks[-1][0] == kind or not self.lines[index]):
                blocks[-1] = (blocks[-1][0], blocks[-1][1], index + 1)
            elif self.lines[index]:
                if kind == "quote" and self._is_own_greater_than(index, quoted):
                    kind = "own"
                    if blocks and blocks[-1][0] == "own":
                        blocks[-1] = ("own", blocks[-1][1], index + 1)
                        continue
                blocks.append((kind, index, index + 1))
        return blocks

    def _is_wrapped_quote(self, index: int) -> bool:
        """A quoted line that some program wrapped without repeating its mark."""
        above = self.lines[index - 1]
        return (
            self.quoted[index - 1]
            and len(above) >= 66
            and above[-1] not in ".?!:;"
            and self.lines[index].lstrip()[:1].islower()
            and len(self.lines[index]) < len(above)
        )

    def _is_own_greater_than(self, index: int, quoted: list[bool]) -> bool:
        """A sentence wrapped before "> 6.0 mmol/l" is no quote."""
        return (
            index > 0
            and bool(self.lines[index - 1])
            and not quoted[index - 1]
            and bool(re.match(r"\s*> ?[=\d]", self.lines[index]))
            and not (index + 1 < self.end and quoted[index + 1])
        )

    def _is_foldable(self, start: int, end: int) -> bool:
        if self.intent == "forward":
            return False
        if self.intent == "reply" or any(self.attributed[start:end]):
            return True
        # A new mail may quote a book: only a quote that names whom it quotes is set aside.
        marked = [line.lstrip("> \t") for line in self.lines[start:end]]
        return any(grade_attribution(line) for line in marked[:12] if line)

    def _paragraph_start(self, start: int, end: int) -> int:
        first = end
        while first > start and self.lines[first - 1]:
            first -= 1
        return first

    def _skip_blank(self, start: int, end: int) -> int:
        while end > start and not self.lines[end - 1]:
            end -= 1
        return end

    def _peel_certain(self, start: int, end: int, *, has_more: bool) -> int:
        """As `_peel`, but only what cannot be the author's words: "-- " and "Sent from my iPhone"."""
        while True:
            last = self._skip_blank(start, end)
            delimiter = self._find_delimiter(start, last, strict=True, is_first=not has_more)
            if delimiter is not None:
                end = delimiter
            elif last > start and SENT_FROM.fullmatch(self.lines[last - 1][:200]):
                end = last - 1
            else:
                return end if last > start else start

    def _peel(self, start: int, end: int, *, has_more: bool) -> int:
        """Where signatures and footers at the end of an own block begin; `end` when there are none."""
        peeled = False
        while True:
            last = self._skip_blank(start, end)
            if last <= start:
                return start
            cut = self._peel_once(start, last, is_first=not has_more)
            if cut is None:
                return last if peeled else end
            end = cut
            peeled = True

    def _peel_once(self, start: int, last: int, *, is_first: bool) -> int | None:
        delimiter = self._find_delimiter(start, last, strict=True, is_first=is_first)
        if delimiter is None:
            delimiter = self._find_delimiter(start, last, strict=False, is_first=is_first)
        if delimiter is not None:
            return delimiter
        if len(self.lines[last - 1]) <= 160 and SENT_FROM.fullmatch(self.lines[last - 1]):
            return last - 1
        first = self._paragraph_start(start, last)
        below = last
        while first > start and all(_RULE.fullmatch(line) for line in self.lines[first:below]):
            # A ruler under a footer belongs to it; under the author's words it stays.
            below = self._skip_blank(start, first)
            first = self._paragraph_start(start, below)
        paragraph = self.lines[first:last]
        if is_first and first <= start:
            # The only paragraph there is: the author's, whatever it says.
            return None
        if self._is_list_footer(paragraph) or self._is_legal_footer(paragraph):
            return first
        return None

    def _is_list_footer(self, paragraph: list[str]) -> bool:
        if len(paragraph) > 12:
            return False
        joined = " ".join(paragraph)
        if len(joined) > 1_500:
            return False
        if _LIST_REASON.search(joined) and (WHERE_TO.search(joined) or len(joined) < 300):
            return True
        return bool(re.match(r"\s*[-_=*#~]{2,}", joined) and LIST_FOOTER.search(joined) and WHERE_TO.search(joined))

    def _is_legal_footer(self, paragraph: list[str]) -> bool:
        joined = " ".join(line.strip() for line in paragraph)
        if len(paragraph) == 1 and FOOTER_HEADING.fullmatch(joined[:200]):
            return True
        if not 50 <= len(joined) <= 6_000:
            return False
        weak = {match.group().lower() for match in FOOTER_WEAK.finditer(joined)}
        return bool(FOOTER_STRONG.search(joined)) or len(weak) >= 4

    def _find_delimiter(self, start: int, last: int, *, strict: bool, is_first: bool) -> int | None:
        """The last line that begins a signature: "-- " for sure, "--" or a dash if short lines follow."""
        limit = _MAX_SIGNATURE_LINES if strict else 9
        for index in range(last - 1, max(start - 1, last - 1 - limit), -1):
            line = self.raw[index]
            if strict and (line.rstrip("\r\n") == "-- " or line == "--\xa0"):
                return index
            if not strict and _LOOSE_DELIMITER.fullmatch(line) and (index > start or not is_first):
                following = [text for text in self.lines[index + 1 : last] if text]
                if all(len(text) <= 90 for text in following):
                    return index
                return None
        return None

    def _fold_banner(self, start: int, end: int) -> None:
        """Fold a warning that the employer's mail server put above the author's words."""
        first = start
        while first < end and not self.lines[first]:
            first += 1
        last = first
        while last < end and self.lines[last]:
            last += 1
        paragraph = " ".join(self.lines[first:last])
        if len(paragraph) <= 600 and BANNER.fullmatch(paragraph) and any(map(_says_something, self.lines[last:end])):
            for index in range(first, last):
                self.folded[index] = True

    # -- result ----------------------------------------------------------------------------------------------

    def has_own_words(self) -> bool:
        kept = (line for line, folded in zip(self.lines, self.folded, strict=True) if not folded)
        return any(_says_something(line) for line in kept)

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


def _says_something(line: str) -> bool:
    """A word, a thumb or a lone question mark say something; a ruler does not."""
    return bool(_INVISIBLE.sub("", line)) and not _RULE.fullmatch(line)


def _strip_blank(lines: list[str]) -> str:
    """Join lines without the empty ones at both ends, but with the indent of the first."""
    first, last = 0, len(lines)
    while first < last and not lines[first].strip():
        first += 1
    while last > first and not lines[last - 1].strip():
        last -= 1
    return "\n".join(lines[first:last])
