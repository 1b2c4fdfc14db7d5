"""`banyan split list | show | announce | ...`: plans step by step, for the operator and for a member who may."""

import pytest
from flask import Flask

from forum.app import create_core
from forum.db import db
from forum.groups.models import Role
from forum.settings import Settings
from tests.forum.cli.conftest import Run
from tests.people import a_group, a_member, post
from tests.plans import a_plan

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


@pytest.fixture
def plan_id(settings: Settings) -> str:
    core: Flask = create_core(settings)
    with core.app_context():
        group = a_group()
        ann = a_member("ann@example.org", "Ann Lee", group)
        a_member("mo@example.org", "Mo Moderator", group, role=Role.MODERATOR)
        a_member("olga@example.org", "Olga Owner", group, role=Role.OWNER)
        post(ann, group, "Locum cover")
        public_id = a_plan(group, {"North": [ann]}).public_id
        db.session.remove()
        db.engine.dispose()
    return public_id


def test_a_plan_goes_from_step_to_step(run: Run, plan_id: str, move_clock) -> None:
    assert run("split", "list").out.splitlines()[1].split() == [plan_id, "split", "cardiology", "draft"]
    for word in ("carry-out", "undo"):
        assert (run("split", word, plan_id).code, run("split", word, plan_id).out) == (1, "")
    assert run("split", "show", plan_id, "--json").json["ahead"] == {
        "threads": 1,
        "going": 1,
        "gained": 0,
        "lost": 0,
        "stay": 0,
    }
    assert "1 of 1 threads go along, 0 pairs of a member and a thread gain sight" in run("split", "show", plan_id).out
    said = run("split", "announce", plan_id, "--as", "olga@example.org")
    assert (said.code, said.out) == (
        0,
        "The plan has been announced. It goes on by itself while banyan up or banyan work runs.\n",
    )
    assert run("work", "--once", "--only", "splitting").code == 0
    shown = run("split", "show", plan_id, "--json").json
    assert (shown["state"], shown["answers"], shown["trouble"]) == ("announced", {"none yet": 3}, "")
    assert shown["due"].startswith("carried out ")
    early = run("split", "carry-out", plan_id)
    assert (early.code, "they may answer until" in early.err) == (1, True)
    assert run("split", "withdraw", plan_id, "--why", "Not now", "--json").json["state"] == "withdrawn"
    shown = run("split", "show", plan_id).out
    assert shown.startswith("split of cardiology: withdrawn\n")
    assert "North  north@lists.localhost" in shown


def test_who_may_not_moderate_finds_no_plan_and_only_owners_announce(run: Run, plan_id: str) -> None:
    for words in (("announce", plan_id), ("undo", plan_id), ("withdraw", plan_id)):
        refused = run("split", *words, "--as", "ann@example.org")
        assert (refused.code, refused.err) == (1, f"There is no plan '{plan_id}'. See: banyan split list\n")
    assert run("split", "show", "nothing").err == "There is no plan 'nothing'. See: banyan split list\n"
    refused = run("split", "announce", plan_id, "--as", "mo@example.org")
    assert (refused.code, refused.err) == (1, "Only owners of Cardiology can do this.\n")
    assert run("split", "announce", plan_id, "--as", "olga@example.org").code == 0
    refused = run("split", "withdraw", plan_id, "--as", "mo@example.org")
    assert (refused.code, refused.err) == (1, "Only owners of Cardiology can do this.\n")
    assert run("split", "withdraw", plan_id, "--as", "olga@example.org").code == 0


def test_a_draft_may_be_given_up_by_whoever_moderates(run: Run, plan_id: str) -> None:
    assert run("split", "withdraw", plan_id, "--as", "mo@example.org").code == 0
