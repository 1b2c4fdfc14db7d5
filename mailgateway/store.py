"""Writes mail that has come in, whole, before anybody is told that it was taken. Judges nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from forum import blobs
from forum.clock import now
from forum.db import db
from forum.text.lines import one_line
from mailgateway.models import InboundMail, InboundRecipient


@dataclass(frozen=True)
class Envelope:
    """A message as LMTP handed it over."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes


def store_mails(envelopes: Sequence[Envelope]) -> None:
    """One row a message and a child row a recipient, in the transaction that is open. Due at once."""
    moment = now()
    for envelope in envelopes:
        # `one_line` takes out what a database cannot keep, such as octets that are no UTF-8.
        recipients = dict.fromkeys(one_line(address).lower()[:320] for address in envelope.recipients)
        db.session.add(
            InboundMail(
                envelope_sender=one_line(envelope.sender)[:320],
                raw_digest=blobs.keep(envelope.raw),
                received_at=moment,
                due_at=moment,
                recipients=[InboundRecipient(address=address) for address in recipients],
            )
        )
    db.session.flush()
