"""`banyan rule test`: what rules make of a file of posts. Changes nothing.

The table of checks is imported when it is asked for, as in `rules`.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forum.cli.frame import as_json, open_site, progress_bar, refuse, show_json, show_table, the_group
from forum.cli.rule_options import entries_of, kinds_line, read_json_options, seen_row, with_options
from forum.cli.rule_terms import the_rule
from forum.groups.models import Group
from forum.rules.matter import Matter
from forum.rules.terms import Mode, Terms

if TYPE_CHECKING:
    from forum.rulebook.replay import Seen


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
        rules = {name: with_options(rules[name], mapping)}
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
    return {"rule": name, "mode": terms.mode.value, "sentence": terms.sentence} | seen_row(seen)


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
            kinds_line({kind: count for each in line["rules"] for kind, count in each["kinds"].items()}),
        ]
        for line in lines
    ]
    show_table(("line", "expected", "would act", "for"), rows)
    counts = _counts(lines)
    click.echo(f"\n{counts['lines']} lines: {counts['caught']} caught, {counts['passed']} passed.")
    for line in failed:
        wanted = "must be caught and is not" if line["expected"] else "must pass and is caught"
        click.echo(f"Line {line['line']} {wanted}.", err=True)
