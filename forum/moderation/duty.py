"""Who hears of held posts: what each moderator has chosen, and the rota of who is on duty. Never commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from forum.accounts.models import Member
from forum.clock import now
from forum.db import db
from forum.groups.actions import NotPossible
from forum.groups.models import READS, DutyTurn, Group, HeldNotices, Membership, Role
from forum.groups.rights import chain_of, moderators_of
from forum.log import record

MODERATES = (Role.MODERATOR, Role.OWNER)


@dataclass(frozen=True)
class Hearer:
    """A moderator of a group, and how this one hears of what waits there."""

    member_id: int
    name: str
    notices: HeldNotices
    told_of_decisions: bool
    on_duty: bool


def hearers_of(group: Group) -> Sequence[Hearer]:
    """The moderators of a group, by name. Who moderates from above has chosen there."""
    on_duty = {turn.member_id for turn in turns_of(group.id, at=now())}
    hearers = []
    for moderator in moderators_of(group):
        choice = moderating_membership(moderator.id, group)
        if choice is not None:
            hearers.append(
                Hearer(
                    moderator.id,
                    moderator.name,
                    choice.held_notices,
                    choice.told_of_decisions,
                    moderator.id in on_duty,
                )
            )
    return hearers


def told_at_once(group: Group, *, but: int | None = None) -> Sequence[Hearer]:
    """Who gets a mail for each held post: those on duty while somebody is, else all who want one.

    `but` is the member who wrote it: while only that one is on duty, the others are asked.
    """
    hearers = [each for each in hearers_of(group) if each.member_id != but]
    return [each for each in hearers if each.on_duty] or [each for each in hearers if each.notices is HeldNotices.EACH]


def moderating_membership(member_id: int, group: Group) -> Membership | None:
    """The membership by which somebody moderates a group: the own one there, or the nearest above it."""
    chain = [each.id for each in chain_of(group)]
    rows = select(Membership).where(
        Membership.member_id == member_id,
        Membership.group_id.in_(chain),
        Membership.role.in_(MODERATES),
        Membership.standing.in_(READS),
    )
    return min(db.session.scalars(rows), key=lambda each: chain.index(each.group_id), default=None)


def choose_notices(membership: Membership, notices: HeldNotices, told_of_decisions: bool, *, actor_id: int) -> None:
    """How a moderator hears of held posts; obeyed by the next one."""
    if (membership.held_notices, membership.told_of_decisions) == (notices, told_of_decisions):
        return
    before = f"notices {membership.held_notices}{'' if membership.told_of_decisions else ' without decisions'}"
    membership.held_notices, membership.told_of_decisions = notices, told_of_decisions
    record(
        f"notices {notices}{'' if told_of_decisions else ' without decisions'}",
        "membership",
        membership.id,
        actor_id=actor_id,
        group_id=membership.group_id,
        undo=before,
    )


def turns_of(group_id: int, *, at: datetime | None = None) -> Sequence[DutyTurn]:
    """The turns of a group that are not over, the next one first; with `at` only those of that moment."""
    rows = select(DutyTurn).where(DutyTurn.group_id == group_id, DutyTurn.ends_at > (at or now()))
    if at is not None:
        rows = rows.where(DutyTurn.starts_at <= at)
    return db.session.scalars(rows.order_by(DutyTurn.starts_at, DutyTurn.id).limit(200)).all()


def add_turn(group: Group, member: Member, starts_at: datetime, ends_at: datetime, *, actor_id: int | None) -> DutyTurn:
    """Put a moderator on duty for a while."""
    if not starts_at < ends_at or ends_at <= now():
        raise NotPossible("A turn begins before it ends, and ends in the future.")
    if moderating_membership(member.id, group) is None:
        raise NotPossible(f"{member.name} does not moderate {group.name}.")
    turn = DutyTurn(group_id=group.id, member_id=member.id, starts_at=starts_at, ends_at=ends_at)
    db.session.add(turn)
    db.session.flush()
    record("add turn", "duty_turn", turn.id, actor_id=actor_id, group_id=group.id, undo="remove the turn")
    return turn


def remove_turn(group: Group, turn_id: int, *, actor_id: int | None) -> None:
    """Take a turn off the rota; one that is gone already stays gone."""
    turn = db.session.get(DutyTurn, turn_id)
    if turn is None or turn.group_id != group.id:
        return
    undo = f"put member {turn.member_id} on duty {turn.starts_at:%Y-%m-%dT%H:%M} to {turn.ends_at:%Y-%m-%dT%H:%M} UTC"
    record("remove turn", "duty_turn", turn.id, actor_id=actor_id, group_id=group.id, undo=undo)
    db.session.delete(turn)
    db.session.flush()


def turn_of(group: Group, turn_id: int, member_id: int) -> DutyTurn | None:
    """Somebody's own turn, to hand it over."""
    turn = db.session.get(DutyTurn, turn_id)
    return turn if turn is not None and (turn.group_id, turn.member_id) == (group.id, member_id) else None
