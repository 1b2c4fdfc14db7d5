"""What a member follows and mutes, threads and tags, and whom that concerns for a post. Never commits.

The nearer choice counts: of a thread before that of a tag; a tag before having written in a thread.
"""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute

from forum.accounts.models import Member
from forum.db import db
from forum.groups.models import Membership
from forum.log import record
from forum.threads.models import Choice, Post, TagChoice, Thread, ThreadChoice, ThreadMove, ThreadTag
from forum.threads.tags import tag_named

# Columns of a query, or for a thread its number.
MemberId = InstrumentedAttribute[int] | ColumnElement[int]
ThreadId = MemberId | int
Condition = ColumnElement[bool]

_ACTS = {Choice.FOLLOW: "follow", Choice.MUTE: "mute", None: "neither follow nor mute"}


def choose_thread(member_id: int, thread: Thread, choice: Choice | None) -> None:
    """Follow a thread, mute it, or - with None - neither."""
    before = choice_of_thread(member_id, thread.id)
    if before is choice:
        return
    if choice is None:
        db.session.execute(
            delete(ThreadChoice).where(ThreadChoice.member_id == member_id, ThreadChoice.thread_id == thread.id)
        )
    else:
        insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
        db.session.execute(
            insert(ThreadChoice)
            .values(member_id=member_id, thread_id=thread.id, choice=choice)
            .on_conflict_do_update(
                index_elements=[ThreadChoice.member_id, ThreadChoice.thread_id], set_={"choice": choice}
            )
        )
    record(
        f"{_ACTS[choice]} thread",
        "thread",
        thread.id,
        actor_id=member_id,
        group_id=thread.group_id,
        undo=f"{_ACTS[before]} thread",
    )


def choose_tag(member_id: int, group_id: int, tag: str, choice: Choice | None) -> None:
    """Follow a tag in a group, mute it, or - with None - neither. ValueError for what is no tag."""
    tag = tag_named(tag)
    if not tag:
        raise ValueError("A tag is a word of at most 40 letters, such as #ecg.")
    before = tag_choices(member_id, group_id).get(tag)
    if before is choice:
        return
    if choice is None:
        db.session.execute(
            delete(TagChoice).where(
                TagChoice.member_id == member_id, TagChoice.group_id == group_id, TagChoice.tag == tag
            )
        )
    else:
        insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
        db.session.execute(
            insert(TagChoice)
            .values(member_id=member_id, group_id=group_id, tag=tag, choice=choice)
            .on_conflict_do_update(
                index_elements=[TagChoice.member_id, TagChoice.group_id, TagChoice.tag], set_={"choice": choice}
            )
        )
    record(
        f"{_ACTS[choice]} tag",
        "member",
        member_id,
        actor_id=member_id,
        group_id=group_id,
        why=tag,
        undo=f"{_ACTS[before]} tag {tag}",
    )


def choice_of_thread(member_id: int, thread_id: int) -> Choice | None:
    """What a member has chosen for one thread."""
    return db.session.scalar(
        select(ThreadChoice.choice).where(ThreadChoice.member_id == member_id, ThreadChoice.thread_id == thread_id)
    )


def tag_choices(member_id: int, group_id: int) -> Mapping[str, Choice]:
    """The tags that a member follows or mutes in a group, in the order of the alphabet."""
    rows = select(TagChoice.tag, TagChoice.choice).where(
        TagChoice.member_id == member_id, TagChoice.group_id == group_id
    )
    return {tag: choice for tag, choice in db.session.execute(rows.order_by(TagChoice.tag))}


def chosen_tags(member_id: int) -> Mapping[int, Mapping[str, Choice]]:
    """All tags that a member follows or mutes, by group."""
    rows = select(TagChoice.group_id, TagChoice.tag, TagChoice.choice).where(TagChoice.member_id == member_id)
    found: dict[int, dict[str, Choice]] = {}
    for group_id, tag, choice in db.session.execute(rows.order_by(TagChoice.group_id, TagChoice.tag)):
        found.setdefault(group_id, {})[tag] = choice
    return found


def follows(member: Member, thread: Thread) -> bool:
    """Whether a member who gets only followed topics gets the posts of this thread."""
    wanted = select(Member.id).where(Member.id == member.id, is_followed(Member.id, thread.id))
    return db.session.scalar(wanted) is not None


def mutes(member: Member, thread: Thread) -> bool:
    """Whether a member gets nothing of this thread, whatever comes of the group."""
    unwanted = select(Member.id).where(Member.id == member.id, is_muted(Member.id, thread.id))
    return db.session.scalar(unwanted) is not None


def is_muted(member_id: MemberId, thread_id: ThreadId) -> Condition:
    """The condition that a member mutes a thread: itself, or by one of its tags without following it."""
    return or_(
        _has_chosen(member_id, thread_id, Choice.MUTE),
        and_(_has_chosen_a_tag(member_id, thread_id, Choice.MUTE), ~_has_chosen(member_id, thread_id, Choice.FOLLOW)),
    )


def is_followed(member_id: MemberId, thread_id: ThreadId) -> Condition:
    """The condition that a member follows a thread: by choice, by one of its tags, or by having written in it."""
    return and_(
        ~is_muted(member_id, thread_id),
        or_(
            _has_chosen(member_id, thread_id, Choice.FOLLOW),
            _has_chosen_a_tag(member_id, thread_id, Choice.FOLLOW),
            member_id.in_(select(Post.author_id).where(Post.thread_id == thread_id)),
        ),
    )


def somebody_mutes(thread_id: ThreadId) -> Condition:
    """Whether anybody mutes this thread or one of its tags: mostly nobody does, and nobody need be asked about."""
    by_thread = exists().where(ThreadChoice.thread_id == thread_id, ThreadChoice.choice == Choice.MUTE)
    same_tag = (ThreadTag.group_id == TagChoice.group_id) & (ThreadTag.tag == TagChoice.tag)
    by_tag = exists().where(same_tag, ThreadTag.thread_id == thread_id, TagChoice.choice == Choice.MUTE)
    left = (ThreadMove.from_group_id == TagChoice.group_id) & (ThreadMove.thread_id == ThreadTag.thread_id)
    at_old_place = exists().where(
        left, ThreadTag.tag == TagChoice.tag, ThreadTag.thread_id == thread_id, TagChoice.choice == Choice.MUTE
    )
    return or_(by_thread, by_tag, at_old_place)


def _has_chosen(member_id: MemberId, thread_id: ThreadId, choice: Choice) -> Condition:
    return exists().where(
        ThreadChoice.member_id == member_id, ThreadChoice.thread_id == thread_id, ThreadChoice.choice == choice
    )


def _has_chosen_a_tag(member_id: MemberId, thread_id: ThreadId, choice: Choice) -> Condition:
    return exists().where(
        ThreadTag.thread_id == thread_id,
        or_(TagChoice.group_id == ThreadTag.group_id, chosen_at_old_place()),
        TagChoice.tag == ThreadTag.tag,
        TagChoice.member_id == member_id,
        TagChoice.choice == choice,
    )


def chosen_at_old_place() -> Condition:
    """The condition that a choice for a tag was made where the thread was, by somebody who has not come along.

    What is still on its way to readers of the old place goes by what they have chosen there.
    """
    left = exists().where(ThreadMove.thread_id == ThreadTag.thread_id, ThreadMove.from_group_id == TagChoice.group_id)
    came_along = exists().where(Membership.member_id == TagChoice.member_id, Membership.group_id == ThreadTag.group_id)
    return and_(left, ~came_along)
