"""Puts back what a plan has carried out: threads go home, memberships end, groups close. Never commits.

It takes away only what the plan or its groups have brought, and loses nothing of what was written meanwhile. Each
function is one batch, which does what is left to do and can be repeated (`steps` runs them). What
happens to each table in which a row belongs to a new group:

    thread, post, thread_tag, thread_move   the thread goes to the parent by `moves.take_along`, and with it all that
                                            hangs on it: links, authorship, dates, marks, followers, reply addresses.
                                            What was written for fewer (in a circle, in an unlisted group) stays, and
                                            so does its group
    held_post, arrival                      what waits, or has come back to its author, waits in the parent, for its
                                            moderators; what was decided, and which mail arrived, is history and stays
    flagged_post, restriction (of threads)  go with their thread
    membership                              ends; who joined meanwhile and is not in the parent comes to it or asks to
                                            (`leading_back`); digests go on where they were
    former_membership                       stays: who has left is not led back
    restriction (of members)                ends with its group; the parent's moderators are told of each, since a
                                            brake set by others for a smaller group is neither kept nor lifted unseen
    appeal, seal_opening                    open ones go to the parent's moderators
    invitation                              open ones lead to the parent where the inviter could have invited, else
                                            into the community
    duty_turn                               those that have not ended are taken away
    tag_choice, reason_template,            stay with the closed group: they do nothing there, and no member's choice in
    posting_rule, rule_version,             the parent was changed by them
    roster_sync, archive_import, log_entry
    community_group below it                stay where they are in the tree, under the closed group and with its rules
    plan of the new group                   one that is under way must end first; what is only a draft is withdrawn
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, exists, select, update

from forum.clock import now
from forum.db import db
from forum.groups.models import DutyTurn, Group, Invitation, JoinPolicy, Kind
from forum.groups.queries import community, take_turn_in_the_tree
from forum.groups.rights import moderators_of
from forum.log import record
from forum.moderation.models import Appeal, AppealState, Restriction, SealOpening
from forum.posting.models import HeldPost, HeldState
from forum.queue import enqueue
from forum.splitting.course.threads_along import MOVED_AT_ONCE
from forum.splitting.models import Plan, PlannedGroup, PlannedThread, PlanState, Seat
from forum.splitting.plans import move_on
from forum.splitting.readership.moves import take_along
from forum.threads.models import Thread

_OPEN_TO_AUTHOR = HeldPost.state.in_((HeldState.WAITING, HeldState.RETURNED))


def made_groups(plan: Plan) -> Sequence[PlannedGroup]:
    """The planned groups that have been made, in their order."""
    rows = select(PlannedGroup).where(PlannedGroup.plan_id == plan.id, PlannedGroup.group_id.is_not(None))
    return db.session.scalars(rows.order_by(PlannedGroup.position)).all()


def threads_of(planned: PlannedGroup, after: int) -> Sequence[int]:
    """The next threads that stand in a new group, also those that began there, by id after this one."""
    rows = select(Thread.id).where(Thread.group_id == planned.group_id, Thread.id > after)
    return db.session.scalars(rows.order_by(Thread.id).limit(MOVED_AT_ONCE)).all()


def bring_home(plan: Plan, thread_ids: Sequence[int]) -> frozenset[int]:
    """Move these threads to the parent, but those that were written for fewer; which somebody else was changing."""
    taken = take_along(thread_ids, db.session.get_one(Group, plan.group_id), actor_id=None, plan=plan)
    of_plan = update(PlannedThread).where(PlannedThread.plan_id == plan.id)
    of_plan = of_plan.execution_options(synchronize_session=False)
    db.session.execute(of_plan.where(PlannedThread.thread_id.in_(taken.moved)).values(undone_at=now()))
    for thread_id, why in taken.left_behind.items():
        db.session.execute(of_plan.where(PlannedThread.thread_id == thread_id).values(left_behind=why))
    return taken.busy


def must_stand(planned: PlannedGroup) -> bool:
    """Whether the group has words of its own that no others may read: it stays then, with everybody in it."""
    own_threads = exists().where(Thread.group_id == planned.group_id)
    waiting = exists().where(HeldPost.group_id == planned.group_id, _OPEN_TO_AUTHOR)
    inside = not planned.listed or planned.kind is Kind.CIRCLE
    return bool(db.session.scalar(select(own_threads))) or (inside and bool(db.session.scalar(select(waiting))))


def close_group(plan: Plan, planned: PlannedGroup) -> None:
    """From now on the group's address, page and links lead to the parent. Its members are led back afterwards.

    Closed before they are, so that nobody comes in behind them.
    """
    take_turn_in_the_tree()
    group = db.session.get_one(Group, planned.group_id)
    parent = db.session.get_one(Group, plan.group_id)
    db.session.refresh(group, with_for_update={"of": Group})
    if group.closed_at is not None:
        return
    group.closed_at, group.became_id = now(), parent.id
    _hand_over(group, parent)
    db.session.execute(delete(DutyTurn).where(DutyTurn.group_id == group.id, DutyTurn.ends_at > now()))
    _lead_invitations(group, parent)
    db.session.flush()
    record(
        "close group",
        "group",
        group.id,
        group_id=parent.id,
        why=f"plan {plan.public_id}",
        undo=f"spin off a group from {parent.slug}",
    )


def _hand_over(group: Group, parent: Group) -> None:
    """What moderators still have to decide is the parent's to decide."""
    waiting = select(HeldPost.id).where(HeldPost.group_id == group.id, HeldPost.state == HeldState.WAITING)
    waiting_ids = db.session.scalars(waiting.order_by(HeldPost.id).with_for_update()).all()
    open_rows: Sequence[tuple[type[HeldPost] | type[Appeal] | type[SealOpening], ColumnElement[bool]]] = (
        (HeldPost, _OPEN_TO_AUTHOR),
        (Appeal, Appeal.state == AppealState.OPEN),
        (SealOpening, SealOpening.opened_at.is_(None)),
    )
    for table, is_open in open_rows:
        handed = update(table).where(table.group_id == group.id, is_open).values(group_id=parent.id)
        db.session.execute(handed.execution_options(synchronize_session=False))
    db.session.expire_all()
    for held_id in waiting_ids:
        enqueue("moderators.held", held_id)


