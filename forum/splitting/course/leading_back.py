"""Ends the memberships of a closed group: who belongs to the parent stays there, who joined meanwhile is led to it.

Never commits. A batch at a time, by member; digests go on where they were, so that no post is missed or comes twice.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, and_, delete, func, select, update
from sqlalchemy.orm import aliased

from forum.accounts.models import Member
from forum.clock import now
from forum.counter import PUBLISHED, last_number
from forum.db import db
from forum.groups.choices import DIGESTS, plan_digests
from forum.groups.joining import enter
from forum.groups.models import READS, Delivery, Group, JoinPolicy, Membership, Standing
from forum.groups.queries import community, former_membership, membership_of
from forum.log import record
from forum.queue import enqueue
from forum.splitting.models import Plan, PlannedGroup, Seat
from forum.threads.models import Thread, ThreadMove

# So many memberships end in one batch: less than 250 ms.
MEMBERS_AT_ONCE = 500
_CHOICES = ("delivery", "own_copy", "topics_only", "acknowledge", "copy_when_addressed")


@dataclass(frozen=True)
class Mark:
    """How far digests have covered a group for one member. `pending`: posts may wait behind it for the next one."""

    number: int
    pending: bool


def merged(one: Mark, other: Mark) -> int:
    """The mark of two groups that become one: before everything that waits in either; else as far as both are had.

    A mark stays behind where nothing is written: then it is the other one that says how far digests went.
    """
    waiting = [each.number for each in (one, other) if each.pending]
    return min(waiting) if waiting else max(one.number, other.number)


def lead_back(plan: Plan, planned: PlannedGroup) -> int:
    """End the next memberships of a closed group; how many, 0 when there are none any more."""
    rows = _memberships(plan, planned)
    if not rows:
        return 0
    _merge_marks(planned, rows)
    for row in rows:
        if row.own_id is None and row.standing is not Standing.BANNED:
            _bring_to_parent(plan, planned, row)
    member_ids = [row.member_id for row in rows]
    seats = update(Seat).where(
        Seat.planned_group_id == planned.id, Seat.member_id.in_(member_ids), Seat.carried_at.is_not(None)
    )
    db.session.execute(seats.values(undone_at=now()).execution_options(synchronize_session=False))
    db.session.execute(
        delete(Membership)
        .where(Membership.id.in_([row.id for row in rows]))
        .execution_options(synchronize_session=False)
    )
    db.session.expire_all()
    _stop_needless_digests(member_ids)
    record(
        "plan ends memberships",
        "plan",
        plan.id,
        group_id=planned.group_id,
        why=f"{len(rows)} members, up to {member_ids[-1]}",
        undo="carry out a new plan",
    )
    return len(rows)


_Row = Row[Any]


def _memberships(plan: Plan, planned: PlannedGroup) -> Sequence[_Row]:
    """The next memberships of the closed group, locked, each beside the one of its member in the parent, if any."""
    own = aliased(Membership)
    here = select(Membership.member_id).where(Membership.group_id == planned.group_id)
    member_ids = db.session.scalars(here.order_by(Membership.member_id).limit(MEMBERS_AT_ONCE)).all()
    # The parent's first: whoever leaves the community locks them in this order, too.
    for group_id in (plan.group_id, planned.group_id):
        locked = select(Membership.id).where(Membership.group_id == group_id, Membership.member_id.in_(member_ids))
        db.session.execute(locked.order_by(Membership.member_id).with_for_update())
    rows = (
        select(
            Membership.id,
            Membership.member_id,
            Membership.standing,
            Membership.delivery,
            Membership.digest_no,
            Membership.digest_until_no,
            own.id.label("own_id"),
            own.delivery.label("own_delivery"),
            own.digest_no.label("own_digest_no"),
            own.digest_until_no.label("own_digest_until_no"),
        )
        .outerjoin(own, and_(own.member_id == Membership.member_id, own.group_id == plan.group_id))
        .where(Membership.group_id == planned.group_id, Membership.member_id.in_(member_ids))
        .order_by(Membership.member_id)
    )
    return db.session.execute(rows).all()


# --- digests ---


def _merge_marks(planned: PlannedGroup, rows: Sequence[_Row]) -> None:
    """Let the parent's digests go on where those of the closed group were: its threads are the parent's now."""
    group = db.session.get_one(Group, planned.group_id)
    assert group.became_id is not None
    digested = [row for row in rows if row.own_id is not None and _gets_digests(row.delivery, row.digest_until_no)]
    if not digested:
        return
    here = select(Thread.last_published_no).where(Thread.group_id == group.became_id)
    came = select(ThreadMove.thread_id).where(ThreadMove.from_group_id == group.id)
    last_come = db.session.scalar(select(func.max(here.where(Thread.id.in_(came)).subquery().c[0]))) or 0
    others = here.where(Thread.id.not_in(came)).order_by(Thread.last_published_no.desc()).limit(1)
    last_other = db.session.scalar(others) or 0
    for row in digested:
        theirs = Mark(row.digest_no, last_come > row.digest_no)
        if _gets_digests(row.own_delivery, row.own_digest_until_no):
            own = Mark(row.own_digest_no or 0, last_other > (row.own_digest_no or 0))
            number, until = merged(own, theirs), row.own_digest_until_no
            if until is not None and theirs.pending:
                until = last_number(PUBLISHED)
        elif theirs.pending and row.own_delivery is Delivery.SINGLE:
            # The last digest that this group owed: what has gone out singly is not in it.
            number, until = row.digest_no, last_number(PUBLISHED)
        else:
            continue
        if (number, until) != (row.own_digest_no, row.own_digest_until_no):
            marks = update(Membership).where(Membership.id == row.own_id)
            marks = marks.values(digest_no=number, digest_until_no=until)
            db.session.execute(marks.execution_options(synchronize_session=False))


def _gets_digests(delivery: Delivery | None, until: int | None) -> bool:
    return delivery in DIGESTS or (until is not None and delivery is not Delivery.NONE)


def _stop_needless_digests(member_ids: Collection[int]) -> None:
    """No digest is planned any more for who had them of closed groups alone, and one is for who is owed one now."""
    getting = (
        select(Membership.id)
        .where(
            Membership.member_id == Member.id,
            Membership.delivery.in_(DIGESTS) | Membership.digest_until_no.is_not(None),
        )
        .exists()
    )
    wrong = select(Member.id).where(Member.id.in_(member_ids), getting == Member.digest_due_at.is_(None))
    for member_id in db.session.scalars(wrong.order_by(Member.id)).all():
        plan_digests(member_id)


# --- who is not in the parent ---


def _bring_to_parent(plan: Plan, planned: PlannedGroup, row: _Row) -> None:
    """Who came to the group meanwhile comes to the parent, at once where anybody may, else by asking its moderators.

    Whoever was removed from the parent, or has no standing in the community, does not.
    """
    parent = db.session.get_one(Group, plan.group_id)
    root = membership_of(row.member_id, community().id)
    before = former_membership(row.member_id, parent.id)
    if root is None or root.standing not in READS or (before is not None and not before.by_choice):
        return
    at_once = parent.join_policy is JoinPolicy.OPEN
    was_in = row.standing in READS
    member = db.session.get_one(Member, row.member_id)
    why = f"plan {plan.public_id} was undone"
    membership = enter(member, parent, newcomer=False, actor_id=None, why=why, pending=not at_once)
    if before is None and was_in:
        chosen = db.session.get_one(Membership, row.id)
        for name in _CHOICES:
            setattr(membership, name, getattr(chosen, name))
        db.session.flush()
        plan_digests(row.member_id)
    if not at_once:
        enqueue("moderators.join_request", membership.id)
    enqueue("notice.plan_led_back", membership.id, planned.group_id)
