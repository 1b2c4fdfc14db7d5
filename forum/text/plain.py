"""Plain text as people type it: cleaning, wrapping, marking, and turning it into HTML.

Everything here is pure and reads text literally: no Markdown, no HTML, no mail headers.
"""

import re
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import groupby, pairwise

from markupsafe import Markup, escape

from forum.text.links import link_text, strip_controls

_BLANK_RUN = re.compile(r"\n{4,}")
_SIGNATURE_SEPARATOR = re.compile(r"^--$", re.MULTILINE)
_MAX_MARKS = 12


def normalise(text: str) -> str:
    """NFC, LF line ends, no control or direction-override characters, no trailing space, at most two blank lines.

    The two-dash signature separator ("-- ", RFC 3676 section 4.3) keeps its trailing space.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n\n")
    text = strip_controls(text)
    if not text.isascii():
        # Sorting a long run of marks takes NFC quadratic time, and no script piles up as many on one letter.
        text = unicodedata.normalize("NFC", _run_of_marks().sub(r"\1", text))
    text = "\n".join(line.rstrip(" \t\u00a0") for line in text.split("\n"))
    text = _SIGNATURE_SEPARATOR.sub("-- ", text)
    return _BLANK_RUN.sub("\n\n\n", text).strip("\n")


@cache
def _run_of_marks() -> re.Pattern[str]:
    marks = "".join(char for char in map(chr, range(0x300, 0x1F000)) if unicodedata.combining(char))
    return re.compile(f"([{marks}]{{{_MAX_MARKS}}})[{marks}]++")


# --- plain text to HTML -----------------------------------------------------------------------------------

_QUOTE_PREFIX = re.compile(r"(?:> ?)+")
_MAX_QUOTE_DEPTH = 12
# Indented by four, a tab in the middle, three spaces between words, or the rules and bars of a drawn table.
_LAID_OUT = re.compile(r"^(?: {4}|\t)\s*\S|\S\t+\S|\S {3,}\S|^\s*[|+].*[|+]\s*$|^\s*[-=+|]{4}[-=+| ]*+$")
_ENTRY = re.compile(r"(?:[-*+\u2022\u2013\u2014]|\(?\w{1,3}[.)])\s")
_INDENTED_ENTRY = re.compile(rf"\s*(?:{_ENTRY.pattern})?")
# A line that was wrapped once grows by a mark with each answer; wrapping it again would leave ragged ends.
_QUOTE_TOLERANCE = 8
_NARROWEST_MARGIN, _WIDEST_MARGIN = 60, 100
_LAID_OUT_ALONE = re.compile(r"^(?: {4}|\t)\s*\S|^\s*[|+].*[|+]\s*$")


def split_quote(line: str) -> tuple[int, str]:
    """Quote depth of a line and the line without its quote marks."""
    match = _QUOTE_PREFIX.match(line)
    if match is None:
        return 0, line
    return match.group().count(">"), line[match.end() :]


def plain_to_html(text: str) -> str:
    """Safe HTML of literal text: paragraphs, links, nested quotes, laid-out blocks as <pre>. Line breaks stay, but
    those that only wrapped a paragraph at the right margin.

    Nothing but escaped text and tags written here goes out, so this needs no sanitising pass.
    """
    parts: list[str] = []
    depth = 0
    levels = ((min(d, _MAX_QUOTE_DEPTH), rest) for d, rest in map(split_quote, normalise(text).split("\n")))
    for level, run in groupby(levels, key=lambda pair: pair[0]):
        lines = [rest for _, rest in run]
        if not any(line.strip() for line in lines) and level < depth:
            continue
        parts.append("<blockquote>" * (level - depth) + "</blockquote>" * (depth - level))
        depth = level
        parts.extend(_blocks(lines))
    parts.append("</blockquote>" * depth)
    return "\n".join(part for part in parts if part)


def _blocks(lines: list[str]) -> Iterator[str]:
    margin = _margin(lines)
    for blank, run in groupby(lines, key=lambda line: not line.strip()):
        if blank:
            continue
        block = list(run)
        laid_out = sum(1 for line in block if _LAID_OUT.search(line))
        if laid_out * 2 > len(block) and (len(block) > 1 or _LAID_OUT_ALONE.search(block[0])):
            yield f"<pre>{link_text(chr(10).join(block))}</pre>"
        else:
            yield f"<p>{_paragraph([line.strip() for line in block], margin)}</p>"


def _margin(lines: list[str]) -> int:
    """The width at which a mail program wrapped these lines; 0 if it did not."""
    longest = max(map(len, lines))
    return longest if _NARROWEST_MARGIN <= longest <= _WIDEST_MARGIN else 0


def _paragraph(lines: list[str], margin: int) -> str:
    """Lines as HTML. Where the next word would not have fitted before the margin, the break was the program's."""
    parts = [link_text(lines[0])]
    for line, following in pairwise(lines):
        word = following.partition(" ")[0]
        wrapped = margin and len(line) + 1 + len(word) > margin and not _ENTRY.match(following)
        parts += ["\n" if wrapped else "<br>\n", link_text(following)]
    return "".join(parts)


