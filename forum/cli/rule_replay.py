"""`banyan rule replay`: what rules would have done to past posts. Changes nothing.

The table of checks is imported when it is asked for, as in `rules`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from forum.cli.frame import (
    Bar,
    as_json,
    how_far_back,
    open_site,
    progress_bar,
    refuse,
    show_json,
    show_table,
    the_group,
)
from forum.cli.rule_options import kinds_line, read_json_options, seen_row, with_options
from forum.cli.rule_terms import a_group, the_rule
from forum.clock import now
from forum.db import db, reading
from forum.groups.models import Group
from forum.rules.findings import Severity
from forum.rules.terms import SEVERITIES, Binds, Terms
from forum.settings import current_settings

if TYPE_CHECKING:
    from forum.rulebook.replay import Listed, PastPost, Plan, Replayed


@click.command("replay", epilog="Example: banyan rule replay --since 90d --group cardiology --rule no-politics")
@a_group
@click.option(
    "--since", type=how_far_back, metavar="TIME", default="90d", show_default=True, help="Such as 90d, 12w or 48h."
)
@click.option("--rule", "name", metavar="NAME", help="Only this one, even if it is off.")
@click.option("--version", type=int, metavar="N", help="As it was, or is, in this version.")
@click.option("--against", type=int, metavar="M", help="Compare with this version; else with what is in force.")
@click.option("--options", metavar="JSON", help="With these options of its check.")
@click.option("--severity", type=click.Choice([each.value for each in SEVERITIES]))
@click.option("--binds", type=click.Choice([each.value for each in Binds]))
@click.option("--limit", type=click.IntRange(0, 100_000), default=1000, show_default=True, help="Posts in each list.")
@as_json
def replay(slug: str, since: timedelta, name: str | None, limit: int, json_: bool, **asked: Any) -> None:
    """Show what rules would have done to past posts, and the difference between two versions.

    All rules of the group that are on or in shadow, or the named one. Looks at what was published and at what was held
    and never came out, in the group and in those below; erased posts are left out. Of what was seen it tells kinds and
    places, no words. Whom a rule binds goes by today's roles, and a member's first three posts are a newcomer's. For
    rules of pace, what was held counts as never sent.
    """
    drafted = any(value is not None for value in asked.values())
    if drafted and name is None:
        raise click.UsageError("Say which rule: --rule NAME.")
    with open_site(), reading():
        from forum.posting.past import past_posts
        from forum.posting.replaying import plans_in_force, wanted_by
        from forum.rulebook import replay as replaying

        group = the_group(slug)
        plans = plans_in_force(group) if name is None else [_plan(group, name, asked if drafted else None)]
        wanted = wanted_by(plans, now() - since)
        with progress_bar("Replaying") as bar:
            done = replaying.replay(_watched(past_posts(wanted), bar), plans, listed=limit)
        shown = {
            "group": slug,
            "since": wanted.since.isoformat(),
            "posts": done.published,
            "held_posts": done.held,
            "rules": [_replayed(plan, each) for plan, each in zip(plans, done.rules, strict=True)],
        }
    if json_:
        show_json(shown)
    else:
        _show_replayed(shown)


def _plan(group: Group, name: str, asked: Mapping[str, Any] | None) -> "Plan":
    """The named rule as it is, or as it is asked for beside the terms to compare with."""
    from forum.posting.replaying import plan_of
    from forum.rulebook.queries import rules_in_force

    the_rule(group, name)
    rule = next(each for each in rules_in_force(group) if each.name == name)
    if asked is None:
        return plan_of(rule, group, rule.terms)
    against = _version(group, name, asked["against"]) if asked["against"] is not None else rule.terms
    terms = _version(group, name, asked["version"]) if asked["version"] is not None else rule.terms
    changed: dict[str, Any] = {}
    if asked["severity"] is not None:
        changed["severity"] = Severity(asked["severity"])
    if asked["binds"] is not None:
        changed["binds"] = Binds(asked["binds"])
    terms = replace(terms, **changed)
    if asked["options"] is not None:
        terms = with_options(terms, read_json_options(asked["options"]))
    return plan_of(rule, group, terms, against)


def _version(group: Group, name: str, number: int) -> Terms:
    from forum.rulebook.queries import version_numbered

    version = version_numbered(the_rule(group, name), group, number)
    return version.terms if version is not None else refuse(f"{name} has no version {number} in {group.slug}.")


def _watched(posts: "Iterator[PastPost]", bar: Bar) -> "Iterator[PastPost]":
    """The posts on their way; how many there are nobody knows before the end."""
    for number, post in enumerate(posts, 1):
        yield post
        if number % 100 == 0:
            bar.show(number, number)


def _replayed(plan: "Plan", each: "Replayed") -> dict[str, Any]:
    shown: dict[str, Any] = {"rule": each.name, "counts": _by_severity(each.by_severity, each.acted.count)}
    shown["list"] = _hits(each.acted)
    if plan.against is not None:
        shown["against"] = _by_severity(each.by_severity_against, each.by_severity_against.total())
        shown["difference"] = {
            name: {"count": listed.count, "list": _hits(listed)}
            for name, listed in (
                ("newly_caught", each.newly),
                ("no_longer_caught", each.no_longer),
                ("other_severity", each.otherwise),
            )
        }
    return shown


def _by_severity(counted: Mapping[Severity, int], total: int) -> dict[str, int]:
    return {"caught": total} | {each.value: counted.get(each, 0) for each in SEVERITIES}


def _hits(listed: "Listed") -> list[dict[str, Any]]:
    base = current_settings().base_url
    slugs: dict[int, str] = {}
    rows = []
    for hit in listed.first:
        if hit.group_id not in slugs:
            slugs[hit.group_id] = db.session.get_one(Group, hit.group_id).slug
        rows.append(
            {
                "post": None if hit.held else hit.public_id,
                "held": hit.public_id if hit.held else None,
                "url": f"{base}/{'held' if hit.held else 'p'}/{hit.public_id}",
                "group": slugs[hit.group_id],
                "at": hit.at.isoformat(),
                "imported": hit.imported,
                **seen_row(hit.seen),
            }
        )
    return rows


def _show_replayed(shown: Mapping[str, Any]) -> None:
    click.echo(f"{shown['posts']} posts and {shown['held_posts']} held ones since {shown['since'][:10]}.")
    for each in shown["rules"]:
        click.echo(f"\n{each['rule']}: {_counted(each['counts'])}")
        if "difference" not in each:
            _show_hits(each["list"])
            continue
        click.echo(f"compared with: {_counted(each['against'])}")
        for name, listed in each["difference"].items():
            click.echo(f"{name.replace('_', ' ')}: {listed['count']}")
            _show_hits(listed["list"])


def _counted(counts: Mapping[str, int]) -> str:
    parts = [f"{count} {name}" for name, count in counts.items() if name != "caught" and count]
    return f"{counts['caught']} caught" + (f" ({', '.join(parts)})" if parts else "")


def _show_hits(hits: Sequence[Mapping[str, Any]]) -> None:
    if hits:
        rows = [
            [
                hit["post"] or hit["held"],
                hit["at"][:10],
                hit["group"],
                hit["severity"],
                _weight(hit),
                kinds_line(hit["kinds"]),
            ]
            for hit in hits
        ]
        show_table(("post", "date", "group", "severity", "score", "for"), rows)


def _weight(hit: Mapping[str, Any]) -> str:
    return f"{hit['score']:.2f} {hit['label']}".rstrip()
