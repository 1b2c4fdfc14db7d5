"""Where a mail goes: all its addresses of ours together, so that a reply-all is one post with the strongest claim.

Reads groups and posts; writes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from forum.db import db
from forum.groups.models import Group
from forum.groups.queries import community, group_by_mail_name, living
from forum.threads.queries import post_by_id
from mailgateway.addresses import (
    Addresses,
    Destination,
    ToAnonymous,
    ToAppeal,
    ToAuthor,
    ToBounce,
    ToCommand,
    ToConfirm,
    ToDigest,
    ToGroup,
    ToLeave,
    ToModerate,
    ToModerators,
    ToPlan,
    ToQueue,
    ToReply,
    ToReview,
    ToSystem,
    Verb,
)


@dataclass(frozen=True)
class PostRoute:
    """A post to one group, by one or more of the mail's addresses (rows of InboundRecipient).

    `token_member_id` is the member whose reply address was used, `token_post_id` the post that it answers.
    """

    recipient_ids: tuple[int, ...]
    group_id: int
    token_member_id: int | None = None
    token_post_id: int | None = None
    # One of the addresses asks for it; then it holds for the whole mail.
    anonymous: bool = False


@dataclass(frozen=True)
class LetterRoute:
    """A letter to the moderators of a group."""

    recipient_ids: tuple[int, ...]
    group_id: int


@dataclass(frozen=True)
class CommandRoute:
    """A command about one group, or - without one - whatever the subject says."""

    recipient_ids: tuple[int, ...]
    group_id: int | None
    verb: Verb | None


@dataclass(frozen=True)
class LeaveRoute:
    """One-click unsubscribe by mail."""

    recipient_ids: tuple[int, ...]
    member_id: int
    group_id: int


@dataclass(frozen=True)
class ConfirmRoute:
    """The author confirms a held post by answering."""

    recipient_ids: tuple[int, ...]
    held_id: int
    member_id: int


@dataclass(frozen=True)
class ModerateRoute:
    """A moderator's answer to the mail about one held post."""

    recipient_ids: tuple[int, ...]
    member_id: int
    held_id: int


@dataclass(frozen=True)
class QueueRoute:
    """A moderator's answer to a summary of what waits."""

    recipient_ids: tuple[int, ...]
    member_id: int
    summary_id: int


@dataclass(frozen=True)
class AppealRoute:
    """A restricted member's answer to the mail that tells of it."""

    recipient_ids: tuple[int, ...]
    restriction_id: int
    member_id: int


@dataclass(frozen=True)
class PlanRoute:
    """A member's answer to what a plan asks."""

    recipient_ids: tuple[int, ...]
    question_id: int
    member_id: int


@dataclass(frozen=True)
class ReviewRoute:
    """A second moderator's answer to the mail about an appeal."""

    recipient_ids: tuple[int, ...]
    member_id: int
    appeal_id: int


@dataclass(frozen=True)
class AuthorRoute:
    """A private answer to one member, as a member of a group."""

    recipient_ids: tuple[int, ...]
    member_id: int
    group_id: int


@dataclass(frozen=True)
class BounceRoute:
    """A report about a copy."""

    recipient_ids: tuple[int, ...]
    address_id: int
    month: int


@dataclass(frozen=True)
class DigestRoute:
    """An answer to a whole digest."""

    recipient_ids: tuple[int, ...]
    member_id: int
    digest_id: int


@dataclass(frozen=True)
class NoRoute:
    """An address that leads nowhere (any more)."""

    recipient_ids: tuple[int, ...]
    reason: str


Route = (
    PostRoute
    | LetterRoute
    | CommandRoute
    | LeaveRoute
    | ConfirmRoute
    | ModerateRoute
    | QueueRoute
    | AppealRoute
    | PlanRoute
    | ReviewRoute
    | AuthorRoute
    | BounceRoute
    | DigestRoute
    | NoRoute
)


def route(recipients: Sequence[tuple[int, str]], addresses: Addresses) -> tuple[Route, ...]:
    """Routes for (row id, address) pairs; posts to one group are one route however they were addressed."""
    posts: dict[int, PostRoute] = {}
    others: list[Route] = []
    for recipient_id, address in recipients:
        found = _route_one(recipient_id, addresses.read(address))
        if isinstance(found, PostRoute):
            posts[found.group_id] = _join(posts[found.group_id], found) if found.group_id in posts else found
        else:
            others.append(found)
    return (*posts.values(), *others)


def _join(first: PostRoute, second: PostRoute) -> PostRoute:
    """One post for both addresses; the reply address, which says more, wins."""
    with_token = first if first.token_post_id is not None else second
    return PostRoute(
        (*first.recipient_ids, *second.recipient_ids),
        first.group_id,
        with_token.token_member_id,
        with_token.token_post_id,
        first.anonymous or second.anonymous,
    )


def _living(group_id: int) -> int:
    """The group that an address in an old mail leads to: of one that was merged back, the one that it became."""
    group = db.session.get(Group, group_id)
    return group_id if group is None else living(group).id


def _route_one(recipient_id: int, destination: Destination | None) -> Route:
    ids = (recipient_id,)
    match destination:
        case ToGroup(mail_name):
            group = group_by_mail_name(mail_name)
            return PostRoute(ids, group.id) if group is not None else NoRoute(ids, "there is no such group")
        case ToAnonymous(mail_name):
            group = group_by_mail_name(mail_name)
            if group is None:
                return NoRoute(ids, "there is no such group")
            return PostRoute(ids, group.id, anonymous=True)
        case ToReply(member_id, post_id):
            post = post_by_id(post_id)
            if post is None:
                return NoRoute(ids, "the post that this answers is not there")
            return PostRoute(ids, post.thread.group_id, member_id, post_id)
        case ToModerators(""):
            return LetterRoute(ids, community().id)
        case ToModerators(mail_name):
            group = group_by_mail_name(mail_name)
            return LetterRoute(ids, group.id) if group is not None else NoRoute(ids, "there is no such group")
        case ToCommand(mail_name, verb):
            group = group_by_mail_name(mail_name)
            return CommandRoute(ids, group.id, verb) if group is not None else NoRoute(ids, "there is no such group")
        case ToSystem():
            return CommandRoute(ids, None, None)
        case ToLeave(member_id, group_id):
            return LeaveRoute(ids, member_id, _living(group_id))
        case ToConfirm(held_id, member_id):
            return ConfirmRoute(ids, held_id, member_id)
        case ToBounce(address_id, month):
            return BounceRoute(ids, address_id, month)
        case ToAuthor(member_id, group_id):
            return AuthorRoute(ids, member_id, _living(group_id))
        case ToModerate(member_id, held_id):
            return ModerateRoute(ids, member_id, held_id)
        case ToQueue(member_id, summary_id):
            return QueueRoute(ids, member_id, summary_id)
        case ToAppeal(restriction_id, member_id):
            return AppealRoute(ids, restriction_id, member_id)
        case ToPlan(question_id, member_id):
            return PlanRoute(ids, question_id, member_id)
        case ToReview(member_id, appeal_id):
            return ReviewRoute(ids, member_id, appeal_id)
        case ToDigest(member_id, digest_id):
            return DigestRoute(ids, member_id, digest_id)
        case None:
            return NoRoute(ids, "the address is not ours or its token is false")
