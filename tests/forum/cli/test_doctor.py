import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from forum.clock import now
from forum.db import transaction
from forum.groups.models import Assurance
from forum.queue import Task, enqueue
from forum.settings import Settings
from tests.forum.cli.conftest import Run
from tests.people import a_group, a_member, post


@pytest.fixture
def mail_server() -> Iterator[str]:
    """Something that greets as a mail server does."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.sendall(b"220 ready\r\n")
                    connection.recv(100)

        thread = threading.Thread(target=greet)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.fixture
def examine(run: Run, mail_server: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run doctor; its exit code and the checks by name."""
    monkeypatch.setenv("BANYAN_LMTP_LISTEN", mail_server)

    def _examine() -> tuple[int, dict[str, Any]]:
        ended = run("doctor", "--json")
        report = ended.json
        assert report["ok"] == (ended.code == 0)
        return ended.code, {check["name"]: check for check in report["checks"]}

    return _examine


def test_a_healthy_site_passes_every_check(run: Run, examine: Any) -> None:
    run("reindex")
    code, checks = examine()
    assert code == 0
    assert {check["health"] for check in checks.values()} == {"ok"}
    assert set(checks) == {
        *("settings", "LMTP", "smarthost", "disk", "database", "search", "held mail", "log"),
        *("paused addresses", "refused mail"),
        *("task queue", "inbound mail queue", "delivery queue", "digest queue"),
        *("task set aside", "inbound mail set aside", "delivery set aside", "digest set aside"),
    }
    assert run("doctor").out.startswith("ok    settings: ")


def test_doors_where_nothing_answers_fail(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANYAN_LMTP_LISTEN", "127.0.0.1:1")
    monkeypatch.setenv("BANYAN_SMARTHOST", "127.0.0.1:1")
    ended = run("doctor")
    assert ended.code == 1
    assert "fail  LMTP: nothing answers at 127.0.0.1:1" in ended.out
    assert "fail  smarthost: nothing answers at 127.0.0.1:1" in ended.out


def test_a_missing_index_is_a_warning(examine: Any, settings: Settings) -> None:
    code, checks = examine()
    # On PostgreSQL the index is part of the database and never missing.
    assert (code, checks["search"]["health"]) == (0, "ok" if settings.on_postgresql else "warn")


def test_a_database_without_tables_or_away_fails_and_the_rest_is_still_checked(
    examine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANYAN_DATABASE_URL", "sqlite:///{DATA_DIR}/other.db")
    code, checks = examine()
    assert (code, checks["database"]["health"], checks["LMTP"]["health"]) == (1, "fail", "ok")
    assert checks["database"]["advice"] == "Run: banyan init"
    monkeypatch.setenv("BANYAN_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    code, checks = examine()
    assert (code, checks["database"]["health"], checks["disk"]["health"]) == (1, "fail", "ok")


@pytest.mark.parametrize(("minutes", "code", "health"), [(1, 0, "ok"), (10, 0, "warn"), (120, 1, "fail")])
def test_work_that_waits_long_is_seen(core: Flask, examine: Any, minutes: int, code: int, health: str) -> None:
    with transaction():
        enqueue("notice.admitted", 1, due_at=now() - timedelta(minutes=minutes))
        enqueue("notice.admitted", 2, due_at=now() + timedelta(days=1))
    seen, checks = examine()
    assert (seen, checks["task queue"]["health"]) == (code, health)


def test_what_is_set_aside_is_counted_with_its_reason(core: Flask, examine: Any) -> None:
    with transaction() as session:
        session.add(
            Task(kind="index", target_id=1, due_at=now(), set_aside_at=now(), error="RuntimeError: no disk\nmore")
        )
    code, checks = examine()
    assert (code, checks["task set aside"]["health"]) == (0, "warn")
    assert checks["task set aside"]["text"] == "waiting for a person: 1; the latest: RuntimeError: no disk."


def test_mail_held_only_for_missing_authentication_is_counted(core: Flask, examine: Any) -> None:
    group = a_group()
    post(a_member("ann@example.org", "Ann Lee", group), group, assurance=Assurance.CLAIMED)
    code, checks = examine()
    assert (code, checks["held mail"]["health"]) == (0, "warn")
    assert "TRUSTED_AUTHSERV_ID" in checks["held mail"]["advice"]
