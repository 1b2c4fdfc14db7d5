"""Reading ties and facets of people who are named by any words, from text. Pure: it neither opens nor prints."""

import csv
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from forum.splitting.cut.graph import Graph, graph_of
from forum.splitting.cut.sharing import Sharing

# Sums of what is heavier would be no numbers any more.
_HEAVIEST = 1e100


class BadLine(ValueError):
    """A line that cannot be read; str() says which and why."""

    def __init__(self, number: int, why: str) -> None:
        super().__init__(f"Line {number}: {why}")


@dataclass(frozen=True)
class Named:
    """A graph, what its people are called, and what they share."""

    names: list[str]
    graph: Graph
    sharing: Sharing | None


def read_graph(ties: Iterable[bytes], facets: Iterable[bytes] | None = None) -> Named:
    """`a<TAB>b[<TAB>weight]` a line (spaces where there is no tab), or one name alone; blank lines and those that begin
    with # say nothing. Facets are CSV below a line of headings: a name, then values, several in a cell with ; between.

    Everybody who is named anywhere is in the graph. BadLine for what cannot be read.
    """
    numbers: dict[str, int] = {}
    first, second, weights = [], [], []
    for number, line in _lines(ties):
        if not line or line.startswith("#"):
            continue
        words = [word.strip() for word in line.split("\t")] if "\t" in line else line.split()
        if len(words) > 3 or not all(words):
            raise BadLine(number, "expected two names and perhaps a weight, with a tab between.")
        one = numbers.setdefault(words[0], len(numbers))
        if len(words) > 1:
            first.append(one)
            second.append(numbers.setdefault(words[1], len(numbers)))
            weights.append(_weight(number, words[2]) if len(words) == 3 else 1.0)
    sharing = _read_facets(facets, numbers) if facets is not None else None
    graph = graph_of(
        len(numbers),
        np.array(first, dtype=np.int64),
        np.array(second, dtype=np.int64),
        np.array(weights, dtype=np.float64),
    )
    return Named(list(numbers), graph, sharing)


def _lines(raw: Iterable[bytes]) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(raw, 1):
        try:
            yield number, line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        except UnicodeDecodeError:
            raise BadLine(number, "this is not UTF-8 text.") from None


def _weight(number: int, word: str) -> float:
    try:
        weight = float(word)
    except ValueError:
        weight = math.nan
    if not 0 <= weight <= _HEAVIEST:
        raise BadLine(number, f"the weight {word!r} is no number from 0 to {_HEAVIEST:.0e}.")
    return weight


def _read_facets(raw: Iterable[bytes], numbers: dict[str, int]) -> Sharing:
    """The same word in two columns is two values: one says where somebody lives, another where somebody works."""
    rows = csv.reader((line for _number, line in _lines(raw)), strict=True)
    values: dict[tuple[int, str], int] = {}
    person, value = [], []
    try:
        headings = next(rows, [])
        for row in rows:
            if not row:
                continue
            if len(row) != len(headings) or not row[0].strip():
                raise BadLine(rows.line_num, f"expected a name and {len(headings) - 1} cells of values, as in line 1.")
            one = numbers.setdefault(row[0].strip(), len(numbers))
            for column, cell in enumerate(row[1:]):
                for word in filter(None, (part.strip().casefold() for part in cell.split(";"))):
                    person.append(one)
                    value.append(values.setdefault((column, word), len(values)))
    except csv.Error as error:
        raise BadLine(rows.line_num, f"this is no CSV ({error}).") from None
    return Sharing(np.array(person, dtype=np.int64), np.array(value, dtype=np.int64))
