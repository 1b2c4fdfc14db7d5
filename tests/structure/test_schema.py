"""The migrations have no gap, and what they build is what the models say, on both databases."""

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import CheckConstraint, create_engine, inspect, text

from forum.app import create_core
from forum.clock import now
from forum.db import Base, db, transaction
from forum.groups.queries import community, memberships_of
from forum.queue import Task, anything_due
from forum.schema import alembic_config, migrate, schema_is_current
from forum.settings import Settings


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


# One row in each table that gets columns and whose rows the first version could not do without.
_FIRST_SITE = (
    "INSERT INTO community_group (id, slug, mail_name, name, kind, listed, join_policy, moderate, assurance_new,"
    " assurance_reply, quota, created_at)"
    " VALUES (1, 'peers', 'peers', 'Peers', 'community', true, 'invite', 'none', 'proven', 'token', 20, :moment)",
    "INSERT INTO member (id, public_id, name, created_at) VALUES (1, 'abcdefghjkmn', 'Ann Lee', :moment)",
    "INSERT INTO address (id, member_id, email, key, base_key, is_primary, verified_at)"
    " VALUES (1, 1, 'ann@example.org', 'ann@example.org', 'ann@example.org', true, :moment)",
    "INSERT INTO membership (id, member_id, group_id, role, standing, delivery, joined_at)"
    " VALUES (1, 1, 1, 'owner', 'active', 'single', :moment)",
)


def _make_empty(settings: Settings) -> None:
    if settings.database_url.startswith("postgresql"):
        engine = create_engine(settings.database_url)
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        engine.dispose()
    else:
        (settings.data_dir / "banyan.db").unlink()


def test_a_site_of_the_first_version_keeps_what_it_has(settings: Settings) -> None:
    _make_empty(settings)
    core = create_core(settings)
    with core.app_context():
        command.upgrade(alembic_config(), "0001")
        with transaction() as session:
            for statement in _FIRST_SITE:
                session.execute(text(statement), {"moment": now().isoformat()} if ":moment" in statement else {})
        migrate()
        root = community()
        assert (root.strangers, root.moderators_obey, root.decide_within_days) == ("hold", False, 14)
        [membership] = memberships_of(1)
        assert (membership.delivery, membership.copy_when_addressed, membership.digest_no) == ("single", True, 0)
        assert membership.member.addresses[0].bounce_score == 0
        # What members said before is read by the worker.
        assert anything_due(Task, Task.kind == "derive_facets")
        db.session.remove()
        db.engine.dispose()
