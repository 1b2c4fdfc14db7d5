"""The commands of `banyan split`: the cut of any graph, and the plans of a group. Each has a file of its own."""

import click

from forum.cli.split_cut import cut_edges
from forum.cli.split_looking_back import results
from forum.cli.split_plans import PLAN_COMMANDS
from forum.cli.split_propose import propose


@click.group("split", epilog="Example: banyan split cut edges.tsv --max 500")
def split() -> None:
    """Grow smaller groups out of a large one: cut, propose, announce, carry out, look back, undo."""


split.add_command(results)
for _command in (propose, cut_edges, *PLAN_COMMANDS):
    split.add_command(_command)

commands = [split]
