"""Which copies go next: every post that has some due gets its share of each batch, so that none waits for a long one.

A post to 71,000 readers and one to ten divide a batch between them; what the ten do not need the 71,000 get, so that
a long fan-out alone keeps full speed. Choosing only reads, since nobody else can write on SQLite while a transaction is
open; leasing what was chosen is one statement. Sends nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, select

from forum.clock import now
from forum.db import db
from forum.queue import claim, open_and_due
from mailgateway.models import Delivery

# Fewer a post would be mostly overhead; with more posts than shares, the others have their turn in the next batch.
_SMALLEST_SHARE = 20


@dataclass(frozen=True)
class Choice:
    """The copies that go next, None for simply the oldest, and the fan-out that had the last turn."""

    ids: Sequence[int] | None
    last_turn: int


def choose_fairly(limit: int, after: int) -> Choice:
    """Choose up to `limit` due copies. `after` is the fan-out that had the last turn in the batch before."""
    if not _more_due_than(limit) or len(waiting := waiting_fan_outs()) < 2:
        return Choice(None, after)
    turns = [key for key in waiting if key > after] + [key for key in waiting if key <= after]
    turns = turns[: max(limit // _SMALLEST_SHARE, 1)]
    ids: list[int] = []
    for key in turns:
        ids += _oldest(limit // len(turns), Delivery.fan_out_key == key)
    if len(ids) < limit:
        ids += _oldest(limit - len(ids), Delivery.id.not_in(ids))
    return Choice(ids, turns[-1])


def claim_chosen(chosen: Choice, limit: int, owner: str) -> Sequence[int]:
    """Lease up to `limit` due copies to `owner`, first what was chosen; their ids. Needs an open transaction."""
    if chosen.ids is None:
        return claim(Delivery, limit, owner)
    ids = claim(Delivery, limit, owner, Delivery.id.in_(chosen.ids))
    if len(ids) < len(chosen.ids):
        # Another worker has chosen the same and was faster. What else is due keeps this one busy.
        ids = [*ids, *claim(Delivery, limit - len(ids), owner)]
    return ids


def _oldest(limit: int, which: ColumnElement[bool]) -> Sequence[int]:
    due = select(Delivery.id).where(open_and_due(Delivery, now()), which)
    return db.session.scalars(due.order_by(Delivery.due_at, Delivery.id).limit(limit)).all()


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
