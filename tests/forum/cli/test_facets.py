"""`banyan facet ...`: counts and merging at the terminal."""

from pathlib import Path

import pytest

from tests.forum.cli.conftest import Run


def test_facets_are_listed_merged_marked_asked_for_and_read_anew(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_text(
        "email,name,place,specialty,interests\n"
        'a@example.org,A,"Portland, OR",Woundology,"running, lupus"\n'
        'b@example.org,B,"Salem, OR",,trail-running\n'
    )
    run("member", "import", str(roster), "--group", "community")
    places = run("facet", "list", "--dimension", "place", "--json").json
    assert {row["code"]: (row["below"], row["members"]) for row in places} == {
        "US": (None, 2),
        "US-OR": ("United States", 2),
        "US-OR/portland": ("Oregon", 1),
        "US-OR/salem": ("Oregon", 1),
    }
    assert "counts as running" in run("facet", "merge", "interest:trail-running", "interest:running").out
    assert "counts as running" in run("facet", "list").out
    assert run("facet", "merge", "interest:running", "interest:trail-running").code == 1
    assert "no facet 'interest:chess'" in run("facet", "merge", "interest:chess", "interest:running").err
    run("facet", "mark", "interest:lupus")
    [row] = run("facet", "list", "--matching", "lupus", "--json").json
    assert (row["sensitive"], row["members"]) == (True, None)
    assert "fewer than 10" in run("facet", "list", "--matching", "lupus").out
    assert run("facet", "unmark", row["id"]).code == 0
    assert run("facet", "unmerge", "interest:trail-running").code == 0

    assert "1 member will be asked" in run("facet", "ask", "--group", "community", "--dimension", "specialty").out
    assert run("facet", "ask", "--group", "community", "--dimension", "employer").code == 2

    own = tmp_path / "own.toml"
    own.write_text('[specialties]\n"Wound care" = ["woundology"]\n')
    monkeypatch.setenv("BANYAN_TAXONOMY", str(own))
    assert "All profiles are read" in run("facet", "derive").out
    named = {row["name"]: row["members"] for row in run("facet", "list", "--dimension", "specialty", "--json").json}
    assert named == {"Wound care": 1, "Woundology": 0}
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('[specialties]\n"Wound care" = "woundology"\n')
    monkeypatch.setenv("BANYAN_TAXONOMY", str(wrong))
    refused = run("facet", "list")
    assert (refused.code, "BANYAN_TAXONOMY" in refused.err) == (2, True)
