"""The web door: server-rendered pages and forms. Reads input, opens a transaction, calls one action, shows a page."""

from flask import Flask

from forum.web import (
    account,
    groups,
    healthz,
    invitations,
    me,
    moderation,
    people,
    rendering,
    search,
    session,
    subscriptions,
    threads,
)


def register(app: Flask) -> None:
    """Bind every page to the app."""
    session.prepare(app)
    rendering.prepare(app)
    for module in (healthz, account, groups, invitations, me, moderation, people, search, subscriptions, threads):
        app.register_blueprint(module.blueprint)
