"""Runs commands as the operator does: through `main`, with settings from the environment, on both databases."""

import io
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import structlog

from forum.cli import main
from forum.settings import Settings


@dataclass(frozen=True)
class Ended:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Ended]


@pytest.fixture
def environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("BANYAN_") and "_TEST_" not in name]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("BANYAN_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("BANYAN_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("BANYAN_SECRET_KEY", settings.secret_key)


@pytest.fixture
def run(environment: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """`run("group", "list")`; what is to come on standard input is `given`."""

    def _run(*words: str, given: bytes = b"") -> Ended:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(words)
        code = ended.value.code
        assert code is None or isinstance(code, int)
        printed = capsys.readouterr()
        assert "Traceback" not in printed.out + printed.err
        return Ended(code or 0, printed.out, printed.err)

    umask = os.umask(0o022)
    yield _run
    os.umask(umask)
    structlog.reset_defaults()
