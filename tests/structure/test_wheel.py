"""The wheel alone is the whole program: built, unpacked, and started in an empty folder."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen
from zipfile import ZipFile

import pytest

from tests.structure.sources import ROOT

SECONDS_TO_START = 60


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as an installer lays it out."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder / "dist")]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [wheel] = (folder / "dist").glob("*.whl")
    with ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def _files(folder: Path) -> set[Path]:
    return {
        path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    }


def test_every_file_of_the_program_is_in_it_and_nothing_else(unpacked: Path) -> None:
    templates = {Path("forum") / path.relative_to(ROOT) for path in (ROOT / "templates").rglob("*") if path.is_file()}
    packages = {Path(name) / path for name in ("forum", "mailgateway") for path in _files(ROOT / name)}
    inside = {path for path in _files(unpacked) if not path.parts[0].endswith(".dist-info")}
    assert inside == packages | templates


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def running(unpacked: Path, tmp_path: Path) -> Iterator[str]:
    """`banyan up` out of the wheel, in an empty folder, with the settings that everybody begins with; its address."""
    web = f"127.0.0.1:{_free_port()}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BANYAN_")}
    environment |= {
        "PYTHONPATH": str(unpacked),
        "BANYAN_HTTP_LISTEN": web,
        "BANYAN_LMTP_LISTEN": f"127.0.0.1:{_free_port()}",
    }
    where = [sys.executable, "-c", "import forum, mailgateway; print(forum.__file__, mailgateway.__file__)"]
    found = subprocess.run(where, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True).stdout
    assert found.count(str(unpacked)) == 2
    command = [sys.executable, "-m", "forum.cli", "up"]
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            yield f"http://{web}"
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0


def _page(address: str) -> str:
    """A page, as soon as the web answers."""
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            with urlopen(address, timeout=5) as answer:  # noqa: S310  (an address of our own)
                return str(answer.read().decode())
        except URLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def test_it_runs_from_an_empty_folder(running: str, tmp_path: Path) -> None:
    assert '"ok"' in _page(f"{running}/healthz").replace("'", '"')
    assert "csrf_token" in _page(f"{running}/sign-in")
    assert "--paper" in _page(f"{running}/static/style.css")
    assert (tmp_path / "var" / "banyan.db").is_file()
