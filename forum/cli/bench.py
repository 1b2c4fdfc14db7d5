"""`banyan bench`: measures this machine with sites of their own in temporary folders; prints JSON."""

import click


@click.group(epilog="Example: banyan bench fanout --members 10000")
def bench() -> None:
    """Measure speed and memory on this machine. Touches no site but its own temporary ones."""


commands = [bench]
