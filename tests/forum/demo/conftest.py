"""One seeded site on SQLite, made once: the tests look at it, and each module has a copy of its own to change."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask

from forum.app import create_app
from forum.clock import now
from forum.db import db
from forum.demo import DEMO_AUTHSERV_ID, register
from forum.demo.seed import seed
from forum.settings import Settings
from tests.conftest import SECRET


@dataclass
class Seeding:
    """What seeding said, and when it was."""

    filled: bool
    began: datetime
    ended: datetime
    progress: list[tuple[int, int]]


def demo_settings(folder: Path, **more: object) -> Settings:
    return Settings(
        data_dir=folder, secret_key=SECRET, trusted_authserv_id=DEMO_AUTHSERV_ID, lmtp_listen="127.0.0.1:1", **more
    )


@pytest.fixture(scope="session")
def seeding(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> tuple[Path, Seeding]:
    folder = tmp_path_factory.mktemp("demo")
    shutil.copy(sqlite_template, folder / "banyan.db")
    app = create_app(demo_settings(folder))
    with app.app_context():
        progress: list[tuple[int, int]] = []
        began = now()
        filled = seed(lambda done, total: progress.append((done, total)))
        told = Seeding(filled, began, now(), progress)
        db.session.remove()
        db.engine.dispose()
    return folder, told


@pytest.fixture(scope="module")
def demo_folder(seeding: tuple[Path, Seeding], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo_site")
    shutil.copy(seeding[0] / "banyan.db", folder / "banyan.db")
    return folder


@pytest.fixture(scope="module")
def demo_site(demo_folder: Path) -> Iterator[Flask]:
    """The demo with all its doors."""
    app = create_app(demo_settings(demo_folder))
    register(app)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
