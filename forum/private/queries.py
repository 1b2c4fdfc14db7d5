"""Reads of private answers and blocks: who may write to whom, what an answer continues, who is blocked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from forum.accounts.models import Member
from forum.accounts.queries import member_by_id
from forum.db import db
from forum.groups.models import Group
from forum.groups.queries import community
from forum.groups.rights import Viewer, may_read, moderators_of, viewer_of
from forum.private.models import Block, PrivateAnswer
from forum.threads.models import Post
from forum.threads.queries import ancestors_of, author_id_of, posts_by_message_ids
from forum.tokens import Purpose, current_tokens

CHAIN_AT_MOST = 20


@dataclass(frozen=True)
class Continued:
    """What a private answer answers: a post, an earlier private answer, or - both None - nothing that we know."""

    post_id: int | None
    answers_id: int | None


@dataclass(frozen=True)
class Ancestry:
    """The message ids above an answer, oldest first, as its recipient knows them. `parent` is the nearest of ours."""

    parent: str
    references: tuple[str, ...]


def reader(member_id: int, group: Group) -> Viewer | None:
    """The member as a viewer, if that is somebody who may read the group; None for who has left or is banned."""
    member = member_by_id(member_id)
    viewer = None if member is None or member.placeholder else viewer_of(member)
    return viewer if viewer is not None and may_read(viewer, group) else None


def continued(viewer: Viewer, other_id: int, message_ids: Sequence[str]) -> Continued:
    """What a member answers by these ids, the nearest first: an answer between the two, or a post that both know of."""
    between = {
        answer.message_id: answer.id
        for answer in db.session.scalars(
            select(PrivateAnswer).where(
                PrivateAnswer.message_id.in_(message_ids),
                PrivateAnswer.sender_id.in_((viewer.member_id, other_id)),
                PrivateAnswer.recipient_id.in_((viewer.member_id, other_id)),
            )
        )
    }
    posts = posts_by_message_ids(message_ids) if message_ids else {}
    for message_id in message_ids:
        if message_id in between:
            return Continued(None, between[message_id])
        for post in posts.get(message_id, ()):
            if may_read(viewer, post.thread.group) and reader(other_id, post.thread.group) is not None:
                return Continued(post.id, None)
    return Continued(None, None)


def ancestry_of(answer: PrivateAnswer) -> Ancestry:
    """The ids for In-Reply-To and References of the copy to the recipient, whose own ids are among them."""
    chain: list[PrivateAnswer] = []
    at = answer
    while at.answers_id is not None and len(chain) < CHAIN_AT_MOST:
        at = db.session.get_one(PrivateAnswer, at.answers_id)
        chain.insert(0, at)
    references: list[str] = []
    parent = ""
    post = None if at.post_id is None else db.session.get(Post, at.post_id)
    for above in () if post is None else (*ancestors_of(post)[-CHAIN_AT_MOST:], post):
        references.append(above.message_id)
        if author_id_of(above) == answer.recipient_id and above.author_message_id is not None:
            references.append(above.author_message_id)
        parent = above.message_id
    for earlier in chain:
        references.append(earlier.message_id)
        if earlier.sender_id == answer.recipient_id:
            references.append(earlier.author_message_id)
        parent = earlier.message_id
    return Ancestry(parent, tuple(references))


def answer_by_token(token: str) -> PrivateAnswer | None:
    """The answer that the link or the code in a mail to its recipient names."""
    numbers = current_tokens().read(Purpose.BLOCK, token)
    answer = None if numbers is None else db.session.get(PrivateAnswer, numbers[1])
    return answer if answer is not None and numbers is not None and answer.recipient_id == numbers[0] else None


def token_of(answer: PrivateAnswer) -> str:
    """What the recipient blocks or reports with; it never stops working."""
    return current_tokens().make(Purpose.BLOCK, answer.recipient_id, answer.id)


def count_sent_since(sender_id: int, moment: datetime) -> int:
    sent = select(func.count()).where(PrivateAnswer.sender_id == sender_id, PrivateAnswer.created_at > moment)
    return db.session.scalar(sent) or 0


def is_blocked(member_id: int, sender_id: int) -> bool:
    """Whether the member gets no private answers from this sender."""
    found = select(Block.id).where(Block.member_id == member_id, Block.blocked_id == sender_id)
    return db.session.scalar(found) is not None


def blocks_of(member_id: int) -> Sequence[Block]:
    """Whom a member has blocked, by name."""
    rows = select(Block).join(Member, Member.id == Block.blocked_id).where(Block.member_id == member_id)
    return db.session.scalars(rows.order_by(func.lower(Member.name), Block.id).limit(500)).all()


def reviewers_of(answer: PrivateAnswer) -> Sequence[Member]:
    """Who reads a report of this answer: the group's moderators, else the community's; never who wrote it."""
    for group in (answer.group, community()):
        found = [member for member in moderators_of(group) if member.id not in (answer.sender_id, answer.recipient_id)]
        if found:
            return found
    return ()
