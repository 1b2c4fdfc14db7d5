"""Which digests are due: at each member's own hour, and once after an absence or a pause. Five hundred at a time.

Writes rows of Digest and when the next ones are due; sends nothing. Needs an open transaction.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.dialects import postgresql, sqlite

from forum.accounts.models import Member
from forum.accounts.preferences import next_digest_at, zone_of
from forum.clock import now
from forum.counter import PUBLISHED, last_number
from forum.db import db
from forum.groups.choices import DIGESTS
from forum.groups.models import READS, Membership
from forum.groups.models import Delivery as Mode
from forum.log import record
from mailgateway.models import DeliveryState, Digest, DigestKind

AT_ONCE = 500
_WEEK = timedelta(days=7)


def anybody_due() -> bool:
    """A cheap look without a write."""
    moment = now()
    return any(
        db.session.scalar(select(Member.id).where(column <= moment).limit(1)) is not None
        for column in (Member.digest_due_at, Member.away_until)
    )


def plan_due() -> int:
    """One digest for each member whose hour has come, and the time of the next; returns how many members.

    Nobody who gets none any more is taken off the plan here: that would lose the time of somebody who is choosing a
    digest at this moment. It costs a row a day.
    """
    moment = now()
    rows = (
        select(Member)
        .where(Member.digest_due_at <= moment)
        .order_by(Member.digest_due_at, Member.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    members = db.session.scalars(rows).all()
    daily, weekly = _who_gets([member.id for member in members])
    through = last_number(PUBLISHED)
    planned = []
    for member in members:
        assert member.digest_due_at is not None
        days = list(_days_there(member, member.digest_due_at, moment))
        this_week = member.id in weekly and any(day.weekday() == member.digest_weekday for day in days)
        if (this_week or member.id in daily) and member.away_until is None:
            kind = DigestKind.WEEKLY if this_week else DigestKind.DAILY
            planned.append(_row(member.id, kind, days[0].isoformat(), through, moment))
        member.digest_due_at = next_digest_at(member, moment)
    _insert(planned)
    return len(members)


def _days_there(member: Member, due_at: datetime, moment: datetime) -> Iterator[date]:
    """The member's days from the one that a digest was due on to today, when nobody worked meanwhile."""
    zone = zone_of(member)
    day, today = due_at.astimezone(zone).date(), moment.astimezone(zone).date()
    yield day
    while day < today and day < due_at.astimezone(zone).date() + _WEEK:
        day += timedelta(days=1)
        # A later day counts from its digest hour on, or its own digest would be this one.
        if day < today or moment.astimezone(zone).hour >= member.digest_hour:
            yield day


def _who_gets(member_ids: Sequence[int]) -> tuple[set[int], set[int]]:
    """Who gets a digest on any day - or is owed a last one - and who on one day of the week."""
    rows = select(Membership.member_id, Membership.delivery, Membership.digest_until_no).where(
        Membership.member_id.in_(member_ids),
        Membership.standing.in_(READS),
        or_(Membership.delivery.in_(DIGESTS), Membership.digest_until_no.is_not(None)),
    )
    daily: set[int] = set()
    weekly: set[int] = set()
    for row in db.session.execute(rows):
        (weekly if row.delivery is Mode.WEEKLY else daily).add(row.member_id)
    return daily, weekly


def end_absences() -> int:
    """Whoever was away until now has mail again, and one summary of what came meanwhile; returns how many."""
    rows = (
        select(Member)
        .where(Member.away_until <= now())
        .order_by(Member.away_until, Member.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    members = db.session.scalars(rows).all()
    for member in members:
        assert member.away_from_no is not None
        plan_catch_up(member.id, member.away_from_no)
        record("absence over", "member", member.id, undo="away")
        member.away_until = member.away_from_no = None
    return len(members)


def plan_catch_up(member_id: int, from_no: int) -> None:
    """One summary of what was published after a number: after an absence, or when mail flows again after a pause."""
    through = last_number(PUBLISHED)
    if through > from_no:
        _insert([_row(member_id, DigestKind.CATCH_UP, str(through), through, now()) | {"from_no": from_no}])


def _row(member_id: int, kind: DigestKind, slot: str, through_no: int, due_at: datetime) -> dict[str, Any]:
    return {
        "member_id": member_id,
        "kind": kind,
        "slot": slot,
        "through_no": through_no,
        "state": DeliveryState.WAITING,
        "due_at": due_at,
        "attempts": 0,
        "from_no": None,
    }


def _insert(rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
        db.session.execute(
            insert(Digest).on_conflict_do_nothing(index_elements=[Digest.member_id, Digest.kind, Digest.slot]),
            list(rows),
        )
