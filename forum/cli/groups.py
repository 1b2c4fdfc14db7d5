"""`banyan group ...`: the groups of the tree and their settings."""

from collections.abc import Callable
from typing import Any

import click

from forum.cli.duty import duty
from forum.cli.evenness import evenness, numbers
from forum.cli.frame import a_line, acting, as_json, open_site, show_json, show_table, the_group
from forum.cli.reasons import reasons
from forum.cli.split_looking_back import signals
from forum.groups.actions import GroupChange, change_group, create_group
from forum.groups.models import Assurance, Group, Kind
from forum.groups.offered import DAYS_TO_DECIDE, QUOTAS, SETTINGS, is_root, read_words
from forum.groups.queries import community, count_members, living
from forum.moderation.brakes import hold_group, release_group
from forum.settings import current_settings
from forum.threads.overview import group_rows
from forum.threads.queries import count_threads

_KINDS = [kind.value for kind in Kind if kind is not Kind.COMMUNITY]


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
    demands = [word for word, _sentence in SETTINGS["assurance_new"].sentences]
    if len(words) > 2 or not all(word in demands for word in words):
        raise click.BadParameter(f"{text!r}: write one of {', '.join(demands)}, or two as in proven,token.")
    return tuple(Assurance(word) for word in words)


def _quota(text: str) -> int:
    """A number of posts an hour, or `none`, which the change of a group writes as 0."""
    if text == "none":
        return 0
    if not (text.isascii() and text.isdecimal() and int(text) in QUOTAS):
        raise click.BadParameter(f"{text!r}: write how many posts an hour a member may send, such as 20, or none.")
    return int(text)


def _offered(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """An option for each of these settings, from the table that the page has as well."""

    def with_options(command: Callable[..., None]) -> Callable[..., None]:
        for setting in reversed([SETTINGS[name] for name in names]):
            words = click.Choice(setting.words)
            command = click.option(f"--{setting.option}", setting.name, type=words, help=setting.line)(command)
        return command

    return with_options


@group.command("set", epilog="Example: banyan group set cardiology --moderate newcomers --assurance proven,token")
@click.argument("slug")
@click.option("--name", type=a_line, metavar="TEXT", help="The name that people see.")
@_offered("moderate")
@click.option("--assurance", type=_demands, metavar="NEW[,REPLY]", help=SETTINGS["assurance_new"].line)
@click.option("--quota", type=_quota, metavar="N|none", help="Posts an hour a member.")
@_offered("join_policy", "listed", "strangers", "mail_content", "reply_to", "one_click")
@_offered("hold_unaddressed", "moderators_obey", "anonymous_posts", "announce_only", "members_may_be_moved")
@click.option(
    "--hold", type=click.Choice(["yes", "no"]), help="The emergency brake: every post waits until it is off again."
)
@click.option(
    "--decide-within-days",
    type=click.IntRange(DAYS_TO_DECIDE[0], DAYS_TO_DECIDE[-1]),
    help="Then a held post goes back to its author.",
)
@as_json
def set_(
    slug: str,
    name: str | None,
    assurance: tuple[Assurance, ...] | None,
    quota: int | None,
    hold: str | None,
    decide_within_days: int | None,
    json_: bool,
    **words: str | None,
) -> None:
    """Change settings of a group. What is left out stays as it is."""
    given = (name, assurance, quota, hold, decide_within_days, *words.values())
    if all(value is None for value in given):
        raise click.UsageError("Say what to change, such as --moderate newcomers.")
    with open_site():
        with acting():
            changed = the_group(slug)
            new, reply = _wanted(changed, assurance)
            change = GroupChange(
                name=name,
                assurance_new=new,
                assurance_reply=reply,
                quota=quota,
                decide_within_days=decide_within_days,
                **read_words(words),
            )
            change_group(changed, change)
            if hold is not None:
                (hold_group if hold == "yes" else release_group)(changed, actor_id=None)
        _show(changed, json_)


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
    words = {
        each.option: each.word_of(shown)
        for each in SETTINGS.values()
        if each.offered_in is not is_root or is_root(shown)
    }
    words |= {
        "assurance": f"{shown.assurance_new} for a new thread, {shown.assurance_reply} for a reply",
        "quota": "none" if shown.quota is None else f"{shown.quota} posts an hour a member",
        "hold": f"everything, since {shown.emergency_since:%Y-%m-%d %H:%M} UTC" if shown.emergency_since else "no",
        "decide-within": f"{shown.decide_within_days} days",
    }
    row |= {name.replace("-", " "): value for name, value in words.items()}
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
        # Of a group that was merged back, where its mail and links lead.
        "became": living(shown).slug if shown.closed_at is not None else None,
    }


group.add_command(duty)
group.add_command(numbers)
group.add_command(evenness)
group.add_command(reasons)
group.add_command(signals)

commands = [group]
