"""A post becomes rows: one delivery a reader, made by one INSERT ... SELECT. Likewise what all moderators are told.

Sends nothing. Who wants a copy is asked again when it goes (`mailgateway/permission.py`), by the same choices.
"""

from collections.abc import Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Insert, Row, Select, and_, bindparam, exists, insert, literal, or_, select
from sqlalchemy.orm import aliased

from forum import blobs
from forum.accounts.emails import BadAddress, address_key
from forum.accounts.models import Address, Member
from forum.clock import now
from forum.db import Base, analyze, db
from forum.groups.choices import DIGESTS
from forum.groups.models import READS, Membership
from forum.groups.models import Delivery as DeliveryMode
from forum.groups.queries import community
from forum.groups.rights import moderators_of
from forum.moderation.duty import told_at_once
from forum.posting.models import HeldPost
from forum.queue import Task, enqueue
from forum.threads.following import is_followed, is_muted, somebody_mutes
from forum.threads.models import Post, Thread, Via
from forum.threads.moving import home_group_id
from forum.threads.queries import author_column
from forum.work import Handler, run_tasks
from mailgateway import private_answers
from mailgateway.bouncing import HANDLERS as BOUNCING
from mailgateway.headers import Headers, read_addresses
from mailgateway.models import Delivery, DeliveryState, InboundMail
from mailgateway.parts import open_message
from mailgateway.permission import Skip

# So many new rows at once change what the planner should do.
MANY = 1_000
HEADERS_AT_MOST = 262_144
_DELIVERY = Base.metadata.tables["delivery"]
_COLUMNS = ["fan_out_key", "post_id", "member_id", "address_id", "state", "due_at", "done_at", "attempts", "error"]


def fan_out(task: Task) -> None:
    """Make the deliveries of one post. Safe to repeat: a reader who has a row under the fan-out key gets no second."""
    post = db.session.execute(_POST, {"the_post": task.target_id}).first()
    if post is None:
        return
    kind = _Kind(post.special, not post.special and post.is_muted)
    facts = _facts(post)
    if post.via is Via.MAIL and post.one_copy_is_enough:
        addressed = _addressed_keys(post.fan_out_key)
        if addressed:
            direct = readers(kind).where(*_want_no_second_copy(addressed))
            _insert(insert(_DELIVERY).from_select(_COLUMNS, direct), facts | _skipped(Skip.ADDRESSED))
    if _insert(_insertion(kind), facts) > MANY:
        analyze(Delivery)


@dataclass(frozen=True)
class _Kind:
    """What the statement for a post depends on; all else is a parameter, so that it is built and compiled once."""

    special: bool
    somebody_mutes: bool


def _number(name: str) -> ColumnElement[int]:
    return bindparam(name, type_=Delivery.post_id.type)


_HOME = home_group_id()
# What the fan-out of a post depends on, unless it has been erased. Mostly nobody mutes its thread or minds a second
# copy of what came directly, and then nobody need be asked about that.
_POST = (
    select(
        Post.id,
        Post.fan_out_key,
        Post.thread_id,
        Post.published_no,
        Post.special,
        Post.via,
        author_column().label("writer_id"),
        # Its readers when it was published, also when its thread has moved since.
        _HOME.label("group_id"),
        somebody_mutes(Thread.id).label("is_muted"),
        exists().where(Membership.group_id == _HOME, ~Membership.copy_when_addressed).label("one_copy_is_enough"),
    )
    .join(Thread, Thread.id == Post.thread_id)
    .where(Post.id == _number("the_post"), Post.erased_at.is_(None))
)


def _facts(post: Row[Any]) -> dict[str, Any]:
    """The parameters of `readers` for one post, a row of `_POST`."""
    return {
        "the_fan_out": post.fan_out_key,
        "the_post": post.id,
        "the_thread": post.thread_id,
        "the_group": post.group_id,
        "the_root": community().id,
        "the_author": post.writer_id,
        "the_number": post.published_no,
        "the_moment": now(),
        "the_state": DeliveryState.WAITING,
        "the_end": None,
        "the_reason": None,
    }


def _skipped(skip: Skip) -> dict[str, Any]:
    """Parameters of rows that only say why a copy does not go."""
    return {"the_state": DeliveryState.SKIPPED, "the_end": now(), "the_reason": skip.value}


def _insert(statement: Insert, facts: Mapping[str, Any]) -> int:
    return db.session.connection().execute(statement, facts).rowcount


@cache
def _insertion(kind: _Kind) -> Insert:
    # Neither database's ON CONFLICT here: SQLAlchemy would compile the statement anew for each post.
    return insert(_DELIVERY).from_select(_COLUMNS, readers(kind))


