"""`banyan rule test` and `replay`: what rules make of a file of posts and of past ones. Changes nothing.

The table of checks is imported when it is asked for, as in `rules`.
"""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forum.cli.frame import Bar, as_json, open_site, progress_bar, refuse, show_json, show_table, the_group
from forum.cli.rule_options import entries_of, read_json_options
from forum.cli.rule_terms import a_group, the_rule
from forum.clock import now
from forum.db import db, reading
from forum.groups.actions import NotPossible
from forum.groups.models import Group
from forum.rules.findings import Severity
from forum.rules.matter import Matter
from forum.rules.terms import SEVERITIES, Binds, Mode, Terms
from forum.settings import current_settings

if TYPE_CHECKING:
    from forum.rulebook.replay import Listed, PastPost, Plan, Replayed, Seen

_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


# --- test ---


@click.command("test", epilog="Example: banyan rule test posts.jsonl --group cardiology --rule no-politics")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--group", "slug", metavar="SLUG", help="The rules that hold in this group.")
@click.option("--rule", "name", metavar="NAME", help="Only this one, even if it is off.")
@click.option("--check", metavar="CHECK", help="A check by itself, without a site.")
@click.option("--options", metavar="JSON", help="Options of the check, or for the rule instead of its own.")
@as_json
def test(file: Path, slug: str | None, name: str | None, check: str | None, options: str | None, json_: bool) -> None:
    """Show which rules would act on each post of FILE, and whether that is what the file expects.

    Each line is a JSON object: {"text": ..., "subject": ..., "caught": true or false}; all but the text may be left
    out. Exit code 1 when a line with "caught" is not met. Rules of pace look at no words and are left out.
    """
    if (slug is None) == (check is None) or (name is not None and slug is None):
        raise click.UsageError("Say --group, with or without --rule, or --check.")
    if options is not None and name is None and check is None:
        raise click.UsageError("Options are for one rule or check: say --rule or --check as well.")
    mapping = read_json_options(options) if options is not None else None
    if check is not None:
        rules = {check: _terms_of_check(check, mapping or {})}
    else:
        assert slug is not None
        with open_site():
            rules = _terms_of_group(the_group(slug), name)
    if mapping is not None and name is not None:
        rules = {name: _with_options(rules[name], mapping)}
    lines = _tested(file, rules)
    failed = [line for line in lines if line["expected"] not in (None, line["caught"])]
    if json_:
        show_json({"lines": lines, "counts": _counts(lines), "failed": [line["line"] for line in failed]})
    else:
        _show_tested(lines, failed)
    if failed:
        sys.exit(1)


def _terms_of_check(check: str, options: Mapping[str, Any]) -> Terms:
    from forum.rulebook.defaults import default_terms
    from forum.rules.checks import CHECKS

    if check not in CHECKS:
        raise click.UsageError(f"There is no check of words {check!r}. There are: {', '.join(sorted(CHECKS))}.")
    try:
        return default_terms(check, options)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _terms_of_group(group: Group, name: str | None) -> dict[str, Terms]:
    """The terms of the rules that look at words, by name."""
    from forum.rulebook.queries import rules_in_force
    from forum.rules.checks import CHECKS

    if name is not None:
        the_rule(group, name)
    found = {
        each.name: each.terms
        for each in rules_in_force(group)
        if each.terms.check in CHECKS and (each.name == name if name is not None else each.terms.mode is not Mode.OFF)
    }
    if name is not None and not found:
        refuse(f"{name} looks at the pace of posts and at no words, so that there is nothing to test in a file.")
    return found


def _with_options(terms: Terms, options: Mapping[str, Any]) -> Terms:
    from forum.rules.checks import read_options

    try:
        read_options(terms.check, options)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    return replace(terms, options=options)


def _tested(file: Path, rules: Mapping[str, Terms]) -> list[dict[str, Any]]:
    from forum.rulebook.replay import see

    total, lines = file.stat().st_size, []
    with progress_bar("Testing") as bar:
        for number, entry, octets in entries_of(file):
            expected, subject = entry.get("caught"), entry.get("subject", "")
            if not isinstance(expected, bool | None):
                refuse(f'Line {number}: "caught" is true or false.')
            matter = Matter(entry["text"], subject if isinstance(subject, str) else "")
            seen = {name: see(terms, matter) for name, terms in rules.items()}
            acting = [_act(name, rules[name], each) for name, each in seen.items() if each is not None]
            lines.append({"line": number, "expected": expected, "caught": bool(acting), "rules": acting})
            bar.show(octets, total)
    return lines


def _act(name: str, terms: Terms, seen: "Seen") -> dict[str, Any]:
    return {"rule": name, "mode": terms.mode.value, "sentence": terms.sentence} | _seen(seen)


def _seen(seen: "Seen") -> dict[str, Any]:
    return {
        "severity": seen.severity.value,
        "score": round(seen.score, 3),
        "label": seen.label,
        "kinds": dict(seen.kinds),
        "places": [
            {"field": each.field, "start": each.start, "end": each.end, "kind": each.kind} for each in seen.passages
        ],
    }


def _counts(lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    by_rule: dict[str, int] = {}
    for line in lines:
        for each in line["rules"]:
            by_rule[each["rule"]] = by_rule.get(each["rule"], 0) + 1
    caught = sum(line["caught"] for line in lines)
    return {"lines": len(lines), "caught": caught, "passed": len(lines) - caught, "by_rule": by_rule}


def _show_tested(lines: Sequence[Mapping[str, Any]], failed: Sequence[Mapping[str, Any]]) -> None:
    rows = [
        [
            line["line"],
            "" if line["expected"] is None else "ok" if line not in failed else "FAILS",
            ", ".join(f"{each['rule']} ({each['severity']}, {each['mode']})" for each in line["rules"]) or "-",
            _kinds({kind: count for each in line["rules"] for kind, count in each["kinds"].items()}),
        ]
        for line in lines
    ]
    show_table(("line", "expected", "would act", "for"), rows)
    counts = _counts(lines)
    click.echo(f"\n{counts['lines']} lines: {counts['caught']} caught, {counts['passed']} passed.")
    for line in failed:
        wanted = "must be caught and is not" if line["expected"] else "must pass and is caught"
        click.echo(f"Line {line['line']} {wanted}.", err=True)


def _kinds(kinds: Mapping[str, int]) -> str:
    return ", ".join(f"{kind} x{count}" if count > 1 else kind for kind, count in kinds.items())


# --- replay ---


def _since(text: str) -> timedelta:
    found = re.fullmatch(r"(\d{1,5})([hdw])", text)
    if found is None:
        raise click.BadParameter(f"{text!r}: write how far back, such as 90d, 12w or 48h.")
    return int(found[1]) * _UNITS[found[2]]


@click.command("replay", epilog="Example: banyan rule replay --since 90d --group cardiology --rule no-politics")
@a_group
@click.option("--since", type=_since, metavar="TIME", default="90d", show_default=True, help="Such as 90d, 12w or 48h.")
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
    try:
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
            terms = _with_options(terms, read_json_options(asked["options"]))
        return plan_of(rule, group, terms, against)
    except NotPossible as error:
        refuse(str(error))


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
                **_seen(hit.seen),
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
                _kinds(hit["kinds"]),
            ]
            for hit in hits
        ]
        show_table(("post", "date", "group", "severity", "score", "for"), rows)


def _weight(hit: Mapping[str, Any]) -> str:
    return f"{hit['score']:.2f} {hit['label']}".rstrip()
