"""What came back to its author by mail and was never answered: a word before its time is over, then it is erased.

Nothing is erased whose author has not had its whole text back some days before. Never commits.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select

from forum.db import db
from forum.log import record
from forum.posting.erase import erase_held
from forum.posting.models import HeldPost, HeldState
from forum.queue import enqueue

KEPT_DAYS = 30
LAST_DAYS = 3
# So many at a time, in one transaction.
BATCH = 50


def kept_too_long(moment: datetime) -> Sequence[int]:
    """What is nearly over and its author has not been told of, and what is over since; the oldest first."""
    is_over = HeldPost.reminded_at <= moment - timedelta(days=LAST_DAYS)
    nearly_over = HeldPost.created_at <= moment - timedelta(days=KEPT_DAYS - LAST_DAYS)
    rows = select(HeldPost.id).where(
        HeldPost.private,
        HeldPost.state == HeldState.RETURNED,
        or_(is_over, HeldPost.reminded_at.is_(None) & nearly_over),
    )
    return db.session.scalars(rows.order_by(HeldPost.created_at, HeldPost.id).limit(BATCH)).all()


def tell_or_erase(held_id: int, moment: datetime) -> None:
    """Tell the author that its time ends, or erase it if the author was told. Needs a transaction."""
    # Asked again under the lock: the author may have answered meanwhile.
    held = db.session.get_one(HeldPost, held_id, with_for_update={"of": HeldPost}, populate_existing=True)
    if not held.private or held.state is not HeldState.RETURNED:
        return
    if held.reminded_at is None:
        held.reminded_at = moment
        enqueue("notice.kept_ends", held.id)
    elif held.reminded_at <= moment - timedelta(days=LAST_DAYS):
        held.state, held.decided_at = HeldState.WITHDRAWN, moment
        held.reason = f"It came back, and was not changed within {KEPT_DAYS} days."
        erase_held(held)
        undo = "none: the words are gone; the author can send it again"
        record("erase kept", "held_post", held.id, group_id=held.group_id, why=held.reason, undo=undo)
