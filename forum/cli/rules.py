"""`banyan rule ...`, and of it `rule score`: what a check sees in texts of a file, one answer a line, without a site.

The table of checks is imported when it is asked for: its patterns and lists take time that no other command should pay.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forum.cli.frame import progress_bar, show_json
from forum.cli.rule_calibrate import calibrate
from forum.cli.rule_options import entries_of, read_json_options
from forum.cli.rule_replay import replay
from forum.cli.rule_terms import add, list_rules, set_, show_rule
from forum.cli.rule_test import test
from forum.rules.matter import Matter, Sighting

if TYPE_CHECKING:
    from forum.rules.checks import CheckKind


@click.group("rule", epilog="Example: banyan rule list --group cardiology")
def rule() -> None:
    """Make, change and try posting rules, and see what they see."""


commands: Sequence[click.Command] = [rule]


@rule.command("score", epilog="Example: banyan rule score solicitation posts.jsonl > scores.jsonl")
@click.argument("check")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--options", metavar="JSON", default="{}", help="The check's options, such as '{\"most\": 300}'.")
def score(check: str, file: Path, options: str) -> None:
    """Show what CHECK sees in each text of FILE, without a site.

    Each line of FILE is a JSON object with a text: {"text": "..."}. Each line of the answer is
    {"score": 0 to 1, "class": ..., "findings": [{"severity", "sentence", "evidence": [{"text", "start", "end",
    "kind"}]}]}, with places in code points. No finding: not flagged. CHECK is one of:
    solicitation, contact_harvest, links, attachments, length, over_quoted, shouting, words, language, personal_attack,
    political, patient_identifiers.
    """
    kind, chosen = _chosen(check, options)
    total = file.stat().st_size
    with progress_bar("Scoring") as bar:
        for _, entry, octets in entries_of(file):
            show_json(_scored(kind, Matter(entry["text"]), chosen))
            bar.show(octets, total)


def _chosen(check: str, written: str) -> tuple["CheckKind[Matter]", Any]:
    """The check of this name and its options."""
    from forum.rules.checks import CHECKS, read_options

    if check not in CHECKS:
        raise click.UsageError(f"There is no check {check!r}. There are: {', '.join(sorted(CHECKS))}.")
    try:
        return CHECKS[check], read_options(check, read_json_options(written))
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _scored(kind: "CheckKind[Matter]", matter: Matter, options: Any) -> Mapping[str, Any]:
    sightings = kind.check(matter, options)
    if kind.weigh is not None:
        weight, label = kind.weigh(matter, options)
    else:
        # The gravest decides, as among findings of a post.
        worst = max(sightings, key=lambda sighting: (sighting.severity.rank, sighting.score), default=None)
        weight, label = (0.0, "") if worst is None else (worst.score, worst.label or kind.name)
    return {"score": weight, "class": label, "findings": [_finding(matter, sighting) for sighting in sightings]}


def _finding(matter: Matter, sighting: Sighting) -> Mapping[str, Any]:
    return {
        "severity": sighting.severity.value,
        "sentence": sighting.sentence,
        "evidence": [
            {
                "text": getattr(matter, passage.field)[passage.start : passage.end],
                "start": passage.start,
                "end": passage.end,
                "kind": passage.kind,
            }
            for passage in sighting.passages
        ],
    }


for _command in (list_rules, show_rule, add, set_, test, replay, calibrate):
    rule.add_command(_command)