def _lead_invitations(group: Group, parent: Group) -> None:
    """Who was invited finds the parent behind the link where anybody may come, else the community."""
    root = community()
    to = parent if parent.join_policy is JoinPolicy.OPEN else root
    still_open = (Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None))
    rows = select(Invitation).where(Invitation.group_id == group.id, *still_open).with_for_update()
    for invitation in db.session.scalars(rows.order_by(Invitation.id)).all():
        double = select(Invitation.id).where(
            Invitation.group_id == to.id, Invitation.email_key == invitation.email_key, *still_open
        )
        if db.session.scalar(double.limit(1)) is None:
            invitation.group_id = to.id
        else:
            invitation.withdrawn_at = now()
        db.session.flush()


def end_restrictions(planned: PlannedGroup) -> int:
    """End the mutes and bans that were set in a closed group; returns how many. Its moderators' reasons stay."""
    rows = select(Restriction).where(
        Restriction.group_id == planned.group_id, Restriction.member_id.is_not(None), Restriction.ended_at.is_(None)
    )
    ended = db.session.scalars(rows.order_by(Restriction.id).with_for_update()).all()
    parent_id = db.session.get_one(Group, planned.group_id).became_id
    for restriction in ended:
        restriction.ended_at = now()
        assert restriction.member_id is not None
        record(
            f"{restriction.kind} ended",
            "member",
            restriction.member_id,
            group_id=parent_id,
            why=f"its group was closed (restriction {restriction.public_id})",
            undo=f"{restriction.kind} in the group that it became",
        )
    return len(ended)


def end_undo(plan: Plan) -> None:
    """All is back. Moderators hear of it, and of what could not come back, and the members who were asked."""
    standing = [
        planned for planned in made_groups(plan) if planned.group is not None and planned.group.closed_at is None
    ]
    # Who has left a new group meanwhile had no membership there to end.
    left = update(Seat).where(
        Seat.plan_id == plan.id,
        Seat.planned_group_id.not_in([planned.id for planned in standing]),
        Seat.carried_at.is_not(None),
        Seat.undone_at.is_(None),
    )
    db.session.execute(left.values(undone_at=now()).execution_options(synchronize_session=False))
    move_on(plan, PlanState.UNDONE, actor_id=None, undo="carry out a new plan")
    if standing:
        names = ", ".join(planned.name for planned in standing)
        parent = db.session.get_one(Group, plan.group_id)
        plan.trouble = (
            f"{names} could not be closed: it has words that were written for its own members alone, and not for "
            f"those of {parent.name}. Everything else is as before."
        )
    for moderator in moderators_of(db.session.get_one(Group, plan.group_id)):
        enqueue("notice.plan_put_back", plan.id, moderator.id)
    enqueue("plan.tell_the_end", plan.id)
