"""Find at the end of an author's words what a program, an employer or a list put there: signatures and footers.

Pure: lines in, the place where the furniture begins out. The author's only paragraph is never furniture.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailgateway.footer_words import (
    BANNER,
    CONTACT,
    EMPLOYER,
    FOOTER_HEADING,
    FOOTER_STRONG,
    FOOTER_WEAK,
    LEGAL_ADDRESSEE,
    LEGAL_DELETE,
    LEGAL_FORBIDDEN,
    LEGAL_MISTAKE,
    LEGAL_SECRET,
    LEGAL_SUBJECT,
    LIST_FOOTER,
    OUR_FOOTER,
    SENT_FROM,
    SIGN_OFF,
    VIRUS_CHECK,
    WHERE_TO,
)

_MAX_SIGNATURE_LINES = 30
_MAX_CONTACT_LINES = 14
# No mail has more signatures and footers one below the other.
_MAX_PIECES = 40
RULE = re.compile(r"\s*[-_=*#~─━]{3,}[-_=*#~─━\s]*")
_LONG_RULE = re.compile(r"\s*([-_=*#~─━])\1{19,}\s*")
_MAX_RULED_LINES = 30
_LOOSE_DELIMITER = re.compile(r"\s*(?:--|__|—|–|—-|-—|[—–─]{2,})\s*")
_LIST_REASON = re.compile(
    r"you (?:received|are receiving|have received) this (?:message|e-?mail|mail|because)"
    r"|to unsubscribe(?: from|[:,]| click| send| go| visit| please)|reply to this e-?mail directly or view it"
    r"|issued to members of .{1,80}mailing list",
    re.IGNORECASE,
)
_INVISIBLE = re.compile("[\\s\u200b-\u200f\u2060\ufeff\xa0\xad]+")


def says_something(line: str) -> bool:
    """A word, a thumb or a lone question mark say something; a ruler does not."""
    return bool(_INVISIBLE.sub("", line)) and not RULE.fullmatch(line)


@dataclass(frozen=True)
class Run:
    """A run of own lines: `raw` keeps the spaces at line ends that `lines` are without.

    `is_first` says that nothing stands above it in the mail.
    """

    raw: Sequence[str]
    lines: Sequence[str]
    start: int
    end: int
    is_first: bool

    def last_filled(self, end: int) -> int:
        """The end without the blank lines before it."""
        while end > self.start and not self.lines[end - 1]:
            end -= 1
        return end

    def paragraph_start(self, end: int) -> int:
        first = end
        while first > self.start and self.lines[first - 1]:
            first -= 1
        return first


def find_certain(run: Run) -> int:
    """Where begins what cannot be the author's words: "-- " and "Sent from my iPhone"."""
    end = run.end
    while True:
        last = run.last_filled(end)
        delimiter = _find_delimiter(run, last, strict=True)
        if delimiter is not None:
            end = delimiter
        elif last > run.start and SENT_FROM.fullmatch(run.lines[last - 1][:200]):
            end = last - 1
        else:
            return end if last > run.start else run.start


def find_furniture(run: Run) -> int:
    """Where signatures and footers at the end of a run begin; its end when there are none."""
    end = run.end
    for _ in range(_MAX_PIECES):
        last = run.last_filled(end)
        if last <= run.start:
            return run.start
        cut = _find_once(run, last)
        if cut is None:
            return last if end < run.end else end
        end = cut
    return end


def find_banner(run: Run) -> tuple[int, int] | None:
    """The lines of a warning that the employer's mail server put above the author's words."""
    first = run.start
    while first < run.end and not run.lines[first]:
        first += 1
    last = first
    while last < run.end and run.lines[last]:
        last += 1
    paragraph = " ".join(run.lines[first:last])
    has_words = any(map(says_something, run.lines[last : run.end]))
    return (first, last) if len(paragraph) <= 600 and BANNER.fullmatch(paragraph) and has_words else None


def _find_once(run: Run, last: int) -> int | None:
    """Where the lowest piece of furniture above a line begins."""
    delimiter = _find_delimiter(run, last, strict=True)
    if delimiter is None:
        delimiter = _find_delimiter(run, last, strict=False)
    if delimiter is not None:
        return delimiter
    if len(run.lines[last - 1]) <= 160 and SENT_FROM.fullmatch(run.lines[last - 1]):
        return last - 1
    first = run.paragraph_start(last)
    below = last
    while first > run.start and all(RULE.fullmatch(line) for line in run.lines[first:below]):
        # A ruler under a footer belongs to it; under the author's words it stays.
        below = run.last_filled(first)
        first = run.paragraph_start(below)
    if below < last and last < run.end:
        # A ruler that is left over above a footer which was found already.
        return run.last_filled(below)
    ruler = _find_ruled_footer(run, last)
    if ruler is not None:
        return ruler
    paragraph = run.lines[first:last]
    if run.is_first and first <= run.start:
        # The only paragraph there is: the author's, whatever it says.
        return _find_contact_block(run, last)
    if _is_list_footer(paragraph) or _is_legal_footer(paragraph):
        return first
    return _find_contact_block(run, last)


