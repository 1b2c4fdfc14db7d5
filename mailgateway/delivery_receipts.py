"""What became of copies, written down: sent, refused, deferred, or skipped with a reason. Needs an open transaction.

It sends nothing and decides nothing about who may have a copy.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import update

from forum.clock import now
from forum.db import db
from forum.queue import enqueue
from mailgateway.models import Delivery, DeliveryState
from mailgateway.permission import FOR_DIGEST, Skip
from mailgateway.receipts import mark_failed
from mailgateway.smtp import Receipt


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
            delivery = db.session.get_one(Delivery, receipt.key)
            if mark_failed(delivery, receipt, blameless=blameless):
                enqueue("bounce.refused", delivery.id)
