"""Every test that needs a database finds a migrated one with a community in it, on SQLite and on PostgreSQL alike.

`core` and `app` run each test on both. PostgreSQL is started from a pip package unless BANYAN_TEST_DATABASE_URL names
a server whose user may create databases.
"""

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.engine import URL, make_url

from forum.app import create_app, create_core
from forum.db import db, transaction
from forum.groups.actions import create_community
from forum.schema import migrate
from forum.settings import Settings
from tests.postgresql import CleanDatabase, create_database, drop_database, own_server
from tests.warm import keep_warm

SECRET = "a secret for tests only, long enough to sign with"
COMMUNITY = "Banyan Physicians"

keep_warm()


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: the search for garbage passes it by, and comes less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


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
def servers_dir(testrun_uid: str) -> Iterator[Path]:
    """Where PostgreSQL servers of this run have their data; the last worker takes it away."""
    folder = Path(tempfile.gettempdir()) / f"banyan-test-{testrun_uid}"
    yield folder
    if not (folder / "shared").exists():
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql_server(servers_dir: Path) -> Iterator[URL]:
    """One server for all xdist workers."""
    given = os.environ.get("BANYAN_TEST_DATABASE_URL")
    if given:
        yield make_url(given).set(drivername="postgresql+psycopg")
        return
    # No test takes the power away from this server. Without vacuuming in the background, a test sees nobody but itself.
    with own_server(servers_dir / "shared", "fsync", "full_page_writes", "autovacuum") as url:
        yield url


@pytest.fixture(scope="session")
def postgresql_database(postgresql_server: URL, worker_dir: Path) -> Iterator[CleanDatabase]:
    template = create_database(postgresql_server)
    _fill(Settings(data_dir=worker_dir, secret_key=SECRET, database_url=template.render_as_string(hide_password=False)))
    database = CleanDatabase(postgresql_server, template)
    yield database
    database.drop()
    drop_database(postgresql_server, template)


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
    url: URL = request.getfixturevalue("postgresql_database").url()
    yield Settings(**common, database_url=url.render_as_string(hide_password=False))


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