@cache
def readers(kind: _Kind) -> Select[Any]:
    """The rows of all who are to have a copy of a post, with parameters for what is the post's own (`_facts`)."""
    in_community = aliased(Membership)
    moment: ColumnElement[datetime] = bindparam("the_moment", type_=Delivery.due_at.type)
    number = _number("the_number")
    return (
        select(
            _number("the_fan_out"),
            _number("the_post"),
            Membership.member_id,
            Address.id,
            bindparam("the_state", type_=Delivery.state.type),
            moment,
            bindparam("the_end", type_=Delivery.done_at.type),
            literal(0),
            bindparam("the_reason", type_=Delivery.error.type),
        )
        .join(Address, and_(Address.member_id == Membership.member_id, Address.is_primary))
        .join(Member, Member.id == Membership.member_id)
        .join(
            in_community,
            and_(in_community.member_id == Membership.member_id, in_community.group_id == _number("the_root")),
        )
        .where(
            in_community.standing.in_(READS),
            Membership.group_id == _number("the_group"),
            _wants_a_copy(kind, number),
            Membership.standing.in_(READS),
            Address.bouncing_since.is_(None),
            # What was published before an absence has a row all the same: the summary afterwards counts it by that.
            or_(Member.away_until.is_(None), Member.away_until <= moment, Member.away_from_no >= number),
            or_(Membership.member_id != _number("the_author"), Membership.own_copy),
            ~exists().where(Delivery.fan_out_key == _number("the_fan_out"), Delivery.member_id == Membership.member_id),
        )
    )


def _wants_a_copy(kind: _Kind, number: ColumnElement[int]) -> ColumnElement[bool]:
    """The condition that a membership gets this post singly, by the choices of its member."""
    if kind.special:
        return Membership.delivery != DeliveryMode.NONE
    thread_id = _number("the_thread")
    single: ColumnElement[bool] = Membership.delivery == DeliveryMode.SINGLE
    if kind.somebody_mutes:
        single = and_(single, ~is_muted(Membership.member_id, thread_id))
    followed = and_(Membership.delivery == DeliveryMode.FOLLOWED, is_followed(Membership.member_id, thread_id))
    # A last digest, owed after a change to single mails, has what was published until then.
    owed = and_(number > Membership.digest_no, number <= Membership.digest_until_no)
    # Who has changed to digests since this post gets it with the next one, by way of a row: see `Skip.BY_DIGEST`.
    before_digests = and_(Membership.delivery.in_(DIGESTS), Membership.digest_no >= number)
    by_itself = and_(or_(single, followed), or_(Membership.digest_until_no.is_(None), ~owed))
    return or_(by_itself, before_digests)


def _addressed_keys(mail_id: int) -> Sequence[str]:
    """To whom the author has sent this mail directly, as keys of addresses."""
    mail = db.session.get(InboundMail, mail_id)
    if mail is None or mail.raw_digest is None:
        return ()
    headers = Headers(open_message(blobs.content_of(mail.raw_digest)[:HEADERS_AT_MOST]).items())
    keys = []
    for value in (*headers.raw("to"), *headers.raw("cc")):
        for each in read_addresses(value):
            with suppress(BadAddress):  # An address that nobody can have is nobody's here.
                keys.append(address_key(each.address))
    return keys


def _want_no_second_copy(keys: Sequence[str]) -> Sequence[ColumnElement[bool]]:
    members = select(Address.member_id).where(Address.key.in_(keys))
    return (~Membership.copy_when_addressed, Membership.member_id.in_(members), Membership.delivery.not_in(DIGESTS))


def notify_of_held(task: Task) -> None:
    """One notice a moderator who wants one, each with its own tries."""
    held = db.session.get_one(HeldPost, task.target_id)
    for moderator in told_at_once(held.group, but=held.author_id):
        enqueue("notice.held_for_moderators", held.id, moderator.member_id)


def notify_of_decision(task: Task) -> None:
    """One line to the moderators who had the notice, but for the one who has decided."""
    held = db.session.get_one(HeldPost, task.target_id)
    for moderator in told_at_once(held.group, but=held.author_id):
        if moderator.told_of_decisions and moderator.member_id != task.other_id:
            enqueue("notice.held_outcome", held.id, moderator.member_id)


def notify_of_request(task: Task) -> None:
    membership = db.session.get(Membership, task.target_id)
    if membership is not None:
        for moderator in moderators_of(membership.group):
            enqueue("notice.join_request", membership.id, moderator.id)


HANDLERS: Mapping[str, Handler] = {
    "fan_out": fan_out,
    **private_answers.HANDLERS,
    "moderators.held": notify_of_held,
    "moderators.decided": notify_of_decision,
    "moderators.join_request": notify_of_request,
    **BOUNCING,
}


def run(owner: str) -> Generator[int, None, None]:
    """The worker of kind `fan_out`."""
    yield from run_tasks(owner, HANDLERS)
