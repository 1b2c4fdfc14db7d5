"""What of the space around blocks shows: trims it at their ends, and stands in for a blank block between others.

It works on the tokens that have been written so far; which blocks are open is known to `reading`.
"""

from collections.abc import Iterator

from forum.text.elements import INLINE, WRITTEN_BLOCKS, Token
from forum.text.layout import NOTHING

_BREAK = Token("void", "br")
# What shows nothing: every white space, and the fillers that newsletters put where nothing should show.
BLANKS = "".join(char for char in map(chr, range(0x3001)) if char.isspace()) + "\u200b\u200c\u200d\u2060\u034f\u00ad"


def strip_space(out: list[Token]) -> None:
    """Take away the space before a line break or a block, which would not show."""
    if not out or out[-1].kind != "text":
        return
    text = out[-1].data.rstrip(BLANKS)
    if text:
        out[-1] = Token("text", text)
    else:
        out.pop()


def trim(out: list[Token], floor: int) -> None:
    """Take away the spaces and line breaks at the end of a block, whose content begins at `floor`."""
    size = -1
    while len(out) > floor and len(out) != size:
        size = len(out)
        strip_space(out)
        if len(out) > floor and out[-1] == _BREAK:
            out.pop()


def trim_listing(out: list[Token], floor: int) -> None:
    """The same within `pre`, where line breaks are text."""
    while len(out) > floor and out[-1].kind == "text":
        text = out.pop().data.rstrip()
        if text:
            out.append(Token("text", text))
            break


def stand_in_for_blank(out: list[Token], pre: int, is_a_line: bool) -> int:
    """A blank block goes, but keeps apart what stood around it; a blank line stays one.

    `pre` counts the listings that it stood in. Returns how many more line breaks may follow.
    """
    visible = (token for token in reversed(out) if not (token.kind == "end" and token.data in INLINE))
    last = next(visible, None)
    if last is None or (last.kind == "start" and last.data in WRITTEN_BLOCKS):
        return 0
    if pre:
        if last.kind == "text":
            out.append(Token("text", "\n"))
        return 0
    if last.kind == "text":
        out.append(_BREAK)
        return 1
    if last != _BREAK and is_a_line:
        out.append(_BREAK)
        return 0
    return 0 if last == _BREAK else 1


def merged(tokens: list[Token]) -> Iterator[Token]:
    """The tokens without placeholders, neighbouring texts as one."""
    texts: list[str] = []
    for token in tokens:
        if token.kind == "text":
            texts.append(token.data)
        elif token is not NOTHING:
            if texts:
                yield Token("text", "".join(texts))
                texts.clear()
            yield token
    if texts:
        yield Token("text", "".join(texts))
