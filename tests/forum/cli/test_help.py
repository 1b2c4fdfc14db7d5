"""What CONTRACT asks of every command."""

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from forum.cli import assemble

# CONTRACT, the table of commands.
PROMISED = (
    *("init", "up", "web", "listen", "work", "doctor", "reindex", "search", "post", "bench", "rule", "split"),
    *(
        "group/create",
        "group/set",
        "group/list",
        "group/show",
        "thread/list",
        "thread/show",
        "held/list",
        "held/decide",
    ),
    *("member/add", "member/import", "member/show", "member/set", "member/sign-in-link"),
    *("rule/list", "rule/add", "rule/set", "rule/test", "rule/replay", "rule/score"),
    *("mail/parse", "mail/list", "mail/replay", "mail/trace", "import/mbox", "export/mbox"),
)
READING = (
    *("group/list", "group/show", "member/show", "thread/list", "thread/show", "held/list"),
    *("search", "mail/list", "doctor"),
)


def paths(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from paths(child, (*path, name))


@pytest.mark.parametrize("path", list(paths(assemble())), ids=" ".join)
def test_every_command_explains_itself_with_an_example_of_its_own(path: tuple[str, ...]) -> None:
    result = CliRunner().invoke(assemble(), [*path, "--help"])
    assert result.exit_code == 0
    # The example of a group of commands shows one of them.
    assert f"Example: banyan {' '.join(path)}" in " ".join(result.output.split())


@pytest.mark.parametrize("path", PROMISED)
def test_every_promised_command_is_there(path: str) -> None:
    command: click.Command = assemble()
    for name in path.split("/"):
        assert isinstance(command, click.Group)
        command = command.commands[name]


READING = [
    "group/list",
    "group/show",
    "member/show",
    "thread/list",
    "thread/show",
    "held/list",
    "search",
    "mail/list",
    "doctor",
]


@pytest.mark.parametrize("path", READING)
def test_every_reading_command_takes_json(path: str) -> None:
    command: click.Command = assemble()
    for name in path.split("/"):
        assert isinstance(command, click.Group)
        command = command.commands[name]
    assert "--json" in [option for parameter in command.params for option in parameter.opts]
