import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import click
import pytest
from sqlalchemy import create_engine, text

from forum import cli
from forum.settings import Settings
from tests.forum.cli.conftest import Ended, Run

pytestmark = pytest.mark.usefixtures("environment")


@pytest.fixture
def nowhere(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Commands on a machine where nothing has been made yet."""
    monkeypatch.setenv("BANYAN_DATA_DIR", str(tmp_path / "new"))
    monkeypatch.delenv("BANYAN_DATABASE_URL")
    return run


def test_init_makes_a_site_and_can_be_repeated(nowhere: Run, tmp_path: Path) -> None:
    ended = nowhere("init", "--name", "Harbor Physicians", "--slug", "harbor")
    assert (ended.code, ended.out) == (0, "Ready: Harbor Physicians, harbor@lists.localhost\n")
    assert nowhere("init").out == ended.out
    assert nowhere("group", "show", "harbor", "--json").json["kind"] == "community"
    assert (tmp_path / "new" / "banyan.db").stat().st_mode & 0o007 == 0


def test_init_gives_a_new_name_but_never_another_mail_name(nowhere: Run) -> None:
    nowhere("init", "--name", "Harbor")
    assert nowhere("init", "--name", "Harbor Physicians").out == "Ready: Harbor Physicians, community@lists.localhost\n"
    ended = nowhere("init", "--slug", "harbor")
    assert (ended.code, ended.out) == (1, "")
    assert "cannot be changed" in ended.err


def test_without_init_every_command_says_what_to_do(nowhere: Run) -> None:
    for words in (["group", "list"], ["work", "--once"], ["web"], ["member", "show", "ann@example.org"]):
        ended = nowhere(*words)
        assert (ended.code, ended.out) == (1, "")
        assert ended.err == "The database is missing or of another version. Run: banyan init\n"


def test_a_place_that_cannot_be_written_is_one_line(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BANYAN_DATA_DIR", str(tmp_path / "file" / "var"))
    monkeypatch.delenv("BANYAN_DATABASE_URL")
    for words in (["init"], ["group", "list"], ["up"]):
        ended = run(*words)
        assert (ended.code, len(ended.err.splitlines())) == (1, 1)
        assert "cannot be used" in ended.err


def test_a_database_that_is_away_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANYAN_DATABASE_URL", "postgresql://nobody:secret@127.0.0.1:1/none")
    for words in (["init"], ["group", "list"]):
        ended = run(*words)
        assert (ended.code, len(ended.err.splitlines())) == (1, 1)
        assert ended.err.startswith("The database does not answer: ")
        assert "secret" not in ended.err


def test_all_bad_settings_are_named_at_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANYAN_HTTP_LISTEN", "nowhere")
    monkeypatch.setenv("BANYAN_MAX_MESSAGE", "huge")
    monkeypatch.setenv("BANYAN_HTPT_LISTEN", "127.0.0.1:1")
    for words in (["group", "list"], ["doctor"], ["up"], ["init"]):
        ended = run(*words)
        assert (ended.code, ended.out) == (2, "")
        for name in ("HTTP_LISTEN", "MAX_MESSAGE", "HTPT_LISTEN"):
            assert f"BANYAN_{name}: " in ended.err


def test_an_unknown_command_is_wrong_use(run: Run) -> None:
    assert run("grow").code == 2
    assert run("group", "grow").code == 2


def test_a_fault_of_ours_is_one_line_with_its_place(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command("break")
    def broken() -> None:
        raise RuntimeError("this\nis broken")

    monkeypatch.setattr(cli, "assemble", lambda: broken)
    ended = run()
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("Banyan failed; please report it: RuntimeError: this is broken (forum/cli/__init__.py:")
    assert len(ended.err.splitlines()) == 1


def test_work_does_what_is_due_once(run: Run) -> None:
    run("member", "add", "ann@example.org", "--name", "Ann Lee")
    run("post", "--group", "community", "--as", "ann@example.org", "--subject", "Hello", given=b"Hello all")
    assert run("work", "--only", "index", "--once").code == 0
    assert run("search", "hello", "--as", "ann@example.org", "--json").json["total"] == 1
    assert run("work", "--once").code == 0
    assert run("work", "--only", "fan_out", "--once").out == "0 done.\n"


def test_an_unknown_kind_of_work_is_wrong_use_and_lists_the_kinds(run: Run) -> None:
    ended = run("work", "--only", "nonsense", "--once")
    assert ended.code == 2
    assert "deliver, digest, erasing, fan_out" in ended.err


def banyan(*words: str) -> Sequence[str]:
    return [sys.executable, "-m", "forum.cli", *words]


def in_a_process(*words: str) -> Ended:
    ended = subprocess.run(banyan(*words), capture_output=True, text=True, timeout=60, check=False)
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def test_as_a_program_exit_codes_and_streams_are_the_same(settings: Settings) -> None:
    missing = in_a_process("group", "show", "nowhere")
    assert (missing.code, missing.out) == (1, "")
    assert missing.err == "There is no group 'nowhere'. See: banyan group list\n"


def test_a_worker_ends_cleanly_on_sigterm(settings: Settings) -> None:
    worker = subprocess.Popen(banyan("work", "--only", "housekeeping"), stderr=subprocess.PIPE)
    # Its first look seals the log, so that we see it working.
    assert worker.stderr is not None
    try:
        _wait_for_a_seal(settings)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(5) == 0
        assert worker.stderr.read() == b""
    finally:
        worker.kill()
        worker.wait()
        worker.stderr.close()


def _wait_for_a_seal(settings: Settings) -> None:
    engine = create_engine(settings.sqlalchemy_url)
    end = time.monotonic() + 20
    try:
        while True:
            with engine.connect() as connection:
                if connection.execute(text("SELECT count(*) FROM log_seal")).scalar():
                    return
            assert time.monotonic() < end
            time.sleep(0.1)
    finally:
        engine.dispose()
