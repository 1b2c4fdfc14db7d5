"""Every command helps with an example, is in the README, and prints JSON where it reads."""

import re
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from forum.cli import assemble
from tests.structure.sources import ROOT, table_of

# What only shows something, and so can show it to a script.
READING = {
    "doctor",
    "facet list",
    "flag list",
    "group evenness",
    "group list",
    "group numbers",
    "group show",
    "held list",
    "log list",
    "log verify",
    "mail list",
    "mail trace",
    "member show",
    "rule list",
    "rule replay",
    "rule show",
    "rule test",
    "search",
    "split list",
    "split show",
    "thread list",
    "thread show",
}


def _walk(command: click.Command, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield words, command
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from _walk(child, (*words, name))


COMMANDS = {" ".join(words): command for words, command in _walk(assemble(), ())}
LEAVES = {words for words, command in COMMANDS.items() if not isinstance(command, click.Group)}


@pytest.mark.parametrize("words", sorted(COMMANDS))
def test_help_says_what_it_does_and_gives_an_example(words: str) -> None:
    shown = CliRunner().invoke(assemble(), [*words.split(), "--help"], prog_name="banyan")
    assert shown.exit_code == 0
    example = re.search(r"Example: (banyan [\w -]+)", shown.output)
    assert example is not None
    # A group's example is one of its own commands.
    assert f"{example[1]} ".startswith(f"banyan {words}".strip() + " ")
    assert COMMANDS[words].help


def test_what_reads_can_print_json() -> None:
    assert READING <= LEAVES
    plain = {words for words in READING if not any("--json" in option.opts for option in COMMANDS[words].params)}
    assert not plain


def test_the_readme_lists_every_command() -> None:
    cells = [row[0] for row in table_of(ROOT / "README.md", "Commands")]
    listed = {words for cell in cells for words in re.findall(r"`([^`]+)`", cell)}
    assert {
        " ".join(word for word in words.split() if re.fullmatch("[a-z][a-z-]*", word)) for words in listed
    } == LEAVES
