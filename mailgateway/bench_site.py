"""A whole site for benchmarks: real processes on loopback, in a temporary folder of its own, with a counting sink.

Starts, fills, measures memory and ends; what is measured is the benchmarks' to say. Touches no other site.
"""

import json
import os
import smtplib
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import click
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from forum.accounts.actions import add_member
from forum.accounts.queries import member_by_email
from forum.app import create_core
from forum.db import db, transaction
from forum.groups.actions import create_group
from forum.groups.joining import add_to_group
from forum.groups.queries import community
from forum.settings import Settings

AUTHSERV_ID = "bench.localhost"
DOMAIN = "lists.localhost"
_SOCKET_SECONDS = 60
_WORDS = "Who could cover the clinic in the second half of August, two weeks, with call every fourth night. " * 40
_LINES = "\r\n".join(_WORDS[at : at + 72] for at in range(0, len(_WORDS), 72))


class Sink:
    """The process that takes the mail (`bench_sink`)."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._in, self._out = process.stdin, process.stdout
        self.port = int(self._out.readline())

    def counts(self) -> dict[str, Any]:
        self._in.write("counts\n")
        self._in.flush()
        counts: dict[str, Any] = json.loads(self._out.readline())
        return counts

    def wait_for(self, copies: int, seconds: float = 900.0) -> dict[str, Any]:
        """The counts, once there are so many copies."""
        until = time.monotonic() + seconds
        while (counts := self.counts())["copies"] < copies:
            if time.monotonic() > until:
                raise click.ClickException(f"only {counts['copies']} of {copies} copies came in {seconds:g} s")
            # The sink says itself when the last one came; asked more often, it would have less time for copies.
            time.sleep(0.2)
        return counts


@dataclass(frozen=True)
class BenchSite:
    """A site that runs, as `banyan up` starts it, or still has to be filled."""

    folder: Path
    settings: Settings
    environment: dict[str, str]
    lmtp_port: int
    sink: Sink

    def run(self, *words: str) -> None:
        """Run one command of the program to its end."""
        subprocess.run(
            [sys.executable, "-m", "forum.cli", *words], env=self.environment, check=True, stdout=subprocess.DEVNULL
        )

    def fill_small(self, groups: int, members_each: int) -> None:
        """Groups `small-0`, `small-1`, ... of so many members each; the first has the first numbers."""
        core = create_core(self.settings)
        with core.app_context():
            for group in range(groups):
                with transaction():
                    made = create_group(f"small-{group}", f"Small {group}", parent=community())
                    for number in range(group * members_each, (group + 1) * members_each):
                        email = email_of(number)
                        member = member_by_email(email) or add_member(email, f"Member {number}", why="benchmark")
                        add_to_group(member, made)
            db.session.remove()
            db.engine.dispose()

    def fill(self, slug: str, members: Sequence[int]) -> float:
        """A group of members with these numbers; returns the seconds of the import."""
        roster = self.folder / f"{slug}.csv"
        lines = (f"{email_of(number)},Member {number},single\n" for number in members)
        roster.write_text("email,name,delivery\n" + "".join(lines))
        self.run("group", "create", slug, "--name", slug.capitalize())
        started = time.monotonic()
        self.run("member", "import", str(roster), "--group", slug)
        return round(time.monotonic() - started, 2)

    @contextmanager
    def up(self, command_name: Literal["up", "listen"] = "up") -> Iterator[int]:
        """All of the site's processes, or the mail door alone, until the context ends; the id of the first."""
        command = [sys.executable, "-m", "forum.cli", command_name]
        with subprocess.Popen(command, env=self.environment, stdout=subprocess.DEVNULL) as process:
            try:
                self._await_door(process)
                yield process.pid
            finally:
                process.terminate()

    def post(self, slug: str, author: int, subject: str, extra: bytes = b"") -> float:
        """Hand one post in at the LMTP door; the moment of its acceptance."""
        with smtplib.LMTP("127.0.0.1", self.lmtp_port) as client:
            client.sendmail(email_of(author), [f"{slug}@{DOMAIN}"], message(slug, author, subject, extra))
        return time.monotonic()

    def _await_door(self, process: "subprocess.Popen[bytes]") -> None:
        until = time.monotonic() + _SOCKET_SECONDS
        while time.monotonic() < until and process.poll() is None:
            try:
                with smtplib.LMTP("127.0.0.1", self.lmtp_port, timeout=1):
                    return
            except OSError:
                time.sleep(0.05)
        raise click.ClickException("the LMTP door did not open")


