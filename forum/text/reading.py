"""Foreign HTML as a well-formed list of tokens: few elements, nested as HTML wants it, nothing lost.

The result is balanced, at most some forty levels deep, and parses back to the same tree in every browser, since
inline elements never hold blocks and links never hold links. Layout tables are unwrapped, images become links,
blank paragraphs and Office debris go. Whether an attribute is safe is not decided here but by bleach in `safe`.
"""

import re
from functools import lru_cache

from forum.text.elements import (
    BLOCK,
    CELLS,
    HOLDS_ONLY_INLINE,
    INLINE,
    LISTS,
    PARTS,
    PLACES,
    STRUCTURES,
    Image,
    Token,
    is_line,
    kept_attributes,
    read_image,
)
from forum.text.layout import OpenBlock, account
from forum.text.links import clean_href, strip_controls
from forum.text.scan import Tag, attributes_of, scan
from forum.text.space import BLANKS, merged, stand_in_for_blank, strip_space, trim, trim_listing

_MAX_DEPTH = 40
# From here on only text is read: no letter has as many elements, and hostile ones must end in time.
_MAX_TOKENS = 60_000
_SPACES = re.compile(r"[ \t\n\r\f\v]+")


@lru_cache(maxsize=1)
def read_html(html: str) -> tuple[Token, ...]:
    """The tokens of foreign HTML. One result is kept, since a mail's HTML and text are made one after the other."""
    reader = _Reader()
    for piece in scan(html):
        if isinstance(piece, str):
            reader.pieces.append(piece)
        else:
            reader.tag(piece)
    return reader.finish()


