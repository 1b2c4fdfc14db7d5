"""Puts the pieces together: `create_core` for commands and workers, `create_app` for the web.

The doors register themselves through entry points of the distribution, so that nothing here imports one.
"""

from importlib.metadata import entry_points
from pathlib import Path

from flask import Flask
from sqlalchemy import text

import forum.accounts.models
import forum.archives.models
import forum.blobs
import forum.counter
import forum.facets.models
import forum.groups.models
import forum.log
import forum.moderation.models
import forum.posting.models
import forum.private.models
import forum.queue
import forum.rulebook.models
import forum.search.models
import forum.splitting.models
import forum.threads.models  # noqa: F401  (models register themselves with the metadata)
from forum.clock import Clock
from forum.db import db, engine_options, prepare_engine
from forum.facets.taxonomy import BadTaxonomy, taxonomy
from forum.settings import BadSettings, Settings
from forum.tokens import Tokens

_PACKAGE = Path(__file__).parent
# In a checkout the templates stand beside the package, in the wheel they are inside it.
TEMPLATES = next(path for path in (_PACKAGE / "templates", _PACKAGE.parent / "templates") if path.is_dir())


def create_core(settings: Settings) -> Flask:
    """The domain on its database, without any door. Work happens inside `core.app_context()`."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    if settings.taxonomy is not None:
        try:
            taxonomy(settings.taxonomy)
        except BadTaxonomy as error:
            raise BadSettings(f"BANYAN_TAXONOMY: {error}") from None
    core = Flask("forum", template_folder=str(TEMPLATES), static_folder=str(_PACKAGE / "web" / "static"))
    core.config.update(
        SECRET_KEY=settings.secret_keys()[0],
        SECRET_KEY_FALLBACKS=[key.decode("latin-1") for key in settings.secret_keys()[1:]],
        SQLALCHEMY_DATABASE_URI=settings.sqlalchemy_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.sqlalchemy_url),
        MAX_CONTENT_LENGTH=settings.max_message + 2**20,
        MAX_FORM_MEMORY_SIZE=2 * 2**20,
    )
    core.extensions["banyan_settings"] = settings
    core.extensions["banyan_clock"] = Clock(settings.clock_file)
    core.extensions["banyan_tokens"] = Tokens(settings.secret_keys())
    for models in entry_points(group="banyan.models"):
        models.load()
    db.init_app(core)
    with core.app_context():
        prepare_engine(db.engine)
    return core


def create_app(settings: Settings) -> Flask:
    """The web site: the core and every door that the distribution registers for the web."""
    app = create_core(settings)
    for door in sorted(entry_points(group="banyan.web"), key=lambda point: point.name):
        door.load()(app)
    return app


def database_answers() -> bool:
    """Whether a query comes back; for /healthz and doctor."""
    db.session.execute(text("SELECT 1"))
    return True
