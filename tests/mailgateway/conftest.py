"""The gateway's tests use the same whole site as the journeys."""

from tests.journeys.conftest import plain_log, settings, sink, site

__all__ = ["plain_log", "settings", "sink", "site"]
