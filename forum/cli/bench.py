"""`banyan bench`: measures this machine with sites of their own in temporary folders; prints JSON."""

import json
import re
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import click
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert

from forum.accounts.actions import add_member
from forum.accounts.models import LinkPurpose, Member
from forum.accounts.sign_in import link_token, make_link
from forum.app import create_app
from forum.clock import now
from forum.db import db, public_id, transaction
from forum.groups.actions import create_community, create_group
from forum.groups.joining import add_to_group
from forum.groups.models import Group
from forum.groups.queries import community
from forum.schema import migrate
from forum.settings import Settings
from forum.text import plain_to_html
from forum.threads.models import Post, Thread

_WORDS = (
    "Our protocol holds the evening dose before a morning procedure and restarts the day after.\n\n"
    "Has anybody changed that after the new guideline? We see fewer delays, but the numbers are small.\n\nThanks, all."
)
_LONG_THREAD = 200
_SHORT_THREAD = 5
_LOT = 5_000


@click.group(epilog="Example: banyan bench fanout --members 10000")
def bench() -> None:
    """Measure speed and memory on this machine. Touches no site but its own temporary ones."""


@bench.command(epilog="Example: banyan bench pages --posts 100000")
@click.option("--posts", default=100_000, show_default=True, help="How many posts the database holds.")
@click.option("--requests", default=100, show_default=True, help="How often each page is asked for.")
def pages(posts: int, requests: int) -> None:
    """Fill a group with posts and print each page's median server time in milliseconds as JSON."""
    with tempfile.TemporaryDirectory(prefix="banyan-bench-") as folder, _site(Path(folder)) as app:
        group, member = _people()
        long_thread = _fill(group, member, posts)
        client = app.test_client()
        _sign_in(client, member)
        paths = {"thread_of_200": f"/t/{long_thread}", "group": f"/g/{group.slug}", "home": "/", "tree": "/groups"}
        result = {name: _times(client, path, requests) for name, path in paths.items()}
    click.echo(json.dumps({"bench": "pages", "posts": posts, "milliseconds": result}))


@contextmanager
def _site(folder: Path) -> Iterator[Flask]:
    app = create_app(Settings(data_dir=folder / "var", secret_key="a secret for the benchmark only"))  # noqa: S106  (nobody's)
    with app.app_context():
        migrate()
        with transaction():
            create_community("Bench")
        yield app
        db.session.remove()
        db.engine.dispose()


def _people() -> tuple[Group, Member]:
    with transaction():
        group = create_group("bench", "Bench", parent=community())
        member = add_member("ann@bench.example", "Ann Lee", why="benchmark")
        add_to_group(member, group)
        for number in range(40):
            create_group(f"bench-{number}", f"Bench {number}", parent=community())
    return group, member


def _fill(group: Group, member: Member, posts: int) -> str:
    """Threads of five posts and one of two hundred, written straight as rows; returns the long one's public id."""
    sizes = [_LONG_THREAD, *[_SHORT_THREAD] * ((posts - _LONG_THREAD) // _SHORT_THREAD)]
    html, moment, number, public = plain_to_html(_WORDS), now(), 0, ""
    threads: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    for thread_id, size in enumerate(sizes, start=1):
        first = number + 1
        for _ in range(size):
            number += 1
            rows.append(_post(number, thread_id, first, member, html, moment + timedelta(seconds=number - posts)))
        threads.append(_thread(thread_id, group, size, number, moment + timedelta(seconds=number - posts)))
        public = public or str(threads[0]["public_id"])
        if len(rows) >= _LOT:
            _write(threads, rows)
            threads, rows = [], []
    _write(threads, rows)
    return public


def _thread(thread_id: int, group: Group, size: int, last_no: int, moment: Any) -> dict[str, Any]:
    return {
        "id": thread_id,
        "public_id": public_id(),
        "group_id": group.id,
        "subject": f"Anticoagulation around procedures, part {thread_id}",
        "subject_key": f"anticoagulation around procedures, part {thread_id}",
        "created_at": moment,
        "posts": size,
        "last_post_at": moment,
        "last_published_no": last_no,
        "last_byline": "Ann Lee",
        "last_excerpt": _WORDS[:120],
    }


def _post(number: int, thread_id: int, first: int, member: Member, html: str, moment: Any) -> dict[str, Any]:
    return {
        "public_id": public_id(),
        "thread_id": thread_id,
        "published_no": number,
        "fan_out_key": -number,
        "author_id": member.id,
        "byline": member.name,
        "via": "web",
        "message_id": f"<bench{number}@bench.example>",
        "in_reply_to_id": first if number > first else None,
        "subject": "Anticoagulation around procedures",
        "text": _WORDS,
        "text_format": "plain",
        "html": html,
        "created_at": moment,
    }


def _write(threads: Sequence[dict[str, Any]], rows: Sequence[dict[str, Any]]) -> None:
    with transaction() as session:
        if rows:
            session.execute(insert(Thread), list(threads))
            session.execute(insert(Post), list(rows))


def _sign_in(client: FlaskClient, member: Member) -> None:
    with transaction():
        path = f"/sign-in/{link_token(make_link(member, LinkPurpose.SIGN_IN, 'ann@bench.example'))}"
    form = client.get(path).get_data(as_text=True)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form)
    if token is None or client.post(path, data={"csrf_token": token[1]}).status_code != 302:
        raise click.ClickException("signing in did not work")


def _times(client: FlaskClient, path: str, requests: int) -> dict[str, float]:
    taken = []
    for _ in range(requests + 3):
        started = time.perf_counter()
        status = client.get(path).status_code
        taken.append((time.perf_counter() - started) * 1000)
        if status != 200:
            raise click.ClickException(f"{path} answered {status}")
    warm = sorted(taken[3:])
    return {"median": round(statistics.median(warm), 1), "p95": round(warm[int(len(warm) * 0.95)], 1)}


for _point in entry_points(group="banyan.benchmarks"):
    bench.add_command(_point.load())

commands = [bench]
