"""The commands of `banyan split`: the cut of any graph, and the plans of a group. Each has a file of its own."""

import click


@click.group("split", epilog="Example: banyan split cut edges.tsv --max 500")
def split() -> None:
    """Grow smaller groups out of a large one: cut, propose, announce, carry out, look back, undo."""
