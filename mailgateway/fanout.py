"""A post becomes rows: one delivery a reader, made by one INSERT ... SELECT. Likewise what all moderators are told.

Sends nothing. Who wants a copy is asked again when it goes (`mailgateway/permission.py`), by the same choices.
"""

from collections.abc import Generator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, insert, literal, or_, select
from sqlalchemy.orm import aliased

from forum import blobs
from forum.accounts.emails import BadAddress, address_key
from forum.accounts.models import Address, Member
from forum.clock import now
from forum.db import analyze, db
from forum.groups.choices import DIGESTS
from forum.groups.models import Delivery as DeliveryMode
from forum.groups.models import Membership, Standing
from forum.groups.queries import community, moderators_of
from forum.moderation.duty import told_at_once
from forum.posting.models import HeldPost
from forum.queue import Task, enqueue
from forum.threads.following import is_followed, is_muted, somebody_mutes
from forum.threads.models import Post, Thread, Via
from forum.threads.queries import author_id_of, post_by_id
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
_COLUMNS = ["fan_out_key", "post_id", "member_id", "address_id", "state", "due_at", "done_at", "attempts", "error"]


def fan_out(task: Task) -> None:
    """Make the deliveries of one post. Safe to repeat: a reader who has a row under the fan-out key gets no second."""
    post = post_by_id(task.target_id)
    if post is None or post.erased_at is not None:
        return
    group_id = db.session.get_one(Thread, post.thread_id).group_id
    addressed = _addressed_keys(post)
    if addressed and db.session.scalar(select(Address.id).where(Address.key.in_(addressed)).limit(1)) is not None:
        _insert(_readers(post, group_id, Skip.ADDRESSED).where(*_want_no_second_copy(addressed)))
    if _insert(_readers(post, group_id)) > MANY:
        analyze(Delivery)


def _insert(readers: Select[Any]) -> int:
    # Neither database's ON CONFLICT here: SQLAlchemy would compile the statement anew for each post.
    made = db.session.execute(insert(Delivery).from_select(_COLUMNS, readers))
    return getattr(made, "rowcount", 0)


def _readers(post: Post, group_id: int, skip: Skip | None = None) -> Select[Any]:
    """The rows of all who are to have a copy; with `skip` as rows that say why it does not go."""
    in_community = aliased(Membership)
    moment = now()
    return (
        select(
            literal(post.fan_out_key),
            literal(post.id),
            Membership.member_id,
            Address.id,
            literal(DeliveryState.WAITING if skip is None else DeliveryState.SKIPPED, Delivery.state.type),
            literal(moment, Delivery.due_at.type),
            literal(None if skip is None else moment, Delivery.done_at.type),
            literal(0),
            literal(None if skip is None else skip.value, Delivery.error.type),
        )
        .join(Address, and_(Address.member_id == Membership.member_id, Address.is_primary))
        .join(Member, Member.id == Membership.member_id)
        .join(
            in_community,
            and_(in_community.member_id == Membership.member_id, in_community.group_id == community().id),
        )
        .where(
            in_community.standing.in_((Standing.ACTIVE, Standing.MUTED)),
            Membership.group_id == group_id,
            _wants_a_copy(post),
            Membership.standing.in_((Standing.ACTIVE, Standing.MUTED)),
            Address.bouncing_since.is_(None),
            # What was published before an absence has a row all the same: the summary afterwards counts it by that.
            or_(
                Member.away_until.is_(None),
                Member.away_until <= moment,
                Member.away_from_no >= post.published_no,
            ),
            or_(Membership.member_id != author_id_of(post), Membership.own_copy),
            ~exists().where(Delivery.fan_out_key == post.fan_out_key, Delivery.member_id == Membership.member_id),
        )
    )


def _wants_a_copy(post: Post) -> ColumnElement[bool]:
    """The condition that a membership gets this post singly, by the choices of its member."""
    if post.special:
        return Membership.delivery != DeliveryMode.NONE
    single: ColumnElement[bool] = Membership.delivery == DeliveryMode.SINGLE
    if somebody_mutes(post.thread_id):
        single = and_(single, ~is_muted(Membership.member_id, post.thread_id))
    followed = and_(Membership.delivery == DeliveryMode.FOLLOWED, is_followed(Membership.member_id, post.thread_id))
    # A last digest, owed after a change to single mails, has what was published until then.
    owed = and_(post.published_no > Membership.digest_no, post.published_no <= Membership.digest_until_no)
    # Who has changed to digests since this post gets it with the next one, by way of a row: see `Skip.BY_DIGEST`.
    before_digests = and_(Membership.delivery.in_(DIGESTS), Membership.digest_no >= post.published_no)
    by_itself = and_(or_(single, followed), or_(Membership.digest_until_no.is_(None), ~owed))
    return or_(by_itself, before_digests)


def _addressed_keys(post: Post) -> Sequence[str]:
    """To whom the author has sent this mail directly, as keys of addresses; nobody for what was not a mail."""
    if post.via is not Via.MAIL:
        return ()
    mail = db.session.get(InboundMail, post.fan_out_key)
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
    for moderator in told_at_once(held.group):
        if moderator.member_id != held.author_id:
            enqueue("notice.held_for_moderators", held.id, moderator.member_id)


def notify_of_decision(task: Task) -> None:
    """One line to the moderators who had the notice, but for the one who has decided."""
    held = db.session.get_one(HeldPost, task.target_id)
    for moderator in told_at_once(held.group):
        if moderator.told_of_decisions and moderator.member_id not in (held.author_id, task.other_id):
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
