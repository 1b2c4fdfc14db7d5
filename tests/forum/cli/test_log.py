"""`banyan log`: what was done, and the proof that nobody has changed it."""

from sqlalchemy import create_engine, text

from forum.settings import Settings
from tests.forum.cli.conftest import Run


def _tamper(settings: Settings) -> None:
    """As somebody with the database at hand would: away with what forbids it, and another reason for an act."""
    engine = create_engine(settings.database_url or f"sqlite:///{settings.data_dir / 'banyan.db'}")
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE log_entry DISABLE TRIGGER USER"))
        else:
            triggers = text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'log_entry'")
            for name in connection.scalars(triggers).all():
                connection.execute(text(f"DROP TRIGGER {name}"))
        connection.execute(text("UPDATE log_entry SET why = 'somebody else' WHERE act = 'create group'"))
    engine.dispose()


def test_the_chain_is_proven_whole_and_a_changed_entry_is_named(run: Run, settings: Settings) -> None:
    run("group", "create", "er", "--name", "Emergency")
    assert run("work", "--only", "housekeeping", "--once").code == 0
    whole = run("log", "verify", "--json").json
    assert (whole["whole"], whole["unsealed"], whole["broken_seal"]) == (True, 0, None)
    assert whole["last_seal"].startswith(f"{whole['seals']} ")
    assert "The chain is whole." in run("log", "verify").out
    [made] = run("log", "list", "--group", "er", "--act", "create group", "--since", "1d", "--json").json
    assert (made["actor"], made["group"]) == (None, "er")
    assert run("log", "list", "--since", "soon").code == 2
    _tamper(settings)
    broken = run("log", "verify")
    assert broken.code == 1
    first = min(row["id"] for row in run("log", "list", "--act", "create group", "--json").json)
    assert f"which is of entry {first}." in broken.err
