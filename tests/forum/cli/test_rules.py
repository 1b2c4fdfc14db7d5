"""`banyan rule score`: a line for each line, places in code points, and what is wrong by its line."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from forum.cli import assemble
from forum.rules.checks import CHECKS


def score(*words: str) -> Result:
    return CliRunner().invoke(assemble(), ["rule", "score", *words], env={"BANYAN_DATABASE_URL": "none://here"})


def written(folder: Path, *lines: object) -> str:
    file = folder / "posts.jsonl"
    file.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))
    return str(file)


def test_each_line_gets_a_line_without_a_site(tmp_path: Path) -> None:
    file = written(tmp_path, {"text": "😀 We are hiring", "id": 7}, {"text": "A murmur."}, "", {"text": ""})
    result = score("solicitation", file)
    assert result.exit_code == 0
    assert not result.stderr
    first, *rest = map(json.loads, result.stdout.splitlines())
    (finding,) = first["findings"]
    assert first["score"] == 1
    assert first["class"] == "recruiting"
    assert set(finding) == {"severity", "sentence", "evidence"}
    assert finding["severity"] == "hold"
    assert finding["evidence"] == [{"text": "We are hiring", "start": 2, "end": 15, "kind": "recruiting"}]
    assert rest == [{"score": 0, "class": "", "findings": []}] * 2


def test_options_change_what_is_seen(tmp_path: Path) -> None:
    file = written(tmp_path, {"text": "one two three"})
    result = score("length", file, "--options", '{"most": 2}')
    assert [each["kind"] for each in json.loads(result.stdout)["findings"][0]["evidence"]] == ["too long"]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("{", "Line 2 is not JSON."),
        ("[" * 100_000, "Line 2 is not JSON."),
        ({"words": "x"}, "Line 2 has no text."),
        ({"text": 3}, "Line 2 has no text."),
        ('"text"', "Line 2 has no text."),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: object, sentence: str) -> None:
    result = score("length", written(tmp_path, {"text": "A murmur."}, line, {"text": "More."}))
    assert result.exit_code == 1
    assert result.stderr.startswith(sentence)
    assert result.stderr.count("\n") == 1
    assert len(result.stdout.splitlines()) == 1


@pytest.mark.parametrize("options", ["{", "[]", '{"mots": 1}', '{"most": -1}'])
def test_bad_options_are_wrong_use(tmp_path: Path, options: str) -> None:
    assert score("length", written(tmp_path, {"text": "x"}), "--options", options).exit_code == 2


def test_the_help_names_every_check(tmp_path: Path) -> None:
    shown = " ".join(score("--help").stdout.split())
    assert all(name in shown for name in CHECKS)
    result = score("mood", written(tmp_path, {"text": "x"}))
    assert result.exit_code == 2
    assert "There is no check 'mood'." in result.stderr