class _Reader:
    """Builds the tokens. Blocks stand on `stack`, then inline elements; an inline element is only written when
    text comes, so that none is empty and none holds a block."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self._out: list[Token] = []
        self._stack: list[OpenBlock] = []
        self._inline: list[Token] = []  # written and open, outermost first
        self._pending: list[Token] = []  # to be written before the next text
        self._content = 0
        self._pre = 0
        self._after_space = True  # a space here would not show
        self._breaks = 0  # how many more line breaks may follow here

    # --- what comes in --------------------------------------------------------------------------------

    def tag(self, tag: Tag) -> None:
        name = tag.name
        if len(self._out) > _MAX_TOKENS and not tag.closing:
            self.pieces.append(" ")
        elif name in INLINE:
            self._inline_tag(INLINE[name], tag)
        elif name in BLOCK:
            self._flush()
            if tag.closing:
                self._close_block(BLOCK[name])
            else:
                self._open_block(BLOCK[name], tag)
        elif name == "br":
            self._line_break()
        elif name == "hr" and not tag.closing:
            self._rule()
        elif name == "img" and not tag.closing:
            self._image(read_image(attributes_of(tag.raw)))

    def finish(self) -> tuple[Token, ...]:
        self._flush()
        self._close_to(0)
        self._suspend_inlines()
        self._trim(0)
        return tuple(merged(self._out))

    # --- text and inline elements ---------------------------------------------------------------------

    def _flush(self) -> None:
        """Write the text gathered so far."""
        if not self.pieces:
            return
        text = strip_controls("".join(self.pieces))
        self.pieces.clear()
        if self._pre:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
            if self._out[-1].kind == "start" and self._out[-1].data == "pre":
                text = text.lstrip("\n")
        else:
            text = _SPACES.sub(" ", text)
            if self._after_space and text.startswith(" "):
                text = text[1:]
        if not text:
            return
        blank = not text.strip(BLANKS)
        if self._in_structure():
            if blank:
                return
            self._need_flow()
            text = text if self._pre else text.lstrip(" ")
        self._after_space = text.endswith(" ")
        self._pending.append(Token("text", text))
        if not blank:
            self._content += 1
            self._breaks = 2
        if self._pre or not blank:
            self._out += self._pending
            self._inline += (token for token in self._pending if token.kind == "start")
            self._pending.clear()

    def _inline_tag(self, name: str, tag: Tag) -> None:
        if tag.closing:
            space_last = name == "a" and not self._pre and self.pieces[-1:] == [" "]
            if space_last:
                self.pieces.pop()
            self._flush()
            self._close_inline(name)
            if space_last:
                self.pieces.append(" ")
            return
        attributes: tuple[tuple[str, str], ...] = ()
        if name == "a":
            self._flush()
            self._close_inline("a")
            href = clean_href(attributes_of(tag.raw).get("href", ""))
            if href is None:
                return
            attributes = (("href", href),)
        elif any(token.data == name for token in (*self._inline, *self._pending)):
            return
        self._flush()
        self._pending.append(Token("start", name, attributes))

    def _close_inline(self, name: str) -> None:
        """End the innermost inline element of that name; those within it go on after it."""
        for number in range(len(self._pending) - 1, -1, -1):
            if self._pending[number].data == name:
                del self._pending[number]
                return
        for number in range(len(self._inline) - 1, -1, -1):
            if self._inline[number].data == name:
                self._out += (token for token in self._pending if token.kind == "text")
                self._drop_pending_blanks()
                reopened = self._inline[number + 1 :]
                self._end_inlines(number)
                self._suspend(reopened)
                return

    def _end_inlines(self, keep: int) -> None:
        for token in reversed(self._inline[keep:]):
            self._out.append(Token("end", token.data))
        del self._inline[keep:]

    def _suspend(self, tokens: list[Token]) -> None:
        names = {token.data for token in self._pending}
        unique = {token.data: token for token in tokens if token.data not in names}
        self._pending[:0] = unique.values()

    def _suspend_inlines(self) -> None:
        """Before a block begins or ends. What is blank there does not show."""
        if self._pending:
            self._drop_pending_blanks()
        if self._inline:
            tokens = list(self._inline)
            self._end_inlines(0)
            self._suspend(tokens)

    def _drop_pending_blanks(self) -> None:
        self._pending = [token for token in self._pending if token.kind == "start"]

    def _image(self, image: Image | None) -> None:
        if image is None:
            return
        if image.source is None or any(token.data == "a" for token in (*self._inline, *self._pending)):
            self.pieces.append(image.words)
        else:
            self._flush()
            self._pending.append(Token("start", "a", (("href", image.source),)))
            self.pieces.append(image.words)
            self._flush()
            self._close_inline("a")
        if image.source is not None:
            self.pieces.append(" ")

    def _line_break(self) -> None:
        if self._pre:
            self.pieces.append("\n")
            return
        self._flush()
        if self._in_structure() or self._breaks == 0:
            if self._stack:
                self._stack[-1].broken = True
            return
        self._breaks -= 1
        self._drop_pending_blanks()
        self._strip_space()
        self._out.append(Token("void", "br"))
        self._after_space = True

    # --- blocks ---------------------------------------------------------------------------------------

    def _in_structure(self) -> bool:
        """Whether only rows, cells or entries may stand here, not text."""
        return bool(self._stack) and self._stack[-1].name in STRUCTURES

    def _need_flow(self) -> None:
        """Make a place where text and blocks may stand."""
        if self._in_structure():
            self._write_open(STRUCTURES[self._stack[-1].name])
            self._need_flow()

    def _rule(self) -> None:
        self._flush()
        self._begin_block()
        self._need_flow()
        self._out.append(Token("void", "hr"))
        self._content += 1
        self._after_space, self._breaks = True, 1

    def _begin_block(self) -> None:
        self._suspend_inlines()
        self._strip_space()
        self._after_space = True
        if self._stack and self._stack[-1].name in HOLDS_ONLY_INLINE:
            self._close_top()

    def _open_block(self, name: str, tag: Tag) -> None:
        self._begin_block()
        if name in PARTS:
            name = self._place_part(name)
        if name not in PARTS:
            if len(self._stack) >= _MAX_DEPTH or not name:
                self._line_break()
                return
            nested_list = name in LISTS and self._stack and self._stack[-1].name in LISTS
            if not nested_list:
                self._need_flow()
        raw = attributes_of(tag.raw) if tag.raw else {}
        self._write_open(name, kept_attributes(name, raw))
        if name == "p" and is_line(raw):
            self._out[-1] = self._out[-1]._replace(data="div")
        if name == "table" and raw.get("role", "").lower() in ("presentation", "none"):
            self._stack[-1].layout = True

    def _place_part(self, name: str) -> str:
        """Close what a row, cell or list entry ends. Its name, or that of a block if it has no place here."""
        homes, walls = PLACES[name]
        for number in range(len(self._stack) - 1, -1, -1):
            found = self._stack[number].name
            if found in homes:
                self._close_to(number + 1)
                if found == "table" and name != "tr":
                    self._write_open("tr")
                return name
            if found in walls:
                break
        if name == "li" and len(self._stack) < _MAX_DEPTH:
            self._need_flow()
            self._write_open("ul")
            return name
        return "" if name in ("li", "tr") else "div"

    def _write_open(self, name: str, attributes: tuple[tuple[str, str], ...] = ()) -> None:
        entry = OpenBlock(name, len(self._out), self._content)
        if name in CELLS:
            entry.inlines = list(self._pending)
        elif name == "pre":
            self._pre += 1
        self._stack.append(entry)
        self._out.append(Token("start", name, attributes))
        self._after_space, self._breaks = True, 0

    def _close_block(self, name: str) -> None:
        walls = () if name in ("table", "tr") else ("table",)
        for number in range(len(self._stack) - 1, -1, -1):
            found = self._stack[number].name
            if found == name or (found in CELLS and name in CELLS):
                self._close_to(number)
                return
            if found in walls:
                return

    def _close_to(self, size: int) -> None:
        while len(self._stack) > size:
            self._close_top()

    def _close_top(self) -> None:
        entry = self._stack.pop()
        written = self._out[entry.start].data
        held_blank = any(token.kind == "text" for token in self._pending)
        held_something = entry.broken or held_blank or len(self._out) > entry.start + 1
        self._suspend_inlines()
        self._trim(entry.start + 1)
        if entry.name == "pre":
            self._pre -= 1
        elif entry.name in CELLS:
            self._pending = entry.inlines
        if entry.content == self._content and entry.name not in CELLS:
            del self._out[entry.start :]
            self._breaks = 0
            if not self._in_structure():
                self._breaks = stand_in_for_blank(self._out, self._pre, held_something and written == "div")
        else:
            if entry.content == self._content:
                del self._out[entry.start + 1 :]
            self._out.append(Token("end", written))
            account(entry, self._stack, self._out, blank=entry.content == self._content)
            self._breaks = 1
        self._after_space = True

    # --- space ----------------------------------------------------------------------------------------

    def _strip_space(self) -> None:
        if not self._pre:
            strip_space(self._out)

    def _trim(self, floor: int) -> None:
        if self._pre:
            trim_listing(self._out, floor)
        else:
            trim(self._out, floor)
