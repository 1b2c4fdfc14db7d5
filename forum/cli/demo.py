"""The demo from outside: it is a door as well, so it is found by name (entry points `banyan.demo`), not imported."""

from importlib.metadata import entry_points
from typing import Any

from forum.cli.frame import progress_bar, refuse
from forum.groups.actions import NotPossible
from forum.settings import Settings


def demo_part(name: str) -> Any:
    """`register` adds the demo's doors to an app, `seed` fills a community, `authserv_id` vouches for its mail."""
    return entry_points(group="banyan.demo")[name].load()


def seed_demo() -> None:
    """Fill an empty community with the demo; what is there already stays."""
    with progress_bar("Making the demo community") as bar:
        try:
            demo_part("seed")(bar.show)
        except NotPossible as error:
            refuse(str(error))


def demo_environment(settings: Settings) -> dict[str, str]:
    """What the demo's processes need besides the settings: its own mail program is believed when no other is named."""
    return {} if settings.trusted_authserv_id else {"BANYAN_TRUSTED_AUTHSERV_ID": demo_part("authserv_id")}
