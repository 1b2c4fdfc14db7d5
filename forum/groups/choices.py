"""How a member gets the posts of a group: mode, own copies, acknowledgement. Never commits.

Switching between single mails and digests moves the marks of the membership so that every post is had once: digests
have covered what was published up to `digest_no`, and after a change back one last digest goes up to `digest_until_no`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import or_, select

from forum.accounts.models import Member
from forum.accounts.preferences import next_digest_at
from forum.clock import now
from forum.counter import PUBLISHED, last_number
from forum.db import db
from forum.groups.models import Delivery, Membership
from forum.groups.queries import membership_of
from forum.log import record
from forum.queue import enqueue

DIGESTS = (Delivery.DIGEST, Delivery.WEEKLY)


def set_delivery(membership: Membership, delivery: Delivery, *, actor_id: int | None) -> None:
    """How a member gets the posts of one group; obeyed at once, also by copies on their way."""
    if membership.delivery is delivery:
        return
    undo = f"delivery {membership.delivery}"
    _move_marks(membership, delivery)
    membership.delivery = delivery
    plan_digests(membership.member_id)
    _record(membership, f"delivery {delivery}", undo, actor_id)


def _move_marks(membership: Membership, delivery: Delivery) -> None:
    if delivery is Delivery.NONE:
        membership.digest_until_no = None  # Who wants nothing is owed nothing.
    elif delivery in DIGESTS and membership.delivery not in DIGESTS:
        if membership.digest_until_no is None:
            membership.digest_no = last_number(PUBLISHED)
        # Else a last digest is still owed: the next one begins where that would have, without what went out singly.
        membership.digest_until_no = None
    elif delivery not in DIGESTS and membership.delivery in DIGESTS:
        membership.digest_until_no = last_number(PUBLISHED)


def stop_digests(member: Member, *, why: str) -> int:
    """No mail any more of every group whose posts come by digest; returns how many groups. Safe to repeat."""
    by_digest = select(Membership).where(Membership.member_id == member.id, Membership.delivery.in_(DIGESTS))
    stopped = db.session.scalars(by_digest.order_by(Membership.group_id).with_for_update()).all()
    for membership in stopped:
        set_delivery(membership, Delivery.NONE, actor_id=member.id)
    if stopped:
        record("stop digests", "member", member.id, actor_id=member.id, why=why, undo="choose digests again")
        enqueue("notice.digests_stopped", member.id)
    return len(stopped)


def plan_digests(member_id: int) -> None:
    """Keep when the member's next digest is due: a time while any group sends or still owes one, else none."""
    db.session.flush()
    # Locked, so that of two choices at once the second knows of the first. Without the key: posting does not wait.
    locked = select(Member).where(Member.id == member_id).with_for_update(key_share=True)
    member = db.session.scalars(locked.execution_options(populate_existing=True)).one()
    getting = select(Membership.id).where(
        Membership.member_id == member_id,
        or_(Membership.delivery.in_(DIGESTS), Membership.digest_until_no.is_not(None)),
    )
    if db.session.scalar(getting.limit(1)) is None:
        member.digest_due_at = None
    elif member.digest_due_at is None:
        member.digest_due_at = next_digest_at(member, now())


def set_topics_only(membership: Membership, wanted: bool, *, actor_id: int | None) -> None:
    """Whether a group's digest is only the list of its topics."""
    if membership.topics_only is not wanted:
        membership.topics_only = wanted
        _record_yes_or_no(membership, "topics only", wanted, actor_id)


def set_own_copy(membership: Membership, wanted: bool, *, actor_id: int | None) -> None:
    """Whether a member gets a copy of the member's own posts to one group."""
    if membership.own_copy is not wanted:
        membership.own_copy = wanted
        _record_yes_or_no(membership, "own copy", wanted, actor_id)


def set_acknowledge(membership: Membership, wanted: bool, *, actor_id: int | None) -> None:
    """Whether a member gets a short mail when an own post has gone out."""
    if membership.acknowledge is not wanted:
        membership.acknowledge = wanted
        _record_yes_or_no(membership, "acknowledge", wanted, actor_id)


def set_copy_when_addressed(membership: Membership, wanted: bool, *, actor_id: int | None) -> None:
    """Whether a member gets a copy also of mail that its author has sent to the member directly."""
    if membership.copy_when_addressed is not wanted:
        membership.copy_when_addressed = wanted
        _record_yes_or_no(membership, "copy when addressed", wanted, actor_id)


def _record_yes_or_no(membership: Membership, what: str, wanted: bool, actor_id: int | None) -> None:
    now_, before = ("yes", "no") if wanted else ("no", "yes")
    _record(membership, f"{what} {now_}", f"{what} {before}", actor_id)


def _record(membership: Membership, act: str, undo: str, actor_id: int | None) -> None:
    record(act, "membership", membership.id, actor_id=actor_id, group_id=membership.group_id, undo=undo)


@dataclass(frozen=True)
class MailChoice:
    """How a member wants to get one group's posts, and whether the member's own are among them; None leaves a value."""

    delivery: Delivery
    own_copy: bool
    topics_only: bool | None = None
    acknowledge: bool | None = None
    copy_when_addressed: bool | None = None


def choose_mail(member: Member, choices: Mapping[int, MailChoice]) -> None:
    """Set the choices for some of a member's groups, by group id, all in one act."""
    for group_id, choice in choices.items():
        membership = membership_of(member.id, group_id)
        if membership is None:
            continue
        set_delivery(membership, choice.delivery, actor_id=member.id)
        set_own_copy(membership, choice.own_copy, actor_id=member.id)
        if choice.topics_only is not None:
            set_topics_only(membership, choice.topics_only, actor_id=member.id)
        if choice.acknowledge is not None:
            set_acknowledge(membership, choice.acknowledge, actor_id=member.id)
        if choice.copy_when_addressed is not None:
            set_copy_when_addressed(membership, choice.copy_when_addressed, actor_id=member.id)