def _find_ruled_footer(run: Run, last: int) -> int | None:
    """Where a long ruler stands with a footer right under it; what is below that is the footer's too."""
    for index in range(last - 1, max(run.start, last - _MAX_RULED_LINES), -1):
        if not _LONG_RULE.fullmatch(run.lines[index]):
            continue
        begin = index + 1
        while begin < last and not run.lines[begin]:
            begin += 1
        end = begin
        while end < last and run.lines[end]:
            end += 1
        is_list = end == last and _is_list_footer(run.lines[index:end])
        return index if begin < end and (is_list or _is_legal_footer(run.lines[begin:end])) else None
    return None


def _is_list_footer(paragraph: Sequence[str]) -> bool:
    if len(paragraph) > 12:
        return False
    joined = " ".join(paragraph)
    if len(joined) > 1_500:
        return False
    if OUR_FOOTER.search(joined) and WHERE_TO.search(joined):
        return True
    if _LIST_REASON.search(joined) and (WHERE_TO.search(joined) or len(joined) < 300):
        return True
    return bool(re.match(r"\s*[-_=*#~]{2,}", joined) and LIST_FOOTER.search(joined) and WHERE_TO.search(joined))


def _is_legal_footer(paragraph: Sequence[str]) -> bool:
    joined = " ".join(line.strip() for line in paragraph)
    if len(paragraph) == 1 and FOOTER_HEADING.fullmatch(joined[:200]):
        return True
    if len(joined) <= 400 and VIRUS_CHECK.search(joined):
        return True
    if not 30 <= len(joined) <= 6_000:
        return False
    weak = {match.group().lower() for match in FOOTER_WEAK.finditer(joined)}
    if FOOTER_STRONG.search(joined) or len(weak) >= 4:
        return True
    if LEGAL_SUBJECT.search(joined):
        # People ask colleagues to keep a mail to themselves; they do not speak of its addressee, or of a mistake.
        typical = [concept for concept in (LEGAL_ADDRESSEE, LEGAL_MISTAKE) if concept.search(joined)]
        others = [concept for concept in (LEGAL_SECRET, LEGAL_DELETE, LEGAL_FORBIDDEN) if concept.search(joined)]
        if typical and len(typical) + len(others) >= 2:
            return True
    return len({match.group().lower() for match in EMPLOYER.finditer(joined)}) >= 2 and "?" not in joined


def _find_delimiter(run: Run, last: int, *, strict: bool) -> int | None:
    """The last line that begins a signature: "-- " for sure, "--" or a dash if short lines follow."""
    limit = _MAX_SIGNATURE_LINES if strict else 9
    for index in range(last - 1, max(run.start - 1, last - 1 - limit), -1):
        line = run.raw[index]
        if strict and (line.rstrip("\r\n") == "-- " or line == "--\xa0"):
            return index
        if not strict and _LOOSE_DELIMITER.fullmatch(line) and (index > run.start or not run.is_first):
            following = [text for text in run.lines[index + 1 : last] if text]
            return index if all(len(text) <= 90 for text in following) else None
    return None


def _find_contact_block(run: Run, last: int) -> int | None:
    """Where the lines of a business card under "Kind regards, Ann Lee" begin.

    The greeting and the name stay, since people end their words so. Without a greeting nothing is a card: a number
    or an address may be what the mail is about.
    """
    floor = max(run.start, last - _MAX_CONTACT_LINES)
    greeting = next((at for at in range(last - 1, floor - 1, -1) if SIGN_OFF.fullmatch(run.lines[at][:80])), None)
    if greeting is None:
        return None
    filled = [index for index in range(greeting + 1, last) if run.lines[index]]
    # The first line after the greeting is the name.
    card = filled[1:]
    lines = [run.lines[index] for index in card]
    marks = sum(bool(CONTACT.search(line)) for line in lines)
    if len(card) < 3 or marks < 2 or any(len(line) > 90 or line.endswith(("?", "!")) for line in lines):
        return None
    sentences = sum(line.endswith(".") and len(line.split()) > 6 for line in lines)
    return card[0] if not sentences else None
