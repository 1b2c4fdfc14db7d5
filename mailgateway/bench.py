"""`banyan bench fanout`: one post to many single-delivery members, from LMTP acceptance to the last copy at a sink.

Real processes on loopback with a site of their own in a temporary folder; prints JSON and touches no other site.
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
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

_AUTHSERV_ID = "bench.localhost"
_DOMAIN = "lists.localhost"
_SOCKET_SECONDS = 30


@click.command("fanout", epilog="Example: banyan bench fanout --members 10000")
@click.option("--members", default=10_000, show_default=True, help="How many members get the post.")
@click.option("--connections", default=4, show_default=True, help="SMARTHOST_CONNECTIONS.")
@click.option("--runs", default=3, show_default=True, help="How many posts, one after the other.")
def fanout(members: int, connections: int, runs: int) -> None:
    """Send one post to many members and print recipients per second and memory as JSON."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="banyan-bench-")))
        sink = stack.enter_context(_sink())
        port = _free_port()
        environment = _environment(folder, port, sink.port, connections)
        imported = _fill(folder, environment, members)
        processes = [stack.enter_context(_banyan(environment, name)) for name in ("listen", "work")]
        _await_port(port)
        results = [_one_run(number, members, port, sink, processes[1].pid) for number in range(runs)]
    click.echo(json.dumps({"bench": "fanout", "members": members, "import_seconds": imported, "runs": results}))


def _environment(folder: Path, lmtp_port: int, sink_port: int, connections: int) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("BANYAN_")}
    database = os.environ.get("BANYAN_DATABASE_URL", "")
    own = {
        "DATA_DIR": str(folder / "var"),
        "DATABASE_URL": database,
        "SECRET_KEY": "a secret for the benchmark only",
        "DOMAIN": _DOMAIN,
        "LMTP_LISTEN": f"127.0.0.1:{lmtp_port}",
        "SMARTHOST": f"127.0.0.1:{sink_port}",
        "SMARTHOST_CONNECTIONS": str(connections),
        "TRUSTED_AUTHSERV_ID": _AUTHSERV_ID,
    }
    return inherited | {f"BANYAN_{name}": value for name, value in own.items()}


def _fill(folder: Path, environment: dict[str, str], members: int) -> float:
    roster = folder / "roster.csv"
    with roster.open("w") as file:
        file.write("email,name,delivery\n")
        for number in range(members):
            file.write(f"member{number:06d}@d{number % 50:02d}.example,Member {number},single\n")
    _run(environment, "init")
    _run(environment, "group", "create", "everybody", "--name", "Everybody")
    started = time.monotonic()
    _run(environment, "member", "import", str(roster), "--group", "everybody")
    return round(time.monotonic() - started, 2)


def _one_run(number: int, members: int, port: int, sink: "_Sink", worker_pid: int) -> dict[str, float]:
    before = sink.counts()
    with _peak_memory(worker_pid) as peak:
        with smtplib.LMTP("127.0.0.1", port) as client:
            client.sendmail("member000000@d00.example", [f"everybody@{_DOMAIN}"], _message(number))
        accepted_at = time.monotonic()
        while (counts := sink.counts())["copies"] - before["copies"] < members:
            time.sleep(0.02)
            if time.monotonic() - accepted_at > 600:
                raise click.ClickException(f"only {counts['copies'] - before['copies']} copies came in 10 minutes")
    seconds = counts["last_at"] - accepted_at
    # Each copy has a return path and a token of its own: as many different ones as readers.
    if not counts["recipients"] == counts["return_paths"] == counts["unsubscribe_links"] == members:
        raise click.ClickException(f"not every copy was its reader's own: {counts}")
    return {
        "seconds": round(seconds, 3),
        "recipients_per_second": round(members / seconds, 1),
        "worker_peak_pss_mb": round(max(peak, default=0) / 1024, 1),
    }


def _message(number: int) -> bytes:
    words = "Who could cover the clinic in the second half of August, two weeks, with call every fourth night. " * 40
    lines = "\r\n".join(words[at : at + 72] for at in range(0, len(words), 72))
    return (
        f"Authentication-Results: {_AUTHSERV_ID}; dmarc=pass header.from=d00.example\r\n"
        f"From: Member <member000000@d00.example>\r\nTo: everybody@{_DOMAIN}\r\n"
        f"Subject: Locum cover, part {number}\r\nMessage-ID: <bench{number}@d00.example>\r\n\r\n{lines}\r\n"
    ).encode()


class _Sink:
    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._in, self._out = process.stdin, process.stdout
        self.port = int(self._out.readline())

    def counts(self) -> dict[str, float]:
        self._in.write("counts\n")
        self._in.flush()
        counts: dict[str, float] = json.loads(self._out.readline())
        return counts


@contextmanager
def _sink() -> Iterator[_Sink]:
    command = [sys.executable, "-m", "mailgateway.bench_sink"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield _Sink(process)
        finally:
            process.kill()


@contextmanager
def _banyan(environment: dict[str, str], *words: str) -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen([sys.executable, "-m", "forum.cli", *words], env=environment) as process:
        try:
            yield process
        finally:
            process.terminate()


def _run(environment: dict[str, str], *words: str) -> None:
    subprocess.run([sys.executable, "-m", "forum.cli", *words], env=environment, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def _peak_memory(pid: int) -> Iterator[list[int]]:
    """Samples of a process's proportional set size in kB, four a second."""
    samples: list[int] = []
    ended = threading.Event()

    def sample() -> None:
        while not ended.wait(0.25):
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            samples.append(next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield samples
    finally:
        ended.set()
        thread.join()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def _await_port(port: int) -> None:
    until = time.monotonic() + _SOCKET_SECONDS
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise click.ClickException("the LMTP door did not open")
