"""`banyan bench carry-out`: how long the split of a large group takes, and how long other mail waits meanwhile."""

import json
import random
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from flask import Flask
from sqlalchemy import func, insert, select

from forum.accounts.models import Address, Member
from forum.app import create_core
from forum.clock import now
from forum.counter import PUBLISHED, next_numbers
from forum.db import analyze, db, public_id, reading, transaction
from forum.groups.actions import create_community, create_group
from forum.groups.models import Assurance, Group, Kind, Membership
from forum.groups.queries import community
from forum.posting.submit import submit
from forum.rules.submission import Submission
from forum.schema import migrate
from forum.settings import Settings
from forum.splitting.course.steps import carry_out_course, undo_course
from forum.splitting.models import Asks, Plan, PlanKind, PlannedGroup, PlanQuestion, PlanState, Seat
from forum.splitting.plans import carry_out, open_plan, undo
from forum.text import plain_to_html
from forum.threads.models import Post, TextFormat, Thread, Via
from forum.work import work_once, workers

_LOT = 5_000
_POSTS_A_THREAD = 5
_WORDS = "Who can cover two weeks in August? The usual rota, no nights."
_OTHERS = 20


@click.command("carry-out", epilog="Example: banyan bench carry-out --members 71000 --groups 12")
@click.option("--members", type=click.IntRange(min=100), default=71_000, show_default=True)
@click.option("--groups", type=click.IntRange(2, 100), default=12, show_default=True)
@click.option("--threads", type=click.IntRange(min=0), default=20_000, show_default=True)
@click.option("--seed", default=0, show_default=True)
def carry_out_bench(members: int, groups: int, threads: int, seed: int) -> None:
    """Carry out a split, then undo it, while a post a second goes to another group; print JSON.

    `work` are seconds without the pauses that others have, `cpu` those in which it computed itself; `longest` is the
    longest step, and `mail` the longest time until a post to the other group had its copies ready.
    """
    with tempfile.TemporaryDirectory(prefix="banyan-bench-") as folder:
        settings = Settings(data_dir=Path(folder) / "var", secret_key="a secret for the benchmark only")  # noqa: S106  (nobody's)
        with _site(settings) as core:
            plan_id = _planned(members, groups, threads, random.Random(seed))  # noqa: S311  (no secret)
            result: dict[str, Any] = {"bench": "carry-out", "members": members, "groups": groups, "threads": threads}
            with transaction():
                carry_out(db.session.get_one(Plan, plan_id), actor_id=None)
            result["carry_out"] = _measured(core, carry_out_course(plan_id))
            with reading() as session:
                made = select(PlannedGroup.group_id).where(PlannedGroup.plan_id == plan_id)
                seated = select(func.count()).select_from(Membership).where(Membership.group_id.in_(made))
                result["memberships"] = session.scalar(seated)
                moved = select(func.count()).select_from(Thread).where(Thread.group_id.in_(made))
                result["threads_moved"] = session.scalar(moved)
            with transaction():
                undo(db.session.get_one(Plan, plan_id), actor_id=None)
            result["undo"] = _measured(core, undo_course(plan_id))
    click.echo(json.dumps(result))


@contextmanager
def _site(settings: Settings) -> Iterator[Flask]:
    core = create_core(settings)
    with core.app_context():
        migrate()
        with transaction():
            create_community("Bench")
        yield core
        db.session.remove()
        db.engine.dispose()


def _measured(core: Flask, course: Iterator[float]) -> dict[str, float]:
    """Run a course to its end; its seconds of work, its longest step, and the longest wait of another group's mail."""
    steps: list[float] = []
    with _another_group(core) as waits:
        began, computed = time.perf_counter(), time.thread_time()
        started = began
        for pause in course:
            steps.append(time.perf_counter() - started)
            time.sleep(pause)
            started = time.perf_counter()
        elapsed, computed = time.perf_counter() - began, time.thread_time() - computed
    return {
        "work": round(sum(steps), 1),
        "cpu": round(computed, 1),
        "elapsed": round(elapsed, 1),
        "steps": len(steps),
        "longest": round(max(steps), 3),
        "mail": round(max(waits, default=0.0), 3),
        "mails": len(waits),
    }


@contextmanager
def _another_group(core: Flask) -> Iterator[list[float]]:
    """Post to another group each second, in a thread beside; the seconds until each post's copies were ready."""
    waits: list[float] = []
    over = threading.Event()

    def post() -> None:
        with core.app_context():
            group_id, author = _other_group()
            while not over.wait(1.0):
                began = time.perf_counter()
                with transaction():
                    submit(
                        Submission(
                            group_id=group_id,
                            author_id=author[0],
                            byline=author[1],
                            assurance=Assurance.PROVEN,
                            via=Via.WEB,
                            subject=f"Rota {len(waits)}",
                            text=_WORDS,
                            text_format=TextFormat.PLAIN,
                        )
                    )
                work_once(core, workers("fan_out"), "bench")
                waits.append(time.perf_counter() - began)
            db.session.remove()

    beside = threading.Thread(target=post)
    beside.start()
    try:
        yield waits
    finally:
        over.set()
        beside.join()


def _other_group() -> tuple[int, tuple[int, str]]:
    with reading() as session:
        group_id = session.scalars(select(Group.id).where(Group.slug == "other")).one()
        first = select(Member.id, Member.name).join(Membership).where(Membership.group_id == group_id).limit(1)
        row = session.execute(first).one()
    return group_id, (row.id, row.name)