# --- excerpts, wrapping, marking --------------------------------------------------------------------------

_ATTRIBUTION = re.compile(r"^.{0,200}[:\uff1a]$")


def excerpt(text: str, length: int = 160) -> str:
    """The first own words on one line, at most `length` characters, cut at a word with an ellipsis. Quotes and what
    introduces them are left out, unless there is nothing else."""
    lines = text.split("\n")
    words = _first_words(_own_lines(lines), length) or _first_words((split_quote(line)[1] for line in lines), length)
    if len(words) <= length:
        return words
    cut = words.rfind(" ", 0, length)
    return words[: cut if cut > length // 2 else length - 1].rstrip(" ,;:.-") + "\u2026"


def _own_lines(lines: list[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        if line.rstrip() == "--":
            return
        following = next((later for later in lines[number + 1 : number + 4] if later.strip()), "")
        introduces_quote = following.startswith(">") and _ATTRIBUTION.match(line.rstrip())
        if not line.startswith(">") and not introduces_quote:
            yield line


def _first_words(lines: Iterable[str], length: int) -> str:
    words = ""
    for line in lines:
        words = " ".join((*words.split(), *line[: 2 * length].split()))
        if len(words) > length:
            break
    return words


def wrap_plain(text: str, width: int = 72) -> str:
    """Long lines wrapped at words. Quoted lines keep their prefix on each new line, list entries are indented, and
    URLs and laid-out lines stay whole."""
    return "\n".join(line if len(line) <= width else _wrapped(line, width) for line in text.split("\n"))


def _wrapped(line: str, width: int) -> str:
    quote = _QUOTE_PREFIX.match(line)
    prefix = quote.group() if quote else ""
    words = line[len(prefix) :]
    if _LAID_OUT.search(words) or (quote and len(line) <= width + _QUOTE_TOLERANCE):
        return line
    entry = _INDENTED_ENTRY.match(words)
    hanging = prefix + " " * len(entry.group() if entry else "")
    return textwrap.fill(
        words,
        width,
        initial_indent=prefix,
        subsequent_indent=hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )


def mark_places(text: str, places: Iterable[tuple[int, int]]) -> Markup:
    """Escaped text with each stretch (from, up to but without) in <mark>; those that overlap are one."""
    parts: list[Markup] = []
    position = 0
    for start, end in _joined(places):
        parts.append(escape(text[position:start]))
        parts.append(Markup("<mark>{}</mark>").format(text[start:end]))
        position = end
    return Markup("").join([*parts, escape(text[position:])])


def _joined(places: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(place for place in places if place[0] < place[1]):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return joined


def mark_words(text: str, words: Iterable[str]) -> Markup:
    """Escaped text with whole-word, case-insensitive matches of the words in <mark>."""
    return mark_places(text, places_of(text, words))


def places_of(text: str, words: Iterable[str]) -> list[tuple[int, int]]:
    """Where words stand in a text: whole ones, in any case, the longest first."""
    wanted = sorted({word for word in (w.strip() for w in words) if word}, key=len, reverse=True)
    if not wanted:
        return []
    pattern = rf"(?<!\w)(?:{'|'.join(map(re.escape, wanted))})(?!\w)"
    return [match.span() for match in re.finditer(pattern, text, re.IGNORECASE)]
