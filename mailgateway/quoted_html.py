"""Find in the structure of an HTML mail what its author's program marked as quote or signature, and cut it out.

It works on offsets in the source, in one pass, so that what stays can be sanitised as it was written. It makes
nothing safe (that is `forum.text`), and what no structure marks is left to `trim.py`.
"""

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from forum.text import html_to_text
from forum.text.scan import names
from mailgateway.attribution import grade_attribution
from mailgateway.html_marks import SPACE, Kind, crude_text, read_kind
from mailgateway.phrases import FORWARD, INLINE_HINT
from mailgateway.trim import Intent, has_only_furniture

_TAG = re.compile(r"<!--|<(/?)([a-zA-Z][a-zA-Z0-9:]*)")
_VOID = names("br hr img input meta link base col area embed source wbr")
_UNSEEN = names("style script title")
_BLOCKS = names(
    "div p br td tr table li ul ol hr body blockquote pre html head h1 h2 h3 h4 h5 h6 section article center aside"
)
_MAX_STACK = 500
_MAX_REGIONS = 300


@dataclass
class _Region:
    """Where a quote, a quote that runs to the end of the mail, or a signature stands in the source."""

    kind: Kind
    start: int
    end: int


@dataclass(frozen=True)
class DividedHtml:
    """`kept` is the source without the cut-out pieces; `folded` are these, in order."""

    kept: str
    folded: tuple[str, ...]


def divide_html(source: str, intent: Intent) -> DividedHtml:
    """Cut out quotes at the end or the beginning, and signatures; quotes between answers and forwards stay."""
    scan = _Scan(source)
    if not scan.says_outside(scan.quotes(intent)):
        # Some people write into the signature that their program put there: then it is all they say.
        scan.take_signatures_for_words()
    cuts = [region for region in scan.regions if region.kind == "signature"]
    if intent != "forward":
        cuts += _choose_quotes(scan, source, intent)
    cuts.sort(key=lambda region: region.start)
    kept: list[str] = []
    folded: list[str] = []
    position = 0
    for region in cuts:
        if region.start < position:
            continue
        kept.append(source[position : region.start])
        folded.append(source[region.start : region.end])
        position = region.end
    kept.append(source[position:])
    return DividedHtml("".join(kept), tuple(folded))


def _choose_quotes(scan: "_Scan", source: str, intent: Intent) -> list[_Region]:
    quotes = scan.quotes(intent)
    if not quotes:
        return []
    first, last = quotes[0], quotes[-1]
    before = scan.says(0, first.start)
    after = scan.says(last.end, len(source))
    if after and has_only_furniture(html_to_text(source[last.end :])):
        last.end = len(source)
        after = False
    if before and not after:
        if last.kind == "rest":
            words = scan.words(0, last.start)
            if len(words) <= 600 and INLINE_HINT.search(words):
                return []
        last.end = len(source)
        return [last]
    if len(quotes) == 1 and first.kind == "quote" and not before:
        return [first]
    if not before and not after and all(region.kind == "quote" for region in quotes):
        inner = scan.says(first.end, last.start)
        return [] if inner else quotes
    return []


