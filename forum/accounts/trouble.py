"""Why mail to a member fails: since when it is paused, and what servers have said of the address. Reads only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from forum.accounts.models import BounceNote, PauseReason
from forum.accounts.queries import primary_address
from forum.clock import now
from forum.db import db

LATELY = timedelta(days=30)
# What is late only is no trouble yet, and a filter that asks back is told to its owner.
SAYINGS: Mapping[str, str] = {
    "dead": "The address does not exist",
    "full": "The mailbox is full",
    "policy": "The other server refused it as spam or by its own rules",
    "dmarc": "The other server refused it, since our own domain was not proven to it (DMARC)",
    "unknown": "It came back without a clear reason",
    "complaint": "The mail provider passed on that it is unwanted",
}


@dataclass(frozen=True)
class Saying:
    """One thing that was said of an address, and on which days: `first` and `last` are moments of lately."""

    words: str
    days: int
    first: datetime
    last: datetime


@dataclass(frozen=True)
class MailTrouble:
    """What is wrong with mail to the address of a member, the newest saying first."""

    email: str
    paused_since: datetime | None
    pause_reason: PauseReason | None
    sayings: Sequence[Saying]


def mail_trouble(member_id: int) -> MailTrouble | None:
    """The trouble with the address that a member's mail goes to; None when there is none."""
    address = primary_address(member_id)
    if address is None:
        return None
    notes = (
        select(BounceNote)
        .where(BounceNote.address_id == address.id, BounceNote.at > now() - LATELY, BounceNote.klass.in_(SAYINGS))
        .order_by(BounceNote.at)
    )
    said: dict[str, list[datetime]] = {}
    for note in db.session.scalars(notes):
        said.setdefault(note.klass, []).append(note.at)
    if address.bouncing_since is None and not said:
        return None
    sayings = [
        Saying(SAYINGS[klass], len({moment.date() for moment in moments}), moments[0], moments[-1])
        for klass, moments in said.items()
    ]
    sayings.sort(key=lambda each: each.last, reverse=True)
    return MailTrouble(address.email, address.bouncing_since, address.pause_reason, sayings)
