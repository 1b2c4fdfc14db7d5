"""The migrations have no gap, and what they build is what the models say, on both databases."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import CheckConstraint, inspect

from forum.db import Base, db
from forum.schema import alembic_config, schema_is_current


def test_migrations_are_one_chain_numbered_without_a_gap() -> None:
    scripts = ScriptDirectory.from_config(alembic_config())
    chain = [script.revision for script in scripts.walk_revisions()][::-1]
    assert len(scripts.get_heads()) == 1
    assert chain == [f"{number:04}" for number in range(1, len(chain) + 1)]


def test_the_migrated_database_is_what_the_models_say(core: Flask) -> None:
    assert schema_is_current()
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": False})
        assert compare_metadata(context, Base.metadata) == []


def test_every_check_of_the_models_is_in_the_database(core: Flask) -> None:
    found = inspect(db.engine)
    for table in Base.metadata.sorted_tables:
        wanted = {each.name for each in table.constraints if isinstance(each, CheckConstraint)}
        there = {each["name"] for each in found.get_check_constraints(table.name)}
        assert {str(name) for name in wanted} == there, table.name
