"""Find at the end of an author's words what a program, an employer or a list put there: signatures and footers.

Pure: lines in, the place where the furniture begins out. The author's only paragraph is never furniture.
"""

import re
from collections.abc import Sequence

from mailgateway.business_cards import find_contact_block, names_author
from mailgateway.footer_words import (
    BANNER,
    EMPLOYER,
    FOOTER_DATA,
    FOOTER_HEADING,
    FOOTER_STRONG,
    FOOTER_WEAK,
    GROUPS_RULE,
    LEGAL_ADDRESSEE,
    LEGAL_DELETE,
    LEGAL_FORBIDDEN,
    LEGAL_MISTAKE,
    LEGAL_SECRET,
    LEGAL_SUBJECT,
    LIST_FOOTER,
    MAIL_WORD,
    OUR_FOOTER,
    SENT_FROM,
    VIRUS_CHECK,
    VIRUS_SCANNER,
    WHERE_TO,
)
from mailgateway.runs import RULE, Run, says_something

_MAX_SIGNATURE_LINES = 30
# No mail has more signatures and footers one below the other.
_MAX_PIECES = 40
_LONG_RULE = re.compile(r"\s*([-_=*#~─━])\1{19,}\s*")
_MAX_RULED_LINES = 30
_LOOSE_DELIMITER = re.compile(r"\s*(?:--|__|—|–|—-|-—|[—–─]{2,})\s*")
_LIST_REASON = re.compile(
    r"you (?:received|are receiving|have received) this (?:message|e-?mail|mail|because)"
    r"|to unsubscribe(?: from|[:,]| click| send| go| visit| please)|reply to this e-?mail directly or view it"
    r"|issued to members of .{1,80}mailing list",
    re.IGNORECASE,
)
_LIST_WORD = re.compile(
    r"you .{0,40}\bthis .{0,80}(?:subscri|\b(?:group|list|thread|forum)s?\b|mentioned)|view it on|mailing list",
    re.IGNORECASE,
)
_LONG_NUMBER = re.compile(r"\d[\d ./-]{2,}\d")
# A paragraph that is longer is no motto.
_MOST_WORDS_OF_A_MOTTO = 25


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
    """The lines that a program put above the author's words: a warning of the employer's, or "Sent from my phone"."""
    first = run.start
    while first < run.end and not run.lines[first]:
        first += 1
    last = first
    while last < run.end and run.lines[last]:
        last += 1
    paragraph = " ".join(run.lines[first:last])
    has_words = any(map(says_something, run.lines[last : run.end]))
    is_banner = len(paragraph) <= 600 and (BANNER.fullmatch(paragraph) or SENT_FROM.fullmatch(paragraph))
    return (first, last) if is_banner and has_words else None


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
        return find_contact_block(run, last)
    if _is_list_footer(paragraph) or _is_legal_footer(paragraph):
        return first
    return find_contact_block(run, last)


def _find_ruled_footer(run: Run, last: int) -> int | None:
    """Where a long ruler stands with a footer right under it; what is below that is the footer's too."""
    for index in range(last - 1, max(run.start, last - _MAX_RULED_LINES), -1):
        if GROUPS_RULE.fullmatch(run.lines[index].strip()) and LIST_FOOTER.search("\n".join(run.lines[index:last])):
            return index
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
    if _LIST_REASON.search(joined) and (WHERE_TO.search(joined) or (len(joined) < 300 and _LIST_WORD.search(joined))):
        return True
    return bool(re.match(r"\s*[-_=*#~]{2,}", joined) and LIST_FOOTER.search(joined) and WHERE_TO.search(joined))


def _is_legal_footer(paragraph: Sequence[str]) -> bool:
    joined = " ".join(line.strip() for line in paragraph)
    if len(paragraph) == 1 and FOOTER_HEADING.fullmatch(joined[:200]):
        return True
    speaks_of_mail = bool(MAIL_WORD.search(joined))
    # Blood is checked for viruses too.
    if len(joined) <= 400 and VIRUS_CHECK.search(joined) and (speaks_of_mail or VIRUS_SCANNER.search(joined)):
        return True
    if len(joined) > 6_000:
        return False
    if FOOTER_DATA.search(joined):
        return True
    if len(joined) < 30:
        return False
    weak = {match.group().lower() for match in FOOTER_WEAK.finditer(joined)}
    if speaks_of_mail and (FOOTER_STRONG.search(joined) or len(weak) >= 4):
        return True
    if LEGAL_SUBJECT.search(joined):
        # People ask colleagues to keep a mail to themselves; they do not speak of its addressee, or of a mistake.
        typical = [concept for concept in (LEGAL_ADDRESSEE, LEGAL_MISTAKE) if concept.search(joined)]
        others = [concept for concept in (LEGAL_SECRET, LEGAL_DELETE, LEGAL_FORBIDDEN) if concept.search(joined)]
        if typical and len(typical) + len(others) >= 2:
            return True
    facts = {match.group().lower() for match in EMPLOYER.finditer(joined)}
    # The facts are told with their numbers, or as a list.
    return len(facts) >= 2 and "?" not in joined and bool(_LONG_NUMBER.search(joined) or joined.count(":") >= 2)


def _find_delimiter(run: Run, last: int, *, strict: bool) -> int | None:
    """The last line that begins a signature: "-- " for sure, "--", a dash or a ruler above the sender's name if short
    lines follow."""
    limit = _MAX_SIGNATURE_LINES if strict else 9
    for index in range(last - 1, max(run.start - 1, last - 1 - limit), -1):
        line = run.raw[index]
        if strict and (line.rstrip("\r\n") == "-- " or line == "--\xa0"):
            return index
        if strict or (index == run.start and run.is_first):
            continue
        following = [text for text in run.lines[index + 1 : last] if text]
        is_ruler = bool(following) and bool(RULE.fullmatch(line)) and names_author(run, following[0])
        if is_ruler or _LOOSE_DELIMITER.fullmatch(line):
            is_short = all(len(text) <= 90 and text[-1] != "?" for text in following)
            return index if is_short and not _has_much_to_say(run.lines[index + 1 : last]) else None
    return None


def _has_much_to_say(lines: Sequence[str]) -> bool:
    """Whether a paragraph among these lines is too long for a name, a card or a motto."""
    words = 0
    for line in lines:
        words = words + len(line.split()) if line else 0
        if words > _MOST_WORDS_OF_A_MOTTO and line.endswith((".", "!")):
            return True
    return False
