"""A whole site for a test: real LMTP in, real SMTP out, and pages. A conftest that wants it imports its fixtures."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient

from forum.settings import Settings
from tests.gateway import AUTHSERV_ID, do_mail_work, hand_in, lmtp_door
from tests.smtp_sink import Sink


@dataclass
class Site:
    """A running site: hand mail in, let it work, look at what came out."""

    core: Flask
    settings: Settings
    port: int
    sink: Sink

    def hand_in(self, message, *recipients: str, envelope_sender: str | None = None):
        return hand_in(self.port, message, *recipients, envelope_sender=envelope_sender)

    @property
    def client(self) -> FlaskClient:
        """A browser without a session; only on a site that was made with pages."""
        return self.core.test_client()

    def work(self) -> int:
        return do_mail_work(self.core)

    def mailed(self, email: str):
        """What was sent to one address, in order."""
        return [message for message in self.sink.messages if email in message.recipients]


@pytest.fixture(scope="session", autouse=True)
def plain_log() -> None:
    """As the commands log. By default structlog renders tracebacks with all their locals, which takes seconds."""
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.LogfmtRenderer()],
        # Looked up anew for each line, since pytest exchanges it.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as sink:
        yield sink


@pytest.fixture
def settings(settings: Settings, sink: Sink) -> Settings:
    return settings.model_copy(
        update={
            "smarthost": f"{sink.host}:{sink.port}",
            "lmtp_listen": "127.0.0.1:0",
            "trusted_authserv_id": AUTHSERV_ID,
        }
    )


@pytest.fixture
def site(app: Flask, settings: Settings, sink: Sink) -> Iterator[Site]:
    with lmtp_door(app, settings) as port:
        yield Site(app, settings, port, sink)
