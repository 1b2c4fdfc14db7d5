"""Brings a database to this version and makes the community, for `init` and `up`. Safe to repeat."""

from alembic.util import CommandError
from sqlalchemy.exc import OperationalError

from forum.app import create_core
from forum.cli.frame import acting, refuse
from forum.db import db
from forum.groups.actions import GroupChange, NotPossible, change_group, create_community
from forum.groups.models import Group
from forum.schema import migrate
from forum.settings import Settings


def install(settings: Settings, name: str | None = None, slug: str | None = None) -> str:
    """Migrate, and create the community or give it this name; what it is called and its mail address."""
    try:
        core = create_core(settings)
    except OSError as error:
        refuse(f"DATA_DIR {settings.data_dir} cannot be used: {error.strerror}.")
    with core.app_context():
        try:
            migrate()
            with acting():
                root = _community(name, slug)
            return f"{root.name}, {root.mail_name}@{settings.domain}"
        except OperationalError as error:
            refuse(f"The database does not answer: {error.orig}".splitlines()[0])
        except CommandError as error:
            refuse(f"The database is of another version of Banyan: {error}.")
        finally:
            db.session.remove()
            db.engine.dispose()


def _community(name: str | None, slug: str | None) -> Group:
    root = create_community(name or "Community", slug or "community")
    if slug is not None and root.slug != slug:
        raise NotPossible(f"The community is there already; its mail name is {root.slug} and cannot be changed.")
    if name is not None and root.name != name:
        change_group(root, GroupChange(name=name))
    return root
