"""Brings a database to the newest schema: Alembic migrations that run on both kinds of database."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from forum.db import db

_MIGRATIONS = Path(__file__).parent / "migrations"


def alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


def migrate() -> None:
    """Create or upgrade every table; safe to repeat. Two at once: the second waits or finds it done."""
    command.upgrade(alembic_config(), "head")


def schema_is_current() -> bool:
    """Whether the database has exactly the schema of this program."""
    with db.engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    return found == ScriptDirectory.from_config(alembic_config()).get_current_head()
