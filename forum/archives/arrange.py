"""Which old mails make a thread, and which mail answers which. Pure: ids, subjects and dates in, places out.

After Jamie Zawinski's message threading: a mail answers the nearest known of the ids that it names, wherever in the
file that one stands; mails that name the same unknown mail belong together. As with live mail (posting.placement),
a really changed subject begins a new thread, and a reply that names nothing known joins the newest thread of the
same subject of the two weeks before it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile

from forum.threads.queries import SUBJECT_MATCH_DAYS
from forum.threads.subjects import is_reply_subject, really_changed, subject_key

_WINDOW = timedelta(days=SUBJECT_MATCH_DAYS)


@dataclass(frozen=True, slots=True)
class Leaf:
    """What threading needs to know of one mail. `thread` is what an export of Banyan says, or ""."""

    message_id: str
    answers: tuple[str, ...]
    subject: str
    at: datetime
    thread: str = ""


@dataclass(frozen=True, slots=True)
class KnownThread:
    """A thread of the group that is in the database already."""

    id: int
    key: str
    first_post_id: int
    last_post_at: datetime


@dataclass(frozen=True, slots=True)
class KnownPost:
    id: int
    thread: KnownThread


@dataclass(frozen=True, slots=True)
class Known:
    """What the group has already: posts by message id, threads by the key of their subject, newest last."""

    posts: Mapping[str, KnownPost] = field(default_factory=dict)
    threads: Mapping[str, Sequence[KnownThread]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """Where one mail belongs; mails are named by their number in the sequence given.

    The thread is a known one (`thread_id`), or a new one named after the mail that opens it. A mail that opens a
    thread and answers another has left that one's thread by a changed subject.
    """

    leaf: int
    opener: int | None
    thread_id: int | None
    answers: int | None
    answers_post_id: int | None


@dataclass(slots=True)
class _Thread:
    """A thread while it grows."""

    key: str
    last_at: datetime
    opener: int | None = None
    known: KnownThread | None = None


@dataclass(frozen=True, slots=True)
class _Answered:
    """A mail of the file or a post, and the thread in which it stands."""

    thread: _Thread
    leaf: int | None = None
    post_id: int | None = None


def arrange(leaves: Sequence[Leaf], known: Known) -> Sequence[Place]:
    """The places of all mails, in the order in which to publish them: by date, but no answer before what it answers."""
    numbers = {leaf.message_id: number for number, leaf in enumerate(leaves)}
    parents = [_parent(leaf, numbers, known.posts) for leaf in leaves]
    by_date = sorted(range(len(leaves)), key=lambda number: leaves[number].at)
    _cut_loops(by_date, parents)
    growing = _Growing(leaves, known)
    return [growing.place(number, parents[number]) for number in _in_order(by_date, parents)]


def _parent(leaf: Leaf, numbers: Mapping[str, int], known: Mapping[str, KnownPost]) -> int | None:
    """The mail of the file that this one answers, unless a nearer one is known already."""
    for message_id in leaf.answers:
        if message_id in known:
            return None
        if message_id in numbers and message_id != leaf.message_id:
            return numbers[message_id]
    return None


def _cut_loops(by_date: Sequence[int], parents: list[int | None]) -> None:
    """No mail is its own ancestor, whatever broken programs wrote: of a loop the oldest mail answers nothing."""
    walk_of: dict[int, int] = {}
    for start in by_date:
        above: int | None = start
        while above is not None and above not in walk_of:
            walk_of[above] = start
            above = parents[above]
        if above is not None and walk_of[above] == start:
            parents[above] = None


def _in_order(by_date: Sequence[int], parents: Sequence[int | None]) -> Iterator[int]:
    done: set[int] = set()
    for number in by_date:
        waiting = []
        above: int | None = number
        while above is not None and above not in done:
            waiting.append(above)
            done.add(above)
            above = parents[above]
        yield from reversed(waiting)


class _Growing:
    """The threads so far, while mails are placed one after the other."""

    def __init__(self, leaves: Sequence[Leaf], known: Known) -> None:
        self._leaves = leaves
        self._known = known
        self._numbers = frozenset(leaf.message_id for leaf in leaves)
        self._of_leaf: dict[int, _Thread] = {}
        self._of_known: dict[int, _Thread] = {}
        self._of_export: dict[str, _Thread] = {}
        # Threads in which somebody answered a mail that is nowhere.
        self._of_missing: dict[str, _Thread] = {}
        self._of_subject: dict[str, _Thread] = {}

    def place(self, number: int, parent: int | None) -> Place:
        leaf = self._leaves[number]
        answered = self._answered(leaf, parent)
        missing = self._missing(leaf)
        thread = self._of_export.get(leaf.thread) if leaf.thread else self._by_ids(leaf, answered, missing)
        if thread is None and answered is None and not leaf.thread:
            thread = self._by_subject(leaf)
            answered = _first_of(thread) if thread is not None else None
        if thread is None:
            thread = _Thread(subject_key(leaf.subject), leaf.at, opener=number)
        elif answered is not None and answered.thread is not thread:
            answered = None
        self._note(number, leaf, thread, missing)
        return Place(
            leaf=number,
            opener=thread.opener,
            thread_id=thread.known.id if thread.known is not None else None,
            answers=answered.leaf if answered is not None else None,
            answers_post_id=answered.post_id if answered is not None else None,
        )

    def _answered(self, leaf: Leaf, parent: int | None) -> _Answered | None:
        if parent is not None:
            return _Answered(self._of_leaf[parent], leaf=parent)
        post = next((self._known.posts[each] for each in leaf.answers if each in self._known.posts), None)
        return _Answered(self._from_known(post.thread), post_id=post.id) if post is not None else None

    def _missing(self, leaf: Leaf) -> Sequence[str]:
        """The ids that it names before any that is known: of mails that are nowhere."""
        return list(takewhile(lambda each: each not in self._numbers and each not in self._known.posts, leaf.answers))

    def _by_ids(self, leaf: Leaf, answered: _Answered | None, missing: Sequence[str]) -> _Thread | None:
        joined = next((self._of_missing[each] for each in missing if each in self._of_missing), None)
        candidates = (joined, answered.thread if answered is not None else None)
        fitting = (each for each in candidates if each is not None and not really_changed(leaf.subject, each.key))
        return next(fitting, None)

    def _by_subject(self, leaf: Leaf) -> _Thread | None:
        key = subject_key(leaf.subject)
        if not key or not is_reply_subject(leaf.subject):
            return None
        candidates = [self._from_known(each) for each in self._known.threads.get(key, ())]
        if key in self._of_subject:
            candidates.append(self._of_subject[key])
        recent = [each for each in candidates if each.last_at - _WINDOW <= leaf.at <= each.last_at + _WINDOW]
        return max(recent, key=lambda each: each.last_at, default=None)

    def _from_known(self, known: KnownThread) -> _Thread:
        return self._of_known.setdefault(known.id, _Thread(known.key, known.last_post_at, known=known))

    def _note(self, number: int, leaf: Leaf, thread: _Thread, missing: Sequence[str]) -> None:
        thread.last_at = max(thread.last_at, leaf.at)
        self._of_leaf[number] = thread
        self._of_subject[thread.key] = thread
        if leaf.thread:
            self._of_export.setdefault(leaf.thread, thread)
        for message_id in missing:
            self._of_missing.setdefault(message_id, thread)


def _first_of(thread: _Thread) -> _Answered:
    """What a reply by subject alone answers: it names no mail, so that the first one stands for all."""
    return _Answered(thread, leaf=thread.opener, post_id=thread.known.first_post_id if thread.known else None)
