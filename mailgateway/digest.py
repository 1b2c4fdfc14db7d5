"""Sends digests: plans those that are due, looks up and writes each at the moment when it goes, marks what went out.

A digest and the marks of what it covered are settled in one transaction; what was in flight at a crash may go twice.
No transaction is open while SMTP talks.
"""

import asyncio
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from datetime import timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.exc import InterfaceError, OperationalError

from forum.accounts.models import Member
from forum.clock import now
from forum.db import db, reading, transaction
from forum.groups.queries import community
from forum.queue import LEASE, Task, anything_due, claim, put_off
from forum.settings import current_settings
from forum.tokens import current_tokens
from forum.work import Handler, run_tasks
from mailgateway.addresses import Addresses
from mailgateway.digest_content import MOST_ITEMS, Letter, Sender, compose_digest
from mailgateway.digest_gather import Covered, gather
from mailgateway.digest_plan import anybody_due, end_absences, plan_catch_up, plan_due
from mailgateway.digest_posts import Shelf
from mailgateway.digest_receipts import forget, mark, settle, skip
from mailgateway.leasing import leased
from mailgateway.models import DeliveryState, Digest, DigestKind
from mailgateway.receipts import TROUBLE_SECONDS
from mailgateway.smarthost import Carrier, carrier_for
from mailgateway.smtp import Copy, Receipt

CLAIM = 500
# Members are looked up so many together: few enough that what changes while their digests go is obeyed.
GATHERED_AT_ONCE = 100
MARK_AFTER = 100
MARK_SECONDS = 0.2
MARK_AGAIN_SECONDS = 1.0
ROUND_SECONDS = 5.0
ANOTHER_GOES = timedelta(seconds=20)

log = structlog.get_logger(__name__)


def catch_up(task: Task) -> None:
    """A member's mail flows again: one summary of what was published after the number in `other_id`."""
    if task.other_id is None:
        raise ValueError("digest.catch_up needs the number after which to begin")
    plan_catch_up(task.target_id, task.other_id)


HANDLERS: Mapping[str, Handler] = {"digest.catch_up": catch_up}


def run(owner: str) -> Generator[int, None, None]:
    """The worker of kind `digest`."""
    carrier = carrier_for(current_settings())
    summaries = run_tasks(owner, HANDLERS)
    with asyncio.Runner() as runner:
        round_ = _Round(owner, carrier)
        try:
            while True:
                done = next(summaries) + _plan()
                with reading():
                    due = anything_due(Digest)
                if due and not round_.paused():
                    done += runner.run(round_.go())
                else:
                    # Connections that wait for work hear here that the other side has closed them.
                    runner.run(asyncio.sleep(0))
                yield done
        finally:
            summaries.close()
            runner.run(carrier.close())


def _plan() -> int:
    with reading():
        if not anybody_due():
            return 0
    planned = 0
    # The plan is made before the sending begins, so that all have the same end.
    while True:
        with transaction():
            some = end_absences() + plan_due()
        planned += some
        if not some:
            return planned


