"""Serves the web under gunicorn: the app is built once and shared by a few processes with a few threads each."""

import os
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from forum.app import create_app
from forum.cli.demo import demo_part
from forum.cli.offspring import die_with_parent
from forum.db import db
from forum.settings import Settings

_PROCESSES, _THREADS = 2, 4
_SECONDS_TO_END = 5


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    def __init__(self, app: Flask, options: dict[str, Any]) -> None:
        self._app, self._options = app, options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._app


def serve(settings: Settings, demo: bool) -> None:
    """Serve until SIGTERM or SIGINT, which end it within a few seconds."""
    app = create_app(settings)
    if demo:
        demo_part("register")(app)

    def start_alone(_server: object, _worker: object) -> None:
        die_with_parent(master)
        with app.app_context():
            # Connections opened before the fork belong to the parent.
            db.engine.dispose(close=False)

    master = os.getpid()
    address = settings.http_listen
    options = {
        "bind": f"unix:{address}" if address.startswith("/") else address,
        "workers": _PROCESSES,
        "worker_class": "gthread",
        "threads": _THREADS,
        "graceful_timeout": _SECONDS_TO_END,
        "preload_app": True,
        "post_fork": start_alone,
        "loglevel": "warning",
        # A unix socket is for its owner and group (0660): the web server in front belongs to the group.
        "umask": 0o117,
        # Which proxies are believed is BANYAN_TRUSTED_PROXIES' to say.
        "forwarded_allow_ips": "",
        "control_socket_disable": True,
    }
    _Server(app, options).run()
