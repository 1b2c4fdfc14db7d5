"""`banyan member sync`: align a group with a roster, with a stop before it removes many and a way back."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from forum.cli.frame import acting, open_site, progress_bar, refuse, the_group
from forum.cli.roster_file import BadHeader, RosterFile
from forum.db import db, reading
from forum.groups.models import Group, RosterSync
from forum.groups.roster import BadRow, RosterRow, import_rows
from forum.groups.sync import (
    MOST_PERCENT,
    Removal,
    begin_undo,
    belonging_to,
    end_undo,
    known_members,
    note_added,
    open_sync,
    put_back,
    removal,
    remove,
    sync_by_public_id,
    take_out,
)

_BATCH = 500
# Each is several statements: so many keep the database for a tenth of a second.
_LEAVING_AT_ONCE = 20


@click.command(epilog="Example: banyan member sync staff.csv --group harbor-clinic")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--group", "slug", metavar="SLUG", help="The group that shall have the people of FILE.")
@click.option("--most", default=MOST_PERCENT, show_default=True, help="Stop and ask above so many percent removed.")
@click.option("--yes", is_flag=True, help="Remove however many they are.")
@click.option("--undo", "undo_id", metavar="ID", help="Put the sync with this id back.")
def sync(file: Path | None, slug: str | None, most: int, yes: bool, undo_id: str | None) -> None:
    """Make the members of a group those of FILE (CSV as for import), without sending mail.

    Who is missing is added, who is not in FILE is removed; moderators and owners stay. Nothing is changed when FILE
    has a bad row, or when more than the set share would be removed and --yes is not given.
    """
    if undo_id is not None:
        _undo(undo_id)
        return
    if file is None or slug is None:
        raise click.UsageError("Name a FILE and its --group, or --undo ID.")
    people = _people_in(file)
    with open_site():
        _sync(people, the_group(slug), most, yes)


def _people_in(file: Path) -> Sequence[RosterRow]:
    """All rows; a bad one ends it, since everybody whom it should have named would be removed."""
    try:
        roster = RosterFile(file)
    except BadHeader as error:
        raise click.UsageError(f"{file.name}: {error}") from None
    people = []
    with roster:
        for row in roster.rows():
            if isinstance(row, BadRow):
                refuse(f"Line {row.line}: {row.sentence} Nothing was changed.")
            people.append(row)
    if not people:
        refuse("The file names nobody. Nothing was changed.")
    return people


def _sync(people: Sequence[RosterRow], group: Group, most: int, yes: bool) -> None:
    batches = [people[start : start + _BATCH] for start in range(0, len(people), _BATCH)]
    with reading():
        named = frozenset[int]().union(*(known_members([row.email for row in batch]) for batch in batches))
        before, going = belonging_to(group), removal(group, named)
    if going.percent > most and not yes:
        refuse(
            f"This would remove {len(going.member_ids):,} of {going.of:,} members ({going.percent:.0f}%), more than "
            f"{most}%. Nothing was changed. If that is right, repeat the command with --yes."
        )
    with acting():
        row_id, identity = _begun(open_sync(group))
    joined = _apply(row_id, batches, before, group, going)
    click.echo(
        f"{joined:,} joined, {len(going.member_ids):,} removed. To put it back: banyan member sync --undo {identity}"
    )


def _begun(row: RosterSync) -> tuple[int, str]:
    return row.id, row.public_id


def _apply(
    row_id: int,
    batches: Sequence[Sequence[RosterRow]],
    before: frozenset[int],
    group: Group,
    going: Removal,
) -> int:
    joined = done = 0
    total = sum(map(len, batches)) + len(going.member_ids)
    with progress_bar("Aligning with the roster") as bar:
        for batch in batches:
            with acting():
                joined += import_rows(group, batch).joined
                note_added(_row(row_id), group, before, [each.email for each in batch])
            done += len(batch)
            bar.show(done, total)
        for some in _in_lots(going.member_ids):
            with acting():
                remove(_row(row_id), group, some)
            done += len(some)
            bar.show(done, total)
    return joined


def _undo(public_id: str) -> None:
    """Some at a time, so that nobody else's writing waits. What was broken off half-way is repeated."""
    restored = taken_out = 0
    with open_site():
        with acting():
            row = sync_by_public_id(public_id) or refuse(f"There is no sync {public_id!r}.")
            row_id, ended, added = row.id, begin_undo(row), list(row.added)
        for some in _in_lots(list(ended)):
            with acting():
                restored += put_back(_row(row_id), {member_id: ended[member_id] for member_id in some})
        for some in _in_lots(added):
            with acting():
                taken_out += take_out(_row(row_id), some)
        with acting():
            end_undo(_row(row_id))
        click.echo(f"{restored:,} are back with what they had; {taken_out:,} who had been added are out again.")


def _row(row_id: int) -> RosterSync:
    return db.session.get_one(RosterSync, row_id)


def _in_lots(member_ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (member_ids[start : start + _LEAVING_AT_ONCE] for start in range(0, len(member_ids), _LEAVING_AT_ONCE))
