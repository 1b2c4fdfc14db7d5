"""`banyan bench held`: how long moderators wait when ten thousand posts do; through the pages, as a browser asks."""

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select

from forum.accounts.actions import add_member
from forum.accounts.models import LinkPurpose, Member
from forum.accounts.sign_in import link_token, make_link
from forum.app import create_app
from forum.clock import now
from forum.db import analyze, db, public_id, transaction
from forum.groups.actions import create_community, create_group
from forum.groups.joining import add_to_group
from forum.groups.models import Group, Moderate, Role
from forum.groups.queries import community
from forum.moderation.actions import Decision, decide
from forum.posting.models import HeldPost, HeldState
from forum.schema import migrate
from forum.settings import Settings

_AUTHORS = 50
_LOT = 2_000
_BULK = 30
_WORDS = "Our protocol holds the evening dose before a morning procedure.\n\nHas anybody changed that?"
_FINDING = {
    "rule": "moderated",
    "severity": "hold",
    "sentence": "A moderator reads every post before it goes out.",
    "for_moderator": "Every post to this group is read first.",
    "evidence": [],
}


@click.command("held", epilog="Example: banyan bench held --waiting 10000")
@click.option("--waiting", default=10_000, show_default=True, help="How many held posts wait in one group.")
@click.option("--decisions", default=50, show_default=True, help="How many of each decision are measured.")
@click.option("--database", default="", metavar="URL", help="An empty database; an embedded one when left out.")
def held(waiting: int, decisions: int, database: str) -> None:
    """Decide in a long queue of held posts; print the median and the longest time of each act in milliseconds."""
    with tempfile.TemporaryDirectory(prefix="banyan-bench-") as folder, _site(Path(folder), database) as app:
        group, moderator = _fill(waiting)
        client = app.test_client()
        _sign_in(client, moderator)
        result = {
            "list": _times(decisions, lambda: client.get("/held").status_code == 200),
            "look": _times(decisions, lambda: client.get(f"/held/{_next(group, 1)[0].public_id}").status_code == 200),
        }
        for decision in ("approve", "reject", "return", "trust", "edit"):
            result[decision] = _times(decisions, _decider(client, group, decision))
        result["action_alone"] = _times(decisions, lambda: _act(group, moderator))
        result[f"bulk_of_{_BULK}"] = _times(3, lambda: _bulk(client, group))
    click.echo(json.dumps({"bench": "held", "waiting": waiting, "milliseconds": result}))


@contextmanager
def _site(folder: Path, database: str) -> Iterator[Flask]:
    app = create_app(
        Settings(data_dir=folder / "var", secret_key="a secret for the benchmark only", database_url=database)  # noqa: S106  (nobody's)
    )
    app.config["WTF_CSRF_ENABLED"] = False  # The form's token is not what is measured.
    with app.app_context():
        migrate()
        with transaction():
            create_community("Bench")
        yield app
        db.session.remove()
        db.engine.dispose()


def _fill(waiting: int) -> tuple[Group, Member]:
    with transaction() as session:
        group = create_group("bench", "Bench", parent=community())
        group.moderate = Moderate.ALL
        moderator = add_member("mo@bench.example", "Mo Dee", why="benchmark")
        add_to_group(moderator, group, role=Role.MODERATOR)
        authors = [
            add_member(f"a{number}@bench.example", f"Author {number}", why="benchmark") for number in range(_AUTHORS)
        ]
        for author in authors:
            add_to_group(author, group)
        moment = now() - timedelta(days=1)
        for first in range(0, waiting, _LOT):
            rows = [
                _row(group, authors[number % _AUTHORS], number, moment + timedelta(seconds=number))
                for number in range(first, min(first + _LOT, waiting))
            ]
            session.execute(insert(HeldPost), rows)
        analyze(HeldPost)
    return group, moderator


def _row(group: Group, author: Member, number: int, moment: Any) -> dict[str, Any]:
    return {
        "public_id": public_id(),
        "group_id": group.id,
        "author_id": author.id,
        "byline": author.name,
        "via": "mail",
        "assurance": "proven",
        "subject": f"Anticoagulation, question {number}",
        "text": _WORDS,
        "text_format": "plain",
        "html": "",
        "author_message_id": f"<{number}@bench.example>",
        "content_digest": f"{number:064d}",
        "created_at": moment,
        "findings": [_FINDING],
        "state": "waiting",
    }


def _sign_in(client: FlaskClient, member: Member) -> None:
    with transaction():
        path = f"/sign-in/{link_token(make_link(member, LinkPurpose.SIGN_IN, 'mo@bench.example'))}"
    if client.post(path).status_code != 302:
        raise click.ClickException("signing in did not work")


def _next(group: Group, count: int) -> Sequence[HeldPost]:
    """Posts from the middle of the queue, which is as long before them as behind."""
    waiting = select(HeldPost).where(HeldPost.group_id == group.id, HeldPost.state == HeldState.WAITING)
    return db.session.scalars(waiting.order_by(HeldPost.id).offset(100).limit(count)).all()


def _decider(client: FlaskClient, group: Group, decision: str) -> Callable[[], Callable[[], bool]]:
    def prepare() -> Callable[[], bool]:
        path = f"/held/{_next(group, 1)[0].public_id}"
        data = {"decision": decision, "reason": "Not here, please.", "text": "With other words."}
        return lambda: client.post(path, data=data).status_code == 302

    return prepare


def _act(group: Group, moderator: Member) -> Callable[[], bool]:
    chosen, actor = _next(group, 1)[0], moderator.id

    def act() -> bool:
        with transaction():
            return decide(chosen, Decision.APPROVE, actor_id=actor).by_this

    return act


def _bulk(client: FlaskClient, group: Group) -> Callable[[], bool]:
    data = {"decision": "approve", "held": [each.public_id for each in _next(group, _BULK)]}
    return lambda: client.post("/held", data=data).status_code == 302


def _times(times: int, measured: Callable[[], bool | Callable[[], bool]]) -> dict[str, float]:
    """Median and maximum; what has to be prepared comes back as what is then measured."""
    taken: list[float] = []
    for _ in range(times + 2):
        started = time.perf_counter()
        done = measured()
        if callable(done):
            started = time.perf_counter()
            done = done()
        taken.append((time.perf_counter() - started) * 1000)
        if not done:
            raise click.ClickException("a step of the benchmark was refused")
    warm = taken[2:]
    return {"median": round(statistics.median(warm), 1), "max": round(max(warm), 1)}
