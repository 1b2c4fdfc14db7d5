"""Reminders of appeals that wait: to those who may answer, again and again; to the author when nobody is left who may.

Never commits, and never ends an appeal.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select

from forum.db import db
from forum.log import LogEntry, record
from forum.moderation.appeals import answer_goes_to, reviewers_for
from forum.moderation.models import Appeal, AppealState
from forum.queue import enqueue

REMIND_AFTER = timedelta(days=1)
REMIND_AGAIN = timedelta(days=3)
# So many are reminded of in one transaction.
BATCH = 50
_WAITS = "appeal waits"


def late_appeals(moment: datetime) -> Sequence[int]:
    """Appeals that nobody has answered for a day, and not been reminded of for three."""
    rows = select(Appeal.id).where(
        Appeal.state == AppealState.OPEN,
        Appeal.created_at <= moment - REMIND_AFTER,
        or_(Appeal.reminded_at.is_(None), Appeal.reminded_at <= moment - REMIND_AGAIN),
    )
    return db.session.scalars(rows.order_by(Appeal.id).limit(BATCH)).all()


def remind_of_appeal(appeal_id: int, moment: datetime) -> int:
    """Tell those who may answer once more, or the author that nobody is left who may; returns how many are told."""
    asked = db.session.get_one(Appeal, appeal_id, with_for_update={"of": Appeal})
    reminded = asked.reminded_at is not None and asked.reminded_at > moment - REMIND_AGAIN
    if asked.state is not AppealState.OPEN or reminded:
        return 0  # Somebody has just answered, or another worker was faster.
    asked.reminded_at = moment
    reviewers = reviewers_for(asked.group, asked.first_decider_id, answer_goes_to(asked))
    for reviewer in reviewers:
        enqueue("notice.appeal", asked.id, reviewer.id)
    if reviewers or _is_told_of_waiting(asked):
        return len(reviewers)
    enqueue("notice.appeal_waits", asked.id)
    why, undo = "there is no second moderator", "make a second moderator"
    record(_WAITS, "appeal", asked.id, group_id=asked.group_id, why=why, undo=undo)
    return 1


def _is_told_of_waiting(asked: Appeal) -> bool:
    told = select(LogEntry.id).where(
        LogEntry.act == _WAITS, LogEntry.object_kind == "appeal", LogEntry.object_id == asked.id
    )
    return db.session.scalar(told.limit(1)) is not None
