"""A post becomes rows: one delivery a reader, made by one INSERT ... SELECT. Likewise what all moderators are told.

Sends nothing.
"""

from collections.abc import Generator, Mapping

from sqlalchemy import and_, literal, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from forum.accounts.models import Address
from forum.clock import now
from forum.db import analyze, db
from forum.groups.models import Delivery as DeliveryMode
from forum.groups.models import Membership, Standing
from forum.groups.queries import community, moderators_of
from forum.posting.models import HeldPost
from forum.queue import Task, enqueue
from forum.threads.models import Thread
from forum.threads.queries import author_id_of, post_by_id
from forum.work import Handler, run_tasks
from mailgateway.models import Delivery, DeliveryState

# So many new rows at once change what the planner should do.
MANY = 1_000


def fan_out(task: Task) -> None:
    """Make the deliveries of one post. Safe to repeat: a reader who has a row under the fan-out key gets no second."""
    post = post_by_id(task.target_id)
    if post is None or post.erased_at is not None:
        return
    group_id = db.session.get_one(Thread, post.thread_id).group_id
    author_id = author_id_of(post)
    in_community = aliased(Membership)
    readers = (
        select(
            literal(post.fan_out_key),
            literal(post.id),
            Membership.member_id,
            Address.id,
            literal(DeliveryState.WAITING, Delivery.state.type),
            literal(now(), Delivery.due_at.type),
            literal(0),
        )
        .join(Address, and_(Address.member_id == Membership.member_id, Address.is_primary))
        .join(
            in_community,
            and_(in_community.member_id == Membership.member_id, in_community.group_id == community().id),
        )
        .where(
            in_community.standing.in_((Standing.ACTIVE, Standing.MUTED)),
            Membership.group_id == group_id,
            Membership.delivery == DeliveryMode.SINGLE,
            Membership.standing.in_((Standing.ACTIVE, Standing.MUTED)),
            Address.bouncing_since.is_(None),
            or_(Membership.member_id != author_id, Membership.own_copy),
        )
    )
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    columns = ["fan_out_key", "post_id", "member_id", "address_id", "state", "due_at", "attempts"]
    made = db.session.execute(
        insert(Delivery)
        .from_select(columns, readers)
        .on_conflict_do_nothing(index_elements=[Delivery.fan_out_key, Delivery.member_id])
    )
    if getattr(made, "rowcount", 0) > MANY:
        analyze(Delivery)


def notify_of_held(task: Task) -> None:
    """One notice a moderator, each with its own tries."""
    held = db.session.get_one(HeldPost, task.target_id)
    for moderator in moderators_of(held.group):
        if moderator.id != held.author_id:
            enqueue("notice.held_for_moderators", held.id, moderator.id)


def notify_of_request(task: Task) -> None:
    membership = db.session.get(Membership, task.target_id)
    if membership is not None:
        for moderator in moderators_of(membership.group):
            enqueue("notice.join_request", membership.id, moderator.id)


HANDLERS: Mapping[str, Handler] = {
    "fan_out": fan_out,
    "moderators.held": notify_of_held,
    "moderators.join_request": notify_of_request,
}


def run(owner: str) -> Generator[int, None, None]:
    """The worker of kind `fan_out`."""
    yield from run_tasks(owner, HANDLERS)
