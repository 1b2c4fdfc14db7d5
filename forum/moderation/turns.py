"""Turns of the rota change hands: by one moderator's will, or by the clock. Who comes on duty hears what waits.

Never commits; `lateness.py` calls what the clock does every minute, and opens the transactions.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, select, update

from forum.accounts.models import Member
from forum.clock import now
from forum.db import db
from forum.groups.actions import NotPossible
from forum.groups.models import DutyTurn, Group
from forum.log import record
from forum.moderation.duty import moderating_membership, told_at_once
from forum.moderation.summaries import gather, summarise
from forum.queue import enqueue

# What ended longer ago is past: a site that was down for a week, or has just been upgraded, sends no old news.
_PASSED_ON_WITHIN = timedelta(days=1)


def hand_over(group: Group, turn_id: int, to: Member, *, actor_id: int | None) -> DutyTurn:
    """Give a turn, or what is left of one that has begun, to another moderator of the group; both are told.

    Whoever has the turn may, and an owner or operator may; the door asks. The same again changes nothing.
    """
    turn = db.session.get(DutyTurn, turn_id, with_for_update=True, populate_existing=True)
    moment = now()
    if turn is None or turn.group_id != group.id or turn.ends_at <= moment:
        raise NotPossible("This turn is over, or off the rota.")
    if turn.member_id == to.id:
        return turn
    if moderating_membership(to.id, group) is None:
        raise NotPossible(f"{to.name} does not moderate {group.name}.")
    before, begun = turn.member_id, turn.starts_at < moment
    if begun:
        # What is over stays on the rota under the name of who had it. Nobody is left waiting: it has been passed on.
        ends_at, turn.ends_at, turn.passed_on_at = turn.ends_at, moment, moment
        turn = DutyTurn(group_id=group.id, member_id=to.id, starts_at=moment, ends_at=ends_at, reminded_at=moment)
        db.session.add(turn)
    else:
        turn.member_id, turn.reminded_at = to.id, None
    db.session.flush()
    record(
        "hand over turn",
        "duty_turn",
        turn.id,
        actor_id=actor_id,
        group_id=group.id,
        why=f"from member {before} to member {to.id}",
        undo=f"hand it over to member {before}",
    )
    enqueue("notice.duty_taken", turn.id, before)
    enqueue("notice.duty_given", turn.id, before)
    if begun:
        summarise(to, [group.id])
    return turn


def beginning(moment: datetime) -> ColumnElement[bool]:
    """Turns that have begun and of which nobody was told."""
    return and_(DutyTurn.starts_at <= moment, DutyTurn.ends_at > moment, DutyTurn.reminded_at.is_(None))


def ending(moment: datetime) -> ColumnElement[bool]:
    """Turns that are over and whose waiting posts have gone to nobody yet."""
    return and_(
        DutyTurn.ends_at <= moment, DutyTurn.ends_at > moment - _PASSED_ON_WITHIN, DutyTurn.passed_on_at.is_(None)
    )


def begin_turns(moment: datetime) -> int:
    """Tell those who come on duty, with what waits; returns how many."""
    turns = _mark(beginning(moment), DutyTurn.reminded_at.key, moment)
    for turn in turns:
        if moderating_membership(turn.member_id, _group_of(turn)) is not None:
            member = db.session.get_one(Member, turn.member_id)
            summary = gather(member, [turn.group_id])
            enqueue("notice.duty_begins", turn.id, summary.id if summary is not None else None)
    return len(turns)


def end_turns(moment: datetime) -> int:
    """Send what still waits to those who hear of the group now; who comes on duty at this moment has it already."""
    turns = _mark(ending(moment), DutyTurn.passed_on_at.key, moment)
    for group_id in dict.fromkeys(turn.group_id for turn in turns):
        group, ended = db.session.get_one(Group, group_id), [each for each in turns if each.group_id == group_id]
        first_end = min(each.ends_at for each in ended)
        told = select(DutyTurn.member_id).where(
            DutyTurn.group_id == group_id, DutyTurn.starts_at >= first_end, DutyTurn.reminded_at.is_not(None)
        )
        know = set(db.session.scalars(told))
        for each in told_at_once(group):
            if each.member_id not in know:
                summarise(db.session.get_one(Member, each.member_id), [group_id])
    return len(turns)


def _group_of(turn: DutyTurn) -> Group:
    return db.session.get_one(Group, turn.group_id)


def _mark(which: ColumnElement[bool], column: str, moment: datetime) -> Sequence[DutyTurn]:
    """The mark is the lock: of two workers at the same moment the second finds nothing left to mark."""
    marked = db.session.scalars(
        update(DutyTurn)
        .where(which)
        .values({column: moment})
        .returning(DutyTurn.id)
        .execution_options(synchronize_session=False)
    ).all()
    turns = select(DutyTurn).where(DutyTurn.id.in_(marked)).execution_options(populate_existing=True)
    return db.session.scalars(turns.order_by(DutyTurn.starts_at, DutyTurn.id)).all()
