"""The gateway's tests use the same whole site as the journeys."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from forum.db import db, transaction
from mailgateway.models import InboundMail
from mailgateway.store import Envelope, store_mails
from tests.gateway import do_mail_work
from tests.site import plain_log, settings, sink, site

__all__ = ["plain_log", "settings", "sink", "site", "take"]


@pytest.fixture
def take(core) -> Callable[..., InboundMail]:
    """Store a mail as the door does, do all work that is due, and show the row."""

    def take(message, *recipients: str, envelope_sender: str = "ann@example.org") -> InboundMail:
        raw = message if isinstance(message, bytes) else message.as_bytes()
        with transaction():
            store_mails([Envelope(envelope_sender, recipients or ("cardiology@lists.localhost",), raw)])
        do_mail_work(core)
        return db.session.scalars(select(InboundMail).order_by(InboundMail.id.desc())).first()

    return take