class _Round:
    """One stretch of sending."""

    def __init__(self, owner: str, carrier: Carrier) -> None:
        self._owner = owner
        self._carrier = carrier
        self._addresses = Addresses(current_settings().domain, current_tokens())
        self._shelf = Shelf()
        self._covered: dict[int, tuple[Covered, int]] = {}
        self._receipts: list[Receipt] = []
        self._in_flight: set[int] = set()
        self._marked_at = time.monotonic()
        self._mark_again_at = self._paused_until = 0.0

    def paused(self) -> bool:
        return time.monotonic() < self._paused_until

    async def go(self) -> int:
        """Send until nothing is due, or for some seconds; returns how many digests were settled."""
        settled = 0
        self._shelf.clear()
        until = time.monotonic() + ROUND_SECONDS
        try:
            while time.monotonic() < until and not self.paused() and (ids := self._claim()):
                settled += len(ids)
                await leased(self._carrier.deliver(self._copies(ids), self._note), Digest, self._in_flight, self._owner)
        finally:
            await self._mark_all()
        return settled

    def _claim(self) -> Sequence[int]:
        with transaction():
            claimed = claim(Digest, CLAIM, self._owner)
        with transaction():
            ids = one_a_member(claimed)
        self._in_flight.update(ids)
        return ids

    def _copies(self, ids: Sequence[int]) -> Iterator[Copy]:
        """The digests that may go, looked up and written as they are pulled."""
        for start in range(0, len(ids), GATHERED_AT_ONCE):
            some = ids[start : start + GATHERED_AT_ONCE]
            with reading():
                found = gather(some)
                self._shelf.fetch(id for letter in found.letters for id in letter.post_ids[:MOST_ITEMS])
                sender = self._sender()
            writing = {letter.digest_id for letter in found.letters}
            nothing = [found.covered[id] for id in some if id in found.covered and id not in writing]
            barred = [id for id in some if id not in found.covered]
            if nothing or barred:
                with transaction():
                    settle(nothing)
                    forget([each.digest_id for each in nothing])
                    skip(barred)
                self._in_flight.difference_update(each.digest_id for each in nothing)
                self._in_flight.difference_update(barred)
            for letter in found.letters:
                copy = self._write(letter, sender)
                if copy is not None:
                    self._covered[letter.digest_id] = found.covered[letter.digest_id], letter.address_id
                    yield copy

    def _write(self, letter: Letter, sender: Sender) -> Copy | None:
        """One digest. One that cannot be written waits for a person and holds no other up."""
        moment = now()
        try:
            message = compose_digest(letter, sender, self._shelf.rendered, moment)
        except Exception as error:
            log.exception("a digest could not be written", digest=letter.digest_id)
            with transaction() as session:
                put_off(session.get_one(Digest, letter.digest_id), f"{type(error).__name__}: {error}")
            self._in_flight.discard(letter.digest_id)
            return None
        return Copy(
            key=letter.digest_id,
            envelope_sender=self._addresses.bounce(letter.address_id, moment),
            recipient=letter.email,
            parts=(message,),
        )

    def _sender(self) -> Sender:
        root = community()
        return Sender(root.name, root.mail_name, current_settings().base_url, self._addresses)

    def _note(self, receipt: Receipt) -> None:
        self._receipts.append(receipt)
        self._in_flight.discard(receipt.key)
        moment = time.monotonic()
        if moment < self._mark_again_at:
            return
        if len(self._receipts) >= MARK_AFTER or moment - self._marked_at > MARK_SECONDS:
            self._mark()

    def _mark(self) -> None:
        """Write the receipts down. While the database is busy or away they are kept: they are all that is known."""
        receipts, self._receipts = self._receipts, []
        trouble = self._carrier.trouble
        if trouble is not None:
            log.warning("the smarthost cannot be used", trouble=str(trouble))
            self._paused_until = time.monotonic() + TROUBLE_SECONDS
        if receipts:
            try:
                with transaction():
                    mark(receipts, self._covered, blameless=trouble is not None)
                for receipt in receipts:
                    self._covered.pop(receipt.key, None)
            except (OperationalError, InterfaceError) as error:
                log.warning("marks will be written later", marks=len(receipts), error=str(error.orig))
                self._receipts = receipts + self._receipts
                self._mark_again_at = time.monotonic() + MARK_AGAIN_SECONDS
        self._marked_at = time.monotonic()

    async def _mark_all(self) -> None:
        self._mark()
        until = time.monotonic() + LEASE.total_seconds()
        while self._receipts and time.monotonic() < until:
            await asyncio.sleep(MARK_AGAIN_SECONDS)
            self._mark()


def one_a_member(claimed: Sequence[int]) -> Sequence[int]:
    """Of the claimed digests those to send now: of each member one, while no other worker is sending another.

    The newest one takes the place of older ones that have not gone yet; a summary goes before a digest. Members are
    locked first, so that of two workers with a digest each of the same member the second sees what the first does.
    """
    rows = db.session.scalars(select(Digest).where(Digest.id.in_(claimed))).all()
    members = sorted({row.member_id for row in rows})
    db.session.execute(select(Member.id).where(Member.id.in_(members)).order_by(Member.id).with_for_update())
    open_ones = (
        select(Digest)
        .where(Digest.member_id.in_(members), Digest.done_at.is_(None), Digest.set_aside_at.is_(None))
        .order_by(Digest.id)
        .execution_options(populate_existing=True)
    )
    by_member: dict[int, list[Digest]] = {}
    for row in db.session.scalars(open_ones):
        by_member.setdefault(row.member_id, []).append(row)
    mine = set(claimed)
    going: list[int] = []
    for waiting in by_member.values():
        going.extend(_one_of(waiting, mine))
    return going


def _one_of(waiting: Sequence[Digest], mine: set[int]) -> Iterator[int]:
    """Which of a member's open digests goes now; those in its way are closed or put off."""
    moment = now()
    if any(each.id not in mine and each.leased_until is not None and each.leased_until >= moment for each in waiting):
        for each in waiting:
            if each.id in mine:
                _put_off(each)
        return
    summaries = [each for each in waiting if each.kind is DigestKind.CATCH_UP]
    others = [each for each in waiting if each.kind is not DigestKind.CATCH_UP]
    for several in (summaries, others):
        for older in several[:-1]:
            newest = several[-1]
            if older.kind is DigestKind.WEEKLY:
                newest.kind = DigestKind.WEEKLY
            if older.from_no is not None and newest.from_no is not None:
                newest.from_no = min(older.from_no, newest.from_no)
            older.state, older.done_at, older.leased_until = DeliveryState.SKIPPED, moment, None
            older.error = f"digest {newest.id} has what this one had"
    first = [several[-1] for several in (summaries, others) if several]
    for later in first[1:]:
        if later.id in mine:
            _put_off(later)
    if first[0].id in mine:
        yield first[0].id
    else:
        # It waits for its next try; what this one had is in it or comes after it.
        first[0].due_at = moment


def _put_off(digest: Digest) -> None:
    digest.due_at, digest.leased_until, digest.leased_by = now() + ANOTHER_GOES, None, None
    digest.attempts = max(digest.attempts - 1, 0)
