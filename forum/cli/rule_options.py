"""What several commands on rules share: options of a check as JSON, files with a post a line, how a sighting is shown.

The table of checks is imported when it is asked for, as in `rules`.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forum.cli.frame import refuse
from forum.rules.terms import Terms

if TYPE_CHECKING:
    from forum.rulebook.replay import Seen


def read_json_options(written: str) -> Mapping[str, Any]:
    """`--options`: a JSON object."""
    try:
        mapping = json.loads(written)
    except (json.JSONDecodeError, RecursionError) as error:
        raise click.UsageError(f"--options is not JSON: {error}.") from None
    if not isinstance(mapping, dict):
        raise click.UsageError("--options is a JSON object, such as {}.")
    return mapping


def entries_of(file: Path) -> Iterator[tuple[int, Mapping[str, Any], int]]:
    """Number and content of each line that says something, and how many octets of the file are read.

    Ends with a sentence at the first line that has no text.
    """
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
            yield number, entry, read


def with_options(terms: Terms, options: Mapping[str, Any]) -> Terms:
    """The terms with other options, or wrong use."""
    from forum.rules.checks import read_options

    try:
        read_options(terms.check, options)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    return replace(terms, options=options)


def seen_row(seen: "Seen") -> dict[str, Any]:
    """What was seen in a post: kinds and places, no words."""
    return {
        "severity": seen.severity.value,
        "score": round(seen.score, 3),
        "label": seen.label,
        "kinds": dict(seen.kinds),
        "places": [
            {"field": each.field, "start": each.start, "end": each.end, "kind": each.kind} for each in seen.passages
        ],
    }


def kinds_line(kinds: Mapping[str, int]) -> str:
    """Kinds and how often, for a table."""
    return ", ".join(f"{kind} x{count}" if count > 1 else kind for kind, count in kinds.items())
