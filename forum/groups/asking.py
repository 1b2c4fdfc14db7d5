"""Asking the members of a group by mail for what their profiles do not say. Never commits; who may: the door asks.

Nobody is asked more than once in half a year, nobody who gets no mail of the group, and nobody has to answer.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, func, or_, select, update

from forum.accounts.models import Address, Member
from forum.clock import now
from forum.db import db
from forum.facets.models import Dimension
from forum.facets.recognising import COLUMNS
from forum.groups.actions import NotPossible
from forum.groups.models import READS, Delivery, Group, Membership
from forum.log import record
from forum.queue import enqueue

AGAIN_AFTER = timedelta(days=180)
# What a member can be asked for, in the order in which the mail asks. Employer and interests are the member's affair.
ASKABLE = (Dimension.PLACE, Dimension.SPECIALTY, Dimension.CAREER_STAGE)
# One transaction of the background work: short, and the mails of others are not behind all of these.
_AT_ONCE = 200


def how_many_said(group: Group) -> tuple[int, Mapping[Dimension, int]]:
    """How many members the group has, and how many of them said each thing."""
    said = [func.count().filter(getattr(Member, COLUMNS[each]) != "") for each in Dimension]
    rows = (
        select(func.count(), *said)
        .select_from(Membership)
        .join(Member, Member.id == Membership.member_id)
        .where(Membership.group_id == group.id, Membership.standing.in_(READS))
    )
    total, *counts = db.session.execute(rows).one()
    return total, dict(zip(Dimension, counts, strict=True))


def count_to_ask(group: Group, dimensions: Collection[Dimension]) -> int:
    """How many would be asked now."""
    return db.session.scalar(select(func.count()).select_from(_to_ask(group.id, dimensions).subquery())) or 0


def ask_members(group: Group, dimensions: Collection[Dimension], *, actor_id: int | None) -> int:
    """Have those members asked by mail who have not said these things; how many there are now."""
    asked = [each for each in ASKABLE if each in dimensions]
    if not asked:
        raise NotPossible("Choose what to ask for: place, specialty or career stage.")
    count = count_to_ask(group, asked)
    if not count:
        raise NotPossible("There is nobody to ask: all have said it, were asked in the last half year, or get no mail.")
    enqueue("ask_members", group.id, _as_number(asked))
    why = f"{', '.join(asked)}; up to {count} members"
    record("ask members", "group", group.id, actor_id=actor_id, group_id=group.id, why=why)
    return count


def ask_next(group_id: int, word: int) -> None:
    """One step of the background work: the next few members get their mail, and the step after it is asked for.

    `word` tells what is asked for and behind which member this step begins: so no step looks at all of them again.
    """
    after, number = divmod(word, _NUMBERS)
    rows = (
        _to_ask(group_id, dimensions_in(number))
        .where(Member.id > after)
        .order_by(Member.id)
        .limit(_AT_ONCE)
        .with_for_update(of=Member, skip_locked=True, key_share=True)
    )
    member_ids = db.session.scalars(rows).all()
    if not member_ids:
        return
    db.session.execute(
        update(Member)
        .where(Member.id.in_(member_ids))
        .values(asked_about_profile_at=now())
        .execution_options(synchronize_session=False)
    )
    for member_id in member_ids:
        enqueue("notice.profile_asked", member_id, group_id * _NUMBERS + number)
    enqueue("ask_members", group_id, member_ids[-1] * _NUMBERS + number)


# Tasks carry numbers alone: the things asked for are bits of one, and the group or a member stands before them.
_NUMBERS = 1 << len(ASKABLE)


def _as_number(dimensions: Collection[Dimension]) -> int:
    return sum(1 << place for place, each in enumerate(ASKABLE) if each in dimensions)


def dimensions_in(number: int) -> Sequence[Dimension]:
    """What a number or word of a task asks for."""
    return [each for place, each in enumerate(ASKABLE) if number >> place & 1]


def group_in(number: int) -> int:
    """The group of which a notice's number tells."""
    return number // _NUMBERS


def not_said(dimensions: Collection[Dimension]) -> ColumnElement[bool]:
    """The condition that a member has left one of these empty."""
    return or_(*(getattr(Member, COLUMNS[each]) == "" for each in dimensions))


def _to_ask(group_id: int, dimensions: Collection[Dimension]) -> Select[tuple[int]]:
    asked_at = Member.asked_about_profile_at
    return (
        select(Member.id)
        .join(Membership, Membership.member_id == Member.id)
        .join(Address, (Address.member_id == Member.id) & Address.is_primary)
        .where(
            Membership.group_id == group_id,
            Membership.standing.in_(READS),
            Membership.delivery != Delivery.NONE,
            Address.bouncing_since.is_(None),
            not_said(dimensions),
            or_(asked_at.is_(None), asked_at < now() - AGAIN_AFTER),
        )
    )
