"""A run of an author's lines, as signatures and footers are looked for in it.

Pure: it only tells where its lines, paragraphs and ends are.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

RULE = re.compile(r"\s*[-_=*#~─━]{3,}[-_=*#~─━\s]*")
_INVISIBLE = re.compile("[\\s\u200b-\u200f\u2060\ufeff\xa0\xad]+")


def says_something(line: str) -> bool:
    """A word, a thumb or a lone question mark say something; a ruler does not."""
    return bool(_INVISIBLE.sub("", line)) and not RULE.fullmatch(line)


@dataclass(frozen=True)
class Run:
    """A run of own lines: `raw` keeps the spaces at line ends that `lines` are without.

    `is_first` says that nothing stands above it in the mail; `author` is the name that the sender's program gives.
    """

    raw: Sequence[str]
    lines: Sequence[str]
    start: int
    end: int
    is_first: bool
    author: str = ""

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
