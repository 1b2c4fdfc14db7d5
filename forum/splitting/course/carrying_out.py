"""Carries a plan out: makes its groups, and in them the memberships of who has a seat. Never commits.

It only adds: nobody loses a membership by it, and nobody gets other mail than before but from the groups that are new.
Each function is one batch, which does what is left to do and can be repeated: `steps` runs them, each
in a transaction of its own. How threads go along is in `threads_along`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, exists, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from forum.accounts.models import Member
from forum.clock import now
from forum.db import analyze, db
from forum.groups.actions import NotPossible, create_group
from forum.groups.choices import DIGESTS, plan_digests
from forum.groups.joining import add_to_group
from forum.groups.models import READS, FormerMembership, Group, JoinPolicy, Kind, Membership, Role, Standing
from forum.groups.queries import community, group_by_slug, membership_of
from forum.groups.standing import set_role
from forum.log import record
from forum.queue import enqueue, enqueue_each
from forum.splitting.course.announcing import ask_the_moved
from forum.splitting.models import Answer, Asks, Plan, PlanKind, PlannedGroup, PlanQuestion, PlanState, Seat, SeatBy

# So many members in one batch: their seats are written in less than 250 ms.
MEMBERS_AT_ONCE = 500

# What a new group has from the one that it grows out of, so that it begins as strict. Rules and templates of reasons
# come down the tree by themselves; only the root's `one_click` and charter count; a new group is there to talk in,
# so that it is no notice board even where the other one is.
INHERITED = (
    "moderate",
    "assurance_new",
    "assurance_reply",
    "quota",
    "strangers",
    "mail_content",
    "reply_to",
    "moderators_obey",
    "hold_unaddressed",
    "emergency_since",
    "decide_within_days",
    "anonymous_posts",
)
# What a member has chosen, and how the member stands, in the group that the new one grows out of. The marks go along,
# too: posts of threads that go along are in the next digest once, neither twice nor not at all.
COPIED = (
    "standing",
    "muted_until",
    "delivery",
    "own_copy",
    "topics_only",
    "acknowledge",
    "copy_when_addressed",
    "newcomer_posts",
    "trusted",
    "held_notices",
    "told_of_decisions",
    "digest_no",
    "digest_until_no",
)
_STRICTER = (JoinPolicy.OPEN, JoinPolicy.REQUEST, JoinPolicy.INVITE)


@dataclass(frozen=True)
class Batch:
    """What a batch of seats did: the last member that it looked at, and how many memberships it began."""

    up_to_member: int
    joined: int


def lock_for(plan_id: int, state: PlanState) -> Plan | None:
    """The plan, locked for one batch; None when it has gone on to another state meanwhile."""
    found = select(Plan).where(Plan.id == plan_id).with_for_update(of=Plan).execution_options(populate_existing=True)
    plan = db.session.scalars(found).one()
    return plan if plan.state is state else None


# --- the groups ---


def make_next_group(plan: Plan) -> bool:
    """Make the next group of the plan that is not there yet, with its first moderators; False when all are.

    Of a split, a group in which nobody wants to be any more, by their answers, is not made.
    """
    missing = select(PlannedGroup).where(PlannedGroup.plan_id == plan.id, PlannedGroup.group_id.is_(None))
    if plan.kind is PlanKind.SPLIT:
        missing = missing.where(exists().where(Seat.planned_group_id == PlannedGroup.id))
    planned = db.session.scalars(missing.order_by(PlannedGroup.position).limit(1)).first()
    if planned is None:
        return False
    parent = db.session.get_one(Group, plan.group_id)
    group = create_group(
        free_slug(planned.slug),
        planned.name,
        parent=parent,
        kind=planned.kind,
        listed=planned.listed and parent.listed,
        join_policy=no_more_open(planned.join_policy, parent),
        description=planned.description,
        actor_id=plan.made_by_id,
    )
    for name in INHERITED:
        setattr(group, name, getattr(parent, name))
    # As it is made, for whoever asks later what its members were told.
    planned.group_id, planned.listed, planned.join_policy = group.id, group.listed, group.join_policy
    db.session.flush()
    _give_roles(plan, planned)
    return True


def free_slug(slug: str) -> str:
    """The address as it was announced, or with a number when somebody has taken it since."""
    if group_by_slug(slug) is None:
        return slug
    for number in range(2, 1000):
        other = f"{slug[: 40 - len(str(number)) - 1].rstrip('-')}-{number}"
        if group_by_slug(other) is None:
            return other
    raise NotPossible(f"The address {slug} is taken, and so are all like it. Choose another.")


def no_more_open(wanted: JoinPolicy, parent: Group) -> JoinPolicy:
    """How people come in: as planned, but never more easily than to the group above.

    Everybody who could come to a group is a member of the community already: that one comes into it by invitation
    alone makes its groups no closer.
    """
    if parent.kind is Kind.COMMUNITY:
        return wanted
    return max(wanted, parent.join_policy, key=_STRICTER.index)


def _give_roles(plan: Plan, planned: PlannedGroup) -> None:
    """Whoever has accepted moderates; the first of them owns the group. Until somebody has, those above do."""
    accepted = (
        select(PlanQuestion)
        .where(
            PlanQuestion.planned_group_id == planned.id,
            PlanQuestion.asks == Asks.MODERATE,
            PlanQuestion.answer == Answer.YES,
        )
        .order_by(PlanQuestion.answered_at, PlanQuestion.id)
    )
    root = community()
    for question in db.session.scalars(accepted).all():
        belongs = membership_of(question.member_id, root.id)
        if belongs is not None and belongs.standing in READS:
            let_moderate(plan, planned, question.member_id)
            _tell(plan, [question.member_id])


def let_moderate(plan: Plan, planned: PlannedGroup, member_id: int) -> None:
    """A first moderator who has accepted, in a group that is made: with a seat, and a role unless there is one."""
    membership = come_in(plan, planned, member_id, placed_by=SeatBy.MODERATOR, actor_id=member_id)
    if membership.role is not Role.MEMBER:
        return
    owner = select(Membership.id).where(Membership.group_id == planned.group_id, Membership.role == Role.OWNER)
    owned = db.session.scalar(owner.limit(1)) is not None
    set_role(membership, Role.MODERATOR if owned else Role.OWNER, actor_id=plan.made_by_id)


# --- the members ---


def come_in(
    plan: Plan, planned: PlannedGroup, member_id: int, *, placed_by: SeatBy, actor_id: int | None
) -> Membership:
    """One member into a group that has been made, at once and by the member's own word, with the choices of before.

    What the plan has added has a seat: undoing it ends the membership again. NotPossible without standing in the
    community.
    """
    assert planned.group_id is not None
    group = db.session.get_one(Group, planned.group_id)
    if group.closed_at is not None:
        raise NotPossible(f"{group.name} is closed.")
    before = membership_of(member_id, group.id)
    if before is not None and before.standing in READS:
        return before
    if before is not None and before.standing is Standing.BANNED:
        raise NotPossible(f"A moderator has ended this membership in {group.name}. Write to the moderators there.")
    member = db.session.get_one(Member, member_id)
    membership = add_to_group(member, group, actor_id=actor_id, why=f"plan {plan.public_id}")
    own = membership_of(member_id, plan.group_id)
    if before is None and own is not None and own.standing in READS:
        for name in COPIED:
            setattr(membership, name, getattr(own, name))
        db.session.flush()
        plan_digests(member_id)
    seat = db.session.scalars(
        select(Seat).where(Seat.planned_group_id == planned.id, Seat.member_id == member_id)
    ).first()
    if seat is None:
        seat = Seat(plan_id=plan.id, planned_group_id=planned.id, member_id=member_id, placed_by=placed_by)
        db.session.add(seat)
    seat.carried_at, seat.undone_at = now(), None
    db.session.flush()
    return membership


def carry_members(plan: Plan, after: int) -> Batch | None:
    """Seat the next members, by id after this one, in all their groups at once; None when there is nobody left.

    Who has left the group or the community, or is banned there, who has left the new group already, or belongs to it,
    is passed by.
    """
    members = (
        select(Seat.member_id)
        .where(Seat.plan_id == plan.id, Seat.member_id > after, Seat.carried_at.is_(None), Seat.undone_at.is_(None))
        .group_by(Seat.member_id)
        .order_by(Seat.member_id)
        .limit(MEMBERS_AT_ONCE)
    )
    member_ids = db.session.scalars(members).all()
    if not member_ids:
        return None
    joined = _begin_memberships(plan, member_ids)
    if joined:
        _plan_new_digests(joined)
        _tell(plan, joined)
        record(
            "plan seats members",
            "plan",
            plan.id,
            group_id=plan.group_id,
            why=f"{len(joined)} members, up to {member_ids[-1]}",
            undo=f"banyan split undo {plan.public_id}",
        )
    return Batch(member_ids[-1], len(joined))


def note_many_members() -> None:
    """After the last batch: the database should know at once that some groups are large."""
    analyze(Membership, Seat)


def _begin_memberships(plan: Plan, member_ids: Sequence[int]) -> Sequence[int]:
    """Memberships for the open seats of these members, by one statement; who has come in, each once."""
    own, root = aliased(Membership), aliased(Membership)
    # Who leaves the group at this moment waits, or is seen to have left.
    staying = select(own.member_id).where(
        own.group_id == plan.group_id, own.member_id.in_(member_ids), own.standing.in_(READS)
    )
    staying_ids = db.session.scalars(staying.with_for_update(read=True, of=own)).all()
    copied = [getattr(own, name) for name in COPIED]
    there = and_(Membership.member_id == Seat.member_id, Membership.group_id == PlannedGroup.group_id)
    left = and_(FormerMembership.member_id == Seat.member_id, FormerMembership.group_id == PlannedGroup.group_id)
    rows: Select[tuple[object, ...]] = (
        select(
            Seat.member_id, PlannedGroup.group_id, literal(Role.MEMBER, Membership.role.type), *copied, literal(now())
        )
        .join(PlannedGroup, PlannedGroup.id == Seat.planned_group_id)
        .join(own, and_(own.member_id == Seat.member_id, own.group_id == plan.group_id))
        .join(root, and_(root.member_id == Seat.member_id, root.group_id == community().id))
        .where(
            Seat.plan_id == plan.id,
            Seat.member_id.in_(staying_ids),
            _is_open(plan),
            root.standing.in_(READS),
            ~exists().where(there),
            ~exists().where(left),
        )
        .order_by(Seat.id)
    )
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    # Who joins by itself at this moment belongs by that, not by the plan.
    begun = (
        insert(Membership)
        .from_select(["member_id", "group_id", "role", *COPIED, "joined_at"], rows)
        .on_conflict_do_nothing()
        .returning(Membership.member_id, Membership.group_id)
    )
    pairs = {(member_id, group_id) for member_id, group_id in db.session.execute(begun)}
    if not pairs:
        return ()
    seats = (
        select(Seat.id, Seat.member_id, PlannedGroup.group_id)
        .join(PlannedGroup, PlannedGroup.id == Seat.planned_group_id)
        .where(Seat.plan_id == plan.id, Seat.member_id.in_(staying_ids), _is_open(plan))
    )
    taken = [seat_id for seat_id, member_id, group_id in db.session.execute(seats) if (member_id, group_id) in pairs]
    carried = update(Seat).where(Seat.id.in_(taken)).values(carried_at=now())
    db.session.execute(carried.execution_options(synchronize_session=False))
    return sorted({member_id for member_id, _ in pairs})


def _is_open(plan: Plan) -> ColumnElement[bool]:
    """The condition of seats that are to become memberships. A spin-off only offers some: who says yes takes one, and
    nobody is placed by a moderator where members are not moved.
    """
    waits = and_(Seat.carried_at.is_(None), Seat.undone_at.is_(None))
    if plan.kind is not PlanKind.SPIN_OFF:
        return waits
    taken = (SeatBy.MEMBER, SeatBy.MODERATOR) if plan.moves_members else (SeatBy.MEMBER,)
    return and_(waits, Seat.placed_by.in_(taken))


def _plan_new_digests(member_ids: Collection[int]) -> None:
    """A time for the next digest of whoever gets digests now and got none: mostly nobody, by the choice of before."""
    getting = or_(Membership.delivery.in_(DIGESTS), Membership.digest_until_no.is_not(None))
    without = (
        select(Member.id)
        .join(Membership, Membership.member_id == Member.id)
        .where(Member.id.in_(member_ids), Member.digest_due_at.is_(None), getting)
        .distinct()
    )
    for member_id in db.session.scalars(without).all():
        plan_digests(member_id)


def _tell(plan: Plan, member_ids: Collection[int]) -> None:
    """One mail to each, whatever the number of groups; none to who has come by saying yes to an invitation."""
    if plan.kind is PlanKind.SPIN_OFF:
        if plan.asked_by_id in member_ids:
            enqueue("notice.spin_off_answered", plan.id, plan.asked_by_id)
        if not plan.moves_members:
            return
        # They were not asked before; by their letter they can say that it is not wanted. Who has made the group or
        # asked for it knows.
        ask_the_moved(plan, {*member_ids} - {plan.made_by_id, plan.asked_by_id})
    open_questions = (
        update(PlanQuestion)
        .where(
            PlanQuestion.plan_id == plan.id,
            PlanQuestion.asks == Asks.PLACE,
            PlanQuestion.member_id.in_(member_ids),
            PlanQuestion.told_at.is_(None),
        )
        .values(told_at=now())
        .returning(PlanQuestion.id)
        .execution_options(synchronize_session=False)
    )
    enqueue_each("notice.plan_carried_out", db.session.scalars(open_questions).all())
