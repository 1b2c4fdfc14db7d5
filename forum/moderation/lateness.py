"""What the clock alone does for moderators: summaries, reminders, the rota, and the end of waiting for held posts."""

from collections.abc import Generator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select, update

from forum.accounts.models import Member
from forum.clock import now
from forum.db import db, reading, transaction
from forum.groups.models import DutyTurn, Group
from forum.groups.rights import moderators_of
from forum.moderation.actions import return_undecided
from forum.moderation.kept import kept_too_long, tell_or_erase
from forum.moderation.late_appeals import late_appeals, remind_of_appeal
from forum.moderation.late_flags import cases_of_erased, close_cases, late_cases, remind_of_cases
from forum.moderation.summaries import remind, summarise, summary_is_due, who_chose_summaries
from forum.moderation.turns import begin_turns, beginning, end_turns, ending
from forum.posting.models import HeldPost, HeldState

LOOK_EVERY = timedelta(minutes=1)
REMIND_AFTER = timedelta(hours=24)
REMIND_AGAIN = timedelta(days=1)
# So many go back to their authors in one transaction.
BATCH = 50


def run(owner: str) -> Generator[int, None, None]:
    """The worker of kind `lateness`: a look every minute, a write only where something is due."""
    next_look: datetime | None = None
    while True:
        moment = now()
        if next_look is not None and next_look - LOOK_EVERY <= moment < next_look:
            yield 0
            continue
        done = return_late(moment) + remind_of_late(moment) + send_summaries() + remind_of_appeals(moment)
        done += end_what_is_kept(moment)
        done += look_at_flags(moment) + change_turns(moment)
        # While a full batch was late there may be more at once.
        next_look = moment if done >= BATCH else moment + LOOK_EVERY
        yield done


def return_late(moment: datetime) -> int:
    """Send back what nobody has decided within the group's days, the oldest first; returns how many."""
    with reading():
        found = [
            held_id
            for group in _groups_with(HeldPost.created_at <= moment - timedelta(days=1))
            for held_id in db.session.scalars(
                select(HeldPost.id)
                .where(
                    HeldPost.group_id == group.id,
                    HeldPost.state == HeldState.WAITING,
                    HeldPost.created_at <= moment - timedelta(days=group.decide_within_days),
                )
                .order_by(HeldPost.id)
                .limit(BATCH)
            )
        ][:BATCH]
    if not found:
        return 0
    with transaction() as session:
        return sum(return_undecided(session.get_one(HeldPost, held_id)) for held_id in found)


def remind_of_late(moment: datetime) -> int:
    """Remind all moderators after a day, and once more a day before the time is over; returns how many were told."""
    with reading():
        due = [group.id for group in _groups_with(HeldPost.created_at <= moment - REMIND_AFTER)]
    return sum(_remind_in_group(group_id, moment) for group_id in due)


def _remind_in_group(group_id: int, moment: datetime) -> int:
    with reading() as session:
        group = session.get_one(Group, group_id)
        late = _late_in(group, moment)
        if session.scalar(select(HeldPost.id).where(late).limit(1)) is None:
            return 0
    with transaction() as session:
        group = session.get_one(Group, group_id)
        # The mark is the lock: of two workers at the same moment the second finds nothing left to mark.
        marked = session.scalars(
            update(HeldPost)
            .where(late)
            .values(reminded_at=moment)
            .returning(HeldPost.id)
            .execution_options(synchronize_session=False)
        ).all()
        shown = _oldest(marked)
        told = moderators_of(group) if shown else ()
        for moderator in told:
            remind(moderator.id, shown)
        return len(told)


def _oldest(held_ids: Sequence[int]) -> Sequence[HeldPost]:
    first = sorted(held_ids)[:BATCH]
    return db.session.scalars(select(HeldPost).where(HeldPost.id.in_(first)).order_by(HeldPost.id)).all()


def _late_in(group: Group, moment: datetime) -> ColumnElement[bool]:
    last_day = moment - timedelta(days=group.decide_within_days) + REMIND_AGAIN
    return and_(
        HeldPost.group_id == group.id,
        HeldPost.state == HeldState.WAITING,
        HeldPost.created_at <= moment - REMIND_AFTER,
        or_(
            HeldPost.reminded_at.is_(None),
            # Reminded once, and not in its last day.
            and_(HeldPost.created_at <= last_day, HeldPost.reminded_at < moment - REMIND_AGAIN),
        ),
    )


def _groups_with(which: ColumnElement[bool]) -> Sequence[Group]:
    waiting = select(HeldPost.group_id).where(HeldPost.state == HeldState.WAITING, which).distinct()
    return db.session.scalars(select(Group).where(Group.id.in_(waiting))).all()


def send_summaries() -> int:
    """Summaries for the moderators who chose them and whose hour has come; returns how many."""
    with reading() as session:
        due = [
            (member_id, groups)
            for member_id, groups in who_chose_summaries().items()
            if summary_is_due(session.get_one(Member, member_id), groups)
        ]
    sent = 0
    for member_id, groups in due:
        with transaction() as session:
            # Locked, and asked once more: another worker may have been faster.
            member = session.get_one(Member, member_id, with_for_update=True)
            if summary_is_due(member, groups):
                sent += summarise(member, groups) is not None
    return sent


def remind_of_appeals(moment: datetime) -> int:
    """Remind second moderators of appeals that wait longer than a day, again and again; returns how many were told."""
    with reading():
        due = late_appeals(moment)
    if not due:
        return 0
    with transaction():
        return sum(remind_of_appeal(appeal_id, moment) for appeal_id in due)


def look_at_flags(moment: datetime) -> int:
    """Reminders of reported posts, and the end of cases whose post is gone; returns how many of both."""
    with reading():
        late, gone = late_cases(moment), cases_of_erased()
    if not late and not gone:
        return 0
    with transaction():
        return close_cases(gone) + remind_of_cases(late, moment)


def change_turns(moment: datetime) -> int:
    """Turns of the rota that begin and end; returns how many."""
    with reading() as session:
        due = [session.scalar(select(DutyTurn.id).where(each(moment)).limit(1)) for each in (beginning, ending)]
    if due == [None, None]:
        return 0
    with transaction():
        return begin_turns(moment) + end_turns(moment)


def end_what_is_kept(moment: datetime) -> int:
    """Tell authors of what came back to them that its time ends, and erase what is over; returns how many."""
    with reading():
        due = kept_too_long(moment)
    if not due:
        return 0
    with transaction():
        for held_id in due:
            tell_or_erase(held_id, moment)
    return len(due)
