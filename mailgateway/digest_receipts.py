"""What became of digests, written down: the marks of what each covered move with it. Needs an open transaction.

It sends nothing and writes no digest.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import delete, update
from sqlalchemy.dialects import postgresql, sqlite

from forum.clock import now
from forum.db import db
from forum.groups.models import Membership
from forum.queue import enqueue
from mailgateway.digest_gather import Covered
from mailgateway.models import Delivery, DeliveryState, Digest, DigestKind
from mailgateway.receipts import MAX_TRIES, mark_failed
from mailgateway.smtp import Receipt

A_BETTER_DAY = timedelta(days=1)


def mark(receipts: Sequence[Receipt], covered: Mapping[int, tuple[Covered, int]], *, blameless: bool = False) -> None:
    """Write down what became of digests, and with each that went out what it covered. Needs an open transaction.

    `blameless`: the smarthost as a whole was in trouble, so that a deferred one has not used up an attempt.
    """
    sent = [receipt.key for receipt in receipts if receipt.verdict == "sent"]
    settle([covered[id][0] for id in sent], {covered[id][0].member_id: covered[id][1] for id in sent})
    moment = now()
    if sent:
        rows = [
            {"id": id, "from_no": covered[id][0].from_no, "state": DeliveryState.SENT, "done_at": moment} for id in sent
        ]
        db.session.execute(update(Digest), [row | {"leased_until": None, "error": None} for row in rows])
    for receipt in receipts:
        if receipt.verdict != "sent":
            digest = db.session.get_one(Digest, receipt.key)
            if mark_failed(digest, receipt, blameless=blameless):
                enqueue("bounce.digest_refused", digest.id)


def settle(covered: Sequence[Covered], address_of: Mapping[int, int] | None = None) -> None:
    """Move the marks of memberships and settle single copies that waited. Needs an open transaction.

    A mark only goes up: the member may have chosen anew meanwhile. Of posts that went to other groups too a row of
    Delivery remembers that the member has had them.
    """
    memberships: dict[int, list[int]] = {}
    for each in covered:
        for membership_id, number in each.marks:
            memberships.setdefault(number, []).append(membership_id)
    for number, ids in memberships.items():
        mine = Membership.id.in_(ids)
        raised = update(Membership).where(mine, Membership.digest_no < number).values(digest_no=number)
        closed = update(Membership).where(mine, Membership.digest_until_no <= number).values(digest_until_no=None)
        for statement in (raised, closed):
            db.session.execute(statement.execution_options(synchronize_session=False))
    moment = now()
    waiting = (Delivery.state == DeliveryState.SKIPPED) & Delivery.for_digest
    settled = [id for each in covered for id in each.settled]
    passed = [id for each in covered for id in each.passed]
    for ids, values in (
        (settled, {"state": DeliveryState.SENT, "done_at": moment, "error": None}),
        (passed, {"for_digest": False}),
    ):
        if ids:
            statement = update(Delivery).where(Delivery.id.in_(ids), waiting).values(values)
            db.session.execute(statement.execution_options(synchronize_session=False))
    elsewhere = [
        {
            "fan_out_key": key,
            "post_id": post_id,
            "member_id": each.member_id,
            "address_id": (address_of or {}).get(each.member_id),
            "state": DeliveryState.SENT,
            "for_digest": True,
            "due_at": moment,
            "done_at": moment,
            "attempts": 0,
        }
        for each in covered
        for key, post_id in each.elsewhere
    ]
    if elsewhere:
        insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
        db.session.execute(
            insert(Delivery).on_conflict_do_nothing(index_elements=[Delivery.fan_out_key, Delivery.member_id]),
            elsewhere,
        )


def forget(digest_ids: Sequence[int]) -> None:
    """A digest with nothing to say was never one."""
    if digest_ids:
        rows = delete(Digest).where(Digest.id.in_(digest_ids))
        db.session.execute(rows.execution_options(synchronize_session=False))


def skip(digest_ids: Sequence[int]) -> None:
    """The member may not have it now, or is away: what it had stays owed. A summary waits for a better day."""
    if digest_ids:
        db.session.execute(
            update(Digest)
            .where(Digest.id.in_(digest_ids), Digest.kind == DigestKind.CATCH_UP, Digest.attempts < MAX_TRIES)
            .values(due_at=now() + A_BETTER_DAY, leased_until=None)
            .execution_options(synchronize_session=False)
        )
        db.session.execute(
            update(Digest)
            .where(Digest.id.in_(digest_ids), Digest.done_at.is_(None), Digest.due_at <= now())
            .values(
                state=DeliveryState.SKIPPED,
                done_at=now(),
                leased_until=None,
                error="no standing, no address for mail, or away at the moment of sending",
            )
            .execution_options(synchronize_session=False)
        )
