"""What takes away writing for a while: a mute or ban of a member; a lock, a slow pace or reading first in a thread.

The one way to begin and to end one, and to end those whose time is over. A row says by whom, why and until when; what
it does stands with the membership or the thread, which the gate reads. The program ends restrictions and never begins
one. Never commits. The membership or thread is locked before the row, always, so that nobody waits in a circle.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import assert_never
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select

from forum.clock import now
from forum.db import db
from forum.groups.actions import NotPossible
from forum.groups.models import Membership, Standing
from forum.groups.queries import former_membership, ids_below, membership_of
from forum.groups.standing import lock, set_standing
from forum.log import record
from forum.moderation.models import Restriction, Restricts
from forum.moderation.restricted import Subject, open_restriction
from forum.queue import enqueue
from forum.threads.models import Thread

SLOW_MINUTES = 60
OF_MEMBERS = (Restricts.MUTE, Restricts.BAN)
REASON_AT_MOST = 2000
# So many end in one transaction.
BATCH = 50
_SLOWEST_MINUTES = 7 * 24 * 60
# The same button twice is one restriction, though its "a week from now" was asked at two moments.
_SAME_MOMENT = timedelta(minutes=1)


def end_of_day(day: date, zone_name: str) -> datetime:
    """The moment at which a day is over in a zone; UTC for a zone nobody knows."""
    try:
        zone = ZoneInfo(zone_name)
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    try:
        return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    except OverflowError:
        raise NotPossible("Write a day such as 2027-01-31.") from None


def restrict(
    subject: Subject,
    kind: Restricts,
    *,
    actor_id: int | None,
    reason: str = "",
    until: datetime | None = None,
    minutes: int = SLOW_MINUTES,
) -> Restriction:
    """Begin a restriction, or change one of this kind: the row that holds now. The same again changes nothing.

    A mute and a ban need a reason, which the member gets by mail; a mute needs an end. What is said of a thread stands
    on its page. `minutes` lie between two answers of one member in a slow thread. Who may is asked by the door.
    """
    reason = reason.strip()[:REASON_AT_MOST]
    _check(subject, kind, reason, until, minutes)
    _lock(subject)
    before = open_restriction(subject, kind)
    if before is not None and _is_same(before, subject, reason, until, minutes):
        return before
    match subject:
        case Membership():
            _restrict_member(subject, kind, reason, until, actor_id)
        case Thread():
            _restrict_thread(subject, kind, reason, until, minutes, actor_id)
        case unknown:
            assert_never(unknown)
    if before is not None:
        _close(before, actor_id)
    row = Restriction(
        group_id=subject.group_id,
        kind=kind,
        member_id=subject.member_id if isinstance(subject, Membership) else None,
        thread_id=subject.id if isinstance(subject, Thread) else None,
        reason=reason,
        made_by_id=actor_id,
        ends_at=until,
    )
    db.session.add(row)
    db.session.flush()
    if isinstance(subject, Membership):
        enqueue("notice.restricted", row.id)
    return row


def lift(subject: Subject, kind: Restricts, *, actor_id: int | None, why: str = "") -> bool:
    """End what holds of this kind, before its time; False when nothing did. The member is told."""
    _lock(subject)
    return _end(subject, kind, open_restriction(subject, kind), actor_id, why)


def lift_all(membership: Membership, *, actor_id: int | None, why: str = "") -> None:
    """A member may read and write again: no ban and no mute holds."""
    # The mute first, or the ban would give way to it.
    for kind in OF_MEMBERS:
        lift(membership, kind, actor_id=actor_id, why=why)


def lift_one(restriction: Restriction, *, actor_id: int | None, why: str = "") -> bool:
    """End this very restriction; False when it has ended. It may be of somebody who has left meanwhile."""
    subject = _subject_of(restriction)
    if subject is not None:
        _lock(subject)
    db.session.refresh(restriction, with_for_update={"of": Restriction})
    return restriction.ended_at is None and _end(subject, restriction.kind, restriction, actor_id, why)


def mute_again(membership: Membership) -> None:
    """Somebody who left while muted, asked to join and was let in: the mute goes on to its end."""
    lock(membership)
    if membership.standing is not Standing.ACTIVE:
        return
    until = _muted_until(membership)
    if until is not None:
        set_standing(membership, Standing.MUTED, actor_id=None, until=until, why="the mute goes on")


def end_due(moment: datetime) -> int:
    """End the restrictions whose time is over, the longest over first; returns how many. What others hold is left."""
    due = select(Restriction).where(Restriction.ended_at.is_(None), Restriction.ends_at <= moment)
    rows = db.session.scalars(due.order_by(Restriction.ends_at, Restriction.id).limit(BATCH)).all()
    return sum(_end_when_due(row, moment) for row in rows)


def _end_when_due(restriction: Restriction, moment: datetime) -> bool:
    subject = _subject_of(restriction)
    if subject is not None and not _is_locked_at_once(subject):
        return False
    still_due = select(Restriction.id).where(
        Restriction.id == restriction.id, Restriction.ended_at.is_(None), Restriction.ends_at <= moment
    )
    if db.session.scalar(still_due.with_for_update(skip_locked=True)) is None:
        return False
    db.session.refresh(restriction)
    return _end(subject, restriction.kind, restriction, None, "its time is over")


def _subject_of(restriction: Restriction) -> Subject | None:
    """Whom or what it holds; None for somebody who belongs to the group no longer."""
    if restriction.thread_id is not None:
        return db.session.get_one(Thread, restriction.thread_id)
    assert restriction.member_id is not None
    return membership_of(restriction.member_id, restriction.group_id)


# --- what it does ---


def _check(subject: Subject, kind: Restricts, reason: str, until: datetime | None, minutes: int) -> None:
    if (kind in OF_MEMBERS) is not isinstance(subject, Membership):
        raise ValueError(f"{kind} of a {type(subject).__name__}")
    if kind in OF_MEMBERS and not reason:
        raise NotPossible("Write a reason. The member gets it by mail.")
    if kind is Restricts.MUTE and until is None:
        raise NotPossible("Say until when the mute lasts.")
    if until is not None and until <= now():
        raise NotPossible("Say until when: a day in the future.")
    if kind is Restricts.SLOW and not 1 <= minutes <= _SLOWEST_MINUTES:
        raise NotPossible("Say how many minutes lie between two answers of one member, from 1 to 10080 (a week).")


def _is_same(row: Restriction, subject: Subject, reason: str, until: datetime | None, minutes: int) -> bool:
    if row.reason != reason or (row.ends_at is None) is not (until is None):
        return False
    if row.ends_at is not None and until is not None and abs(row.ends_at - until) > _SAME_MOMENT:
        return False
    if isinstance(subject, Membership):
        return subject.standing is (Standing.MUTED if row.kind is Restricts.MUTE else Standing.BANNED)
    return row.kind is not Restricts.SLOW or subject.slow_seconds == minutes * 60


def _restrict_member(
    membership: Membership, kind: Restricts, reason: str, until: datetime | None, actor_id: int | None
) -> None:
    muting = kind is Restricts.MUTE
    if muting and membership.standing is Standing.BANNED:
        raise NotPossible("This member is banned. Lift the ban first.")
    if membership.standing is Standing.PENDING and until is not None:
        # At its end somebody would be in who was never let in.
        raise NotPossible("This member has asked to join and is not let in yet. Admit or decline first.")
    came_along = _muted_along(membership) if muting else ()
    for each in (membership, *came_along):
        set_standing(
            each,
            Standing.MUTED if muting else Standing.BANNED,
            actor_id=actor_id,
            until=until if muting else None,
            why=reason[:500],
        )


def _restrict_thread(
    thread: Thread, kind: Restricts, reason: str, until: datetime | None, minutes: int, actor_id: int | None
) -> None:
    match kind:
        case Restricts.LOCK:
            thread.locked_at, thread.locked_until, thread.lock_reason = now(), until, reason
            _note("lock thread", thread, actor_id, reason, "unlock thread")
        case Restricts.SLOW:
            slow = thread.slow_seconds
            thread.slow_seconds = minutes * 60
            undo = "release thread" if slow is None else f"slow thread {slow // 60} minutes"
            _note(f"slow thread {minutes} minutes", thread, actor_id, reason, undo)
        case _:
            thread.moderated_at = thread.moderated_at or now()
            _note("hold thread", thread, actor_id, reason, "release thread")


def _end(subject: Subject | None, kind: Restricts, row: Restriction | None, actor_id: int | None, why: str) -> bool:
    """Take back what it does and close the row; False when neither was there."""
    match subject:
        case None:
            undone = _forget_mute(row)
        case Membership():
            undone = _free_member(subject, kind, actor_id, why)
        case Thread():
            undone = _free_thread(subject, kind, actor_id, why)
        case unknown:
            assert_never(unknown)
    if row is None:
        return undone
    if not undone:
        record(f"end {kind}", "restriction", row.id, actor_id=actor_id, group_id=row.group_id, why=why[:500])
    _close(row, actor_id)
    if kind in OF_MEMBERS:
        enqueue("notice.restriction_over", row.id)
    return True


def _free_member(membership: Membership, kind: Restricts, actor_id: int | None, why: str) -> bool:
    if membership.standing is not (Standing.MUTED if kind is Restricts.MUTE else Standing.BANNED):
        return False
    # A ban may have stood above a mute that is not over.
    until = _muted_until(membership) if kind is Restricts.BAN else None
    standing = Standing.ACTIVE if until is None else Standing.MUTED
    came_along = _muted_along(membership) if kind is Restricts.MUTE else ()
    for each in (membership, *came_along):
        set_standing(each, standing, actor_id=actor_id, until=until, why=why[:500])
    return True


def _muted_along(membership: Membership) -> Sequence[Membership]:
    """The member's places in groups below into which this mute went along when they grew out of this one: locked.

    They are muted until the same moment, and by nobody's decision there.
    """
    if membership.standing is not Standing.MUTED:
        return ()
    decided = (
        select(Restriction.id)
        .where(
            Restriction.group_id == Membership.group_id,
            Restriction.member_id == Membership.member_id,
            Restriction.kind == Restricts.MUTE,
            Restriction.ended_at.is_(None),
        )
        .exists()
    )
    rows = (
        select(Membership)
        .where(
            Membership.member_id == membership.member_id,
            Membership.group_id.in_(ids_below(membership.group)),
            Membership.standing == Standing.MUTED,
            Membership.muted_until == membership.muted_until,
            ~decided,
        )
        .order_by(Membership.group_id)
        .with_for_update(of=Membership)
    )
    return db.session.scalars(rows).unique().all()


def _muted_until(membership: Membership) -> datetime | None:
    """The end of the mute whose row is open, while it is to come."""
    mute = open_restriction(membership, Restricts.MUTE)
    return mute.ends_at if mute is not None and mute.ends_at is not None and mute.ends_at > now() else None


def _forget_mute(row: Restriction | None) -> bool:
    """Of somebody who has left: coming back would bring the mute with it."""
    if row is None or row.member_id is None or row.kind is not Restricts.MUTE:
        return False
    former = former_membership(row.member_id, row.group_id)
    if former is not None:
        former.muted_until = None
    return False


def _free_thread(thread: Thread, kind: Restricts, actor_id: int | None, why: str) -> bool:
    match kind:
        case Restricts.LOCK if thread.locked_at is not None:
            thread.locked_at, thread.locked_until, thread.lock_reason = None, None, ""
            _note("unlock thread", thread, actor_id, why, "lock thread")
        case Restricts.SLOW if thread.slow_seconds is not None:
            undo = f"slow thread {thread.slow_seconds // 60} minutes"
            thread.slow_seconds = None
            _note("end slow thread", thread, actor_id, why, undo)
        case Restricts.HOLD if thread.moderated_at is not None:
            thread.moderated_at = None
            _note("release thread", thread, actor_id, why, "hold thread")
        case _:
            return False
    return True


def _close(row: Restriction, actor_id: int | None) -> None:
    row.ended_at, row.ended_by_id = now(), actor_id
    db.session.flush()


def _note(act: str, thread: Thread, actor_id: int | None, why: str, undo: str) -> None:
    record(act, "thread", thread.id, actor_id=actor_id, group_id=thread.group_id, why=why[:500], undo=undo)


# --- locks ---


def _lock(subject: Subject) -> None:
    """Take the row for this transaction and see it as it is."""
    if isinstance(subject, Membership):
        lock(subject)
    else:
        db.session.flush()
        db.session.refresh(subject, with_for_update={"of": Thread})


def _is_locked_at_once(subject: Subject) -> bool:
    """Take the row unless somebody else has it; it is then seen as it is."""
    model = type(subject)
    row = select(model.id).where(model.id == subject.id).with_for_update(skip_locked=True)
    if db.session.scalar(row) is None:
        return False
    db.session.refresh(subject)
    return True
