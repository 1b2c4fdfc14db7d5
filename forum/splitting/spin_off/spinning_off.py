"""A spin-off: one new group grown from a thread, a tag, a facet, a search or a list, by a moderator or on request.

It is a plan with one group and without a notice period, carried out and undone like every other. Never commits; who may
is asked by the door.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, insert, select

from forum.clock import now
from forum.db import db
from forum.groups.actions import NotPossible
from forum.groups.models import Group, JoinPolicy, Kind
from forum.groups.queries import community, group_by_slug
from forum.groups.rights import moderators_of
from forum.groups.slugs import check_slug
from forum.log import record
from forum.queue import enqueue
from forum.splitting.course.questions import ask_to_moderate
from forum.splitting.models import (
    Answer,
    Asks,
    Plan,
    PlanKind,
    PlannedGroup,
    PlannedThread,
    PlanQuestion,
    PlanState,
    Seat,
    SeatBy,
    ThreadsGo,
)
from forum.splitting.plans import carry_out, lock_plan, move_on, open_plan, withdraw
from forum.splitting.readership.difference import Widened, widened_by
from forum.splitting.readership.moves import ANONYMOUS_STAY, NOT_AGREED
from forum.splitting.readership.readers import Place, outline_of
from forum.splitting.spin_off.sources import FOR_MEMBERS, Grown, Source, SourceKind, belonging_among, may_be_named
from forum.text.lines import one_line

ASKS_A_WEEK = 3
_CIRCLE_AT_MOST = 9
_AT_ONCE = 1_000


@dataclass(frozen=True)
class Wanted:
    """The group that is to grow. `moderator_ids` are asked first and must accept; `moves_members` moves the members
    with notice instead of inviting them, where the charter of the community allows it."""

    name: str
    slug: str
    kind: Kind = Kind.INTEREST
    description: str = ""
    why: str = ""
    moderator_ids: tuple[int, ...] = ()
    moves_members: bool = False
    takes_threads: bool = True


def check_wanted(group: Group, wanted: Wanted) -> None:
    """NotPossible or BadSlug for what could not be made, in the words of the form."""
    check_slug(wanted.slug)
    if not one_line(wanted.name):
        raise NotPossible("Give the group a name.")
    if _is_being_made(group, wanted.slug):
        raise NotPossible(f"A group {wanted.slug} is being made already, out of {group.name}.")
    if group_by_slug(wanted.slug) is not None:
        # The same for a group that is hidden from whoever asks: it says no more than that the name cannot be had.
        raise NotPossible(f"The short name {wanted.slug} is not free. Choose another.")
    if wanted.kind is Kind.COMMUNITY:
        raise NotPossible("There is one community; the new group is a region, specialty, interest or circle.")
    if wanted.moves_members and not community().members_may_be_moved:
        raise NotPossible(
            "The charter of this community does not let moderators move members. They can be invited instead."
        )
    if wanted.moves_members and wanted.kind is Kind.CIRCLE:
        raise NotPossible("Nobody is moved into a circle. Its members come by saying yes.")


def _is_being_made(group: Group, slug: str) -> bool:
    """Whether a spin-off of this group is on its way to this name: a form that was sent twice makes one group."""
    on_its_way = (
        select(PlannedGroup.id)
        .join(Plan, Plan.id == PlannedGroup.plan_id)
        .where(Plan.group_id == group.id, Plan.kind == PlanKind.SPIN_OFF, Plan.state == PlanState.CARRYING_OUT)
        .where(PlannedGroup.slug == slug, PlannedGroup.group_id.is_(None))
    )
    return db.session.scalar(on_its_way.limit(1)) is not None


def stay_behind(group: Group, wanted: Wanted, grown: Grown) -> Mapping[int, Widened]:
    """The threads that would stay: somebody who is named, or could come later, was not among those they were for."""
    is_circle = wanted.kind is Kind.CIRCLE
    listed, join_policy = _door(group, wanted.kind)
    outline = outline_of(group)
    to = Place(
        name="",
        group_id=None,
        planned_id=None,
        above=frozenset() if is_circle else outline.above | {group.id},
        listed=listed,
        join_policy=join_policy,
        readers=frozenset((*grown.member_ids, *wanted.moderator_ids)),
    )
    return widened_by(dict.fromkeys(grown.thread_ids, to))


def _door(group: Group, kind: Kind) -> tuple[bool, JoinPolicy]:
    """Whether the new group is listed, and how members come in: never more openly than to the one it grows out of.

    Into the community leads only an invitation, but everybody who could come to a group is in it already.
    """
    if kind is Kind.CIRCLE:
        return False, JoinPolicy.INVITE
    return group.listed, JoinPolicy.REQUEST if group.kind is Kind.COMMUNITY else group.join_policy


def spin_off(group: Group, wanted: Wanted, grown: Grown, *, actor_id: int | None) -> Plan:
    """Make the plan and begin to carry it out: the group stands within seconds, whoever is invited comes by yes."""
    plan = open_plan(group, PlanKind.SPIN_OFF, why=wanted.why, grown_from=grown.words, made_by_id=actor_id)
    _draw_up(plan, group, wanted, grown, actor_id=actor_id)
    carry_out(plan, actor_id=actor_id)
    return plan


def ask_for_spin_off(group: Group, wanted: Wanted, source: Source, grown: Grown, *, member_id: int) -> Plan:
    """A member asks for a group, and may offer to look after it; the moderators hear of it.

    NotPossible when too much was asked, or for what is not a member's to ask for.
    """
    if source.kind not in FOR_MEMBERS:
        raise NotPossible("Ask for a group that grows from a thread or from a tag.")
    if not wanted.why.strip():
        raise NotPossible("Say in a sentence or two why. The moderators read it.")
    check_wanted(group, wanted)
    plan = open_plan(
        group, PlanKind.SPIN_OFF, state=PlanState.ASKED, why=wanted.why, grown_from=grown.words, asked_by_id=member_id
    )
    # Counted behind the turnstile of the group: of two forms that are sent at once, the second sees the first.
    week = select(func.count()).where(Plan.asked_by_id == member_id, Plan.created_at > now() - timedelta(days=7))
    if (db.session.scalar(week) or 0) > ASKS_A_WEEK:
        raise NotPossible(f"You have asked for {ASKS_A_WEEK} groups in a week. Wait for the answers first.")
    plan.options = {
        "source": source.kind.value,
        "what": source.what,
        "moderates": member_id in wanted.moderator_ids,
    }
    _plan_group(plan, group, wanted)
    for moderator in moderators_of(group):
        enqueue("notice.spin_off_asked", plan.id, moderator.id)
    return plan


def source_of(plan: Plan) -> Source:
    """What a member asked to grow a group from."""
    return Source(SourceKind(plan.options["source"]), plan.options["what"])


def offers_to_moderate(plan: Plan) -> bool:
    """Whether the member who asked would look after the group."""
    return bool(plan.options.get("moderates"))


def grant(plan: Plan, wanted: Wanted, grown: Grown, *, actor_id: int | None) -> None:
    """Make what a member asked for, as the moderator wants it now. Of two moderators at once the second is told."""
    move_on(plan, PlanState.DRAFT, actor_id=actor_id, why="granted", undo="undo the spin-off")
    plan.made_by_id, plan.grown_from = actor_id, grown.words[:200]
    for planned in plan.groups:
        db.session.delete(planned)
    db.session.flush()
    db.session.expire(plan, ["groups"])
    _draw_up(plan, plan.group, wanted, grown, actor_id=actor_id)
    carry_out(plan, actor_id=actor_id)


def decline(plan: Plan, *, actor_id: int | None, why: str) -> None:
    """Say no to a member who asked, with a reason."""
    lock_plan(plan)
    if plan.state is not PlanState.ASKED:
        raise NotPossible("This has been answered already.")
    if not why.strip():
        raise NotPossible("Give a reason. It goes to the member who asked.")
    plan.options = {**plan.options, "declined": why.strip()[:2000]}
    withdraw(plan, actor_id=actor_id, why=why.strip()[:500])


@dataclass(frozen=True)
class Comes:
    """How many are moved or invited by a spin-off that begins, and how many threads go along or stay."""

    moved: int
    invited: int
    threads: int
    staying: int


def what_comes_of(plan: Plan) -> Comes:
    """The counts of a spin-off that has just been made."""
    seats = select(Seat.placed_by, func.count()).where(Seat.plan_id == plan.id).group_by(Seat.placed_by)
    by = {placed_by: count for placed_by, count in db.session.execute(seats)}
    threads = select(func.count(PlannedThread.planned_group_id), func.count()).where(PlannedThread.plan_id == plan.id)
    going, named = db.session.execute(threads).one()
    return Comes(by.get(SeatBy.MODERATOR, 0), by.get(SeatBy.PROPOSAL, 0), going, named - going)


def _draw_up(plan: Plan, group: Group, wanted: Wanted, grown: Grown, *, actor_id: int | None) -> None:
    check_wanted(group, wanted)
    if wanted.moves_members and grown.sensitive:
        raise NotPossible("Nobody is moved by what was said in confidence: the group would tell who said it. Invite.")
    unknown = {*wanted.moderator_ids} - {actor_id} - may_be_named(group, wanted.moderator_ids)
    if unknown:
        raise NotPossible(f"Who looks after the group must be a member of {community().name}, and know {group.name}.")
    named = len(grown.member_ids) + len({*wanted.moderator_ids} - _told(grown))
    if wanted.kind is Kind.CIRCLE and named > _CIRCLE_AT_MOST:
        raise NotPossible(
            f"A circle has at most {_CIRCLE_AT_MOST} members, and this names {named}."
            " Name fewer, or choose another kind."
        )
    plan.why, plan.threads_go, plan.moves_members = wanted.why.strip(), ThreadsGo.LISTED, wanted.moves_members
    planned = _plan_group(plan, group, wanted)
    accepted = _accepted(plan, wanted, actor_id)
    if wanted.kind is Kind.CIRCLE and not accepted:
        raise NotPossible(
            "Only its members read a circle, so one of them looks after it from the first day: look after it yourself."
        )
    _appoint(planned, wanted.moderator_ids, accepted, actor_id)
    _seat(plan, planned, wanted, grown, actor_id=actor_id)
    if wanted.takes_threads:
        _list_threads(planned, grown.thread_ids, stay_behind(group, wanted, grown))


def _told(grown: Grown) -> set[int]:
    """Those of whom moderators may learn that the source names them."""
    return {*grown.member_ids} - grown.hidden


def _accepted(plan: Plan, wanted: Wanted, actor_id: int | None) -> Sequence[int]:
    """Who has said already that they look after the group: who makes it, and who asked for it with that offer."""
    willing = [actor_id, plan.asked_by_id if offers_to_moderate(plan) else None]
    return [each for each in dict.fromkeys(willing) if each is not None and each in wanted.moderator_ids]


def _plan_group(plan: Plan, group: Group, wanted: Wanted) -> PlannedGroup:
    listed, join_policy = _door(group, wanted.kind)
    planned = PlannedGroup(
        plan_id=plan.id,
        position=1,
        slug=wanted.slug,
        name=one_line(wanted.name)[:200],
        kind=wanted.kind,
        description=wanted.description.strip()[:5000],
        listed=listed,
        join_policy=join_policy,
        named=True,
    )
    db.session.add(planned)
    db.session.flush()
    return planned


def _appoint(
    planned: PlannedGroup, moderator_ids: Collection[int], accepted: Collection[int], actor_id: int | None
) -> None:
    """Ask the first moderators, but those who have accepted already."""
    db.session.add_all(
        PlanQuestion(
            plan_id=planned.plan_id,
            member_id=each,
            asks=Asks.MODERATE,
            planned_group_id=planned.id,
            answer=Answer.YES,
            answered_at=now(),
        )
        for each in accepted
    )
    db.session.flush()
    ask_to_moderate(planned, sorted({*moderator_ids} - {*accepted}), actor_id=actor_id)


def _seat(plan: Plan, planned: PlannedGroup, wanted: Wanted, grown: Grown, *, actor_id: int | None) -> None:
    """A seat for everybody named. One placed by a moderator is moved, one proposed is only invited; both by the worker.

    What a member shows to nobody is not told by it either: such a member is never moved, and is invited even if asked
    to moderate as well, so that counts do not tell it.
    """
    told = _told(grown) - {*wanted.moderator_ids, actor_id}
    # Who is not in the group that the new one grows out of has not chosen how its mail should come.
    moved = belonging_among(planned.plan.group, told) if wanted.moves_members else frozenset()
    placed = {each: SeatBy.MODERATOR if each in moved else SeatBy.PROPOSAL for each in told | grown.hidden}
    if plan.asked_by_id is not None:
        placed[plan.asked_by_id] = SeatBy.MEMBER
    rows = [
        {"plan_id": plan.id, "planned_group_id": planned.id, "member_id": each, "placed_by": by}
        for each, by in sorted(placed.items())
    ]
    for start in range(0, len(rows), _AT_ONCE):
        db.session.execute(insert(Seat), rows[start : start + _AT_ONCE])
    record(
        "plan seats members",
        "plan",
        plan.id,
        actor_id=actor_id,
        group_id=plan.group_id,
        why=f"{len(moved)} to be moved, {len(rows) - len(moved)} to be invited",
        undo=f"banyan split undo {plan.public_id}",
    )


def _list_threads(planned: PlannedGroup, thread_ids: Sequence[int], staying: Mapping[int, Widened]) -> None:
    """What goes along, and what stays and why. Who is invited reads as much as who has come: the proof counts both."""
    rows = [
        {
            "plan_id": planned.plan_id,
            "planned_group_id": None if each in staying else planned.id,
            "thread_id": each,
            "left_behind": _why_it_stays(staying[each]) if each in staying else "",
        }
        for each in thread_ids
    ]
    for start in range(0, len(rows), _AT_ONCE):
        db.session.execute(insert(PlannedThread), rows[start : start + _AT_ONCE])


def _why_it_stays(widened: Widened) -> str:
    return ANONYMOUS_STAY if widened.has_anonymous else NOT_AGREED
