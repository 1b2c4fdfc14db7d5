"""What the clock alone does to reported posts: reminders, and the end of cases whose post is gone. It decides nothing.

Never commits; `lateness.py` looks every minute and opens the transactions.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update

from forum.db import db
from forum.moderation.flags import close_erased, moderators_for
from forum.moderation.models import FlaggedPost, FlagState
from forum.moderation.summaries import remind
from forum.threads.models import Post

REMIND_AFTER = timedelta(days=1)
# A case has no end of its own, so that moderators hear of it until somebody has decided.
REMIND_AGAIN = timedelta(days=7)
_BATCH = 50


def late_cases(moment: datetime) -> Sequence[int]:
    """Open cases of which all moderators are to be reminded now."""
    late = select(FlaggedPost.id).where(
        FlaggedPost.state == FlagState.OPEN,
        FlaggedPost.opened_at <= moment - REMIND_AFTER,
        or_(FlaggedPost.reminded_at.is_(None), FlaggedPost.reminded_at <= moment - REMIND_AGAIN),
    )
    return db.session.scalars(late.order_by(FlaggedPost.id).limit(_BATCH)).all()


def remind_of_cases(case_ids: Sequence[int], moment: datetime) -> int:
    """One mail to each moderator who can decide one of them; returns how many."""
    again = moment - REMIND_AGAIN
    marked = db.session.scalars(
        update(FlaggedPost)
        .where(
            FlaggedPost.id.in_(case_ids),
            FlaggedPost.state == FlagState.OPEN,
            or_(FlaggedPost.reminded_at.is_(None), FlaggedPost.reminded_at <= again),
        )
        .values(reminded_at=moment)
        .returning(FlaggedPost.id)
        .execution_options(synchronize_session=False)
    ).all()
    late = db.session.scalars(select(FlaggedPost).where(FlaggedPost.id.in_(marked))).all()
    told = dict.fromkeys(each.member_id for flagged in late for each in moderators_for(flagged))
    for member_id in told:
        remind(member_id, ())
    return len(told)


def cases_of_erased() -> Sequence[int]:
    """Open cases whose post was erased by its author, or by a moderator on another page."""
    over = select(FlaggedPost.id).join(Post, Post.id == FlaggedPost.post_id)
    over = over.where(FlaggedPost.state == FlagState.OPEN, Post.erased_at.is_not(None))
    return db.session.scalars(over.order_by(FlaggedPost.id).limit(_BATCH)).all()


def close_cases(case_ids: Sequence[int]) -> int:
    """Close those; returns how many."""
    return sum(close_erased(db.session.get_one(FlaggedPost, case_id)) for case_id in case_ids)