class _Scan:
    """One pass over the source: runs of visible text, where lines break, and marked regions."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.runs: list[tuple[int, int]] = []
        self.breaks: list[int] = []
        self.regions: list[_Region] = []
        self._stack: list[tuple[str, _Region | None]] = []
        self._open: _Region | None = None
        self._endless: set[str] = set()
        self._read()
        self._starts = [start for start, _ in self.runs]

    def _read(self) -> None:
        source = self.source
        position = 0
        while True:
            match = _TAG.search(source, position)
            if match is None:
                self._add_run(position, len(source))
                break
            self._add_run(position, match.start())
            if match[2] is None:
                end = source.find("-->", match.end())
                position = len(source) if end < 0 else end + 3
                continue
            end = source.find(">", match.end())
            if end < 0:
                self._add_run(match.start(), len(source))
                break
            name = match[2].lower()
            if name in _BLOCKS:
                self.breaks.append(match.start())
            if match[1]:
                self._close(name, match.start(), end + 1)
            else:
                self._enter(name, source[match.end() : min(end, match.end() + 2_000)], match.start(), end + 1)
            position = end + 1
            if name in _UNSEEN and not match[1]:
                position = self._end_of_unseen(name, position)
            if self._open is not None and self._open.kind == "rest":
                # Runs to the end of the mail: there is nothing more to find.
                self._add_run(position, len(source))
                break
        for region in self.regions:
            if region.end < 0:
                region.end = len(source)

    def _end_of_unseen(self, name: str, position: int) -> int:
        """Where a style sheet or script ends; one that never ends is looked for only once."""
        if name in self._endless:
            return position
        match = re.compile(f"</{name}", re.IGNORECASE).search(self.source, position)
        if match is None:
            self._endless.add(name)
            return position
        return match.start()

    def _add_run(self, start: int, end: int) -> None:
        if start < end and SPACE.sub("", self.source[start : min(end, start + 2_000)]):
            self.runs.append((start, end))

    def _enter(self, name: str, attributes: str, start: int, end: int) -> None:
        region: _Region | None = None
        if self._open is None and len(self.regions) < _MAX_REGIONS:
            kind = read_kind(name, attributes, self.source, end)
            if kind:
                region = _Region(kind, start, -1)
                self.regions.append(region)
                if name in _VOID and kind != "rest":
                    region.end = end
                else:
                    self._open = region
        if name not in _VOID and not attributes.endswith("/") and len(self._stack) < _MAX_STACK:
            self._stack.append((name, region))

    def _close(self, name: str, start: int, end: int) -> None:
        for depth in range(len(self._stack) - 1, max(len(self._stack) - 60, -1), -1):
            if self._stack[depth][0] == name:
                for _, region in self._stack[depth:]:
                    if region is not None:
                        region.end = end if region is self._stack[depth][1] else start
                        if region is self._open:
                            self._open = None
                del self._stack[depth:]
                return

    # -- questions -------------------------------------------------------------------------------------------

    def _runs_between(self, start: int, end: int) -> list[tuple[int, int]]:
        index = bisect_left(self._starts, start)
        found: list[tuple[int, int]] = []
        while index < len(self.runs) and self.runs[index][0] < end:
            found.append(self.runs[index])
            index += 1
        return found

    def _own_runs(self, start: int, end: int) -> list[tuple[int, int]]:
        signatures = [region for region in self.regions if region.kind == "signature"]
        return _outside(self._runs_between(start, end), signatures)

    def says(self, start: int, end: int) -> bool:
        """Whether the author says something between two offsets, outside signatures."""
        return bool(self._own_runs(start, end))

    def says_outside(self, regions: list[_Region]) -> bool:
        """Whether the author says something outside signatures and these regions."""
        return bool(_outside(self._own_runs(0, len(self.source)), regions))

    def take_signatures_for_words(self) -> None:
        self.regions = [region for region in self.regions if region.kind != "signature"]

    def words(self, start: int, end: int) -> str:
        return " ".join(crude_text(self.source[first:last]) for first, last in self._own_runs(start, end))

    def quotes(self, intent: Intent) -> list[_Region]:
        """The quotes with their attribution lines; neighbours with nothing said between them are one."""
        found: list[_Region] = []
        for region in self.regions:
            if region.kind == "signature":
                continue
            if FORWARD.search(crude_text(self.source[region.start : region.start + 1_500])[:200]):
                # From here on it is a forward, whatever marks come later.
                return found
            floor = found[-1].end if found else 0
            start = self._attribution_before(region.start, floor)
            kind = region.kind
            if kind == "loose":
                if start is None and (not found or self.says(found[-1].end, region.start)) and intent == "new":
                    continue
                kind = "quote"
            begin = region.start if start is None else start
            if found and not self.says(found[-1].end, begin):
                found[-1].end = region.end
                found[-1].kind = "rest" if kind == "rest" else found[-1].kind
            else:
                found.append(_Region(kind, begin, region.end))
        return found

    def _attribution_before(self, position: int, floor: int) -> int | None:
        """Where the attribution line just above an offset begins, if there is one."""
        lines: list[tuple[int, str]] = []
        below = position
        for start, end in reversed(self._runs_between(floor, position)[-40:]):
            words = crude_text(self.source[start:end])
            breaks_between = bisect_left(self.breaks, below) > bisect_left(self.breaks, end)
            if lines and not breaks_between:
                lines[-1] = (start, f"{words} {lines[-1][1]}")
            else:
                if len(lines) == 3:
                    break
                lines.append((start, words))
            below = start
        joined = ""
        for start, words in lines:
            joined = f"{words} {joined}".strip()
            if grade_attribution(joined):
                return start
        return None


def _outside(runs: list[tuple[int, int]], regions: list[_Region]) -> list[tuple[int, int]]:
    """The runs that begin in none of the regions; these stand in order and do not overlap."""
    starts = [region.start for region in regions]
    return [run for run in runs if not (at := bisect_right(starts, run[0])) or run[0] >= regions[at - 1].end]
