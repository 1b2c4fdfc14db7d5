"""Sends what is due: claims deliveries, asks again whether each may and wants to have its copy, and carries them out.

No transaction is open while SMTP talks. Marks are committed every 100 receipts or 200 ms, so that a crash sends
again at most what was in flight. A smarthost in trouble defers everything and refuses nobody.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Generator, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby

import structlog
from sqlalchemy import update
from sqlalchemy.exc import InterfaceError, OperationalError

from forum.clock import now
from forum.db import db, reading, transaction
from forum.queue import LEASE, anything_due, back_off, enqueue, put_off, renew
from forum.settings import current_settings
from forum.threads.models import Post
from forum.tokens import current_tokens
from mailgateway.addresses import Addresses
from mailgateway.claiming import claim_fairly
from mailgateway.compose import Composed, OutgoingPost, compose
from mailgateway.models import Delivery, DeliveryState
from mailgateway.outgoing import outgoing_plain, outgoing_post
from mailgateway.permission import FOR_DIGEST, Due, Skip, may_go
from mailgateway.smarthost import Carrier, carrier_for
from mailgateway.smtp import Copy, Receipt

# A batch is what goes in about half a second, so that a post that comes meanwhile soon has its share of the next.
SMALLEST_BATCH, LARGEST_BATCH = 50, 500
BATCH_SECONDS = 0.5
MARK_AFTER = 100
MARK_SECONDS = 0.2
MARK_AGAIN_SECONDS = 1.0
RENEW_SECONDS = 10.0
# Together with the waits of `back_off` this is five days of trying, as mail servers do (RFC 5321, section 4.5.4.1);
# then the copy is given up with its reason. Days when the smarthost was down or no worker ran do not count.
MAX_TRIES = 30
COMPOSED_OCTETS = 32_000_000
# Permission is looked up for half a batch together, which is at most a quarter of a second's sending: few enough that
# what changes while they go is obeyed.
CHECKED_AT_LEAST = 25
# A round ends after so many seconds even when more is due, so that a worker that is told to stop soon does.
ROUND_SECONDS = 5.0
# While the smarthost cannot be used nothing is claimed for so long, and no copy is blamed.
TROUBLE_SECONDS = 20.0

log = structlog.get_logger(__name__)


def run(owner: str) -> Generator[int, None, None]:
    """The worker of kind `deliver`."""
    carrier = carrier_for(current_settings())
    with asyncio.Runner() as runner:
        round_ = _Round(owner, carrier)
        try:
            while True:
                with reading():
                    due = anything_due(Delivery)
                if due and not round_.paused():
                    yield runner.run(round_.go())
                else:
                    # Connections that wait for work hear here that the other side has closed them.
                    runner.run(asyncio.sleep(0))
                    yield 0
        finally:
            runner.run(carrier.close())


class _Round:
    """One stretch of sending: claims follow each other while anything is due, so that no connection waits."""

    def __init__(self, owner: str, carrier: Carrier) -> None:
        self._owner = owner
        self._carrier = carrier
        self._addresses = Addresses(current_settings().domain, current_tokens())
        self._composed: OrderedDict[int, Composed] = OrderedDict()
        self._gathered: Mapping[int, OutgoingPost] = {}
        self._receipts: list[Receipt] = []
        self._in_flight: set[int] = set()
        self._batch = SMALLEST_BATCH
        self._last_turn = 0
        self._marked_at = time.monotonic()
        self._renewed_at = time.monotonic()
        self._mark_again_at = 0.0
        self._paused_until = 0.0

    async def go(self) -> int:
        """Send until nothing is due, or for some seconds; returns how many deliveries were settled."""
        settled = 0
        ahead: asyncio.Task[None] | None = None
        until = time.monotonic() + ROUND_SECONDS
        try:
            while time.monotonic() < until and not self.paused() and (batch := self._claim()):
                settled += len(batch)
                began = time.monotonic()
                # The next batch is claimed and queued while the last copies of this one are still on the line.
                if ahead is not None:
                    await self._until_done(ahead)
                ahead = asyncio.create_task(self._carrier.deliver(self._copies(batch), self._note))
                await self._until_nearly_done(ahead)
                speed = len(batch) / (time.monotonic() - began)
                self._batch = min(max(int(speed * BATCH_SECONDS), SMALLEST_BATCH), LARGEST_BATCH)
            if ahead is not None:
                await self._until_done(ahead)
        finally:
            if ahead is not None:
                await asyncio.wait([ahead])
            await self._mark_all()
        return settled

    def paused(self) -> bool:
        return time.monotonic() < self._paused_until

    async def _until_nearly_done(self, sending: asyncio.Task[None]) -> None:
        while not sending.done() and len(self._in_flight) > self._batch // 4:
            await asyncio.sleep(0.005)
            self._mark_when_due()

    async def _until_done(self, sending: asyncio.Task[None]) -> None:
        """Wait for the last copies of a batch; a smarthost that thinks for long holds up neither marks nor leases."""
        while not (await asyncio.wait([sending], timeout=MARK_SECONDS))[0]:
            self._mark_when_due()
        await sending

    def _claim(self) -> Sequence[int]:
        """Lease what is due; what may not or need not go any more is settled at once."""
        with transaction():
            ids, self._last_turn = claim_fairly(self._batch, self._owner, self._last_turn)
        self._in_flight.update(ids)
        return ids

    def _copies(self, ids: Sequence[int]) -> Iterator[Copy]:
        """The copies that may go, composed as they are pulled. Permission is looked up here, at the last moment."""
        at_once = max(self._batch // 2, CHECKED_AT_LEAST)
        for start in range(0, len(ids), at_once):
            with reading():
                checked = may_go(ids[start : start + at_once])
                self._gather({each.post_id for each in checked.going})
            if checked.skipped:
                self._skip(checked.skipped)
            sent_at = now()
            for post_id, copies in groupby(checked.going, key=lambda each: each.post_id):
                yield from self._copies_of(post_id, list(copies), sent_at)

    def _copies_of(self, post_id: int, due: Sequence[Due], sent_at: datetime) -> Iterator[Copy]:
        """Copies of one post. A post that cannot be composed waits for a person and holds no other up."""
        try:
            composed = self._compose(post_id)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            log.exception("a post could not be composed", post=post_id)
            with transaction() as session:
                for each in due:
                    put_off(session.get_one(Delivery, each.delivery_id), f"{type(error).__name__}: {error}")
            self._in_flight.difference_update(each.delivery_id for each in due)
            return
        for each in due:
            yield Copy(
                key=each.delivery_id,
                envelope_sender=self._addresses.bounce(each.address_id, sent_at),
                recipient=each.email,
                parts=composed.parts_for(each.member_id, self._addresses),
            )

    def _gather(self, post_ids: set[int]) -> None:
        """Look up together what several posts say. One that is not among them then is looked up alone."""
        self._gathered = {}
        new = post_ids - self._composed.keys()
        if len(new) > 1:
            try:
                self._gathered = outgoing_plain(new, current_settings(), self._addresses)
            except (OperationalError, InterfaceError):
                raise
            except Exception as error:
                log.info("posts are looked up one by one", error=f"{type(error).__name__}: {error}")

    def _compose(self, post_id: int) -> Composed:
        """The composed post, made when its first copy is pulled; the least lately used one makes room."""
        if post_id not in self._composed:
            post = self._gathered.get(post_id)
            if post is None:
                with reading() as session:
                    post = outgoing_post(session.get_one(Post, post_id), current_settings(), self._addresses)
            self._composed[post_id] = compose(post, self._addresses)
            while len(self._composed) > 1 and sum(each.size for each in self._composed.values()) > COMPOSED_OCTETS:
                self._composed.popitem(last=False)
        self._composed.move_to_end(post_id)
        return self._composed[post_id]

    def _skip(self, skipped: Mapping[int, Skip]) -> None:
        with transaction():
            skip(skipped)
        self._in_flight.difference_update(skipped)

    def _note(self, receipt: Receipt) -> None:
        self._receipts.append(receipt)
        self._in_flight.discard(receipt.key)
        self._mark_when_due()

    def _mark_when_due(self) -> None:
        moment = time.monotonic()
        if moment < self._mark_again_at:
            return
        if len(self._receipts) >= MARK_AFTER or (self._receipts and moment - self._marked_at > MARK_SECONDS):
            self._mark()
        if self._in_flight and moment - self._renewed_at > RENEW_SECONDS:
            with transaction():
                renew(Delivery, self._in_flight, self._owner)
            self._renewed_at = time.monotonic()

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
                    mark(receipts, blameless=trouble is not None)
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


def skip(skipped: Mapping[int, Skip]) -> None:
    """Settle copies that do not go, each with its reason. Needs an open transaction."""
    for reason in set(skipped.values()):
        db.session.execute(
            update(Delivery)
            .where(
                Delivery.id.in_([each for each, why in skipped.items() if why is reason]), Delivery.done_at.is_(None)
            )
            .values(
                state=DeliveryState.SKIPPED,
                done_at=now(),
                leased_until=None,
                error=reason.value,
                for_digest=reason in FOR_DIGEST,
            )
            .execution_options(synchronize_session=False)
        )


def mark(receipts: Sequence[Receipt], *, blameless: bool = False) -> None:
    """Write down what became of copies. Needs an open transaction.

    `blameless`: the smarthost as a whole was in trouble, so that a deferred copy has not used up an attempt.
    """
    sent = [receipt.key for receipt in receipts if receipt.verdict == "sent"]
    if sent:
        db.session.execute(
            update(Delivery)
            .where(Delivery.id.in_(sent))
            .values(state=DeliveryState.SENT, done_at=now(), leased_until=None, error=None)
            .execution_options(synchronize_session=False)
        )
    for receipt in receipts:
        if receipt.verdict != "sent":
            _mark_failed(db.session.get_one(Delivery, receipt.key), receipt, blameless)


def _mark_failed(delivery: Delivery, receipt: Receipt, blameless: bool) -> None:
    moment = now()
    delivery.leased_until = None
    delivery.error = f"{receipt.verdict}: {receipt.code} {receipt.reply}"[:500]
    if receipt.verdict == "deferred" and blameless:
        delivery.attempts = max(delivery.attempts - 1, 0)
        delivery.due_at = moment + timedelta(seconds=TROUBLE_SECONDS)
    elif receipt.verdict == "refused":
        delivery.state, delivery.done_at = DeliveryState.REFUSED, moment
        enqueue("bounce.refused", delivery.id)
    elif delivery.attempts >= MAX_TRIES:
        delivery.state, delivery.done_at = DeliveryState.GIVEN_UP, moment
    else:
        delivery.due_at = moment + back_off(delivery.attempts)
