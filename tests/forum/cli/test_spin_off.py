"""`banyan spin-off` and what looks back at plans, at the terminal."""

from pathlib import Path

import pytest
from flask import Flask

from forum.clock import now
from forum.db import transaction
from forum.splitting.models import PlanResult
from forum.splitting.queries import plan_by_public_id
from tests.forum.cli.conftest import Run

FINDING = {
    "measure": "posters",
    "before": 20.0,
    "after": 31.5,
    "others": 2,
    "others_change": 1.0,
    "change": 10.5,
    "low": 4.1,
    "high": 16.9,
    "p": 0.001,
    "thin": False,
    "verdict": "better",
}


@pytest.fixture
def people(run: Run) -> None:
    """Cardiology with Mo, who owns it, and two members who write about tracings; a third stays silent."""
    run("group", "create", "cardiology", "--name", "Cardiology")
    run("member", "add", "mo@example.org", "--name", "Mo", "--group", "cardiology", "--role", "owner")
    for name in ("ann", "ben", "cy"):
        run("member", "add", f"{name}@example.org", "--name", name.title(), "--group", "cardiology")
    for name in ("ann", "ben"):
        subject = f"[ecg] The tracing of {name}"
        run("post", "--group", "cardiology", "--as", f"{name}@example.org", "--subject", subject, given=b"Look at it.")


@pytest.mark.usefixtures("people")
def test_a_group_grows_out_of_a_tag_and_stands_when_the_worker_has_been(run: Run) -> None:
    source = ("spin-off", "--group", "cardiology", "--from-tag", "ecg")
    taken = run(*source, "--name", "ECG rounds", "--slug", "cardiology")
    assert (taken.code, taken.err) == (1, "The short name cardiology is not free. Choose another.\n")
    wanted = (*source, "--name", "ECG rounds", "--slug", "ecg")
    said = run(*wanted, "--moderator", "mo@example.org", "--as", "mo@example.org", "--json").json
    assert {name: said[name] for name in ("group", "members", "invited", "moved", "threads", "staying")} == {
        "group": "ecg",
        "members": 2,
        "invited": 2,
        "moved": 0,
        "threads": 2,
        "staying": 0,
    }
    assert run("work", "--only", "splitting", "--once").code == 0
    shown = run("group", "show", "ecg", "--json").json
    assert (shown["name"], shown["kind"], shown["parent"]) == ("ECG rounds", "interest", "cardiology")
    assert (shown["address"], shown["members"], shown["threads"]) == ("ecg@lists.localhost", 1, 2)
    undone = run("split", "undo", said["plan"], "--as", "mo@example.org")
    assert undone.code == 0, undone.err
    run("work", "--only", "splitting", "--once")
    assert [row["threads"] for row in run("group", "list", "--json").json if row["slug"] == "cardiology"] == [2]


@pytest.mark.usefixtures("people")
def test_what_cannot_grow_is_refused_in_one_line(run: Run, tmp_path: Path) -> None:
    wanted = ("spin-off", "--group", "cardiology", "--name", "North", "--slug", "north")
    listed = tmp_path / "members.txt"
    listed.write_text("ann@example.org\nben@example.org\n")
    for words, code, said in (
        ((), 2, "Say what it grows from"),
        (("--from-tag", "ecg", "--from-search", "tracing"), 2, "Say what it grows from"),
        (("--from-tag", "none"), 1, "No thread of Cardiology has the tag #none."),
        (("--from-search", "tracing"), 1, "say as which member"),
        (("--from-facet", "place:US-OR"), 1, "Nobody in Cardiology is known to have this."),
        (("--members", "-"), 1, "Not a member of Banyan Physicians: nobody@example.org."),
        (
            ("--from-tag", "ecg", "--as", "ann@example.org"),
            1,
            "There is no group 'cardiology' that this member moderates.",
        ),
        (("--members", str(listed), "--move"), 1, "The charter of this community"),
    ):
        ended = run(*wanted, *words, given=b"ann@example.org, nobody@example.org")
        assert (ended.code, said in ended.err) == (code, True), (words, ended.err)
    assert run("group", "set", "community", "--members-may-be-moved", "yes").code == 0
    assert "members may be moved yes" in " ".join(run("group", "show", "community").out.split())
    assert run("group", "set", "cardiology", "--members-may-be-moved", "yes").code == 1
    moved = run(*wanted, "--members", str(listed), "--move")
    assert moved.out.startswith("North grows out of Cardiology: 2 members moved with notice, 0 threads along.\n")
    run("work", "--only", "splitting", "--once")
    assert run("group", "show", "north", "--json").json["members"] == 2


@pytest.mark.usefixtures("people")
def test_signals_and_results_are_told_in_sentences(run: Run, core: Flask) -> None:
    assert run("group", "signals", "nowhere").code == 1
    signals = run("group", "signals", "cardiology", "--json").json
    assert signals["advice"]
    assert signals["advice"] in run("group", "signals", "cardiology").out
    plan = run("spin-off", "--group", "cardiology", "--from-tag", "ecg", "--name", "E", "--slug", "e", "--json").json
    assert "not carried out" in run("split", "results", plan["plan"]).out
    run("work", "--only", "splitting", "--once")
    assert "that is done 4 weeks after the split" in run("split", "results", plan["plan"]).out
    with transaction() as session:
        found = plan_by_public_id(plan["plan"])
        assert found is not None
        finding = FINDING | {"planned_group": found.groups[0].id}
        session.add(PlanResult(plan_id=found.id, weeks=4, findings=[finding], made_at=now()))
    said = run("split", "results", plan["plan"])
    assert said.out.startswith("After 4 weeks. Better in 1 and worse in 0 of 1 comparisons, by more than chance")
    assert "E: 20.0 before, 31.5 of 100 members now. Beside 2 groups that changed by +1.0" in said.out
    (look,) = run("split", "results", plan["plan"], "--json").json
    assert (look["weeks"], look["measures"][0]["groups"][0]["verdict"]) == (4, "better")
    assert run("split", "results", "nothing").code == 1
