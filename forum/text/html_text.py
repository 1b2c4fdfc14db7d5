"""HTML as readable plain text: what stands in a mail's text part, a digest, the search index."""

import re
from itertools import zip_longest
from typing import Final

from forum.text.elements import CELLS, INLINE, LISTS, Token
from forum.text.reading import read_html
from forum.text.scan import names

# Elements that stand apart from what is around them by a blank line.
_APART: Final = names("p blockquote pre ul ol dl h3 h4 h5 h6 table hr")
_SCHEME_AND_SLASH = re.compile(r"^(?:https?://(?:www\.)?|mailto:|tel:)|/$", re.IGNORECASE)
_INVISIBLE = re.compile("[\u200b\u2060\u00ad\u034f]")
_RULE = "_" * 32


def html_to_text(html: str) -> str:
    """Plain text of any HTML: quotes with "> ", list markers, "words <address>" for links, table rows as lines with
    " | " between cells, listings as they stand, at most one blank line in a row."""
    writer = _Writer()
    for token in read_html(html):
        writer.write(token)
    return writer.finish()


class _Writer:
    """Gathers words into lines, each with the prefix of the quotes and lists that it stands in."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._prefixes: list[str] = []  # of each open quote and list entry
        self._marker: str | None = None  # stands in for the last prefix on the next line only
        self._numbers: list[int | None] = []  # of the next entry of each open list; None where bulleted
        self._blank_wanted = False
        self._previous_prefix = ""
        self._pre = 0
        self._row: list[str] | None = None  # the finished cells of the table row that is being written
        self._link: tuple[str, int] | None = None  # address, and where its words begin in the line

    def finish(self) -> str:
        self._end_line()
        return "\n".join(self._lines).strip("\n")

    def write(self, token: Token) -> None:
        if token.kind == "text":
            self._text(token.data)
        elif token.data == "a":
            self._anchor(token)
        elif token.data == "br":
            self._end_line(even_if_blank=True)
        elif token.data not in INLINE:
            self._block(token)

    def _text(self, text: str) -> None:
        text = _INVISIBLE.sub("", text)
        if self._pre:
            first, *others = text.replace("\u00a0", " ").split("\n")
            self._line.append(first)
            for line in others:
                self._end_line(even_if_blank=True)
                self._line.append(line)
        else:
            self._line.append(text.replace("\u00a0", " "))

    def _anchor(self, token: Token) -> None:
        if token.kind == "start":
            self._link = (dict(token.attributes)["href"], len(self._line))
        elif self._link is not None:
            address, begin = self._link
            self._link = None
            words = "".join(self._line[begin:]).strip()
            shown = address[7:] if address.startswith("mailto:") else address
            if _bare(words) != _bare(shown):
                self._line.append(f" <{shown}>")

    def _block(self, token: Token) -> None:
        name, starts = token.data, token.kind != "end"
        if name in CELLS:
            self._cell(starts)
            return
        self._end_line()
        within_list = name in LISTS and len(self._numbers) > (0 if starts else 1)
        if name in _APART and self._row is None and not within_list:
            self._blank_wanted = True
        if name == "blockquote":
            self._indent("> ", starts)
        elif name == "pre":
            self._pre += 1 if starts else -1
        elif name in ("ul", "ol"):
            self._list(token)
        elif name == "li":
            self._entry(starts)
        elif name == "dd":
            self._indent("  ", starts)
        elif name == "tr":
            self._table_row(starts)
        elif name == "hr" and self._row is None:
            self._line.append(_RULE)
            self._end_line()
            self._blank_wanted = True

    def _cell(self, starts: bool) -> None:
        if self._row is None:
            return
        if not starts:
            self._row.append(" ".join("".join(self._line).split()))
        self._line.clear()

    def _table_row(self, starts: bool) -> None:
        if starts:
            self._row = []
        elif self._row is not None:
            self._line = [" | ".join(self._row)]
            self._row = None
            self._end_line()

    def _indent(self, prefix: str, starts: bool) -> None:
        if starts:
            self._prefixes.append(prefix)
        else:
            self._prefixes.pop()

    def _list(self, token: Token) -> None:
        if token.kind == "end":
            self._numbers.pop()
        elif token.data == "ul":
            self._numbers.append(None)
        else:
            self._numbers.append(int(dict(token.attributes).get("start", "1")))

    def _entry(self, starts: bool) -> None:
        if not starts:
            self._prefixes.pop()
            self._marker = None
            return
        number = self._numbers[-1]
        self._marker = "- " if number is None else f"{number}. "
        if number is not None:
            self._numbers[-1] = number + 1
        self._prefixes.append(" " * len(self._marker))
        if self._row is not None:
            self._line.append(self._marker)
            self._marker = None

    def _end_line(self, even_if_blank: bool = False) -> None:
        if self._row is not None:
            # Tables that hold more than lines of words were unwrapped; what is left of blocks is a space.
            self._line.append(" ")
            return
        text = "".join(self._line)
        text = text.rstrip()
        self._line.clear()
        if self._link is not None:
            self._link = (self._link[0], 0)
        if not text:
            self._blank_wanted |= even_if_blank
            return
        prefix = "".join(self._prefixes)
        if self._blank_wanted and self._lines:
            self._lines.append(_common_quote(self._previous_prefix, prefix))
        self._blank_wanted = False
        first = prefix
        if self._marker is not None:
            first = "".join(self._prefixes[:-1]) + self._marker
            self._marker = None
        self._lines.append(first + text)
        self._previous_prefix = prefix


def _bare(address: str) -> str:
    return _SCHEME_AND_SLASH.sub("", address).casefold()


def _common_quote(before: str, after: str) -> str:
    """What a blank line between two lines begins with: the quotes that both stand in."""
    common = ""
    for one, other in zip_longest(before, after):
        if one != other:
            break
        common += one
    return common.rstrip()
