"""`banyan group ...`: the groups of the tree and their settings."""

from typing import Any

import click

from forum.cli.duty import duty
from forum.cli.frame import a_line, acting, as_json, open_site, show_json, show_table, the_group
from forum.groups.actions import GroupChange, change_group, create_group
from forum.groups.models import (
    Assurance,
    Group,
    JoinPolicy,
    Kind,
    MailContent,
    Moderate,
    OneClick,
    ReplyTo,
    Strangers,
)
from forum.groups.queries import community, count_members
from forum.moderation.brakes import hold_group, release_group
from forum.settings import current_settings
from forum.threads.overview import group_rows
from forum.threads.queries import count_threads

_KINDS = [kind.value for kind in Kind if kind is not Kind.COMMUNITY]
_YES_NO = click.Choice(["yes", "no"])
_DEMANDS = [each.value for each in (Assurance.PROVEN, Assurance.TOKEN, Assurance.CLAIMED)]


@click.group("group", epilog="Example: banyan group list")
def group() -> None:
    """Make, change and look at groups."""


@group.command("create", epilog="Example: banyan group create cardiology --name Cardiology --kind specialty")
@click.argument("slug")
@click.option("--name", type=a_line, metavar="TEXT", required=True, help="The name that people see.")
@click.option("--parent", metavar="SLUG", help="The group above; the community when left out.")
@click.option("--kind", type=click.Choice(_KINDS), default=Kind.INTEREST.value, show_default=True)
@as_json
def create(slug: str, name: str, parent: str | None, kind: str, json_: bool) -> None:
    """Make a group. SLUG becomes its mail name: small letters, digits and hyphens, at most 40."""
    with open_site():
        with acting():
            above = the_group(parent) if parent is not None else community()
            made = create_group(slug, name, parent=above, kind=Kind(kind))
        _show(made, json_)


def _demands(text: str) -> tuple[Assurance, ...]:
    """`NEW[,REPLY]`: the assurance that a new thread and a reply need."""
    words = text.split(",")
    if len(words) > 2 or not all(word in _DEMANDS for word in words):
        raise click.BadParameter(f"{text!r}: write one of {', '.join(_DEMANDS)}, or two as in proven,token.")
    return tuple(Assurance(word) for word in words)


def _quota(text: str) -> int:
    """A number of posts an hour, or `none`, which the change of a group writes as 0."""
    if text == "none":
        return 0
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= 100_000):
        raise click.BadParameter(f"{text!r}: write how many posts an hour a member may send, such as 20, or none.")
    return int(text)


@group.command("set", epilog="Example: banyan group set cardiology --moderate newcomers --assurance proven,token")
@click.argument("slug")
@click.option("--name", type=a_line, metavar="TEXT", help="The name that people see.")
@click.option("--moderate", type=click.Choice([each.value for each in Moderate]), help="Whose posts wait.")
@click.option(
    "--assurance",
    type=_demands,
    metavar="NEW[,REPLY]",
    help="How well authors must be known: proven, token or claimed.",
)
@click.option("--quota", type=_quota, metavar="N|none", help="Posts an hour a member.")
@click.option("--join", type=click.Choice([each.value for each in JoinPolicy]), help="How members come in.")
@click.option("--listed", type=click.Choice(["yes", "no"]), help="Whether the whole community sees that it exists.")
@click.option("--strangers", type=click.Choice([each.value for each in Strangers]), help="Mail of unknown addresses.")
@click.option("--mail-content", type=click.Choice([each.value for each in MailContent]), help="The post, or a link.")
@click.option("--reply-to", type=click.Choice([each.value for each in ReplyTo]), help="Where answers by mail go.")
@click.option("--one-click", type=click.Choice([each.value for each in OneClick]), help="Of the community: for all.")
@click.option("--hold-unaddressed", type=_YES_NO, help="Whether mail waits that names the group nowhere in To or Cc.")
@click.option("--moderators-obey", type=_YES_NO, help="Whether moderators' own posts wait like everybody's.")
@click.option("--hold", type=_YES_NO, help="The emergency brake: every post waits until it is off again.")
@click.option("--decide-within-days", type=click.IntRange(2, 365), help="Then a held post goes back to its author.")
@as_json
def set_(
    slug: str,
    name: str | None,
    moderate: str | None,
    assurance: tuple[Assurance, ...] | None,
    quota: int | None,
    join: str | None,
    listed: str | None,
    hold: str | None,
    json_: bool,
    **more: Any,
) -> None:
    """Change settings of a group. What is left out stays as it is."""
    if all(value is None for value in (name, moderate, assurance, quota, join, listed, hold, *more.values())):
        raise click.UsageError("Say what to change, such as --moderate newcomers.")
    with open_site():
        with acting():
            changed = the_group(slug)
            new, reply = _wanted(changed, assurance)
            change = GroupChange(
                name=name,
                moderate=Moderate(moderate) if moderate is not None else None,
                assurance_new=new,
                assurance_reply=reply,
                quota=quota,
                join_policy=JoinPolicy(join) if join is not None else None,
                listed=listed == "yes" if listed is not None else None,
                **_more(**more),
            )
            change_group(changed, change)
            if hold is not None:
                (hold_group if hold == "yes" else release_group)(changed, actor_id=None)
        _show(changed, json_)


