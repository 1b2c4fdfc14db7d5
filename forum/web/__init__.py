"""The web door: server-rendered pages and forms. Reads input, opens a transaction, calls one action, shows a page."""

from flask import Flask

from forum.web import (
    account,
    appeals,
    brakes,
    calibration,
    duty,
    erasing,
    flags,
    following,
    groups,
    healthz,
    invitations,
    joining,
    mail_times,
    me,
    moderation,
    moving,
    pausing,
    people,
    posts,
    private,
    reasons,
    removing,
    rendering,
    reports,
    rulebook,
    sealing,
    search,
    session,
    submissions,
    subscriptions,
    threads,
)


def register(app: Flask) -> None:
    """Bind every page to the app."""
    session.prepare(app)
    rendering.prepare(app)
    for module in (
        account,
        appeals,
        brakes,
        calibration,
        duty,
        healthz,
        erasing,
        flags,
        following,
        groups,
        invitations,
        joining,
        mail_times,
        me,
        moderation,
        moving,
        pausing,
        people,
        posts,
        private,
        reasons,
        removing,
        reports,
        rulebook,
        sealing,
        search,
        submissions,
        subscriptions,
        threads,
    ):
        app.register_blueprint(module.blueprint)
