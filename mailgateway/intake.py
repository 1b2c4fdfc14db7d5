"""The only place that knows the order: a stored mail is parsed, authenticated, routed, submitted - and has a fate.

One transaction per mail. A mail that breaks the code is set aside whole, for a person to look at and replay; while
DNS or the database is in trouble it waits. Nothing is dropped in silence.
"""

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from datetime import timedelta

import structlog
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
from sqlalchemy.orm import selectinload

from forum import blobs
from forum.blobs import Blob
from forum.clock import now
from forum.db import db, reading, transaction
from forum.queue import anything_due, claim
from forum.settings import current_settings
from mailgateway.authenticate import Authenticated, SystemDns, TxtLookup, authenticate
from mailgateway.fate import decide
from mailgateway.models import InboundMail, MailState
from mailgateway.parse import ParsedMail, parse
from mailgateway.submitting import Arrived

BATCH = 24
# So many share a commit, and their transaction stays well under a quarter of a second.
TOGETHER = 8
# While mail streams in, intake works two fifths of the time, and never waits longer than this.
GIVE_WAY, GIVE_WAY_SECONDS = 1.5, 0.5
TOGETHER_OCTETS = 2_000_000
# A mail whose worker died this often before it had a fate is set aside: it may be what kills it.
MAX_STARTS = 5
DNS_PATIENCE = timedelta(hours=1)
SENDER_WINDOW = timedelta(minutes=10)
AGAIN_AFTER = timedelta(seconds=1)

_NEW, _BEGUN = InboundMail.attempts == 0, InboundMail.attempts > 0

log = structlog.get_logger(__name__)


def run(owner: str, lookup_txt: TxtLookup | None = None) -> Generator[int, None, None]:
    """The worker of kind `intake`; tests bring their own DNS."""
    lookup_txt = lookup_txt or SystemDns()
    newest: int | None = None
    busy = 0.0
    while True:
        with reading():
            due, begun = (anything_due(InboundMail, which) for which in (_NEW, _BEGUN))
            before, newest = newest, _newest_mail()
        if (due or begun) and before is not None and newest > before:
            # Whoever sends it waits for each answer; its fate can wait a moment, and SQLite has one writer at a time.
            time.sleep(min(GIVE_WAY * busy, GIVE_WAY_SECONDS))
        taken, began = 0, time.monotonic()
        if due:
            taken += _take_in_batch(BATCH, owner, _NEW, lookup_txt)
        if begun:
            # A mail that was begun before may be what ended the worker: it is begun alone, so that it takes no other
            # mail of a batch along.
            taken += _take_in_batch(1, owner, _BEGUN, lookup_txt)
        busy = time.monotonic() - began
        yield taken


def _newest_mail() -> int:
    return db.session.scalar(select(func.max(InboundMail.id))) or 0


def _take_in_batch(limit: int, owner: str, which: ColumnElement[bool], lookup_txt: TxtLookup) -> int:
    with transaction():
        ids = list(claim(InboundMail, limit, owner, which))
    for some in _few_at_a_time(ids):
        if len(some) == 1 or not _take_in_together(some, lookup_txt):
            for mail_id in some:
                take_in(mail_id, lookup_txt)
    return len(ids)


