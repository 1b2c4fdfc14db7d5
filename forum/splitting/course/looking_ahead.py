"""The readership proof of a plan before it is carried out: which threads would go where, and who would read them then.

Reads only. It looks at seats as they are planned; when the plan is carried out, the proof is made again for each
thread under its lock, so that what is shown here promises nothing that is not held there.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from forum.db import db
from forum.groups.models import READS, Membership
from forum.splitting.course.threads_along import destinations
from forum.splitting.models import Plan, Seat
from forum.splitting.readership.consents import consented
from forum.splitting.readership.difference import Difference, difference, names_of_some
from forum.splitting.readership.moves import ANONYMOUS_STAY, NOT_AGREED
from forum.splitting.readership.readers import Readers
from forum.threads.models import Thread

_THREADS_AT_ONCE = 5_000


@dataclass(frozen=True)
class Going:
    """Threads that would go to one planned group: how many, who would read them, and who would not any more."""

    position: int
    name: str
    threads: int
    readers: int
    gained: int
    lost: int
    # A few names out of those who would gain sight.
    some_gaining: Sequence[str]


@dataclass(frozen=True)
class Staying:
    """A thread that is left behind as things are, and why."""

    public_id: str
    subject: str
    sentence: str


@dataclass(frozen=True)
class Ahead:
    """What would become of a group's threads. `gained` counts pairs of a member and a thread that goes: there is none
    without its authors' consent."""

    threads: int
    going: Sequence[Going]
    gained: int
    lost: int
    left_behind: int
    some_left_behind: Sequence[Staying]
    # Threads, by planned group, whose authors could be asked.
    to_ask: Mapping[int, Collection[int]]


def look_ahead(plan: Plan, *, names: int) -> Ahead:
    """The proof as of now; of the threads that are left behind at most so many by name."""
    thread_ids = db.session.scalars(
        select(Thread.id).where(Thread.group_id == plan.group_id, Thread.posts > 0).order_by(Thread.id)
    ).all()
    seats = _seats(plan)
    goes: dict[int, int] = {}
    for begin in range(0, len(thread_ids), _THREADS_AT_ONCE):
        goes |= destinations(plan, thread_ids[begin : begin + _THREADS_AT_ONCE], seats)
    readers = Readers()
    places = {planned.id: readers.planned_place(planned) for planned in plan.groups}
    all_of_them = difference({thread_id: places[planned_id] for thread_id, planned_id in goes.items()}, readers)
    behind = {
        thread_id: ANONYMOUS_STAY if each.has_anonymous else NOT_AGREED
        for thread_id, each in all_of_them.widened.items()
        if not consented(plan, each, goes[thread_id])
    }
    to_ask: dict[int, list[int]] = defaultdict(list)
    for thread_id, why in behind.items():
        if why is NOT_AGREED:
            to_ask[goes[thread_id]].append(thread_id)
    return Ahead(
        len(thread_ids),
        _going(plan, all_of_them, behind),
        sum(len(way.gained) * len(_less(way.thread_ids, behind)) for way in all_of_them.ways),
        sum(len(way.lost) * len(_less(way.thread_ids, behind)) for way in all_of_them.ways),
        len(behind),
        _staying(behind, names),
        to_ask,
    )


def planned_ids_of(plan: Plan, member_id: int) -> frozenset[int]:
    """The planned groups in which a member has a seat."""
    seats = select(Seat.planned_group_id).where(
        Seat.plan_id == plan.id, Seat.member_id == member_id, Seat.undone_at.is_(None)
    )
    return frozenset(db.session.scalars(seats))


def _seats(plan: Plan) -> Mapping[int, Collection[int]]:
    """Where each member of the group would be. Who has left the group or is banned there will not be carried over."""
    rows = (
        select(Seat.member_id, Seat.planned_group_id)
        .join(Membership, (Membership.member_id == Seat.member_id) & (Membership.group_id == plan.group_id))
        .where(
            Seat.plan_id == plan.id,
            Seat.undone_at.is_(None),
            Membership.standing.in_(READS),
        )
    )
    found: dict[int, list[int]] = defaultdict(list)
    for member_id, planned_id in db.session.execute(rows):
        found[member_id].append(planned_id)
    return found


def _going(plan: Plan, found: Difference, behind: Collection[int]) -> Sequence[Going]:
    positions = {planned.id: planned.position for planned in plan.groups}
    rows = [
        Going(
            positions[way.to.planned_id],
            way.to.name,
            len(_less(way.thread_ids, behind)),
            len(way.to.readers),
            len(way.gained),
            len(way.lost),
            names_of_some(way, way.gained),
        )
        for way in found.ways
        if way.to.planned_id is not None
    ]
    return sorted(rows, key=lambda row: row.position)


def _less(thread_ids: Sequence[int], behind: Collection[int]) -> Sequence[int]:
    return [thread_id for thread_id in thread_ids if thread_id not in behind]


def _staying(behind: Mapping[int, str], most: int) -> Sequence[Staying]:
    rows = select(Thread.id, Thread.public_id, Thread.subject).where(Thread.id.in_(sorted(behind)[-most:]))
    return [
        Staying(row.public_id, row.subject, behind[row.id])
        for row in db.session.execute(rows.order_by(Thread.id.desc()))
    ]
