"""Why a member did or did not get a post: one true sentence and the moment, from what is written down.

Deliveries are the first witness, then digests, then the member's choices as they were when the post went out, which
the log remembers. Reads only; for operators.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from forum.accounts.models import Address, Member
from forum.accounts.queries import primary_address
from forum.clock import now
from forum.db import db
from forum.groups.models import READS, Group, Membership, Standing
from forum.groups.models import Delivery as Choice
from forum.groups.queries import community, former_membership, membership_of
from forum.log import LogEntry
from forum.queue import Task
from forum.threads.following import follows, mutes
from forum.threads.models import Post, Thread, Via
from forum.threads.queries import author_id_of
from mailgateway.models import Delivery, DeliveryState, DeliverySummary, Digest, DigestKind
from mailgateway.retention import unpack

_BY_DIGEST = (Choice.DIGEST, Choice.WEEKLY)


@dataclass(frozen=True)
class Fate:
    """What became of one post for one member. `got` is None while it is under way; `at` is when, if it is known."""

    got: bool | None
    at: datetime | None
    sentence: str


def trace(post: Post, member: Member) -> Fate:
    """One true sentence on why the member did or did not get the post, and when."""
    row = db.session.scalars(
        select(Delivery).where(Delivery.fan_out_key == post.fan_out_key, Delivery.member_id == member.id)
    ).first()
    if row is not None and row.state is not DeliveryState.SKIPPED:
        return _of_delivery(row)
    summary = db.session.get(DeliverySummary, post.id)
    if summary is not None and member.id in unpack(summary.member_ids):
        first, last = _moment(summary.first_sent_at), _moment(summary.last_sent_at)
        return Fate(True, summary.last_sent_at, f"It was sent to {member.name} between {first} and {last}.")
    thread = db.session.get_one(Thread, post.thread_id)
    group = db.session.get_one(Group, thread.group_id)
    membership = membership_of(member.id, group.id)
    if membership is not None:
        by_digest = _of_digest(post, membership, row)
        if by_digest is not None:
            return by_digest
    if row is not None:
        return Fate(False, row.done_at, f"A copy was made and not sent: {row.error}.")
    return Fate(False, None, _why_no_copy(post, thread, group, member, membership))


def _of_delivery(row: Delivery) -> Fate:
    address = db.session.get(Address, row.address_id) if row.address_id is not None else None
    to = address.email if address is not None else "an address that has been removed since"
    match row.state:
        case DeliveryState.SENT:
            assert row.done_at is not None
            return Fate(True, row.done_at, f"It was sent to {to} on {_moment(row.done_at)}; the relay took it.")
        case DeliveryState.REFUSED:
            assert row.done_at is not None
            return Fate(False, row.done_at, f"The relay refused {to} for good on {_moment(row.done_at)}: {row.error}.")
        case DeliveryState.GIVEN_UP:
            assert row.done_at is not None
            tried = f"after {row.attempts} tries, on {_moment(row.done_at)}"
            return Fate(False, row.done_at, f"Sending to {to} was given up {tried}: {row.error}.")
        case _:
            return _under_way(row, to)


def _under_way(row: Delivery, to: str) -> Fate:
    if row.set_aside_at is not None:
        aside = _moment(row.set_aside_at)
        return Fate(False, row.set_aside_at, f"The copy for {to} was set aside on {aside}: {row.error}.")
    if row.error:
        tried = (
            f"It was tried {row.attempts} {'time' if row.attempts == 1 else 'times'}, the last time with: {row.error}."
        )
        return Fate(None, None, f"{tried} The next try for {to} is due {_moment(row.due_at)}.")
    return Fate(None, None, f"The copy for {to} waits to be sent since {_moment(row.due_at)}.")


def _of_digest(post: Post, membership: Membership, row: Delivery | None) -> Fate | None:
    """The digest that had the post, or will have it; None when digests have nothing to do with it."""
    went_by_digest = row is not None and row.for_digest
    if not went_by_digest and _delivery_at(membership, post.created_at) not in _BY_DIGEST:
        return None
    if post.via is Via.IMPORT:
        return None
    sent = select(Digest).where(
        Digest.member_id == membership.member_id,
        Digest.state == DeliveryState.SENT,
        Digest.kind != DigestKind.CATCH_UP,
        Digest.through_no >= post.published_no,
    )
    digest = db.session.scalars(sent.order_by(Digest.through_no).limit(1)).first()
    if digest is not None and membership.digest_no >= post.published_no:
        assert digest.done_at is not None
        return Fate(True, digest.done_at, f"It was in the {digest.kind} digest sent on {_moment(digest.done_at)}.")
    if membership.digest_no >= post.published_no or membership.delivery is Choice.NONE:
        return None
    due = membership.member.digest_due_at
    when = f", due {_moment(due)}" if due is not None else ""
    return Fate(None, None, f"It comes with the next digest{when}.")


def _why_no_copy(post: Post, thread: Thread, group: Group, member: Member, membership: Membership | None) -> str:
    """Why nobody made a copy, by what was so when the post went out."""
    if post.via is Via.IMPORT:
        return "It came with an import of an archive, and nobody gets mail of an import."
    waiting = select(Task).where(Task.kind == "fan_out", Task.target_id == post.id, Task.done_at.is_(None))
    task = db.session.scalars(waiting).first()
    if task is not None:
        trouble = f" The last try ended with: {task.error}." if task.error else ""
        return f"The copies of this post have not been made yet.{trouble}"
    if post.erased_at is not None and post.erased_at <= now():
        return f"The post was erased on {_moment(post.erased_at)}, and no copy for {member.name} had been sent."
    if membership is None or membership.joined_at > post.created_at:
        return _not_there(post, group, member, membership)
    in_community = membership_of(member.id, community().id)
    for each, where in ((membership, group.name), (in_community, "the community")):
        standing = Standing(_at(each, "standing", each.standing, post.created_at)) if each is not None else None
        if standing not in READS:
            return f"{member.name} had no standing in {where} ({standing or 'not a member'})."
    return _not_wanted(post, thread, group, member, membership)


def _not_there(post: Post, group: Group, member: Member, membership: Membership | None) -> str:
    published = _moment(post.created_at)
    if membership is not None:
        joined = _moment(membership.joined_at)
        return f"{member.name} joined {group.name} on {joined}, after this post was published on {published}."
    before = former_membership(member.id, group.id)
    if before is not None:
        return f"{member.name} left {group.name} on {_moment(before.left_at)}; this post is of {published}."
    return f"{member.name} is not a member of {group.name}."


def _not_wanted(post: Post, thread: Thread, group: Group, member: Member, membership: Membership) -> str:
    name, choice = member.name, _delivery_at(membership, post.created_at)
    if author_id_of(post) == member.id and not membership.own_copy:
        return f"{name} wrote it, and wants no copies of the own posts in {group.name}."
    if choice is Choice.NONE:
        return f"{name} had chosen no mail from {group.name}."
    if choice is Choice.SPECIALS:
        return f"{name} gets only special announcements from {group.name}, and this was none."
    if mutes(member, thread):
        return f"{name} has muted this thread or one of its tags."
    if choice is Choice.FOLLOWED and not follows(member, thread):
        return f"{name} gets only followed threads from {group.name}, and does not follow this one."
    if member.away_until is not None:
        return f"{name} has stopped all mail until {_moment(member.away_until)}."
    address = primary_address(member.id)
    if address is None:
        return f"{name} has no mail address any more."
    if address.bouncing_since is not None:
        return f"Mail to {address.email} is paused since {_moment(address.bouncing_since)} ({address.pause_reason})."
    return (
        f"No copy was made for {name}, though nothing known today speaks against one: "
        f"a choice or an address was different on {_moment(post.created_at)}."
    )


def _delivery_at(membership: Membership, moment: datetime) -> Choice:
    return Choice(_at(membership, "delivery", membership.delivery, moment))


def _at(membership: Membership, what: str, today: str, moment: datetime) -> str:
    """What `delivery` or `standing` was at a moment: the first change after it says what it changed."""
    later = (
        select(LogEntry.undo)
        .where(
            LogEntry.object_kind == "membership",
            LogEntry.object_id == membership.id,
            LogEntry.act.startswith(f"{what} "),
            LogEntry.at > moment,
        )
        .order_by(LogEntry.id)
        .limit(1)
    )
    undo = db.session.scalar(later)
    words = (undo or "").split()
    return words[1] if len(words) > 1 and words[0] == what else str(today)


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def posts_named(message_id: str) -> Sequence[Post]:
    """The posts with this id, ours or as received, with or without angle brackets, or with this public id."""
    bare = message_id.strip().strip("<>")
    forms = (f"<{bare}>", bare)
    found = select(Post).where(
        Post.message_id.in_(forms) | Post.author_message_id.in_(forms) | (Post.public_id == bare)
    )
    return db.session.scalars(found.order_by(Post.published_no).limit(20)).all()


def latest_posts_for(member: Member, limit: int) -> Sequence[Post]:
    """The newest posts of the groups that the member belongs to."""
    mine = select(Membership.group_id).where(Membership.member_id == member.id)
    rows = select(Post).join(Thread, Thread.id == Post.thread_id).where(Thread.group_id.in_(mine))
    return db.session.scalars(rows.order_by(Post.published_no.desc()).limit(limit)).all()


def readers_page(post: Post, *, after: int, limit: int) -> Sequence[Member]:
    """Members of the post's group by id, for a trace of everybody (keyset)."""
    rows = (
        select(Member)
        .join(Membership, Membership.member_id == Member.id)
        .join(Thread, Thread.group_id == Membership.group_id)
        .where(Thread.id == post.thread_id, Member.id > after)
    )
    return db.session.scalars(rows.order_by(Member.id).limit(limit)).all()
