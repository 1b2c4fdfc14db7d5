"""`banyan member import`: a CSV of many people into one group, in short transactions. Nobody gets mail."""

import os
import sys
from itertools import islice
from pathlib import Path

import click

from forum.accounts.models import Address, Member
from forum.cli.frame import acting, open_site, progress_bar, the_group
from forum.cli.roster_file import BadHeader, RosterFile
from forum.db import analyze
from forum.groups.models import Group, Membership
from forum.groups.roster import BadRow, Enrolled, import_rows

# A batch is one transaction, and none should keep SQLite's one write lock for more than a quarter of a second.
_BATCH = 1000


@click.command("import", epilog="Example: banyan member import staff.csv --group cardiology")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--group", "slug", metavar="SLUG", required=True, help="The group that they join.")
def import_(file: Path, slug: str) -> None:
    """Make everybody in FILE a member, without sending mail. Safe to repeat.

    FILE is CSV in UTF-8. Its first line names the columns: email, name, and if you like delivery, place, specialty,
    career_stage, employer, interests, role. Who is a member already keeps every choice, and who has left before is
    not added again. A bad row is reported with its line and skipped; then the exit code is 1.
    """
    try:
        roster = RosterFile(file)
    except BadHeader as error:
        raise click.UsageError(f"{file.name}: {error}") from None
    with roster, open_site():
        total = _enroll(roster, the_group(slug), os.path.getsize(file))
    words = (
        (f"{total.joined:,} joined ({total.new_members:,} new members)", True),
        (f"{total.there_already:,} belonged already", total.there_already),
        (f"{total.left_before:,} had left before and were not added again", total.left_before),
        (f"{len(total.bad):,} bad rows were skipped", total.bad),
    )
    click.echo("; ".join(word for word, said in words if said) + ".")
    if total.bad:
        sys.exit(1)


def _enroll(roster: RosterFile, group: Group, octets: int) -> Enrolled:
    total = Enrolled()
    rows = roster.rows()
    with progress_bar("Reading the roster") as bar:
        while some := list(islice(rows, _BATCH)):
            bad = [row for row in some if isinstance(row, BadRow)]
            people = [row for row in some if not isinstance(row, BadRow)]
            with acting():
                done = import_rows(group, people) + Enrolled(bad=tuple(bad))
            for row in sorted(done.bad, key=lambda row: row.line):
                bar.say(f"Line {row.line}: {row.sentence}")
            total += done
            bar.show(roster.octets_read(), octets)
    with acting():
        analyze(Member, Address, Membership)
    return total
