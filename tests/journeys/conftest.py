"""Each test has a whole site."""

from tests.site import plain_log, settings, sink, site

__all__ = ["plain_log", "settings", "sink", "site"]
