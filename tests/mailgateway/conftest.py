"""The gateway's tests use the same whole site as the journeys."""

from tests.journeys.conftest import settings, sink, site

__all__ = ["settings", "sink", "site"]
