"""Which copies go next: every post that has some due gets its share of each batch, so that none waits for a long one.

A post to 71,000 readers and one to ten divide a batch between them; what the ten do not need the 71,000 get, so that
a long fan-out alone keeps full speed. Sends nothing.
"""

from collections.abc import Sequence

from sqlalchemy import exists, func, select

from forum.clock import now
from forum.db import db
from forum.queue import claim, open_and_due
from mailgateway.models import Delivery

# Fewer a post would be mostly overhead; with more posts than shares, the others have their turn in the next batch.
_SMALLEST_SHARE = 20


def claim_fairly(limit: int, owner: str, after: int) -> tuple[Sequence[int], int]:
    """Lease up to `limit` due copies to `owner`: their ids, and the fan-out that had the last turn.

    `after` is the one that had it in the last batch. Needs an open transaction.
    """
    if not _more_due_than(limit) or len(waiting := waiting_fan_outs()) < 2:
        return claim(Delivery, limit, owner), after
    turns = [key for key in waiting if key > after] + [key for key in waiting if key <= after]
    turns = turns[: max(limit // _SMALLEST_SHARE, 1)]
    ids: list[int] = []
    for key in turns:
        ids += claim(Delivery, limit // len(turns), owner, Delivery.fan_out_key == key)
    if len(ids) < limit:
        ids += claim(Delivery, limit - len(ids), owner)
    return ids, turns[-1]


def _more_due_than(limit: int) -> bool:
    due = select(Delivery.id).where(open_and_due(Delivery, now())).limit(limit + 1)
    return (db.session.scalar(select(func.count()).select_from(due.subquery())) or 0) > limit


def waiting_fan_outs() -> Sequence[int]:
    """The fan-out keys that have something due.

    From key to key along the index of open rows: one look a fan-out, however many rows each has. (A plain DISTINCT
    reads all of them; neither database skips by itself.)
    """
    is_open = Delivery.done_at.is_(None) & Delivery.set_aside_at.is_(None)
    keys = select(func.min(Delivery.fan_out_key).label("key")).where(is_open).cte("keys", recursive=True)
    following = select(func.min(Delivery.fan_out_key)).where(is_open, Delivery.fan_out_key > keys.c.key)
    keys = keys.union_all(select(following.scalar_subquery()).where(keys.c.key.is_not(None)))
    something_due = exists().where(is_open, Delivery.fan_out_key == keys.c.key, Delivery.due_at <= now())
    return db.session.scalars(select(keys.c.key).where(something_due).order_by(keys.c.key)).all()
