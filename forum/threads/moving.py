"""Threads go from one group to another and stay what they are: links, authorship, dates, followers and marks remain.

Here are the thread's own rows, and where each of its posts was at home. Who may read more or less by it is for
`forum.splitting.readership.difference`; what waits or is reported in a thread goes along by `readership.moves`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from sqlalchemy import ColumnElement, Select, exists, func, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from forum.clock import now
from forum.counter import PUBLISHED, take_turn
from forum.db import db
from forum.groups.models import READS, Group, Membership
from forum.threads.models import Post, TagChoice, Thread, ThreadMove, ThreadTag

# So many keys in one query: SQLite takes 32,766 variables.
_AT_ONCE = 5_000


def lock_threads(thread_ids: Collection[int]) -> Sequence[Thread]:
    """Those of these threads that nobody else is changing just now, locked, in the order of their ids.

    Whoever publishes has the counter's row before that of a thread. So has this, and it waits for nothing else: two
    that move, publish or decide at once cannot wait for each other.
    """
    take_turn(PUBLISHED)
    rows = select(Thread).where(Thread.id.in_(thread_ids)).order_by(Thread.id)
    locked = rows.with_for_update(key_share=True, skip_locked=True).execution_options(populate_existing=True)
    return db.session.scalars(locked).all()


def relocate(thread_ids: Collection[int], to_group: Group, *, actor_id: int | None) -> Mapping[int, int]:
    """Have these locked threads stand in a group: a row in `thread_move` each. How many came, by the group they left.

    What is in the group already stays. Tags that members follow or mute where a thread was, they follow or mute for
    its tags here too, if they belong here and have not chosen.
    """
    going = select(Thread.id).where(Thread.id.in_(thread_ids), Thread.group_id != to_group.id)
    by_origin = (
        select(Thread.group_id, func.count())
        .where(Thread.id.in_(thread_ids), Thread.group_id != to_group.id)
        .group_by(Thread.group_id)
        .order_by(Thread.group_id)
    )
    counts = {group_id: count for group_id, count in db.session.execute(by_origin)}
    if not counts:
        return counts
    for from_group_id in counts:
        _carry_tag_choices(going.where(Thread.group_id == from_group_id), from_group_id, to_group.id)
    leaving = going.with_only_columns(
        Thread.id,
        Thread.group_id,
        literal(to_group.id),
        Thread.last_published_no,
        literal(actor_id, ThreadMove.moved_by_id.type),
        literal(now(), ThreadMove.moved_at.type),
    )
    names = ["thread_id", "from_group_id", "to_group_id", "after_no", "moved_by_id", "moved_at"]
    db.session.execute(insert(ThreadMove).from_select(names, leaving.order_by(Thread.id)))
    for table, of_thread in ((ThreadTag, ThreadTag.thread_id), (Thread, Thread.id)):
        db.session.execute(
            update(table)
            .where(of_thread.in_(thread_ids), table.group_id != to_group.id)
            .values(group_id=to_group.id)
            .execution_options(synchronize_session=False)
        )
    db.session.expire_all()
    return counts


def _carry_tag_choices(threads: Select[tuple[int]], from_group_id: int, to_group_id: int) -> None:
    tags = select(ThreadTag.tag).where(ThreadTag.thread_id.in_(threads))
    belongs = exists().where(
        Membership.member_id == TagChoice.member_id,
        Membership.group_id == to_group_id,
        Membership.standing.in_(READS),
    )
    chosen = select(
        TagChoice.member_id,
        literal(to_group_id),
        TagChoice.tag,
        TagChoice.choice,
        literal(now(), TagChoice.created_at.type),
    ).where(TagChoice.group_id == from_group_id, TagChoice.tag.in_(tags), belongs)
    upsert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    names = ["member_id", "group_id", "tag", "choice", "created_at"]
    db.session.execute(upsert(TagChoice).from_select(names, chosen).on_conflict_do_nothing())


def home_group_id(post: type[Post] = Post, thread: type[Thread] = Thread) -> ColumnElement[int]:
    """The group in which a post was published, whose readers it was written for. For queries of posts and threads.

    Of a group that has been merged back it is the one that it became.
    """
    first_move_after = (
        select(ThreadMove.from_group_id)
        .where(ThreadMove.thread_id == post.thread_id, ThreadMove.after_no >= post.published_no)
        .order_by(ThreadMove.id)
        .limit(1)
        .correlate(post)
        .scalar_subquery()
    )
    home = aliased(Group)
    return (
        select(func.coalesce(home.became_id, home.id))
        .where(home.id == func.coalesce(first_move_after, thread.group_id))
        .correlate(post, thread)
        .scalar_subquery()
    )


def moves_since(published_no: int) -> bool:
    """Whether any thread with later posts has moved; mostly none has, and each post is at home where it is."""
    return bool(db.session.scalar(select(exists().where(ThreadMove.after_no > published_no))))


def homes_of(thread_ids: Collection[int]) -> Mapping[int, frozenset[int]]:
    """The groups in which the posts of these threads were published, by thread; a few queries for all of them."""
    homes: dict[int, set[int]] = defaultdict(set)
    for ids in _pieces(thread_ids):
        moved = select(ThreadMove.thread_id).where(ThreadMove.thread_id.in_(ids))
        staying = select(Thread.id, Thread.group_id).where(Thread.id.in_(ids), Thread.id.not_in(moved))
        for thread_id, group_id in db.session.execute(staying):
            homes[thread_id].add(group_id)
        published = (
            select(Post.thread_id, home_group_id())
            .join(Thread, Thread.id == Post.thread_id)
            .where(Post.thread_id.in_(moved))
            .distinct()
        )
        for thread_id, group_id in db.session.execute(published):
            homes[thread_id].add(group_id)
    return {thread_id: frozenset(groups) for thread_id, groups in homes.items()}


def _pieces(ids: Collection[int]) -> Iterator[Sequence[int]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]
