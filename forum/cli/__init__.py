"""The command `banyan`: the door for operators. Reads words, opens a transaction, calls one action, shows the outcome.

Commands come from the entry points `banyan.commands`, each a list of click commands, so that the mail gateway adds
its own. Exit codes: 0 done, 1 refused or not found (one line on stderr), 2 wrong use.
"""

import os
import sys
import traceback
from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path

import click
import structlog

from forum.settings import BadSettings

_FORUM = Path(__file__).parents[1]
_OURS = (_FORUM, _FORUM.parent / "mailgateway")


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
    # A closed community's database, mail and sockets are nobody else's on this machine.
    os.umask(os.umask(0o007) | 0o007)
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
        place = _where(error)
        what = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        click.echo(f"Banyan failed; please report it: {what} ({place})", err=True)
        sys.exit(1)


def _where(error: Exception) -> str:
    """The innermost line of our own code that the error passed."""
    frames = [(Path(frame.filename), frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    ours = [frame for frame in frames if frame[0].is_relative_to(_OURS[0]) or frame[0].is_relative_to(_OURS[1])]
    file, line = ours[-1]
    return f"{file.relative_to(_OURS[0].parent)}:{line}"


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
