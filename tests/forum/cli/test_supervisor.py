"""`banyan up` as a real program: what it starts, what it does when something dies, and how it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from flask import Flask
from sqlalchemy import select

from forum.cli.answering import mail_server_answers, web_answers
from forum.cli.supervisor import free_own_leases, owner_name
from forum.clock import now
from forum.db import db, transaction
from forum.queue import Task, claim, enqueue

# Long, since other tests may use all processors meanwhile.
SECONDS = 60.0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def until(what: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not what():
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.1)


def lives(process: psutil.Process) -> bool:
    """Whether it runs; who is dead and only waits to be collected does not."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@dataclass
class Up:
    """A running `up`, in a session of its own, with the settings that it has."""

    process: subprocess.Popen[str]
    environment: dict[str, str]
    said: Path

    def child(self, name: str) -> psutil.Process | None:
        """The child that runs this command, not the workers that it has forked."""
        for child in psutil.Process(self.process.pid).children():
            if lives(child) and child.name() == f"banyan {name}":
                return child
        return None

    def answers(self) -> bool:
        try:
            return web_answers(self.environment["BANYAN_HTTP_LISTEN"]) and mail_server_answers(
                self.environment["BANYAN_LMTP_LISTEN"]
            )
        except OSError:
            return False

    def is_up(self) -> bool:
        return "Banyan is up." in self.said.read_text()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Up]]:
    started: list[subprocess.Popen[str]] = []
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BANYAN_")}
    environment |= {
        "BANYAN_DATA_DIR": str(tmp_path / "var"),
        "BANYAN_HTTP_LISTEN": f"127.0.0.1:{free_port()}",
        "BANYAN_LMTP_LISTEN": f"127.0.0.1:{free_port()}",
    }

    def _start(**changes: str) -> Up:
        said = tmp_path / f"said{len(started)}"
        with said.open("w") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "forum.cli", "up"],
                env=environment | changes,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        started.append(process)
        return Up(process, environment | changes, said)

    yield _start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


def test_up_makes_the_site_starts_everything_and_ends_cleanly(start: Callable[..., Up]) -> None:
    up = start()
    until(up.is_up)
    assert up.answers()
    said = up.said.read_text()
    assert up.environment["BANYAN_HTTP_LISTEN"] in said
    assert up.environment["BANYAN_LMTP_LISTEN"] in said
    everybody = psutil.Process(up.process.pid).children(recursive=True)
    assert {os.getpgid(child.pid) for child in everybody} == {up.process.pid}

    again = start()
    assert again.process.wait(SECONDS) == 1
    assert again.said.read_text() == f"Banyan is up already with DATA_DIR {up.environment['BANYAN_DATA_DIR']}.\n"

    listen, web = up.child("listen"), up.child("web")
    assert listen is not None
    assert web is not None
    listen.kill()
    web.kill()
    until(lambda: up.child("listen") not in (None, listen) and up.child("web") not in (None, web) and up.answers())
    assert "listen was ended by signal 9" in up.said.read_text()

    everybody = psutil.Process(up.process.pid).children(recursive=True)
    up.process.send_signal(signal.SIGTERM)
    assert up.process.wait(SECONDS) == 0
    assert not any(map(lives, everybody))


def test_children_die_with_up_even_when_it_is_killed(start: Callable[..., Up]) -> None:
    up = start()
    until(up.is_up)
    everybody = psutil.Process(up.process.pid).children(recursive=True)
    assert len(everybody) >= 4
    up.process.kill()
    up.process.wait()
    end = time.monotonic() + 3
    while any(map(lives, everybody)) and time.monotonic() < end:
        time.sleep(0.05)
    assert not any(map(lives, everybody))


def test_an_address_in_use_is_said_before_anything_starts(start: Callable[..., Up]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        up = start(BANYAN_HTTP_LISTEN=address)
        assert up.process.wait(SECONDS) == 1
    assert up.said.read_text() == (
        f"Cannot listen on BANYAN_HTTP_LISTEN {address}: Address already in use. Choose another address.\n"
    )
    assert not (Path(up.environment["BANYAN_DATA_DIR"]) / "banyan.db").exists()


def test_up_frees_the_leases_of_the_one_before_and_no_others(core: Flask) -> None:
    with transaction():
        enqueue("index", 1)
        enqueue("fan_out", 2)
        mine, other = db.session.scalars(select(Task).order_by(Task.id))
        claim(Task, 1, owner_name(), Task.id == mine.id)
        claim(Task, 1, "elsewhere:1", Task.id == other.id)
    free_own_leases()
    db.session.expire_all()
    assert mine.leased_until is None
    assert other.leased_by == "elsewhere:1"
    assert other.leased_until is not None
    assert other.leased_until > now()