# --- the site ---


def _planned(members: int, groups: int, threads: int, dice: random.Random) -> int:
    """A group of so many members, its threads, and a plan that has been announced; the plan's id."""
    with transaction():
        whole = create_group("whole", "Whole", parent=community(), kind=Kind.REGION)
        other = create_group("other", "Other", parent=community(), kind=Kind.INTEREST)
        other.quota = None
        whole_id, other_id, root_id = whole.id, other.id, community().id
    ids = _people(members, {root_id: members, whole_id: members, other_id: _OTHERS})
    placed = {member_id: dice.randrange(groups) for member_id in ids}
    by_group: list[list[int]] = [[] for _ in range(groups)]
    for member_id, at in placed.items():
        by_group[at].append(member_id)
    _threads(whole_id, threads, [people or list(ids) for people in by_group], ids, dice)
    with transaction():
        plan = open_plan(db.session.get_one(Group, whole_id), PlanKind.SPLIT, why="Too large for many")
        plan.state, plan.announced_at, plan.due_at = PlanState.ANNOUNCED, now(), now()
        rows = [
            PlannedGroup(
                plan_id=plan.id, position=at + 1, slug=f"part-{at + 1}", name=f"Part {at + 1}", kind=Kind.REGION
            )
            for at in range(groups)
        ]
        db.session.add_all(rows)
        db.session.flush()
        plan_id, planned_ids = plan.id, [row.id for row in rows]
    seats = [(placed[each], each) for each in ids]
    seats += [((placed[each] + 1) % groups, each) for each in ids if dice.random() < 0.1]
    _write(Seat, [{"plan_id": plan_id, "planned_group_id": planned_ids[at], "member_id": each} for at, each in seats])
    moment = now()
    questions = [
        {"public_id": public_id(), "plan_id": plan_id, "member_id": each, "asks": Asks.PLACE, "asked_at": moment}
        for each in ids
    ]
    _write(PlanQuestion, [row | {"proposed": []} for row in questions])
    with transaction():
        analyze(Membership, Seat, Thread, Post)
    return plan_id


def _people(count: int, groups: dict[int, int]) -> Sequence[int]:
    moment = now()
    people = [{"public_id": public_id(), "name": f"Member {number}", "created_at": moment} for number in range(count)]
    _write(Member, people)
    with reading() as session:
        named = select(Member.id).where(Member.name.like("Member %")).order_by(Member.id)
        ids = session.scalars(named).all()
    _write(
        Address,
        [_address(each) for each in ids],
    )
    for group_id, first in groups.items():
        _write(Membership, [{"member_id": each, "group_id": group_id, "joined_at": moment} for each in ids[:first]])
    return ids


def _address(member_id: int) -> dict[str, Any]:
    email = f"m{member_id}@bench.example"
    return {"member_id": member_id, "email": email, "key": email, "base_key": email, "is_primary": True}


def _threads(
    group_id: int, count: int, by_group: Sequence[Sequence[int]], everybody: Sequence[int], dice: random.Random
) -> None:
    """Threads of some posts, whose writers mostly belong together."""
    if not count:
        return
    html, moment = plain_to_html(_WORDS), now() - timedelta(days=200)
    with transaction():
        numbers = iter(next_numbers(PUBLISHED, count * _POSTS_A_THREAD))
    threads: list[dict[str, Any]] = []
    posts: list[dict[str, Any]] = []
    for thread_id in range(1, count + 1):
        home = dice.choice(by_group)
        for _ in range(_POSTS_A_THREAD):
            number = next(numbers)
            author_id = dice.choice(home if dice.random() < 0.8 else everybody)
            posts.append(_post(number, thread_id, author_id, html, moment + timedelta(seconds=number)))
        threads.append(_thread(thread_id, group_id, int(posts[-1]["published_no"]), moment))
    _write(Thread, threads)
    _write(Post, posts)


def _thread(thread_id: int, group_id: int, last_no: int, moment: Any) -> dict[str, Any]:
    subject = f"Cover in August, part {thread_id}"
    return {
        "id": thread_id,
        "public_id": public_id(),
        "group_id": group_id,
        "subject": subject,
        "subject_key": subject.lower(),
        "created_at": moment,
        "posts": _POSTS_A_THREAD,
        "last_post_at": moment + timedelta(seconds=last_no),
        "last_published_no": last_no,
        "last_byline": "Member",
        "last_excerpt": _WORDS,
    }


def _post(number: int, thread_id: int, author_id: int, html: str, moment: Any) -> dict[str, Any]:
    return {
        "public_id": public_id(),
        "thread_id": thread_id,
        "published_no": number,
        "fan_out_key": -number,
        "author_id": author_id,
        "byline": "Member",
        "via": Via.WEB,
        "message_id": f"<bench{number}@bench.example>",
        "subject": "Cover in August",
        "text": _WORDS,
        "text_format": TextFormat.PLAIN,
        "html": html,
        "created_at": moment,
    }


def _write(table: type[Any], rows: Sequence[dict[str, Any]]) -> None:
    for start in range(0, len(rows), _LOT):
        with transaction() as session:
            session.execute(insert(table), rows[start : start + _LOT])
