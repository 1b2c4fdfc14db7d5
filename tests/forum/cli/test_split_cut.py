import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from forum.cli import assemble
from tests.forum.splitting.cut.graphs import cliques

EDGES = b"# who wrote to whom\na\tb\t2\r\nb c\n\nc\ta\nd\te\ne f\nd f\nz\nq q\n"


def _run(given: bytes, *words: str) -> Result:
    return CliRunner().invoke(assemble(), ["split", "cut", "-", *words], input=given)


def test_everybody_is_in_one_group_whatever_the_line_looks_like() -> None:
    ended = _run(EDGES)
    answer = json.loads(ended.stdout)
    assert answer["groups"] == [["a", "b", "c"], ["d", "e", "f"], ["z"], ["q"]]
    assert answer["kept"] == answer["kept_without_bounds"] == 1
    assert answer["modularity"] == pytest.approx(1 - (8**2 + 6**2) / 14**2)
    assert answer["seconds"] >= 0


def test_bounds_hold_and_the_same_seed_gives_the_same_answer() -> None:
    graph = cliques(30, 20, 10)
    lines = "".join(f"{one}\t{other}\n" for one, other in zip(graph.first, graph.second, strict=True)).encode()
    one, again = (
        json.loads(_run(lines, "--min", "8", "--max", "20", "--seed", "5", "--json").stdout) for _ in range(2)
    )
    assert one["groups"] == again["groups"]
    assert all(8 <= len(group) <= 20 for group in one["groups"])
    assert sum(len(group) for group in one["groups"]) == 60
    assert one["kept"] < one["kept_without_bounds"]


@pytest.mark.parametrize(
    ("given", "words", "line"),
    [
        (EDGES, ["--min", "5", "--max", "6"], "8 people cannot be divided into groups of 5 to 6"),
        (EDGES, ["--min", "9"], "8 people are fewer than the 9 that a group needs"),
        (EDGES, ["--min", "6", "--max", "5"], "No group can have at least 6 and at most 5 members"),
        (b"a\tb\na\tb\tc\td\n", [], "Line 2: expected two names"),
        (b"a\tb\tmany\n", [], "Line 1: the weight 'many' is no number"),
        (b"a\tb\t-1\n", [], "Line 1: the weight '-1'"),
        (b"a\tb\tnan\n", [], "Line 1: the weight 'nan'"),
        (b"a\t\tb\n", [], "Line 1: expected two names"),
        (b"a\tb\n\xff\tb\n", [], "Line 2: this is not UTF-8"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(given: bytes, words: list[str], line: str) -> None:
    ended = _run(given, *words)
    assert (ended.exit_code, ended.stdout, len(ended.stderr.splitlines())) == (1, "", 1)
    assert line in ended.stderr


def test_wrong_use_is_told_apart() -> None:
    assert _run(EDGES, "--min", "0").exit_code == 2
    assert _run(EDGES, "--facets", "/nowhere.csv").exit_code == 2


def test_facets_place_people_without_ties(tmp_path: Path) -> None:
    facets = tmp_path / "facets.csv"
    facets.write_text("id,place,interest\nz,Oslo,\nd,oslo;Rome,chess\nnew,,Chess\n")
    groups = json.loads(_run(EDGES, "--facets", str(facets)).stdout)["groups"]
    assert {"z", "new", "d", "e", "f"} in [set(group) for group in groups]
    facets.write_text("id,place\nz\n")
    ended = _run(EDGES, "--facets", str(facets))
    assert (ended.exit_code, ended.stderr) == (1, "Line 2: expected a name and 1 cells of values, as in line 1.\n")
