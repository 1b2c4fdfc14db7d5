"""Writes mail that has come in, whole, before anybody is told that it was taken. Judges nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert

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
    mails = [
        {
            "envelope_sender": one_line(envelope.sender)[:320],
            "raw_digest": digest,
            "received_at": moment,
            "due_at": moment,
        }
        for envelope, digest in zip(envelopes, blobs.keep_all([envelope.raw for envelope in envelopes]), strict=True)
    ]
    # In the order of arrival, which is the order in which they are taken in.
    added = db.session.scalars(insert(InboundMail).returning(InboundMail.id, sort_by_parameter_order=True), mails)
    recipients = [
        {"mail_id": mail_id, "address": address}
        for mail_id, envelope in zip(added, envelopes, strict=True)
        # `one_line` takes out what a database cannot keep, such as octets that are no UTF-8.
        for address in dict.fromkeys(one_line(each).lower()[:320] for each in envelope.recipients)
    ]
    db.session.execute(insert(InboundRecipient), recipients)
