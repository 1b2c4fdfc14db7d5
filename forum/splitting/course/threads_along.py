"""Which threads go along to which new group, and what becomes of each. Never commits.

Whether a thread may go is not decided here: `readership.moves` proves under its lock that nobody gains sight of
words that were not written for them.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, insert, select, update

from forum.clock import now
from forum.db import db
from forum.groups.models import READS, Group, Membership
from forum.splitting.models import ParentBecomes, Plan, PlannedGroup, PlannedThread, Seat, ThreadsGo
from forum.splitting.readership.moves import take_along
from forum.threads.models import Post, Thread
from forum.threads.queries import author_column

# For so many threads at once it is found out where they go, and so many are moved in one batch of less than 250 ms.
LOOKED_AT_ONCE = 2_000
MOVED_AT_ONCE = 200
# A thread goes along to a group in which so many of a hundred of its writers sit.
FITS_PERCENT = 60
BUSY = "Somebody was changing something in it each time it was to move, so it stays where it is."


@dataclass(frozen=True)
class Writers:
    """Who wrote in a thread, in the order of their first posts: the one who began it comes first."""

    thread_id: int
    member_ids: Sequence[int]


@dataclass(frozen=True)
class Lots:
    """Threads that go along, by the planned group to which they go; and the last thread that was looked at."""

    by_group: Mapping[int, Sequence[int]]
    up_to_thread: int


def place_for(writers: Writers, seated: Mapping[int, Collection[int]], percent: int) -> int | None:
    """The planned group, by id, in which at least so many of a hundred writers sit: the one with the most of them.

    Of several with as many it is one of who began the thread, then the first by id. None where there is none.
    """
    counts: dict[int, int] = defaultdict(int)
    for member_id in writers.member_ids:
        for planned_id in seated.get(member_id, ()):
            counts[planned_id] += 1
    if not counts:
        return None
    most = max(counts.values())
    if 100 * most < percent * len(writers.member_ids):
        return None
    equal = sorted(planned_id for planned_id, count in counts.items() if count == most)
    begun_there = [planned_id for planned_id in equal if planned_id in seated.get(writers.member_ids[0], ())]
    return (begun_there or equal)[0]


def next_lots(plan: Plan, after: int) -> Lots | None:
    """Where the next threads of the plan's group go, by id after this one; None after the last. Reads only."""
    rows = select(Thread.id).where(Thread.group_id == plan.group_id, Thread.posts > 0, Thread.id > after)
    thread_ids = db.session.scalars(rows.order_by(Thread.id).limit(LOOKED_AT_ONCE)).all()
    if not thread_ids:
        return None
    by_group: dict[int, list[int]] = defaultdict(list)
    for thread_id, planned_id in sorted(destinations(plan, thread_ids).items()):
        by_group[planned_id].append(thread_id)
    return Lots(by_group, thread_ids[-1])


def take_threads(plan: Plan, planned_id: int, thread_ids: Sequence[int]) -> frozenset[int]:
    """Move these threads to a group that has been made, but those that must stay; which somebody else was changing."""
    group_id = db.session.get_one(PlannedGroup, planned_id).group_id
    assert group_id is not None
    taken = take_along(thread_ids, db.session.get_one(Group, group_id), actor_id=plan.made_by_id, plan=plan)
    _note(plan, planned_id, taken.moved, taken.left_behind)
    return taken.busy


def leave_busy(plan: Plan, thread_ids: Collection[int]) -> None:
    """Say of threads that somebody was changing each time they were tried why they are where they were."""
    of_plan = select(PlannedThread).where(PlannedThread.plan_id == plan.id, PlannedThread.thread_id.in_(thread_ids))
    rows = {row.thread_id: row for row in db.session.scalars(of_plan)}
    for thread_id in sorted(thread_ids):
        row = rows.get(thread_id)
        if row is None:
            row = PlannedThread(plan_id=plan.id, thread_id=thread_id)
            db.session.add(row)
        row.left_behind = BUSY
    db.session.flush()


