"""Telling a sender what became of a mail that was not posted - or not telling: no mail to strangers who may be forged.

A member is told at the member's own address, always of a returned post and once a day of the same refusal. Somebody
else is told only when the sender is proven, once a day. Nobody answers a failed sender.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, select

from forum.accounts.models import Address, BounceNote
from forum.accounts.queries import primary_address
from forum.clock import now
from forum.db import db
from forum.groups.models import Assurance
from forum.queue import Task, enqueue
from forum.rules.submission import Submission
from mailgateway.models import InboundMail, InboundRecipient, MailState
from mailgateway.route import BounceRoute, PostRoute, Route
from mailgateway.sealing import SEALED

ONCE_IN = timedelta(days=1)


def return_to_author(row: InboundRecipient, submission: Submission) -> None:
    """The member has the post back with what to do: always when known, once a day when only named in From."""
    if submission.author_id is None or submission.assurance is Assurance.FAILED:
        return
    known = submission.assurance.rank >= Assurance.TOKEN.rank
    if known or not (_told_lately(row, InboundRecipient.reason == row.reason) or _told_of_sealed(submission)):
        enqueue("notice.returned", row.id, submission.author_id)


def refuse(row: InboundRecipient, submission: Submission) -> None:
    """Say once a day to a proven sender, or to the member who seems to have written, that it will not be posted."""
    if submission.assurance is Assurance.FAILED:
        return
    if submission.author_id is not None:
        if not _told_lately(row, InboundRecipient.reason == row.reason):
            enqueue("notice.refused", row.id, submission.author_id)
    elif submission.assurance is Assurance.PROVEN:
        refuse_stranger(row)


def refuse_stranger(row: InboundRecipient) -> None:
    """Say once a day to the proven owner of an address that nobody here has that nothing was posted or sent on."""
    if not _stranger_told_lately(row):
        enqueue("notice.refused", row.id)


def tell_held_stranger(row: InboundRecipient, submission: Submission) -> None:
    """Say once a day to a proven stranger that the mail waits for moderators, and how to add the address."""
    if submission.assurance is Assurance.PROVEN and not _stranger_told_lately(row):
        enqueue("notice.stranger_held", row.id)


def tell_of_challenge(routes: Sequence[Route]) -> None:
    """Tell the member whose filter wants proof that a person wrote, by our return path or reply address; once."""
    for route in routes:
        match route:
            case BounceRoute(address_id=address_id):
                address = db.session.get(Address, address_id)
            case PostRoute(token_member_id=int(member_id)):
                address = primary_address(member_id)
            case _:
                continue
        if address is None:
            continue
        told = select(BounceNote.id).where(BounceNote.address_id == address.id, BounceNote.klass == "challenge")
        if db.session.scalar(told.limit(1)) is None:
            db.session.add(BounceNote(address_id=address.id, klass="challenge"))
            db.session.flush()
            enqueue("notice.challenged", address.id)


def _stranger_told_lately(row: InboundRecipient) -> bool:
    """Whether the address was told anything within a day: what came from it unproven meanwhile had no answer."""
    db.session.flush()
    mail = db.session.get_one(InboundMail, row.mail_id)
    earlier = (
        select(Task.id)
        .join(InboundRecipient, InboundRecipient.id == Task.target_id)
        .join(InboundMail, InboundMail.id == InboundRecipient.mail_id)
        .where(
            InboundMail.from_address == mail.from_address,
            InboundMail.received_at > mail.received_at - ONCE_IN,
            Task.kind.in_(("notice.refused", "notice.stranger_held")),
        )
    )
    return db.session.scalar(earlier.limit(1)) is not None


def _told_of_sealed(submission: Submission) -> bool:
    """Whether the member had such an answer within a day to a mail of which nothing is left to know its sender by."""
    earlier = (
        select(Task.id)
        .join(InboundRecipient, InboundRecipient.id == Task.target_id)
        .join(InboundMail, InboundMail.id == InboundRecipient.mail_id)
        .where(
            Task.kind == "notice.returned",
            Task.other_id == submission.author_id,
            Task.due_at > now() - ONCE_IN,
            InboundMail.from_address == SEALED,
        )
    )
    return db.session.scalar(earlier.limit(1)) is not None


def _told_lately(row: InboundRecipient, *same_answer: ColumnElement[bool]) -> bool:
    """Whether an earlier mail of the same sender, or this one elsewhere, had such an answer within a day."""
    db.session.flush()
    mail = db.session.get_one(InboundMail, row.mail_id)
    earlier = (
        select(InboundRecipient.id)
        .join(InboundMail, InboundMail.id == InboundRecipient.mail_id)
        .where(
            InboundMail.from_address == mail.from_address,
            InboundMail.received_at > mail.received_at - ONCE_IN,
            InboundMail.id <= mail.id,
            InboundRecipient.id < row.id,
            InboundRecipient.state.in_((MailState.REFUSED, MailState.RETURNED)),
            *same_answer,
        )
    )
    return db.session.scalar(earlier.limit(1)) is not None
