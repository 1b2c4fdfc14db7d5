"""Reads the texts that the model is trained on; fits nothing.

Two kinds: a large file of weakly labelled texts that is given (political or not, by where they were posted), and
`texts.jsonl`, written for this by hand, with the three labels that the model tells apart.
"""

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

from forum.rules.politics.model import Label

OWN = "own"
# Much of a community's traffic is one or two sentences, and the given texts are often long.
SHORT = 200
_WORTH_CUTTING = 260


@dataclass(frozen=True)
class Example:
    """A text with its label and the collection it comes from; `cut` is a long one's beginning alone."""

    text: str
    label: Label
    source: str
    cut: bool = False


def read_given(given: Path) -> Sequence[Example]:
    """The weakly labelled texts: gzipped lines of {"text", "label": 0 or 1, "source"}; the file, or its folder."""
    [file] = given.glob("*.jsonl.gz") if given.is_dir() else [given]
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        entries = [json.loads(line) for line in lines]
    return [
        Example(entry["text"], Label.PARTISAN if entry["label"] else Label.CLINICAL, collection_of(entry["source"]))
        for entry in entries
    ]


def read_own() -> Sequence[Example]:
    lines = resources.files(__package__).joinpath("texts.jsonl").read_text("utf-8").splitlines()
    return [Example(entry["text"], Label(entry["label"]), OWN) for entry in map(json.loads, lines)]


def collection_of(source: str) -> str:
    """The first two parts of a source's name: forums of one kind on one site are one collection."""
    return "/".join(source.split("/")[:2])


def with_beginnings(examples: Sequence[Example]) -> Iterator[Example]:
    """The examples, and the beginning of each long one of the given."""
    for example in examples:
        yield example
        if is_long(example) and example.source != OWN:
            yield replace(example, text=beginning_of(example.text), cut=True)


def is_long(example: Example) -> bool:
    return len(example.text) > _WORTH_CUTTING


def beginning_of(text: str) -> str:
    """About 200 characters, whole words."""
    return text[: text.rfind(" ", 0, SHORT)] if " " in text[:SHORT] else text[:SHORT]
