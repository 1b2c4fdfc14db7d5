"""`banyan rule score`: what a check sees in texts of a file, one answer a line. Needs no site and changes nothing.

The table of checks is imported when it is asked for: its patterns and lists take time that no other command should pay.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forum.cli.frame import not_there_yet, progress_bar, refuse, show_json
from forum.rules.matter import Matter, Sighting

if TYPE_CHECKING:
    from forum.rules.checks import CheckKind


@click.group("rule", epilog="Example: banyan rule score solicitation posts.jsonl")
def rule() -> None:
    """What posting rules see."""


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
    solicitation, contact_harvest, links, attachments, length, shouting, words, language, personal_attack,
    political, patient_identifiers.
    """
    kind, chosen = _chosen(check, options)
    total = file.stat().st_size
    with progress_bar("Scoring") as bar:
        for text, octets in _texts(file):
            show_json(_scored(kind, Matter(text), chosen))
            bar.show(octets, total)


def _chosen(check: str, written: str) -> tuple["CheckKind[Matter]", Any]:
    """The check of this name and its options."""
    from forum.rules.checks import CHECKS, read_options

    if check not in CHECKS:
        raise click.UsageError(f"There is no check {check!r}. There are: {', '.join(sorted(CHECKS))}.")
    try:
        mapping = json.loads(written)
    except json.JSONDecodeError as error:
        raise click.UsageError(f"--options is not JSON: {error}.") from None
    if not isinstance(mapping, dict):
        raise click.UsageError("--options is a JSON object, such as {}.")
    try:
        return CHECKS[check], read_options(check, mapping)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _texts(file: Path) -> Iterator[tuple[str, int]]:
    """Each text with how many octets of the file are read; ends with a sentence at the first line that has none."""
    read = 0
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            read += len(line)
            if not line.strip():
                continue
            try:
                entry = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
            except UnicodeDecodeError:
                refuse(f"Line {number} is not in UTF-8.")
            except (json.JSONDecodeError, RecursionError):
                refuse(f"Line {number} is not JSON.")
            if not isinstance(entry, dict) or not isinstance(entry.get("text"), str):
                refuse(f'Line {number} has no text. Write each line like {{"text": "..."}}.')
            yield entry["text"], read


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


for _words, _help in (
    ("list", "Show the rules of a group."),
    ("add", "Make a rule."),
    ("set", "Change a rule."),
    ("test", "Show what a rule makes of a file of posts."),
    ("replay", "Show what a rule would have done to past posts."),
):
    rule.add_command(not_there_yet(f"rule {_words}", f"rule {_words}", _help))
