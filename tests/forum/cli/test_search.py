import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import delete

from forum.cli import assemble
from forum.db import db, transaction
from forum.groups.models import Membership, Standing
from forum.posting.outcomes import Published
from forum.queue import Task
from forum.settings import Settings
from forum.threads.models import Post
from tests.people import a_group, a_member, post

Banyan = Callable[..., Result]


@pytest.fixture
def banyan(core: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Banyan:
    """Run the command on the site of the test."""
    monkeypatch.setenv("BANYAN_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("BANYAN_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("BANYAN_SECRET_KEY", settings.secret_key)

    def run(*words: str) -> Result:
        return CliRunner().invoke(assemble(), words)

    return run


@pytest.fixture
def post_id(core: Flask) -> int:
    """A post of Ann's in cardiology, not yet indexed."""
    cardiology = a_group()
    ann = a_member("ann@example.org", "Ann Lee", cardiology)
    a_member("out@example.org", "Ulrich")
    outcome = post(ann, cardiology, "Call <schedules>", "Who knows a *good* call schedule? 1 < 2 & 3")
    assert isinstance(outcome, Published)
    return outcome.post_id


def test_reindex_makes_all_posts_findable_and_draws_no_bar_into_a_pipe(banyan: Banyan, post_id: int) -> None:
    with transaction() as session:
        session.execute(delete(Task))
    done = banyan("reindex")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "Indexed 1 posts.\n", "")
    assert json.loads(banyan("reindex", "--json").stdout) == {"posts": 1}
    assert banyan("search", "schedule", "--as", "ann@example.org").stdout.startswith("1 found\n")


def test_search_prints_json_as_scripts_expect_it(banyan: Banyan, post_id: int) -> None:
    banyan("reindex")
    row = db.session.get_one(Post, post_id)
    found = banyan("search", '"call schedule" -locum', "--as", "ann@example.org", "--group", "cardiology", "--json")
    assert found.exit_code == 0
    assert json.loads(found.stdout) == {
        "total": 1,
        "hits": [
            {
                "post": row.public_id,
                "thread": row.thread.public_id,
                "group": "cardiology",
                "subject": "Call <schedules>",
                "excerpt": "Who knows a *good* call schedule? 1 < 2 & 3",
            }
        ],
    }


def test_a_query_may_begin_with_what_must_not_be_there(banyan: Banyan, post_id: int) -> None:
    banyan("reindex")
    for query, total in (("-locum", 1), ("-schedule", 0), ("-locum call", 1)):
        found = banyan("search", query, "--as", "ann@example.org", "--json")
        assert json.loads(found.stdout)["total"] == total


def test_only_what_that_member_may_read_is_shown(banyan: Banyan, post_id: int) -> None:
    banyan("reindex")
    for group in ((), ("--group", "cardiology")):
        found = banyan("search", "schedule", "--as", "out@example.org", *group, "--json")
        assert json.loads(found.stdout) == {"total": 0, "hits": []}


def test_who_may_not_search_is_told_so_in_one_line(banyan: Banyan, post_id: int) -> None:
    with transaction() as session:
        session.query(Membership).filter_by(member_id=db.session.get_one(Post, post_id).author_id).update(
            {"standing": Standing.BANNED}
        )
    for words, part in (
        (("--as", "ann@example.org"), "no standing"),
        (("--as", "nobody@example.org"), "nobody@example.org"),
        (("--as", "out@example.org", "--group", "nowhere"), "nowhere"),
    ):
        refused = banyan("search", "schedule", *words)
        assert refused.exit_code == 1
        assert refused.stdout == ""
        assert part in refused.stderr
        assert refused.stderr.count("\n") == 1
    assert banyan("search", "schedule").exit_code == 2
