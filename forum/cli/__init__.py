"""The command `banyan`: the door for operators. Reads words, opens a transaction, calls one action, shows the outcome.

Commands come from the entry points `banyan.commands`, each a list of click commands, so that the mail gateway adds
its own. Exit codes: 0 done, 1 refused or not found (one line on stderr), 2 wrong use.
"""

import sys
import traceback
from collections.abc import Sequence
from importlib.metadata import entry_points

import click
import structlog

from forum.settings import BadSettings


def assemble() -> click.Group:
    """The whole command with everything that the distribution registers."""
    group = click.Group(
        "banyan",
        help="Banyan: a forum and listserv for large closed communities. Settings come from BANYAN_... variables.",
        epilog="Example: banyan init --name 'Harbor Physicians'",
    )
    for point in sorted(entry_points(group="banyan.commands"), key=lambda point: point.name):
        for command in point.load():
            group.add_command(command)
    return group


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; whatever goes wrong is one line on stderr, never a traceback."""
    _log_to_stderr()
    for stream in (sys.stdout, sys.stderr):
        # What the terminal cannot show is escaped; in JSON the escape is valid and means the same.
        getattr(stream, "reconfigure", lambda **_: None)(errors="backslashreplace")
    try:
        assemble()(args=arguments, prog_name="banyan")
    except BadSettings as error:
        for sentence in error.args:
            click.echo(sentence, err=True)
        sys.exit(2)
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        what = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        click.echo(f"Banyan failed; please report it: {what} ({place.filename}:{place.lineno})", err=True)
        sys.exit(1)


def _log_to_stderr() -> None:
    """Standard output belongs to what a command shows."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=("timestamp", "level", "event")),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
