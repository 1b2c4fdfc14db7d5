"""What is due by the clock alone: restrictions that are over, the log's chain, rows past their time."""

from collections.abc import Generator
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from forum.accounts.models import Address, OneTimeLink
from forum.accounts.pausing import send_due_probes
from forum.clock import now
from forum.db import reading, transaction
from forum.groups.models import Membership, Standing
from forum.groups.standing import end_past_mutes
from forum.log import LogEntry, seal_entries, unsealed
from forum.moderation.models import Restriction
from forum.moderation.restrictions import BATCH, end_due
from forum.queue import Task

SEAL_EVERY = timedelta(seconds=5)
KEEP_LINKS = timedelta(days=7)
KEEP_DONE_TASKS = timedelta(days=3)


def run(owner: str) -> Generator[int, None, None]:
    """The worker of kind `housekeeping`: a look every few seconds, a write only where something is due."""
    next_look: datetime | None = None
    while True:
        moment = now()
        if next_look is not None and next_look - SEAL_EVERY <= moment < next_look:
            yield 0
            continue
        next_look = moment + SEAL_EVERY
        yield _seal() + _end_restrictions(moment) + _send_probes(moment) + _forget(moment)


def _seal() -> int:
    with reading() as session:
        if session.scalar(select(LogEntry.id).where(unsealed()).limit(1)) is None:
            return 0
    with transaction():
        return seal_entries()


def _end_restrictions(moment: datetime) -> int:
    """Those whose time is over, and mutes of which no row tells."""
    with reading() as session:
        over = select(Restriction.id).where(Restriction.ended_at.is_(None), Restriction.ends_at <= moment)
        mutes = select(Membership.id).where(Membership.standing == Standing.MUTED, Membership.muted_until <= moment)
        if session.scalar(over.limit(1)) is None and session.scalar(mutes.limit(1)) is None:
            return 0
    with transaction():
        ended = end_due(moment)
    if ended == BATCH:
        return ended  # The others have their turn; a mute ends with its row.
    with transaction():
        return ended + end_past_mutes()


def _send_probes(moment: datetime) -> int:
    with reading() as session:
        if session.scalar(select(Address.id).where(Address.probe_due_at <= moment).limit(1)) is None:
            return 0
    with transaction():
        return send_due_probes(moment)


def _forget(moment: datetime) -> int:
    """Remove used-up links and finished tasks, a bounded number at a time."""
    links = select(OneTimeLink.id).where(OneTimeLink.expires_at < moment - KEEP_LINKS).limit(1000)
    tasks = select(Task.id).where(Task.done_at < moment - KEEP_DONE_TASKS).limit(1000)
    with reading() as session:
        if not (session.scalar(links.limit(1)) or session.scalar(tasks.limit(1))):
            return 0
    with transaction() as session:
        session.execute(delete(OneTimeLink).where(OneTimeLink.id.in_(links.scalar_subquery())))
        session.execute(delete(Task).where(Task.id.in_(tasks.scalar_subquery())))
        return 1
