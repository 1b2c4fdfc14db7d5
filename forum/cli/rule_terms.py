"""`banyan rule list`, `show`, `add` and `set`: the rules of a group and how they came to be as they are."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from forum.cli.frame import acting, as_json, open_site, refuse, show_json, show_table, the_group, the_member
from forum.cli.rule_options import entries_of, read_json_options
from forum.db import db
from forum.groups.actions import NotPossible
from forum.groups.models import Group
from forum.posting.sighted import SightingCount, count_sightings
from forum.rulebook.changes import changes
from forum.rulebook.history import history_of
from forum.rulebook.models import PostingRule
from forum.rulebook.queries import (
    StandingRule,
    groups_under,
    rule_named,
    standing_rules,
    version_numbered,
)
from forum.rules.findings import Severity
from forum.rules.terms import SEVERITIES, Binds, Mode, Terms

_Command = Callable[..., None]

a_group = click.option("--group", "slug", metavar="SLUG", required=True)


@click.command("list", epilog="Example: banyan rule list --group cardiology --all --json")
@a_group
@click.option("--all", "all_", is_flag=True, help="Those that are off as well.")
@as_json
def list_rules(slug: str, all_: bool, json_: bool) -> None:
    """The rules that hold in a group, its own and those of the groups above.

    "seen" counts what a rule saw in the last 30 days, in the group and those below: as findings, and in shadow.
    """
    with open_site():
        group = the_group(slug)
        counts = count_sightings([each.id for each in groups_under(group)])
        rows = [
            _row(each) | _seen(counts.get(each.in_force.rule_id))
            for each in standing_rules(group)
            if all_ or each.terms.mode is not Mode.OFF
        ]
    if json_:
        show_json(rows)
        return
    names = ("name", "check", "severity", "binds", "mode", "version", "from", "seen", "seen_in_shadow")
    show_table([name.replace("_", " ") for name in names], [[row[name] for name in names] for row in rows])


def _seen(count: SightingCount | None) -> dict[str, Any]:
    return {"seen": count.on, "seen_in_shadow": count.shadow} if count else {"seen": 0, "seen_in_shadow": 0}


def _row(each: StandingRule) -> dict[str, Any]:
    terms = each.terms
    return {
        "name": each.name,
        "sentence": terms.sentence,
        "check": terms.check,
        "severity": terms.severity.value,
        "binds": terms.binds.value,
        "mode": terms.mode.value,
        "version": each.version.number,
        "from": each.made_in.slug,
        "version_of": db.session.get_one(Group, each.version.group_id).slug,
        "may_be_loosened": terms.may_be_loosened,
    }


@click.command("show", epilog="Example: banyan rule show no-politics --group cardiology --json")
@click.argument("name")
@a_group
@as_json
def show_rule(name: str, slug: str, json_: bool) -> None:
    """All that a rule says in a group, and its versions: when, who, and what changed."""
    with open_site():
        group = the_group(slug)
        the_rule(group, name)
        standing = next(each for each in standing_rules(group) if each.name == name)
        counts = count_sightings([each.id for each in groups_under(group)])
        shown = _row(standing) | _seen(counts.get(standing.in_force.rule_id))
        shown |= _whole(standing.terms) | {"versions": _versions(group, name)}
    if json_:
        show_json(shown)
        return
    versions = shown.pop("versions")
    for key, value in shown.items():
        for text in value if isinstance(value, list) else (value,):
            click.echo(f"{key.replace('_', ' ')}: {text}")
    click.echo()
    show_table(
        ("version", "group", "when", "who", "what changed"),
        [
            [row["version"], row["group"], row["at"][:16].replace("T", " "), row["by"], row["changed"]]
            for row in versions
        ],
    )


def _whole(terms: Terms) -> dict[str, Any]:
    room = db.session.get(Group, terms.room_id) if terms.room_id is not None else None
    return {
        "why": terms.why,
        "options": dict(terms.options),
        "room": room.slug if room is not None else None,
        "caught": list(terms.caught),
        "passes": list(terms.passing),
    }


def _versions(group: Group, name: str) -> list[dict[str, Any]]:
    return [
        {
            "version": line.version.number,
            "group": line.group.slug,
            "at": line.version.created_at.isoformat(),
            "by": line.by or "operator",
            "mode": line.version.mode.value,
            "severity": line.version.severity.value,
            "changed": line.changed,
        }
        for line in history_of(the_rule(group, name), group)
    ]


def the_rule(group: Group, name: str) -> PostingRule:
    """The rule of this name that holds in the group, or refuse."""
    return rule_named(group, name) or refuse(
        f"There is no rule {name!r} in {group.slug}. See: banyan rule list --group {group.slug} --all"
    )


# --- changing ---


def _terms_options(command: _Command) -> _Command:
    """The options that say the terms of a rule."""
    choices = (
        click.option("--sentence", metavar="TEXT", help="What it asks, for members."),
        click.option("--why", metavar="TEXT", help="Why it exists."),
        click.option("--options", metavar="JSON", help="The check's options, such as '{\"most\": 300}'."),
        click.option("--severity", type=click.Choice([each.value for each in SEVERITIES])),
        click.option("--binds", type=click.Choice([each.value for each in Binds]), help="Whose posts it judges."),
        click.option("--mode", type=click.Choice([each.value for each in Mode])),
        click.option("--may-be-loosened/--not-loosened", default=None, help="Whether groups below may loosen it."),
        click.option("--caught", metavar="TEXT", multiple=True, help="A post that it must catch; may be repeated."),
        click.option("--passes", metavar="TEXT", multiple=True, help="A post that must pass; may be repeated."),
        click.option(
            "--examples",
            metavar="FILE.jsonl",
            type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path),
            help='Examples, one a line: {"text": ..., "caught": true or false}.',
        ),
        click.option("--room", metavar="SLUG", help="Where posts on professional policy go; none for nowhere."),
        click.option("--as", "email", metavar="EMAIL", help="Who changes it, for the log."),
    )
    for option in reversed(choices):
        command = option(command)
    return command


@click.command("add", epilog="Example: banyan rule add no-politics --group community --check political --mode on")
@click.argument("name")
@a_group
@click.option("--check", required=True, metavar="CHECK", help="See: banyan rule score --help")
@_terms_options
@as_json
def add(name: str, slug: str, check: str, email: str | None, json_: bool, **given: Any) -> None:
    """Make a rule of a group, which holds in all groups below as well.

    It begins in shadow unless --mode says otherwise: what it sees is counted and touches nobody. What is not named
    comes with the check, its examples too, as far as they hold under the options.
    """
    from forum.rulebook.actions import add_rule
    from forum.rulebook.defaults import default_terms

    with open_site():
        with acting():
            group = the_group(slug)
            options = read_json_options(given["options"]) if given["options"] is not None else {}
            try:
                begin = default_terms(check, options)
            except LookupError:
                raise click.UsageError(_no_check(check)) from None
            except ValueError as error:
                refuse(str(error))
            made = add_rule(group, name, _changed_terms(begin, given), actor_id=_actor(email))
        _say(made, group, "added", json_)


@click.command("set", epilog="Example: banyan rule set no-politics --group cardiology --severity return")
@click.argument("name")
@a_group
@click.option("--check", metavar="CHECK", help="Another check.")
@_terms_options
@click.option("--like", type=int, metavar="VERSION", help="As it was in this version: takes a change back.")
@click.option("--follow-above", is_flag=True, help="As in the group above, from now on.")
@as_json
def set_(
    name: str,
    slug: str,
    check: str | None,
    email: str | None,
    like: int | None,
    follow_above: bool,
    json_: bool,
    **given: Any,
) -> None:
    """Change a rule, in its own group or in one below: only what is named changes. Prints version and what changed.

    In a group below, a rule can be made tighter; looser only where the group above allows it. Given examples of one
    kind take the place of those that were there.
    """
    from forum.rulebook import actions

    named = check is not None or any(value is not None and value != () for value in given.values())
    if (like is not None) + follow_above + named != 1:
        raise click.UsageError("Say what is to change, or --like, or --follow-above.")
    with open_site():
        with acting():
            group, actor_id = the_group(slug), _actor(email)
            rule = the_rule(group, name)
            before = _terms_here(group, name)
            if follow_above:
                made = actions.follow_above(rule, group, actor_id=actor_id)
            elif like is not None:
                version = version_numbered(rule, group, like) or refuse(
                    f"{name} has no version {like} here. See: banyan rule show {name} --group {slug}"
                )
                made = actions.restore_version(rule, group, version, actor_id=actor_id)
            else:
                terms = _with_check(before, check, given)
                made = actions.change_rule(rule, group, terms, actor_id=actor_id)
        _say(
            rule, group, "; ".join(changes(before, _terms_here(group, name))) if made else "nothing has changed", json_
        )


def _terms_here(group: Group, name: str) -> Terms:
    return next(each.terms for each in standing_rules(group) if each.name == name)


def _with_check(before: Terms, check: str | None, given: Mapping[str, Any]) -> Terms:
    """The terms that are asked for; another check begins with its own options."""
    from forum.rulebook.defaults import pinned

    options = read_json_options(given["options"]) if given["options"] is not None else None
    if check is not None or options is not None:
        chosen = check if check is not None else before.check
        try:
            options = pinned(chosen, options if options is not None else {})
        except LookupError:
            raise click.UsageError(_no_check(chosen)) from None
        except ValueError as error:
            raise NotPossible(str(error)) from error
        before = replace(before, check=chosen, options=options)
    return _changed_terms(before, given)


def _no_check(check: str) -> str:
    from forum.rules.checks import CHECKS, HISTORY_CHECKS

    return f"There is no check {check!r}. There are: {', '.join(sorted((*CHECKS, *HISTORY_CHECKS)))}."


def _changed_terms(terms: Terms, given: Mapping[str, Any]) -> Terms:
    """The terms with all that was named; options are in them already."""
    caught, passing = list(given["caught"]), list(given["passes"])
    if given["examples"] is not None:
        for number, entry, _ in entries_of(given["examples"]):
            if not isinstance(entry.get("caught"), bool):
                refuse(f'Line {number} does not say whether it must be caught. Write "caught": true or false.')
            (caught if entry["caught"] else passing).append(_example(entry))
    changed: dict[str, Any] = {name: given[name] for name in ("sentence", "why") if given[name] is not None}
    for name, kind in (("severity", Severity), ("binds", Binds), ("mode", Mode)):
        if given[name] is not None:
            changed[name] = kind(given[name])
    if given["may_be_loosened"] is not None:
        changed["may_be_loosened"] = given["may_be_loosened"]
    if given["room"] is not None:
        changed["room_id"] = None if given["room"] == "none" else the_group(given["room"]).id
    if caught:
        changed["caught"] = tuple(caught)
    if passing:
        changed["passing"] = tuple(passing)
    try:
        return replace(terms, **changed)
    except ValueError as error:
        raise NotPossible(str(error)) from error


def _example(entry: Mapping[str, Any]) -> str:
    subject = " ".join(str(entry.get("subject") or "").split())
    return f"Subject: {subject}\n\n{entry['text']}" if subject else str(entry["text"])


def _actor(email: str | None) -> int | None:
    return the_member(email).id if email is not None else None


def _say(rule: PostingRule, group: Group, changed: str, json_: bool) -> None:
    standing = next(each for each in standing_rules(group) if each.name == rule.name)
    if json_:
        show_json(_row(standing) | _whole(standing.terms) | {"changed": changed})
    else:
        click.echo(f"{rule.name} in {group.slug}, version {standing.version.number}, {standing.terms.mode}: {changed}")
