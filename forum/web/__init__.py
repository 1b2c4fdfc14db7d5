"""The web door: server-rendered pages and forms. Reads input, opens a transaction, calls one action, shows a page."""

from flask import Flask

from forum.web import (
    account,
    brakes,
    duty,
    erasing,
    following,
    groups,
    healthz,
    invitations,
    joining,
    mail_times,
    me,
    moderation,
    pausing,
    people,
    private,
    removing,
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
    for module in (
        account,
        brakes,
        duty,
        healthz,
        erasing,
        following,
        groups,
        invitations,
        joining,
        mail_times,
        me,
        moderation,
        pausing,
        people,
        private,
        removing,
        search,
        subscriptions,
        threads,
    ):
        app.register_blueprint(module.blueprint)
