"""Tells tables of data from tables that only lay out a page, and turns the latter into plain blocks."""

from dataclasses import dataclass, field

from forum.text.elements import CELLS, Token

# Stands where a tag was taken away again; never written.
NOTHING = Token("void", "")


@dataclass(slots=True)
class OpenBlock:
    """A block that is not closed yet."""

    name: str
    start: int  # where its start tag stands among the tokens
    content: int  # how much content came before it
    inlines: list[Token] = field(default_factory=list)  # of a cell: what was pending around it
    # Of a table or row: where the tags of its rows and cells stand, and what each becomes if this is layout.
    unwrapped: list[tuple[int, Token]] = field(default_factory=list)
    rows: int = 0
    cells: int = 0  # of the longest row
    heads: int = 0
    layout: bool = False
    broken: bool = False  # a line break came that does not show at the start of a block

    def is_layout(self) -> bool:
        """Data has headed cells, or several rows and columns, and no tables, quotes or listings in it."""
        return self.layout or not (self.heads or (self.rows > 1 and self.cells > 1))


def account(entry: OpenBlock, around: list[OpenBlock], out: list[Token], blank: bool) -> None:
    """Note for the table around a block that has just ended what the block says about the table; when the table
    itself ends, unwrap it in `out` if it is layout. `around` are the blocks still open, outermost first."""
    places = (entry.start, len(out) - 1)
    gone = [(place, NOTHING) for place in places]
    if entry.name in CELLS:
        row = around[-1]
        direction = tuple(pair for pair in out[entry.start].attributes if pair[0] == "dir")
        block = [(places[0], Token("start", "div", direction)), (places[1], Token("end", "div"))]
        row.unwrapped += gone if blank else block
        row.cells += 1
        row.heads += entry.name == "th"
    elif entry.name == "tr":
        table = around[-1]
        table.unwrapped += entry.unwrapped + gone
        table.cells = max(table.cells, entry.cells)
        table.heads += entry.heads
        table.rows += 1
    elif entry.name in ("table", "blockquote", "pre"):
        if entry.name == "table" and entry.is_layout():
            for place, token in entry.unwrapped + gone:
                out[place] = token
        outer = next((block for block in reversed(around) if block.name == "table"), None)
        if outer is not None:
            outer.layout = True
