"""Whether a copy may and should go, asked at the last moment: by membership, choice, address and post as they are now.

What was published in a group goes to its readers, also when the thread has moved to another one meanwhile.

Reads only. What does not go has a reason in a few words, which `banyan mail trace` reads out.
"""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, select

from forum.accounts.models import Address, Member
from forum.clock import now
from forum.db import db
from forum.groups.choices import DIGESTS
from forum.groups.models import READS, Group, Kind, Membership
from forum.groups.models import Delivery as DeliveryMode
from forum.threads.following import is_followed, is_muted
from forum.threads.models import Post, Thread
from forum.threads.moving import home_group_id
from forum.threads.queries import is_author
from mailgateway.models import Delivery


class Skip(enum.StrEnum):
    """Why a copy was not sent: the words that stand in `Delivery.error`."""

    ERASED = "the post had been erased"
    NO_STANDING = "the membership was over, banned or not admitted"
    PAUSED = "mail to the address was paused"
    AWAY = "the member was away"
    NO_MAIL = "the member had chosen no mail of this group"
    OWN_POST = "the member wants no copy of own posts"
    MUTED = "the member had muted the topic or one of its tags"
    NOT_FOLLOWED = "the member gets only followed topics, and this was none"
    NOT_SPECIAL = "the member gets only special announcements, and this was none"
    BY_DIGEST = "the member had chosen digests: the next one has it"
    ADDRESSED = "the author had sent it to the member directly, and the member wants no second copy"


# What a digest or the summary after an absence brings instead.
FOR_DIGEST = frozenset({Skip.BY_DIGEST, Skip.AWAY})


@dataclass(frozen=True)
class Due:
    """A claimed copy that may go: whose it is and where it goes."""

    delivery_id: int
    post_id: int
    member_id: int
    address_id: int
    email: str


@dataclass(frozen=True)
class Checked:
    """Claimed copies, told apart: those that go, in their order, and why the others do not, by delivery."""

    going: Sequence[Due]
    skipped: Mapping[int, Skip]


# Built once: putting it together costs as much as asking it.
_COPIES = (
    select(
        Delivery.id,
        Delivery.post_id,
        Delivery.member_id,
        Thread.id.label("thread_id"),
        home_group_id().label("group_id"),
        Post.special,
        is_author(Delivery.member_id).label("is_author"),
        is_muted(Delivery.member_id, Thread.id).label("is_muted"),
        select(Group.id).where(Group.kind == Kind.COMMUNITY).scalar_subquery().label("root_id"),
    )
    .join(Post, Post.id == Delivery.post_id)
    .join(Thread, Thread.id == Post.thread_id)
    .where(Delivery.done_at.is_(None), Post.erased_at.is_(None))
    .order_by(Delivery.due_at, Delivery.id)
)


def may_go(ids: Sequence[int]) -> Checked:
    """Which of these copies may and should go now.

    Who has no standing in the community gets nothing from any of its groups. Three looks by key instead of one join:
    with 71,000 members and no statistics yet, SQLite's planner walked the whole group for every batch.
    """
    copies = db.session.execute(_COPIES.where(Delivery.id.in_(ids))).all()
    members = {copy.member_id for copy in copies}
    choices = _memberships_of(members)
    addresses = _addresses_of(members)
    followed = _followed(copies, choices)
    going = []
    skipped = dict.fromkeys(ids, Skip.ERASED)
    for copy in copies:
        in_community, own = choices.get((copy.member_id, copy.root_id)), choices.get((copy.member_id, copy.group_id))
        address = addresses.get(copy.member_id)
        if in_community is None or own is None:
            skipped[copy.id] = Skip.NO_STANDING
        elif address is None or address.is_paused:
            skipped[copy.id] = Skip.PAUSED
        elif (reason := _unwanted(copy, own, copy.id in followed)) is not None:
            skipped[copy.id] = reason
        elif address.is_away:
            skipped[copy.id] = Skip.AWAY
        else:
            del skipped[copy.id]
            going.append(Due(copy.id, copy.post_id, copy.member_id, address.id, address.email))
    return Checked(going, skipped)


def _unwanted(copy: Row[Any], own: Row[Any], is_followed: bool) -> Skip | None:
    """Why the member does not want this copy, by the choices for its group; None when it is wanted."""
    if own.delivery is DeliveryMode.SINGLE and not copy.is_muted and not copy.is_author:
        return None
    if own.delivery is DeliveryMode.NONE:
        return Skip.NO_MAIL
    if copy.is_author and not own.own_copy:
        return Skip.OWN_POST
    if copy.special:
        return None
    if own.delivery in DIGESTS:
        return Skip.BY_DIGEST
    if own.delivery is DeliveryMode.SPECIALS:
        return Skip.NOT_SPECIAL
    if copy.is_muted:
        return Skip.MUTED
    if own.delivery is DeliveryMode.FOLLOWED and not is_followed:
        return Skip.NOT_FOLLOWED
    return None


def _followed(copies: Sequence[Row[Any]], choices: Mapping[tuple[int, int], Row[Any]]) -> set[int]:
    """The copies of followed threads, among those of members who get nothing else."""
    if all(own.delivery is not DeliveryMode.FOLLOWED for own in choices.values()):
        return set()
    by_thread: dict[int, list[int]] = {}
    for copy in copies:
        own = choices.get((copy.member_id, copy.group_id))
        if own is not None and own.delivery is DeliveryMode.FOLLOWED:
            by_thread.setdefault(copy.thread_id, []).append(copy.id)
    found: set[int] = set()
    for thread_id, delivery_ids in by_thread.items():
        rows = select(Delivery.id).where(Delivery.id.in_(delivery_ids), is_followed(Delivery.member_id, thread_id))
        found.update(db.session.scalars(rows))
    return found


def _memberships_of(member_ids: set[int]) -> Mapping[tuple[int, int], Row[Any]]:
    """The memberships in good standing, by member and group."""
    rows = db.session.execute(
        select(Membership.member_id, Membership.group_id, Membership.delivery, Membership.own_copy).where(
            Membership.member_id.in_(member_ids), Membership.standing.in_(READS)
        )
    )
    return {(row.member_id, row.group_id): row for row in rows}


def _addresses_of(member_ids: set[int]) -> Mapping[int, Row[Any]]:
    """Where each member's mail goes, and whether that is paused or the member is away."""
    moment = now()
    rows = db.session.execute(
        select(
            Address.member_id,
            Address.id,
            Address.email,
            Address.bouncing_since.is_not(None).label("is_paused"),
            (func.coalesce(Member.away_until, moment) > moment).label("is_away"),
        )
        .join(Member, Member.id == Address.member_id)
        .where(Address.member_id.in_(member_ids), Address.is_primary)
    )
    return {row.member_id: row for row in rows}
