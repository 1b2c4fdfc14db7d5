"""Forgets what is past its time: raw mail after RAW_MAIL_DAYS, sent deliveries after DELIVERY_DAYS.

Sent deliveries fold into one row a post that still tells who got it; failures keep their rows and their reasons.
"""

import zlib
from array import array
from collections.abc import Generator, Iterable
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update

from forum.accounts.models import BounceNote
from forum.blobs import Blob
from forum.clock import now
from forum.db import reading, transaction
from forum.private.actions import answers_to_forget, forget_words
from forum.settings import current_settings
from mailgateway.models import (
    Delivery,
    DeliveryState,
    DeliverySummary,
    Digest,
    InboundMail,
    InboundRecipient,
    MailState,
)
from mailgateway.notice import our_addresses
from mailgateway.sealing import SEALED, seal
from mailgateway.unused import UNUSED, drop_unused

LOOK_EVERY = timedelta(minutes=10)
DRAFT_GRACE = timedelta(days=2)
STRANGER_KEPT = timedelta(days=1)
AT_ONCE = 200
DELIVERIES_AT_ONCE = 5000
KEEP_NOTES = timedelta(days=90)


def run(owner: str) -> Generator[int, None, None]:
    """The worker of kind `retention`."""
    looked_at: datetime | None = None
    while True:
        moment = now()
        if looked_at is not None and looked_at <= moment < looked_at + LOOK_EVERY:
            yield 0
            continue
        done = forget_raw_mail(moment) + forget_drafts(moment) + fold_deliveries(moment) + forget_notes(moment)
        done += forget_private_answers(moment) + forget_digests(moment) + seal_strangers(moment)
        if not done:
            looked_at = moment
        yield done


def forget_raw_mail(moment: datetime) -> int:
    """Drop the octets of mail whose time is over, a bounded number at a time; its fate stays listed.

    What was set aside stays until an operator has dealt with it.
    """
    past = (
        select(InboundMail.id, InboundMail.raw_digest)
        .where(
            InboundMail.raw_digest.is_not(None),
            InboundMail.received_at < moment - timedelta(days=current_settings().raw_mail_days),
            InboundMail.state.not_in((MailState.RECEIVED, MailState.SET_ASIDE)),
        )
        .limit(AT_ONCE)
    )
    with reading() as session:
        rows = session.execute(past).all()
    if rows:
        with transaction() as session:
            ids = [row.id for row in rows]
            session.execute(update(InboundMail).where(InboundMail.id.in_(ids)).values(raw_digest=None))
            drop_unused({row.raw_digest for row in rows})
    return len(rows)


def forget_drafts(moment: datetime) -> int:
    """Drop the files of drafts that nobody has sent: octets that nothing names, some days after they were kept."""
    window = (Blob.kept_at < moment - DRAFT_GRACE, Blob.kept_at > moment - 3 * DRAFT_GRACE)
    with reading() as session:
        digests = session.scalars(select(Blob.digest).where(*window, *UNUSED).limit(AT_ONCE)).all()
    if digests:
        with transaction():
            drop_unused(digests)
    return len(digests)


def forget_private_answers(moment: datetime) -> int:
    """Drop the words and files of private answers whose time to be reported is over; the rows stay."""
    with reading():
        if not answers_to_forget(moment, 1):
            return 0
    with transaction():
        ids = answers_to_forget(moment, AT_ONCE)
        drop_unused(forget_words(ids))
    return len(ids)


def seal_strangers(moment: datetime) -> int:
    """Forget who wrote to an anonymous address without being a member, once the answer to it is out.

    It may have been a member at an address that nobody here knows.
    """
    window = (InboundMail.received_at < moment - STRANGER_KEPT, InboundMail.received_at > moment - 3 * STRANGER_KEPT)
    past = (
        select(InboundMail)
        .join(InboundRecipient, InboundRecipient.mail_id == InboundMail.id)
        .where(
            *window,
            func.lower(InboundRecipient.address).like(our_addresses().anonymous("%")),
            InboundMail.from_address != SEALED,
            InboundMail.state.not_in((MailState.RECEIVED, MailState.SET_ASIDE)),
        )
        .limit(AT_ONCE)
    )
    with reading() as session:
        if session.scalars(past).first() is None:
            return 0
    with transaction() as session:
        mails = session.scalars(past).unique().all()
        for mail in mails:
            seal(mail)
    return len(mails)


def forget_notes(moment: datetime) -> int:
    """Drop what was said of addresses longer ago than anything looks back."""
    past = select(BounceNote.id).where(BounceNote.at < moment - KEEP_NOTES).limit(1000)
    with reading() as session:
        ids = session.scalars(past).all()
    if ids:
        with transaction() as session:
            session.execute(delete(BounceNote).where(BounceNote.id.in_(ids)))
    return len(ids)


def fold_deliveries(moment: datetime) -> int:
    """Fold the sent deliveries of one post into its summary; returns how many rows went."""
    old = moment - timedelta(days=current_settings().delivery_days)
    sent = (Delivery.state == DeliveryState.SENT) & (Delivery.done_at < old)
    with reading() as session:
        post_id = session.scalar(select(Delivery.post_id).where(sent).limit(1))
        if post_id is None:
            return 0
    with transaction() as session:
        rows = session.execute(
            select(Delivery.id, Delivery.member_id, Delivery.done_at)
            .where(sent, Delivery.post_id == post_id)
            .limit(DELIVERIES_AT_ONCE)
        ).all()
        summary = session.get(DeliverySummary, post_id)
        if summary is None:
            summary = DeliverySummary(post_id=post_id, first_sent_at=rows[0].done_at, last_sent_at=rows[0].done_at)
            session.add(summary)
        times = [summary.first_sent_at, summary.last_sent_at, *(row.done_at for row in rows)]
        summary.first_sent_at, summary.last_sent_at = min(times), max(times)
        summary.member_ids = pack(sorted({*unpack(summary.member_ids), *(row.member_id for row in rows)}))
        for start in range(0, len(rows), 500):
            session.execute(delete(Delivery).where(Delivery.id.in_([row.id for row in rows[start : start + 500]])))
    return len(rows)


def forget_digests(moment: datetime) -> int:
    """Drop the rows of digests that are long over; an answer to one still finds its post by the marker it quotes."""
    old = moment - timedelta(days=current_settings().delivery_days)
    past = select(Digest.id).where(Digest.done_at < old).order_by(Digest.id).limit(DELIVERIES_AT_ONCE)
    with reading() as session:
        ids = session.scalars(past).all()
    if ids:
        with transaction() as session:
            session.execute(delete(Digest).where(Digest.id.in_(ids)).execution_options(synchronize_session=False))
    return len(ids)


def pack(member_ids: Iterable[int]) -> bytes:
    """Sorted ids as zlib-compressed differences of 64 bits: about 0.2 octets an id for a whole group."""
    steps, last = array("q"), 0
    for member_id in member_ids:
        steps.append(member_id - last)
        last = member_id
    return zlib.compress(steps.tobytes())


def unpack(packed: bytes | None) -> list[int]:
    """The ids that `pack` packed."""
    ids, last = [], 0
    for step in array("q", zlib.decompress(packed) if packed else b""):
        last += step
        ids.append(last)
    return ids