def _more(
    *,
    strangers: str | None,
    mail_content: str | None,
    reply_to: str | None,
    one_click: str | None,
    hold_unaddressed: str | None,
    moderators_obey: str | None,
    decide_within_days: int | None,
) -> dict[str, Any]:
    """What the group does with its mail and its held posts, as a change of the group names it."""
    return {
        "strangers": Strangers(strangers) if strangers is not None else None,
        "mail_content": MailContent(mail_content) if mail_content is not None else None,
        "reply_to": ReplyTo(reply_to) if reply_to is not None else None,
        "one_click": OneClick(one_click) if one_click is not None else None,
        "moderators_obey": moderators_obey == "yes" if moderators_obey is not None else None,
        "hold_unaddressed": hold_unaddressed == "yes" if hold_unaddressed is not None else None,
        "decide_within_days": decide_within_days,
    }


def _wanted(changed: Group, wanted: tuple[Assurance, ...] | None) -> tuple[Assurance | None, Assurance | None]:
    """The demands to set. A reply that is not named keeps its own, but never needs more than a new thread."""
    if wanted is None:
        return None, None
    new = wanted[0]
    return new, wanted[1] if len(wanted) == 2 else min(new, changed.assurance_reply, key=lambda each: each.rank)


@group.command("list", epilog="Example: banyan group list --json")
@as_json
def list_(json_: bool) -> None:
    """All groups, parents before their children."""
    with open_site():
        rows = [_as_row(each.group, each.members, each.threads) for each in group_rows()]
    if json_:
        show_json(rows)
        return
    columns = ("slug", "name", "kind", "parent", "address", "members", "threads")
    show_table(columns, [["-" if row[name] is None else row[name] for name in columns] for row in rows])


@group.command("show", epilog="Example: banyan group show cardiology --json")
@click.argument("slug")
@as_json
def show(slug: str, json_: bool) -> None:
    """One group and its settings."""
    with open_site():
        _show(the_group(slug), json_)


def _show(shown: Group, json_: bool) -> None:
    row = _as_row(shown, count_members(shown.id), count_threads(shown.id))
    if json_:
        show_json(row)
        return
    row |= {
        "moderate": shown.moderate,
        "assurance": f"{shown.assurance_new} for a new thread, {shown.assurance_reply} for a reply",
        "quota": "none" if shown.quota is None else f"{shown.quota} posts an hour a member",
        "join": shown.join_policy,
        "listed": "yes" if shown.listed else "no",
        "strangers": shown.strangers,
        "mail content": shown.mail_content,
        "reply to": shown.reply_to,
        "moderators obey": "yes" if shown.moderators_obey else "no",
        "hold unaddressed": "yes" if shown.hold_unaddressed else "no",
        "hold": f"everything, since {shown.emergency_since:%Y-%m-%d %H:%M} UTC" if shown.emergency_since else "no",
        "decide within": f"{shown.decide_within_days} days",
    }
    if shown.kind is Kind.COMMUNITY:
        row["one click"] = shown.one_click
    for name, value in row.items():
        click.echo(f"{name:<10} {'-' if value is None else value}")


def _as_row(shown: Group, members: int, threads: int) -> dict[str, Any]:
    settings = current_settings()
    return {
        "slug": shown.slug,
        "name": shown.name,
        "kind": shown.kind,
        "parent": shown.parent.slug if shown.parent is not None else None,
        "address": f"{shown.mail_name}@{settings.domain}",
        "url": f"{settings.base_url}/g/{shown.slug}",
        "members": members,
        "threads": threads,
    }


group.add_command(duty)

commands = [group]
