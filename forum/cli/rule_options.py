"""What several commands on rules read: options of a check as JSON, and files with a post a line."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from forum.cli.frame import refuse


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
