"""The proof of who can read: who gains and who loses sight when threads move, and whose words would be read by more.

Who writes in a group consents to that group's readers, now and later. That group is the post's home; while a plan can
still be undone, the group that it grew out of counts as home too, since undoing brings the post there, and its author
was told so. A thread may go where nobody reads but who reads all its homes, or who could come there as easily. Else
each author whose words more people could read must agree, and nobody asks an anonymous author: such a thread stays.

All is computed for whole groups, once for each way that threads go, and never for each thread and member. Reads only.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select

from forum.accounts.models import Member
from forum.db import db
from forum.groups.models import Group
from forum.posting.models import HeldPost, HeldState
from forum.splitting.readership.readers import Place, Readers
from forum.threads.models import Post, Thread
from forum.threads.moving import home_group_id, homes_of
from forum.threads.queries import author_column

# Posts of members that wait, or have come back to their authors, may still come out.
_STILL_TO_COME = (
    HeldPost.author_id.is_not(None),
    (HeldPost.state == HeldState.WAITING) | ((HeldPost.state == HeldState.RETURNED) & HeldPost.private),
)
# So many keys in one query: SQLite takes 32,766 variables.
_AT_ONCE = 5_000
_NAMES_AT_MOST = 5


@dataclass(frozen=True)
class Way:
    """Threads that go from one group to the same place: who reads them there that did not, and who no longer does."""

    from_group_id: int
    to: Place
    thread_ids: tuple[int, ...] = field(repr=False)
    gained: frozenset[int] = field(repr=False)
    lost: frozenset[int] = field(repr=False)


@dataclass(frozen=True)
class Widened:
    """A thread whose words more people could read, and whose consent that needs. Anonymous authors are not asked."""

    thread_id: int
    to: Place
    author_ids: frozenset[int]
    has_anonymous: bool


@dataclass(frozen=True)
class Difference:
    """What moves would change in who can read what."""

    ways: tuple[Way, ...]
    widened: Mapping[int, Widened] = field(repr=False)

    @property
    def threads(self) -> int:
        return sum(len(way.thread_ids) for way in self.ways)

    @property
    def gained(self) -> int:
        """Pairs of a member and a thread which that member could not read and will."""
        return sum(len(way.thread_ids) * len(way.gained) for way in self.ways)

    @property
    def lost(self) -> int:
        """Pairs of a member and a thread which that member could read and will not."""
        return sum(len(way.thread_ids) * len(way.lost) for way in self.ways)


def difference(moves: Mapping[int, Place], readers: Readers | None = None) -> Difference:
    """What changes in who can read, if threads go to these places (by thread id). Threads that are there already stay.

    Costs a set of members for each group named and a walk through the threads; of threads that widen, their posts.
    """
    readers = readers or Readers()
    ways = []
    going = _by_way(moves)
    for (from_group_id, to), thread_ids in going.items():
        here = readers.place(db.session.get_one(Group, from_group_id)).readers
        ways.append(Way(from_group_id, to, tuple(thread_ids), to.readers - here, here - to.readers))
    return Difference(tuple(ways), _widened(going, readers))


def widened_by(moves: Mapping[int, Place], readers: Readers | None = None) -> Mapping[int, Widened]:
    """The threads with words that more people could read if they went to these places, and whose words they are."""
    return _widened(_by_way(moves), readers or Readers())


def _widened(going: Mapping[tuple[int, Place], Sequence[int]], readers: Readers) -> Mapping[int, Widened]:
    found: dict[int, Widened] = {}
    homes = _homes([thread_id for thread_ids in going.values() for thread_id in thread_ids])
    for (_, to), thread_ids in going.items():
        of_thread = {thread_id: homes.get(thread_id, frozenset()) for thread_id in thread_ids}
        of_way = frozenset().union(*of_thread.values())
        widening = {group_id for group_id in of_way if readers.newcomers(to, group_id)}
        concerned = [thread_id for thread_id in thread_ids if widening & of_thread[thread_id]]
        authors: dict[int, set[int]] = defaultdict(set)
        anonymous = set()
        for thread_id, author_id, is_anonymous in _writers(concerned, widening):
            authors[thread_id].add(author_id)
            if is_anonymous:
                anonymous.add(thread_id)
        for thread_id, author_ids in authors.items():
            found[thread_id] = Widened(thread_id, to, frozenset(author_ids), thread_id in anonymous)
    return found


def _by_way(moves: Mapping[int, Place]) -> Mapping[tuple[int, Place], Sequence[int]]:
    """The threads by the group that they leave and the place they go to, without those that are there already."""
    ways: dict[tuple[int, Place], list[int]] = defaultdict(list)
    for ids in _pieces(moves):
        rows = select(Thread.id, Thread.group_id).where(Thread.id.in_(ids)).order_by(Thread.id)
        for thread_id, group_id in db.session.execute(rows):
            if group_id != moves[thread_id].group_id:
                ways[group_id, moves[thread_id]].append(thread_id)
    return ways


def _homes(thread_ids: Sequence[int]) -> Mapping[int, frozenset[int]]:
    """The groups for whose readers these threads were written, by thread.

    What waits in a thread, or has come back to its author, was written for where it was sent.
    """
    homes = dict(homes_of(thread_ids))
    for ids in _pieces(thread_ids):
        held = select(HeldPost.thread_id, HeldPost.group_id).where(HeldPost.thread_id.in_(ids), *_STILL_TO_COME)
        for thread_id, group_id in db.session.execute(held.distinct()).tuples():
            assert thread_id is not None
            homes[thread_id] = homes.get(thread_id, frozenset()) | {group_id}
    return homes


def _writers(thread_ids: Sequence[int], home_ids: Collection[int]) -> Iterator[tuple[int, int, bool]]:
    """Who wrote in these threads while they were at home there, also what waits: thread, author, whether anonymous."""
    for ids in _pieces(thread_ids):
        posts = (
            select(Post.thread_id, author_column(), Post.pseudonym_id.is_not(None))
            .join(Thread, Thread.id == Post.thread_id)
            .where(Post.thread_id.in_(ids), home_group_id().in_(home_ids))
            .distinct()
        )
        held = select(HeldPost.thread_id, HeldPost.author_id, HeldPost.pseudonym_id.is_not(None)).where(
            HeldPost.thread_id.in_(ids),
            HeldPost.group_id.in_(home_ids),
            *_STILL_TO_COME,
        )
        yield from db.session.execute(posts).tuples()
        for thread_id, author_id, is_anonymous in db.session.execute(held.distinct()).tuples():
            assert thread_id is not None
            assert author_id is not None
            yield thread_id, author_id, is_anonymous


def names_of_some(way: Way, member_ids: Collection[int]) -> Sequence[str]:
    """A few names out of those who gain or lose sight, for who makes the plan and places its members.

    None once the group is there: who belongs to it is then for those to see who may read it.
    """
    if way.to.group_id is not None:
        return ()
    some = sorted(member_ids)[:_NAMES_AT_MOST]
    rows = select(Member.name).where(Member.id.in_(some)).order_by(func.lower(Member.name))
    return db.session.scalars(rows).all()


def _pieces(ids: Iterable[int]) -> Iterator[Sequence[int]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]
