"""`banyan split cut`: the cut of any graph of people, without a site."""

import time
from typing import BinaryIO

import click

from forum.cli.frame import as_json, refuse, show_json


@click.command("cut", epilog="Example: banyan split cut edges.tsv --min 20 --max 500")
@click.argument("edges", type=click.File("rb"))
@click.option(
    "--facets", type=click.File("rb"), metavar="FILE", help="CSV with headings: a name, then what people share."
)
@click.option("--min", "smallest", type=click.IntRange(min=1), metavar="N", help="No group is smaller.")
@click.option("--max", "largest", type=click.IntRange(min=1), metavar="N", help="No group is larger.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True, metavar="N", help="Chance.")
@as_json
def cut_edges(
    edges: BinaryIO, facets: BinaryIO | None, smallest: int | None, largest: int | None, seed: int, json_: bool
) -> None:
    """Divide people by their ties: EDGES has two names a line and perhaps a weight, with tabs between.

    Prints JSON, with --json and without: the groups, each a list of names, the largest first; their modularity; the
    share of ties they keep; what would be kept without bounds; and the seconds it took.
    """
    # numpy is slow to import, and few commands need it.
    from forum.splitting.cut.bounds import Bounds, CannotBound
    from forum.splitting.cut.cut import cut
    from forum.splitting.cut.reading import BadLine, read_graph

    started = time.monotonic()
    try:
        named = read_graph(edges, facets)
    except BadLine as error:
        refuse(str(error))
    people = len(named.names)
    try:
        bounds = None
        if smallest or largest:
            bounds = Bounds(smallest or 1, largest or max(people, smallest or 1))
        found = cut(named.graph, bounds, seed=seed, facets=named.sharing)
    except CannotBound as error:
        refuse(str(error))
    groups: list[list[str]] = [[] for _ in range(found.groups)]
    for name, group in zip(named.names, found.labels.tolist(), strict=True):
        groups[group].append(name)
    show_json(
        {
            "groups": groups,
            "modularity": found.modularity,
            "kept": found.kept,
            "kept_without_bounds": found.kept_unbounded,
            "seconds": round(time.monotonic() - started, 3),
        }
    )
