"""What is on the line stays leased, however long the smarthost takes to answer."""

import asyncio

from forum.db import db, transaction
from forum.queue import Task, anything_due, claim, enqueue
from mailgateway import notices
from tests.gateway import do_mail_work
from tests.people import a_group, a_member


class Slow:
    """A carrier that answers when the lease would be over."""

    trouble = None

    def __init__(self, wait) -> None:
        self.wait = wait

    async def deliver(self, copies, on_receipt) -> None:
        list(copies)
        await self.wait()


def test_nobody_else_takes_a_notice_while_the_smarthost_thinks(core, move_clock, monkeypatch) -> None:
    monkeypatch.setattr("mailgateway.leasing.RENEW_SECONDS", 0.02)
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    do_mail_work(core)
    with transaction():
        enqueue("notice.help", ann.id, group.id)
    with transaction():
        ids = claim(Task, 5, "one")
    seen = []

    async def think() -> None:
        for minute in range(1, 4):
            move_clock(20 * minute)
            await asyncio.sleep(0.2)
            seen.append(anything_due(Task))
            db.session.rollback()

    asyncio.run(notices._send(ids, Slow(think), "one"))
    assert (len(ids), seen) == (1, [False, False, False])