@contextmanager
def bench_site(*, connections: int, dkim: bool = False, delay_ms: int = 0) -> Iterator[BenchSite]:
    """A new site whose smarthost is a sink that answers each message's end so late."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="banyan-bench-")))
        sink = stack.enter_context(_sink(delay_ms))
        port = free_port()
        chosen = {
            "DATA_DIR": str(folder / "var"),
            "DATABASE_URL": os.environ.get("BANYAN_DATABASE_URL", ""),
            "SECRET_KEY": "a secret for the benchmark only",
            "DOMAIN": DOMAIN,
            "HTTP_LISTEN": f"127.0.0.1:{free_port()}",
            "LMTP_LISTEN": f"127.0.0.1:{port}",
            "SMARTHOST": f"127.0.0.1:{sink.port}",
            "SMARTHOST_CONNECTIONS": str(connections),
            "TRUSTED_AUTHSERV_ID": AUTHSERV_ID,
        }
        if dkim:
            chosen |= {"DKIM_KEY": str(_signing_key(folder)), "DKIM_SELECTOR": "bench"}
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("BANYAN_")}
        settings = Settings.model_validate({name.lower(): value for name, value in chosen.items()})
        environment = inherited | {f"BANYAN_{name}": value for name, value in chosen.items()}
        site = BenchSite(folder, settings, environment, port, sink)
        site.run("init")
        yield site


def email_of(number: int) -> str:
    return f"member{number:06d}@d{number % 50:02d}.example"


def message(slug: str, author: int, subject: str, extra: bytes = b"") -> bytes:
    """A post of about 4 kB as our own mail server hands it on; `extra` is one more MIME part."""
    sender = email_of(author)
    head = (
        f"Authentication-Results: {AUTHSERV_ID}; dmarc=pass header.from={sender.partition('@')[2]}\r\n"
        f"From: Member {author} <{sender}>\r\nTo: {slug}@{DOMAIN}\r\nSubject: {subject}\r\n"
        f"Message-ID: <{subject.replace(' ', '.')}@{sender.partition('@')[2]}>\r\nMIME-Version: 1.0\r\n"
    )
    if not extra:
        return f"{head}\r\n{_LINES}\r\n".encode()
    text = f"Content-Type: multipart/mixed; boundary=part\r\n\r\n--part\r\n\r\n{_LINES}\r\n--part\r\n"
    return (head + text).encode() + extra + b"\r\n--part--\r\n"


@contextmanager
def peak_memory(pid: int) -> Iterator[list[int]]:
    """Samples of the proportional set size, in kB, of a process and all under it together, one a second.

    The kernel adds them up while the process waits: with four a second a tenth of a processor went into that.
    """
    samples: list[int] = []
    ended = threading.Event()

    def sample() -> None:
        # One at the end in any case, for what takes less than a second.
        while True:
            over = ended.wait(1.0)
            samples.append(sum(_pss(each) for each in _with_children(pid)))
            if over:
                return

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield samples
    finally:
        ended.set()
        thread.join()


def _with_children(pid: int) -> Iterator[int]:
    yield pid
    try:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                yield from _with_children(int(child))
    except FileNotFoundError:
        return  # It has just ended.


def _pss(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")), 0)


@contextmanager
def _sink(delay_ms: int) -> Iterator[Sink]:
    command = [sys.executable, "-m", "mailgateway.bench_sink", str(delay_ms)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Sink(process)
        finally:
            process.kill()


def _signing_key(folder: Path) -> Path:
    path = folder / "dkim.pem"
    key = generate_private_key(public_exponent=65537, key_size=2048)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