def destinations(
    plan: Plan, thread_ids: Sequence[int], seats: Mapping[int, Collection[int]] | None = None
) -> Mapping[int, int]:
    """Where these threads go, as planned groups by thread; those that stay are not among them.

    `seats`: the planned groups by member, to look ahead; else those in which members have been seated.
    """
    listed = dict(
        db.session.execute(
            select(PlannedThread.thread_id, PlannedThread.planned_group_id).where(
                PlannedThread.plan_id == plan.id, PlannedThread.thread_id.in_(thread_ids)
            )
        )
        .tuples()
        .all()
    )
    of_plan = select(PlannedGroup.id).where(PlannedGroup.plan_id == plan.id).order_by(PlannedGroup.position)
    groups = db.session.scalars(
        of_plan if seats is not None else of_plan.where(PlannedGroup.group_id.is_not(None))
    ).all()
    # A row without a group says that the thread stays; one that was left behind is tried again.
    found = {thread_id: at for thread_id, at in listed.items() if at is not None and at in groups}
    rest = [thread_id for thread_id in thread_ids if thread_id not in listed]
    everything = plan.threads_go is ThreadsGo.ALL or plan.parent_becomes is ParentBecomes.CHOSEN
    if not rest or (plan.threads_go is ThreadsGo.LISTED and not everything):
        return found
    if everything and len(groups) == 1:
        return found | dict.fromkeys(rest, groups[0])
    writers = _writers(plan, rest)
    seated = seats
    if seated is None:
        seated = _seated(plan, {member_id for each in writers for member_id in each.member_ids})
    for each in writers:
        planned_id = place_for(each, seated, 0 if everything else FITS_PERCENT)
        if planned_id is not None:
            found[each.thread_id] = planned_id
    return found


def _writers(plan: Plan, thread_ids: Collection[int]) -> Sequence[Writers]:
    """The members of the plan's group who wrote in these threads under their names."""
    rows = (
        select(Post.thread_id, author_column())
        .join(Membership, (Membership.member_id == author_column()) & (Membership.group_id == plan.group_id))
        .where(
            Post.thread_id.in_(thread_ids),
            Post.pseudonym_id.is_(None),
            Post.erased_at.is_(None),
            Membership.standing.in_(READS),
        )
        .group_by(Post.thread_id, author_column())
        .order_by(Post.thread_id, func.min(Post.published_no))
    )
    found: dict[int, list[int]] = defaultdict(list)
    for thread_id, author_id in db.session.execute(rows):
        found[thread_id].append(author_id)
    return [Writers(thread_id, member_ids) for thread_id, member_ids in found.items()]


def _seated(plan: Plan, member_ids: Collection[int]) -> Mapping[int, Collection[int]]:
    """The planned groups in which these members have been seated."""
    rows = select(Seat.member_id, Seat.planned_group_id).where(
        Seat.plan_id == plan.id, Seat.member_id.in_(member_ids), Seat.carried_at.is_not(None), Seat.undone_at.is_(None)
    )
    found: dict[int, set[int]] = defaultdict(set)
    for member_id, planned_id in db.session.execute(rows):
        found[member_id].add(planned_id)
    return found


def _note(plan: Plan, planned_id: int, moved: Collection[int], left_behind: Mapping[int, str]) -> None:
    """A row for each: what undoing moves back, and what moderators read of those that could not go."""
    moment = now()
    known = set(
        db.session.scalars(
            select(PlannedThread.thread_id).where(
                PlannedThread.plan_id == plan.id, PlannedThread.thread_id.in_([*moved, *left_behind])
            )
        )
    )
    new = [
        {
            "plan_id": plan.id,
            "thread_id": thread_id,
            "planned_group_id": planned_id,
            "left_behind": left_behind.get(thread_id, ""),
            "moved_at": None if thread_id in left_behind else moment,
        }
        for thread_id in sorted((*moved, *left_behind))
        if thread_id not in known
    ]
    if new:
        db.session.execute(insert(PlannedThread), new)
    of_plan = update(PlannedThread).where(PlannedThread.plan_id == plan.id)
    of_plan = of_plan.execution_options(synchronize_session=False)
    went = [thread_id for thread_id in moved if thread_id in known]
    if went:
        db.session.execute(of_plan.where(PlannedThread.thread_id.in_(went)).values(moved_at=moment, left_behind=""))
    for thread_id in sorted(known.intersection(left_behind)):
        stays = of_plan.where(PlannedThread.thread_id == thread_id)
        db.session.execute(stays.values(left_behind=left_behind[thread_id]))
