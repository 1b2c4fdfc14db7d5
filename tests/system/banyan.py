"""A site as an operator runs it: settings from the environment, `banyan up`, everything asked through commands."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

_SECONDS_TO_START = 30.0
_SECONDS_TO_END = 20.0


class Banyan:
    """One site; `start` and `stop` as often as a test likes."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("BANYAN_")}
        self._environment = inherited | {f"BANYAN_{name}": value for name, value in settings.items()}
        self.settings = settings
        self.log = folder / "banyan.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "forum.cli", "up"], env=self._environment, stdout=log, stderr=log
            )
        socket = Path(self.settings["LMTP_LISTEN"])
        until = time.monotonic() + _SECONDS_TO_START
        while not socket.exists():
            assert self._process.poll() is None, f"banyan up has ended:\n{self.said()}"
            assert time.monotonic() < until, f"banyan does not listen:\n{self.said()}"
            time.sleep(0.05)

    def stop(self) -> None:
        """End it politely; the socket goes, so that nobody takes it for a door."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            assert self._process.wait(_SECONDS_TO_END) == 0, self.said()
        finally:
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()
            self._process = None
        Path(self.settings["LMTP_LISTEN"]).unlink(missing_ok=True)

    def run(self, *words: str) -> str:
        """The output of one command."""
        done = subprocess.run(
            [sys.executable, "-m", "forum.cli", *words], env=self._environment, capture_output=True, text=True
        )
        assert done.returncode == 0, f"banyan {' '.join(words)}: {done.stderr}"
        return done.stdout

    def ask(self, *words: str) -> Any:
        return json.loads(self.run(*words, "--json"))

    def said(self) -> str:
        return self.log.read_text()[-5000:] if self.log.exists() else "(no log)"