def _few_at_a_time(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Mails in their order that are small enough to be held together; a large one goes alone."""
    with reading() as session:
        sizes = dict(
            session.execute(
                select(InboundMail.id, Blob.size)
                .join(Blob, Blob.digest == InboundMail.raw_digest)
                .where(InboundMail.id.in_(ids))
            )
            .tuples()
            .all()
        )
    some: list[int] = []
    octets = 0
    for mail_id in ids:
        size = sizes.get(mail_id, 0)
        if some and (len(some) == TOGETHER or octets + size > TOGETHER_OCTETS):
            yield some
            some, octets = [], 0
        some.append(mail_id)
        octets += size
    if some:
        yield some


def _take_in_together(mail_ids: Sequence[int], lookup_txt: TxtLookup) -> bool:
    """Whether all of them have their fate now, by one commit; else none has, and each must be taken in alone."""
    try:
        with reading() as session:
            stored = (
                select(InboundMail.id, Blob.content)
                .join(Blob, Blob.digest == InboundMail.raw_digest)
                .where(InboundMail.id.in_(mail_ids))
            )
            raws = dict(session.execute(stored).tuples().all())
        if len(raws) < len(mail_ids):
            return False
        read = {mail_id: _read(raws[mail_id], lookup_txt) for mail_id in mail_ids}
        with transaction():
            _settle(read)
    except Exception as error:
        log.info("mails are taken in one by one", mails=len(mail_ids), error=f"{type(error).__name__}: {error}")
        return False
    return True


def take_in(mail_id: int, lookup_txt: TxtLookup) -> None:
    """Give one stored mail its fate."""
    with reading() as session:
        mail = session.get_one(InboundMail, mail_id)
        starts, error, raw_digest = mail.attempts, mail.error, mail.raw_digest
        raw = None if raw_digest is None else blobs.content_of(raw_digest)
    if raw is None:
        _set_aside(mail_id, "its text is gone")
        return
    if starts > MAX_STARTS:
        _set_aside(mail_id, error or "the worker stopped several times while it had this mail")
        return
    try:
        read = {mail_id: _read(raw, lookup_txt)}
        with transaction():
            _settle(read)
    except (OperationalError, InterfaceError) as error:
        # The database is busy or away, and the mail is not to blame.
        log.warning("intake will be tried again", mail=mail_id, error=str(error.orig))
        _try_again(mail_id, 0)
    except IntegrityError as error:
        # Two copies at once: the second look finds what the first left. What fails again and again is set aside.
        log.warning("intake will be tried again", mail=mail_id, error=str(error.orig))
        _try_again(mail_id, starts, str(error.orig))
    except Exception as error:
        log.exception("a mail is set aside", mail=mail_id)
        _set_aside(mail_id, f"{type(error).__name__}: {error}")


def _read(raw: bytes, lookup_txt: TxtLookup) -> tuple[ParsedMail, Authenticated]:
    """What a mail says and how well its author is known. No transaction is open: DNS may take its time."""
    parsed = parse(raw)
    return parsed, authenticate(parsed, raw, current_settings().trusted_authserv_id, lookup_txt)


def _settle(read: Mapping[int, tuple[ParsedMail, Authenticated]]) -> None:
    """Give mails, in their order, what was read of them and their fate."""
    rows = select(InboundMail).where(InboundMail.id.in_(read)).options(selectinload(InboundMail.recipients))
    mails = db.session.scalars(rows.order_by(InboundMail.id).with_for_update()).all()
    # Who was faster after a lease had run out has settled a mail already.
    arrived = [Arrived(mail, *read[mail.id]) for mail in mails if mail.state is MailState.RECEIVED]
    for each in arrived:
        _describe(each.mail, each.parsed)
    for each in arrived:
        _settle_one(each)


def _settle_one(arrived: Arrived) -> None:
    mail = arrived.mail
    wait = _reason_to_wait(mail, arrived.known)
    if wait is None:
        decide(arrived)
        mail.done_at = now()
    else:
        mail.due_at, mail.reason, mail.attempts = now() + wait[0], wait[1], 0
    mail.leased_until = mail.leased_by = None


def _describe(mail: InboundMail, parsed: ParsedMail) -> None:
    mail.from_address = parsed.from_address[:320]
    mail.subject = parsed.subject[:500]
    mail.message_id = parsed.message_id[:998]


def _reason_to_wait(mail: InboundMail, known: Authenticated) -> tuple[timedelta, str] | None:
    if known.retry and mail.received_at > now() - DNS_PATIENCE:
        return timedelta(minutes=5), known.reason
    limit = current_settings().sender_limit
    if not limit or not mail.from_address:
        return None
    # Only those before this one count, so that a paused sender's mails go on in their order.
    recent = select(func.count()).where(
        InboundMail.from_address == mail.from_address,
        InboundMail.received_at > now() - SENDER_WINDOW,
        InboundMail.id < mail.id,
    )
    if (db.session.scalar(recent) or 0) >= limit:
        return SENDER_WINDOW, f"more than {limit} mails from this sender in 10 minutes; it waits"
    return None


def _try_again(mail_id: int, attempts: int, why: str | None = None) -> None:
    with transaction() as session:
        mail = session.get_one(InboundMail, mail_id)
        mail.due_at, mail.leased_until = now() + AGAIN_AFTER, None
        mail.attempts, mail.error = attempts, why


def _set_aside(mail_id: int, why: str) -> None:
    with transaction() as session:
        mail = session.get_one(InboundMail, mail_id)
        mail.state, mail.reason, mail.error = MailState.SET_ASIDE, why[:500], why[:5000]
        mail.set_aside_at, mail.leased_until = now(), None
        for recipient in mail.recipients:
            recipient.state, recipient.reason = MailState.SET_ASIDE, why[:500]
