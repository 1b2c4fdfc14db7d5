"""Sends what is due: claims deliveries, asks again whether each may and wants to have its copy, and carries them out.

No transaction is open while SMTP talks. Marks are committed every 100 receipts or 200 ms, so that a crash sends
again at most what was in flight. A smarthost in trouble defers everything and refuses nobody.

The database is asked in a thread beside the connections': with a smarthost that takes its time over each message,
all of them would else stand still meanwhile, which cost a tenth of the speed.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import TypeVar

import structlog
from flask import Flask
from flask.globals import app_ctx
from sqlalchemy.exc import InterfaceError, OperationalError

from forum.clock import now
from forum.db import reading, transaction
from forum.queue import LEASE, anything_due, put_off, renew
from forum.settings import current_settings
from forum.threads.models import Post
from forum.tokens import current_tokens
from mailgateway.addresses import Addresses
from mailgateway.claiming import choose_fairly, claim_chosen
from mailgateway.compose import Composed, OutgoingPost, compose
from mailgateway.delivery_receipts import mark, skip
from mailgateway.models import Delivery
from mailgateway.outgoing import outgoing_plain, outgoing_post
from mailgateway.permission import Due, may_go
from mailgateway.receipts import TROUBLE_SECONDS
from mailgateway.smarthost import Carrier, carrier_for
from mailgateway.smtp import Copy, Receipt

# A batch is what goes in about a quarter of a second: a post that comes meanwhile soon has its share of the next, and
# permission, which is looked up for a batch together, is never much older than that.
SMALLEST_BATCH, LARGEST_BATCH = 25, 500
BATCH_SECONDS = 0.25
MARK_AFTER = 100
MARK_SECONDS = 0.2
MARK_AGAIN_SECONDS = 1.0
RENEW_SECONDS = 10.0
COMPOSED_OCTETS = 32_000_000
# A round ends after so many seconds even when more is due, so that a worker that is told to stop soon does.
ROUND_SECONDS = 5.0

log = structlog.get_logger(__name__)

Answer = TypeVar("Answer")


def run(owner: str) -> Generator[int, None, None]:
    """The worker of kind `deliver`."""
    carrier = carrier_for(current_settings())
    with asyncio.Runner() as runner, ThreadPoolExecutor(1, "deliver-database") as beside:
        round_ = _Round(owner, carrier, app_ctx.app, beside)
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


@dataclass(frozen=True)
class _Batch:
    """What was claimed together: all of it, the copies that may go, and what posts that are new here say."""

    ids: Sequence[int]
    going: Sequence[Due]
    posts: Mapping[int, OutgoingPost]


class _Round:
    """One stretch of sending: claims follow each other while anything is due, so that no connection waits."""

    def __init__(self, owner: str, carrier: Carrier, core: Flask, beside: Executor) -> None:
        self._owner = owner
        self._carrier = carrier
        self._core = core
        self._beside = beside
        self._addresses = Addresses(current_settings().domain, current_tokens())
        self._composed: OrderedDict[int, Composed] = OrderedDict()
        self._receipts: list[Receipt] = []
        self._being_marked = 0
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
        # Two at a time: the next batch is claimed and queued while the last copies of this one are still on the line.
        before: asyncio.Task[None] | None = None
        ahead: asyncio.Task[None] | None = None
        until = time.monotonic() + ROUND_SECONDS
        try:
            while time.monotonic() < until and not self.paused():
                # As they are now: what changes here meanwhile is not for the thread beside to look at.
                batch = await self._apart(partial(self._claim, frozenset(self._composed)))
                if not batch.ids:
                    break
                self._in_flight.update(each.delivery_id for each in batch.going)
                settled += len(batch.ids)
                began = time.monotonic()
                before, ahead = ahead, asyncio.create_task(self._carrier.deliver(self._copies(batch), self._note))
                if before is not None:
                    await self._until_done(before)
                await self._until_nearly_done(ahead)
                speed = len(batch.ids) / (time.monotonic() - began)
                self._batch = min(max(int(speed * BATCH_SECONDS), SMALLEST_BATCH), LARGEST_BATCH)
            if ahead is not None:
                await self._until_done(ahead)
        finally:
            for sending in (before, ahead):
                if sending is not None:
                    await asyncio.wait([sending])
            await self._mark_all()
        return settled

    def paused(self) -> bool:
        return time.monotonic() < self._paused_until

    async def _until_nearly_done(self, sending: asyncio.Task[None]) -> None:
        while not sending.done() and len(self._in_flight) > self._batch // 2:
            await asyncio.sleep(0.005)
            await self._mark_in_time()

    async def _until_done(self, sending: asyncio.Task[None]) -> None:
        """Wait for the last copies of a batch; a smarthost that thinks for long holds up neither marks nor leases."""
        while not (await asyncio.wait([sending], timeout=MARK_SECONDS))[0]:
            await self._mark_in_time()
        await sending

    async def _apart(self, ask: Callable[[], Answer]) -> Answer:
        """Ask the database in the thread beside; it has a session of its own there."""

        def in_context() -> Answer:
            with self._core.app_context():
                return ask()

        return await asyncio.get_running_loop().run_in_executor(self._beside, in_context)

    def _claim(self, known: frozenset[int]) -> _Batch:
        """Lease what is due; what may not or need not go any more is settled at once, each with its reason.

        `known` are the posts that are composed already.
        """
        with reading():
            chosen = choose_fairly(self._batch, self._last_turn)
        self._last_turn = chosen.last_turn
        with transaction():
            ids = claim_chosen(chosen, self._batch, self._owner)
        with reading():
            checked = may_go(ids)
            posts = self._gather({each.post_id for each in checked.going} - known)
        if checked.skipped:
            with transaction():
                skip(checked.skipped)
        return _Batch(ids, checked.going, posts)

    def _gather(self, post_ids: set[int]) -> Mapping[int, OutgoingPost]:
        """Look up together what several posts say. One that is not among them then is looked up alone."""
        if len(post_ids) > 1:
            try:
                return outgoing_plain(post_ids, current_settings(), self._addresses)
            except (OperationalError, InterfaceError):
                raise
            except Exception as error:
                log.info("posts are looked up one by one", error=f"{type(error).__name__}: {error}")
        return {}

    def _copies(self, batch: _Batch) -> Iterator[Copy]:
        """The copies that may go, composed as they are pulled."""
        sent_at = now()
        for post_id, copies in groupby(batch.going, key=lambda each: each.post_id):
            yield from self._copies_of(post_id, batch.posts.get(post_id), list(copies), sent_at)

    def _copies_of(
        self, post_id: int, post: OutgoingPost | None, due: Sequence[Due], sent_at: datetime
    ) -> Iterator[Copy]:
        """Copies of one post. A post that cannot be composed waits for a person and holds no other up."""
        try:
            composed = self._compose(post_id, post)
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

    def _compose(self, post_id: int, post: OutgoingPost | None) -> Composed:
        """The composed post, made when its first copy is pulled; the least lately used one makes room."""
        if post_id not in self._composed:
            if post is None:
                with reading() as session:
                    post = outgoing_post(session.get_one(Post, post_id), current_settings(), self._addresses)
            self._composed[post_id] = compose(post, self._addresses)
            while len(self._composed) > 1 and sum(each.size for each in self._composed.values()) > COMPOSED_OCTETS:
                self._composed.popitem(last=False)
        self._composed.move_to_end(post_id)
        return self._composed[post_id]

    def _note(self, receipt: Receipt) -> None:
        self._receipts.append(receipt)
        self._in_flight.discard(receipt.key)
        # Here and now, beside which nothing goes out: a crash would send all of them again.
        if len(self._receipts) + self._being_marked >= MARK_AFTER and time.monotonic() >= self._mark_again_at:
            self._mark()

    async def _mark_in_time(self) -> None:
        moment = time.monotonic()
        if self._receipts and moment - self._marked_at > MARK_SECONDS and moment >= self._mark_again_at:
            receipts, blameless = self._taken_receipts()
            self._being_marked = len(receipts)
            try:
                await self._apart(lambda: _write(receipts, blameless))
            except (OperationalError, InterfaceError) as error:
                self._keep(receipts, error)
            finally:
                self._being_marked = 0
        if self._in_flight and moment - self._renewed_at > RENEW_SECONDS:
            in_flight = sorted(self._in_flight)
            await self._apart(lambda: _renew(in_flight, self._owner))
            self._renewed_at = time.monotonic()

    def _mark(self) -> None:
        """Write the receipts down before anything else goes on."""
        receipts, blameless = self._taken_receipts()
        try:
            _write(receipts, blameless)
        except (OperationalError, InterfaceError) as error:
            self._keep(receipts, error)

    def _taken_receipts(self) -> tuple[Sequence[Receipt], bool]:
        """The receipts that are to be written now, and whether deferred copies are blameless."""
        receipts, self._receipts = self._receipts, []
        self._marked_at = time.monotonic()
        trouble = self._carrier.trouble
        if trouble is not None:
            log.warning("the smarthost cannot be used", trouble=str(trouble))
            self._paused_until = time.monotonic() + TROUBLE_SECONDS
        return receipts, trouble is not None

    def _keep(self, receipts: Sequence[Receipt], error: OperationalError | InterfaceError) -> None:
        """While the database is busy or away receipts are kept: they are all that is known."""
        log.warning("marks will be written later", marks=len(receipts), error=str(error.orig))
        self._receipts = [*receipts, *self._receipts]
        self._mark_again_at = time.monotonic() + MARK_AGAIN_SECONDS

    async def _mark_all(self) -> None:
        self._mark()
        until = time.monotonic() + LEASE.total_seconds()
        while self._receipts and time.monotonic() < until:
            await asyncio.sleep(MARK_AGAIN_SECONDS)
            self._mark()


def _write(receipts: Sequence[Receipt], blameless: bool) -> None:
    if receipts:
        with transaction():
            mark(receipts, blameless=blameless)


def _renew(in_flight: Sequence[int], owner: str) -> None:
    with transaction():
        renew(Delivery, in_flight, owner)
