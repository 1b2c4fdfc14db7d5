"""Takes our own footers, addresses with tokens and links with tokens out of text that comes back to us quoted.

What stands in a reader's copy is the reader's own: whoever gets it on in a quote could unsubscribe, block or answer in
that reader's name. Pure; a token is known by its signature, so that nothing else is ever taken for one.
"""

import re

from mailgateway.addresses import Addresses

_CANDIDATE = re.compile(r"(?<![A-Za-z0-9])[A-Za-z2-7]{20,40}(?![A-Za-z0-9])")
# What a token stands in: an address or a link, with the brackets around it. Before the token it is read backwards, so
# that a line without spaces costs no more than another.
_WORD_AT_MOST = 400
_WORD = re.compile(r"[^\s<>()\[\]\"']*")
_OPENS, _CLOSES = re.compile(r"\s?[<(\[]"), re.compile(r"\s?[>)\]]")
# Lines of our footers as they stand under a copy (compose.footer) and under a private answer.
_FOOTER = re.compile(
    r".{1,250}: your answer goes to (?:the whole group|.{1,250} alone)\.|Mail settings, or leave(?: <[^<>]*>|: .*)?"
    r"|(?:Until \d{1,2} \w{3,9} \d{4}|For now) .{1,250} may go back into .{1,600}, with what is written here\."
    r"|What is written here may still come to more readers\. Where you write on the web, it says to whom\."
    r"|Only you got this, from .{1,250} in .{1,250}\."
    r"|Your answer goes only to .{1,250}\. Mail addresses stay hidden\."
    r"|Unwanted\? Block or report.{0,300}|Or by mail to banyan@\S{1,255}, with the subject"
    r"|block [a-z2-7]{16,40} or report [a-z2-7]{16,40}"
)
_ON_THE_WEB = re.compile(r"Read it on the web(?:: | <)(?P<link>\S{1,300})")


def without_own_marks(text: str, addresses: Addresses, base_url: str) -> str:
    """The text without lines of our footers, and without any token of ours."""
    kept = []
    for line in text.split("\n"):
        words = line.lstrip("> |\t").strip()
        web = _ON_THE_WEB.match(words)
        if _FOOTER.fullmatch(words) or (web and web["link"].startswith(base_url)):
            continue
        kept.append(_without_tokens(line, addresses))
    return "\n".join(kept)


def _without_tokens(line: str, addresses: Addresses) -> str:
    kept, at = [], 0
    for found in _CANDIDATE.finditer(line):
        if found.end() > at and addresses.tokens.is_ours(found[0]):
            start, end = _word_around(line, *found.span())
            kept.append(line[at : max(start, at)])
            at = end
    return "".join([*kept, line[at:]])


def _word_around(line: str, start: int, end: int) -> tuple[int, int]:
    """From where to where the word goes in which a token stands, brackets and all."""
    before = line[max(start - _WORD_AT_MOST - 2, 0) : start][::-1]
    word = _WORD.match(before, 0, _WORD_AT_MOST)
    reach = word.end() if word else 0
    opens = _OPENS.match(before, reach)
    start -= opens.end() if opens else reach
    word = _WORD.match(line, end, end + _WORD_AT_MOST)
    end = word.end() if word else end
    closes = _CLOSES.match(line, end)
    return start, closes.end() if closes else end
