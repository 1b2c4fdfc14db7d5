"""What every command shares: opening the site, acting in one transaction, refusing in one line, printing."""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, NoReturn

import click
from flask import Flask
from rich.cells import cell_len
from rich.console import Console
from rich.progress import Progress
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from forum.accounts.actions import AddressTaken
from forum.accounts.emails import BadAddress
from forum.accounts.models import Member
from forum.accounts.queries import member_by_email
from forum.app import create_core
from forum.db import db, transaction
from forum.groups.actions import NotPossible
from forum.groups.models import Group
from forum.groups.queries import community, group_by_slug
from forum.groups.slugs import BadSlug
from forum.schema import schema_is_current
from forum.settings import Settings, read_settings
from forum.text.lines import one_line

as_json = click.option("--json", "json_", is_flag=True, help="Print JSON for scripts.")


def refuse(sentence: str) -> NoReturn:
    """End with exit code 1 and one line on stderr."""
    click.echo(" ".join(sentence.split()), err=True)
    sys.exit(1)


@contextmanager
def open_site(settings: Settings | None = None) -> Iterator[Flask]:
    """The core on its database, inside its context; refuses in one line when the database is away or not migrated."""
    settings = settings or read_settings()
    try:
        core = create_core(settings)
    except OSError as error:
        refuse(f"DATA_DIR {settings.data_dir} cannot be used: {error.strerror}.")
    with core.app_context():
        try:
            current = schema_is_current()
        except OperationalError as error:
            refuse(f"The database does not answer: {error.orig}".splitlines()[0])
        if not current:
            refuse("The database is missing or of another version. Run: banyan init")
        try:
            community()
        except LookupError as error:
            refuse(str(error))
        try:
            yield core
        except (OperationalError, ProgrammingError) as error:
            refuse(f"The database failed: {error.orig}".splitlines()[0])
        finally:
            db.session.remove()
            db.engine.dispose()


@contextmanager
def acting() -> Iterator[None]:
    """One transaction for one act; what the domain refuses is one line, and nothing half-done stays behind."""
    try:
        with transaction():
            yield
    except (NotPossible, BadSlug, BadAddress, AddressTaken) as error:
        refuse(str(error))
    except IntegrityError:
        refuse("Something else has changed the same thing at the same moment. Look at it, then repeat the command.")


def the_group(slug: str) -> Group:
    """The group of this name, or refuse."""
    return group_by_slug(slug) or refuse(f"There is no group {slug!r}. See: banyan group list")


def the_member(email: str) -> Member:
    """The member with this address, or refuse."""
    return member_by_email(email) or refuse(f"No member has the address {email!r}.")


def show_json(value: Any) -> None:
    """One JSON value on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, default=str))


def show_table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Aligned columns of plain text, whole whatever the width of the terminal, so that they can be piped."""
    cells = [list(headings), *([str(value) for value in row] for row in rows)]
    widths = [max(cell_len(row[column]) for row in cells) for column in range(len(headings))]
    for row in cells:
        padded = (text + " " * (width - cell_len(text)) for text, width in zip(row, widths, strict=True))
        click.echo("  ".join(padded).rstrip())


class Bar:
    """A running progress bar, or nothing where nobody sees it."""

    def __init__(self, progress: Progress, title: str) -> None:
        self._progress = progress
        self._task = progress.add_task(title, total=None)

    def show(self, done: int, total: int) -> None:
        """How much is done of how much."""
        self._progress.update(self._task, completed=done, total=total)

    def say(self, sentence: str) -> None:
        """One line on stderr, above the bar."""
        self._progress.console.print(sentence, markup=False, soft_wrap=True)


@contextmanager
def progress_bar(title: str) -> Iterator[Bar]:
    """A bar on stderr while something takes long, and none when that is not a terminal."""
    console = Console(stderr=True, highlight=False)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        yield Bar(progress, title)


_SPANS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def how_far_back(text: str) -> timedelta:
    """For an option that says since when: so many hours, days or weeks, such as 48h, 90d or 12w."""
    found = re.fullmatch(r"([0-9]{1,5})([hdw])", text)
    if found is None:
        raise click.BadParameter(f"{text!r}: write how far back, such as 90d, 12w or 48h.")
    return int(found[1]) * _SPANS[found[2]]


def a_line(text: str) -> str:
    """A name or title for an option: one line with something in it, and no longer than its column."""
    line = one_line(text)
    if not 0 < len(line) <= 200:
        raise click.BadParameter(f"write 1 to 200 characters, not {len(line)}.")
    return line
