"""The demo from outside: it is a door as well, so it is found by name (entry points `banyan.demo`), not imported."""

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any


def demo_part(name: str) -> Callable[..., Any]:
    """`register` adds the demo's doors to an app, `seed` fills an empty community."""
    part: Callable[..., Any] = entry_points(group="banyan.demo")[name].load()
    return part
