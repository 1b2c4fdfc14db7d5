"""Which old mails make a thread, and which mail answers which. Pure: ids, subjects and dates in, places out.

After Jamie Zawinski's message threading: a mail answers the nearest known of the ids that it names, wherever in the
file that one stands; mails that name the same unknown mail belong together. As with live mail (posting.placement),
a really changed subject begins a new thread, and a reply that names nothing known joins the newest thread of the
same subject of the two weeks before it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

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
        known_parent = self._known_parent(leaf, parent)
        thread, first = self._thread_for(leaf, parent, known_parent)
        answers = parent
        answers_post_id = known_parent.id if known_parent is not None else None
        if thread is None:
            thread = _Thread(subject_key(leaf.subject), leaf.at, opener=number)
        elif first:
            answers = thread.opener
            answers_post_id = thread.known.first_post_id if thread.known is not None else None
        self._note(number, leaf, thread)
        known = thread.known
        return Place(number, thread.opener, known.id if known is not None else None, answers, answers_post_id)

    def _known_parent(self, leaf: Leaf, parent: int | None) -> KnownPost | None:
        if parent is not None:
            return None
        return next((self._known.posts[each] for each in leaf.answers if each in self._known.posts), None)

    def _thread_for(
        self, leaf: Leaf, parent: int | None, known_parent: KnownPost | None
    ) -> tuple[_Thread | None, bool]:
        """The thread that it goes on, if any, and whether it then answers the first post there for want of a better."""
        if leaf.thread:
            return self._of_export.get(leaf.thread), False
        if parent is not None:
            return _unless_changed(leaf, self._of_leaf[parent]), False
        if known_parent is not None:
            return _unless_changed(leaf, self._from_known(known_parent.thread)), False
        for message_id in leaf.answers:
            if message_id in self._of_missing:
                return _unless_changed(leaf, self._of_missing[message_id]), False
        if is_reply_subject(leaf.subject):
            return self._by_subject(leaf), True
        return None, False

    def _by_subject(self, leaf: Leaf) -> _Thread | None:
        key = subject_key(leaf.subject)
        if not key:
            return None
        candidates = [self._from_known(each) for each in self._known.threads.get(key, ())]
        if key in self._of_subject:
            candidates.append(self._of_subject[key])
        recent = [each for each in candidates if each.last_at - _WINDOW <= leaf.at <= each.last_at + _WINDOW]
        return max(recent, key=lambda each: each.last_at, default=None)

    def _from_known(self, known: KnownThread) -> _Thread:
        return self._of_known.setdefault(known.id, _Thread(known.key, known.last_post_at, known=known))

    def _note(self, number: int, leaf: Leaf, thread: _Thread) -> None:
        thread.last_at = max(thread.last_at, leaf.at)
        self._of_leaf[number] = thread
        self._of_subject[thread.key] = thread
        if leaf.thread:
            self._of_export.setdefault(leaf.thread, thread)
        for message_id in leaf.answers:
            if message_id not in self._numbers and message_id not in self._known.posts:
                self._of_missing.setdefault(message_id, thread)


def _unless_changed(leaf: Leaf, thread: _Thread) -> _Thread | None:
    return None if really_changed(leaf.subject, thread.key) else thread
