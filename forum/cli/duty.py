"""`banyan group duty`: the rota of who hears of held posts at once."""

from datetime import UTC, datetime
from typing import Any

import click

from forum.accounts.models import Member
from forum.cli.frame import acting, as_json, open_site, show_json, show_table, the_group, the_member
from forum.db import db
from forum.groups.models import DutyTurn
from forum.moderation.duty import add_turn, remove_turn, turns_of
from forum.moderation.turns import hand_over


def _moment(text: str) -> datetime:
    """A day, or a day and a time, in UTC unless it says its own zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r}: write a day such as 2027-01-31, or 2027-01-31T08:00.") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


@click.command("duty", epilog="Example: banyan group duty er --as bob@example.org --from 2027-01-04 --until 2027-01-11")
@click.argument("slug")
@click.option("--as", "email", metavar="EMAIL", help="The moderator who is to be on duty.")
@click.option("--from", "starts", type=_moment, metavar="TIME", help="When the turn begins (UTC).")
@click.option("--until", "ends", type=_moment, metavar="TIME", help="When the turn ends (UTC).")
@click.option("--remove", type=int, metavar="ID", help="Take a turn off the rota.")
@click.option("--hand-over", "passed", type=int, metavar="ID", help="Give a turn, or the rest of it, to another one.")
@click.option("--to", "taker", metavar="EMAIL", help="The moderator who takes it over.")
@as_json
def duty(
    slug: str,
    email: str | None,
    starts: datetime | None,
    ends: datetime | None,
    remove: int | None,
    passed: int | None,
    taker: str | None,
    json_: bool,
) -> None:
    """Show who is on duty in a group, put a moderator on the rota, take a turn off, or hand it over."""
    wanted = [
        each for each in ((email, starts, ends), (remove,), (passed, taker)) if any(value is not None for value in each)
    ]
    if len(wanted) > 1 or (wanted and None in wanted[0]):
        raise click.UsageError(
            "Say --as, --from and --until together, or --remove alone, or --hand-over and --to, or nothing to look."
        )
    with open_site():
        shown = the_group(slug)
        if email is not None and starts is not None and ends is not None:
            with acting():
                add_turn(shown, the_member(email), starts, ends, actor_id=None)
        elif remove is not None:
            with acting():
                remove_turn(shown, remove, actor_id=None)
        elif passed is not None and taker is not None:
            with acting():
                hand_over(shown, passed, the_member(taker), actor_id=None)
        rows = [_row(turn) for turn in turns_of(shown.id)]
    if json_:
        show_json(rows)
    else:
        show_table(("id", "member", "from", "until"), [list(row.values()) for row in rows])


def _row(turn: DutyTurn) -> dict[str, Any]:
    return {
        "id": turn.id,
        "member": db.session.get_one(Member, turn.member_id).name,
        "from": turn.starts_at.isoformat(timespec="minutes"),
        "until": turn.ends_at.isoformat(timespec="minutes"),
    }
