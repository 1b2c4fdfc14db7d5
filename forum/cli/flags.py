"""`banyan flag`: posts that members have reported, and what becomes of them."""

from typing import Any

import click

from forum.cli.frame import acting, as_json, open_site, refuse, show_json, show_table, the_group, the_member
from forum.groups.rights import may_moderate, viewer_of
from forum.moderation.flagged import Case, cases, flagged_by_public_id, flags_of, open_cases
from forum.moderation.flags import FlagDecision, decide_flags
from forum.threads.overview import group_rows


@click.group("flag", epilog="Example: banyan flag list --group cardiology")
def flag() -> None:
    """Look at posts that members have reported, and decide on them."""


@flag.command("list", epilog="Example: banyan flag list --group cardiology --json")
@click.option("--group", "slug", metavar="SLUG", help="One group; all of them when left out.")
@as_json
def list_flags(slug: str | None, json_: bool) -> None:
    """What waits for a moderator, oldest first, with who reported it and why."""
    with open_site():
        groups = [the_group(slug)] if slug is not None else [each.group for each in group_rows()]
        rows: list[dict[str, Any]] = []
        after = 0
        while page := open_cases([group.id for group in groups], after=after):
            rows += [_row(each) for each in cases(page)]
            after = page[-1].id
    if json_:
        show_json(rows)
        return
    columns = ("id", "group", "flags", "author", "subject")
    why = [", ".join(row["reasons"]) for row in rows]
    show_table(
        (*columns, "reasons"), [[*(row[name] for name in columns), each] for row, each in zip(rows, why, strict=True)]
    )


def _row(case: Case) -> dict[str, Any]:
    return {
        "id": case.flagged.public_id,
        "group": case.flagged.group.slug,
        "post": case.post.public_id,
        "subject": case.post.thread.subject,
        "author": case.post.byline,
        "state": case.flagged.state.value,
        "flags": case.flags,
        "reasons": list(case.reasons),
        "flagged_by": [
            {"name": each.name, "rule": each.rule, "words": each.words, "at": each.created_at.isoformat()}
            for each in flags_of(case.flagged)
        ],
    }


@flag.command("decide", epilog="Example: banyan flag decide 7ct2m0a9vvke keep --as bob@example.org")
@click.argument("id_", metavar="ID")
@click.argument("decision", type=click.Choice([each.value for each in FlagDecision]))
@click.option("--as", "email", metavar="EMAIL", required=True, help="The moderator who decides.")
@click.option("--reason", default="", help="Needed to erase, for the author, and for `acted`, for the log.")
@as_json
def decide_flag(id_: str, decision: str, email: str, reason: str, json_: bool) -> None:
    """Keep a reported post, erase it, or close the case after something else was done about it."""
    with open_site():
        with acting():
            found = flagged_by_public_id(id_) or refuse(f"There is no reported post {id_!r}. See: banyan flag list")
            actor = the_member(email)
            viewer = viewer_of(actor)
            if viewer is None or not may_moderate(viewer, found.group):
                refuse(f"{email} does not moderate {found.group.slug}.")
            decided = decide_flags(found, FlagDecision(decision), actor_id=actor.id, reason=reason)
            if not decided.by_this:
                refuse(f"{decided.by_name} has acted already: {decided.state}.")
        if json_:
            show_json(_row(cases([found])[0]))
        else:
            click.echo(f"{decided.state}: {found.public_id}")
