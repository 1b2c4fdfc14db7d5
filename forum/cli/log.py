"""`banyan log`: what stands in the append-only log, and whether its chain is whole. It changes nothing."""

import sys
from datetime import UTC, datetime
from typing import Any

import click

from forum.accounts.models import Member
from forum.cli.frame import as_json, how_far_back, open_site, refuse, show_json, show_table, the_group
from forum.clock import now
from forum.db import db
from forum.groups.models import Group
from forum.log import LogEntry, chain_state, entries_page


@click.group("log", epilog="Example: banyan log verify")
def log() -> None:
    """Look at the log of who did what, and prove that nobody has changed it."""


@log.command("verify", epilog="Example: banyan log verify --json")
@as_json
def verify(json_: bool) -> None:
    """Walk the whole chain of seals. Exit code 1, with the first broken seal, when it is not whole."""
    with open_site():
        state = chain_state()
    if json_:
        show_json(
            {
                "whole": state.broken_seal is None,
                "entries": state.entries,
                "seals": state.seals,
                "unsealed": state.unsealed,
                "broken_seal": state.broken_seal,
                "broken_entry": state.broken_entry,
                "last_seal": state.last_seal,
            }
        )
    else:
        click.echo(f"{state.entries} entries, {state.seals} seals, {state.unsealed} not sealed yet.")
        if state.broken_seal is None:
            click.echo(f"The chain is whole. Its last seal: {state.last_seal or 'none yet'}")
    if state.broken_seal is not None:
        entry = "is missing" if state.broken_entry is None else f"is of entry {state.broken_entry}"
        click.echo(f"The chain is broken at seal {state.broken_seal}, which {entry}.", err=True)
        sys.exit(1)


def _since(text: str) -> datetime:
    """A day, a day and a time, or so many days back such as 90d."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return now() - how_far_back(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


@log.command("list", epilog="Example: banyan log list --group cardiology --since 7d --json")
@click.option("--group", "slug", metavar="SLUG", help="Only what was done in one group.")
@click.option("--act", metavar="ACT", help="Only this act, such as approve.")
@click.option("--since", metavar="TIME", help="From a day on (UTC), or 90d for the last 90 days.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=200, show_default=True)
@as_json
def list_entries(slug: str | None, act: str | None, since: str | None, limit: int, json_: bool) -> None:
    """The newest entries, the newest first: ids and short reasons, never what somebody wrote."""
    with open_site():
        group = the_group(slug) if slug is not None else None
        try:
            start = _since(since) if since is not None else None
        except OverflowError:
            refuse(f"{since!r} is too long ago.")
        found = entries_page(group_id=group.id if group is not None else None, act=act, since=start, limit=limit)
        rows = [_row(each) for each in found]
    if json_:
        show_json(rows)
    else:
        columns = ("id", "at", "actor", "act", "object", "group", "why", "undo")
        show_table(columns, [[row[name] if row[name] is not None else "" for name in columns] for row in rows])


def _row(entry: LogEntry) -> dict[str, Any]:
    actor = db.session.get(Member, entry.actor_id) if entry.actor_id is not None else None
    group = db.session.get(Group, entry.group_id) if entry.group_id is not None else None
    return {
        "id": entry.id,
        "at": entry.at.isoformat(timespec="seconds"),
        "actor": actor.name if actor is not None else None,
        "act": entry.act,
        "object": f"{entry.object_kind} {entry.object_id}",
        "group": group.slug if group is not None else None,
        "why": entry.why,
        "undo": entry.undo,
    }
