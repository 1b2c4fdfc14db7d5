"""`banyan import mbox` and `banyan export mbox`: a group's archive in and out. Nobody gets mail for either."""

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, BinaryIO

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.exc import DataError, IntegrityError

from forum.archives.actions import Ledger, record_import, write_posts
from forum.archives.arrange import Place
from forum.archives.exporting import count_posts, export_mbox
from forum.archives.mail import Read
from forum.archives.mbox import NotAnMbox
from forum.archives.survey import Report, Skipped, Survey, lots, survey
from forum.cli.frame import as_json, open_site, refuse, show_json, the_group
from forum.db import reading, transaction
from forum.settings import current_settings

# Few enough for a transaction of well under 250 ms on SQLite.
_POSTS_A_TRANSACTION = 200
_SHOWN = 20


@click.group("import", epilog="Example: banyan import mbox locums.mbox --group locums --dry-run")
def import_() -> None:
    """Bring in what was written elsewhere."""


@click.group("export", epilog="Example: banyan export mbox --group locums > locums.mbox")
def export() -> None:
    """Take out what was written here."""


commands: Sequence[click.Command] = [import_, export]


@import_.command("mbox", epilog="Example: banyan import mbox locums.mbox --group locums --dry-run")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--group", "slug", required=True, metavar="SLUG", help="The group that gets the posts.")
@click.option("--dry-run", is_flag=True, help="Only say what the file holds and what would be new.")
@as_json
def import_mbox(file: Path, slug: str, dry_run: bool, json_: bool) -> None:
    """Import an mbox FILE into a group: its threads, authors, dates and attachments.

    Nobody gets mail. A second run imports only what is new, so that a stopped import can be repeated. Authors are
    members by their verified addresses; of others a placeholder is made, whose posts go to whoever proves the address.
    Import the oldest file first where there are several.
    """
    with open_site(), tempfile.TemporaryFile(dir=current_settings().data_dir) as spool:
        group_id = the_group(slug).id
        try:
            with _progress("Reading", file.stat().st_size) as tell, reading():
                found = survey(file, group_id, mail_reader(), spool, tell)
        except (NotAnMbox, OSError) as error:
            refuse(str(error))
        failed: Sequence[Skipped] = ()
        if not dry_run:
            with _progress("Importing", len(found.places)) as tell:
                failed = import_posts(found, tell)
        if json_:
            show_json(_as_json(found.report, failed, dry_run))
        else:
            _show(found.report, failed, dry_run)


def mail_reader() -> Read:
    """How mails are read, which the mail gateway brings."""
    (point,) = entry_points(group="banyan.mail_reader", name="parse")
    read: Read = point.load()
    return read


def import_posts(found: Survey, tell: Callable[[int], None]) -> Sequence[Skipped]:
    """Write all new posts, a lot a transaction; returns those that the database would not have."""
    ledger = Ledger()
    failed: list[Skipped] = []
    done = 0
    for lot in lots(found.places, _POSTS_A_TRANSACTION):
        failed += _write(found, lot, ledger)
        tell(done := done + len(lot))
    if ledger.posts:
        with transaction():
            record_import(found.group_id, len(ledger.posts), found.report.messages)
    return failed


def _write(found: Survey, lot: Sequence[Place], ledger: Ledger) -> Iterator[Skipped]:
    try:
        with transaction():
            written = write_posts(found, lot, ledger)
        ledger.add(written)
    except (IntegrityError, DataError) as error:
        if len(lot) == 1:
            yield Skipped(found.entries[lot[0].leaf].position, f"The database refused it: {error.orig}")
            return
        # One of them is to blame, and skips only itself.
        for each in lot:
            yield from _write(found, [each], ledger)


@export.command("mbox", epilog="Example: banyan export mbox --group locums --output locums.mbox")
@click.option("--group", "slug", required=True, metavar="SLUG", help="The group whose posts are taken out.")
@click.option("--output", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="Else standard output.")
def export_mbox_(slug: str, output: Path | None) -> None:
    """Export a group's posts as an mbox (RFC 4155) with their attachments.

    For operators only: the file holds the authors' real addresses, which no member sees, so that another site can
    match them. Keep it as you keep the member list.
    """
    with open_site(), reading():
        group = the_group(slug)
        try:
            if output is None:
                export_mbox(group, sys.stdout.buffer, _silent)
                sys.stdout.buffer.flush()
            else:
                with _written_whole(output) as out, _progress("Exporting", count_posts(group.id)) as tell:
                    export_mbox(group, out, tell)
        except OSError as error:
            refuse(f"{output or 'The output'} cannot be written: {error.strerror}.")


@contextmanager
def _written_whole(path: Path) -> Iterator[BinaryIO]:
    """The file under its name only when all of it is there."""
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as out:
            yield out
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _silent(_done: int) -> None:
    """No progress is shown."""


@contextmanager
def _progress(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on standard error while something takes long, and nothing where that is no terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _silent
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(title, total=total)
        yield lambda done: progress.update(task, completed=done)


def _as_json(report: Report, failed: Sequence[Skipped], dry_run: bool) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "messages": report.messages,
        "new": report.new - len(failed),
        "duplicates": report.duplicates,
        "unreadable": [{"position": each.position, "reason": each.reason} for each in (*report.unreadable, *failed)],
        "threads": {"new": report.threads_new, "continued": report.threads_continued},
        "authors": {
            "known": report.authors_known,
            "new": report.authors_new,
            "without_address": report.authors_without_address,
        },
        "files": report.files,
        "redated": report.redated,
        "first": report.first,
        "last": report.last,
    }


def _show(report: Report, failed: Sequence[Skipped], dry_run: bool) -> None:
    skipped = (*report.unreadable, *failed)
    click.echo(f"{report.messages} messages: {report.duplicates} are here already, {len(skipped)} cannot be read.")
    verb = "would be imported" if dry_run else "imported"
    click.echo(
        f"{report.new - len(failed)} posts {verb}, in {report.threads_new} new threads"
        f" and {report.threads_continued} that go on, with {report.files} files."
    )
    click.echo(
        f"Their authors: {report.authors_known} known, {report.authors_new} new,"
        f" of whom {report.authors_without_address} have no address to claim posts by."
    )
    if report.first is not None and report.last is not None:
        click.echo(f"From {report.first:%Y-%m-%d} to {report.last:%Y-%m-%d}; {report.redated} had no date to believe.")
    for each in skipped[:_SHOWN]:
        click.echo(f"Message {each.position}: {each.reason}", err=True)
    if len(skipped) > _SHOWN:
        click.echo(f"and {len(skipped) - _SHOWN} more (--json lists them all)", err=True)
