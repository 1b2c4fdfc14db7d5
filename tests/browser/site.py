"""The demo as a person starts it: a real `banyan up --demo` in its own folder, on free ports, ended by SIGTERM."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

SECONDS_TO_START, SECONDS_TO_END = 90, 15


@contextmanager
def running_demo(folder: Path) -> Iterator[str]:
    """The address of a site that is up; what it says while it runs goes to a file beside its data."""
    http, lmtp = _free_addresses(2)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BANYAN_")}
    environment |= {
        "BANYAN_DATA_DIR": str(folder / "var"),
        "BANYAN_HTTP_LISTEN": http,
        "BANYAN_BASE_URL": f"http://{http}",
        "BANYAN_LMTP_LISTEN": lmtp,
    }
    said = folder / "up.log"
    with said.open("wb") as log:
        up = subprocess.Popen(
            [sys.executable, "-m", "forum.cli", "up", "--demo"], env=environment, stdout=log, stderr=log, cwd=folder
        )
        try:
            _wait_until_up(up, f"http://{http}", said)
            yield f"http://{http}"
        finally:
            up.terminate()
            try:
                status = up.wait(SECONDS_TO_END)
            except subprocess.TimeoutExpired:
                up.kill()
                up.wait()
                raise
    assert status == 0, f"banyan up ended with {status}:\n{said.read_text()}"


def _free_addresses(how_many: int) -> list[str]:
    with ExitStack() as together:
        sockets = [together.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(how_many)]
        return [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]


def _wait_until_up(up: "subprocess.Popen[bytes]", address: str, said: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        assert up.poll() is None, f"banyan up --demo ended while starting:\n{said.read_text()}"
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=2):  # noqa: S310  # our own http address
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise AssertionError(f"banyan up --demo did not answer within {SECONDS_TO_START} s:\n{said.read_text()}")
