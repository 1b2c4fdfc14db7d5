"""Which posts stand in a batch of digests: of each member's groups, after the mark, without what came or is unwanted.

Loads for a hundred members together, then chooses in memory; what is the same for many members is made once. Reads
only, and never the words of a post.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select

from forum.db import db
from forum.groups.models import Group, MailContent, Membership
from forum.settings import current_settings
from forum.splitting.course.terms import review_line
from forum.threads.following import chosen_at_old_place
from forum.threads.models import Choice, Post, TagChoice, Thread, ThreadChoice, ThreadTag, Via
from forum.threads.moving import home_group_id, moves_since
from forum.threads.queries import is_author
from mailgateway.compose import naming_nobody
from mailgateway.digest_content import Section, Topic
from mailgateway.models import Delivery, DeliveryState

# Of everything since the oldest mark of a batch the newest so many posts are looked at: more than weeks of the
# busiest community, and a bound for the memory of a batch in which one mark is years old.
MOST_POSTS = 50_000
# So many keys in one query: SQLite takes 32,766 variables.
_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A post as far as choosing needs it."""

    post_id: int
    published_no: int
    fan_out_key: int
    thread_id: int
    group_id: int


@dataclass(frozen=True, slots=True)
class Span:
    """What one membership gets: posts of its group published after the first number and up to the second."""

    membership_id: int
    member_id: int
    group_id: int
    after_no: int
    up_to_no: int
    own_posts: bool
    topics_only: bool


@dataclass(frozen=True, slots=True)
class Owed:
    """A copy that waited when its member changed to digests: one of them has its post, whatever the mark."""

    delivery_id: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class Chosen:
    """What one member's digest has.

    `settled` are the owed copies that it stands for, `passed` those whose posts the member does not want; `elsewhere`
    are (fan-out key, post) of posts that the same mail brought to other groups too.
    """

    sections: tuple[Section, ...]
    post_ids: tuple[int, ...]
    settled: tuple[int, ...]
    passed: tuple[int, ...]
    elsewhere: tuple[tuple[int, int], ...]


class Batch:
    """The posts of all groups of a batch, and what concerns its members one by one."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self._spans = spans
        self._members = sorted({span.member_id for span in spans})
        self._groups: dict[int, Group] = {}
        self._terms: dict[int, str] = {}
        self._by_group: dict[int, list[Entry]] = defaultdict(list)
        self._siblings: set[int] = set()
        self._had: dict[int, set[int]] = defaultdict(set)
        self._own: dict[int, set[int]] = defaultdict(set)
        self._owed: dict[int, list[Owed]] = defaultdict(list)
        self._muted: dict[int, set[int]] = defaultdict(set)
        self._titles: dict[int, tuple[str, str]] = {}
        self._sections: dict[tuple[int, int, int, bool], tuple[Section | None, tuple[int, ...]]] = {}
        if spans:
            self._load()

    def _load(self) -> None:
        groups = sorted({span.group_id for span in self._spans})
        self._groups = {group.id: group for group in db.session.scalars(select(Group).where(Group.id.in_(groups)))}
        self._load_posts(groups)
        self._load_owed()
        entries = [*(entry for entries in self._by_group.values() for entry in entries), *self._owed_entries()]
        self._load_had(entries)
        self._load_own()
        self._load_muted({entry.thread_id for entry in entries})
        titles = select(Thread.id, Thread.subject, Thread.public_id)
        for ids in in_pieces({entry.thread_id for entry in entries}):
            for row in db.session.execute(titles.where(Thread.id.in_(ids))):
                self._titles[row.id] = (row.subject, row.public_id)

    def _load_posts(self, groups: Sequence[int]) -> None:
        oldest = min(span.after_no for span in self._spans)
        # What was published in a group is its readers', also when the thread has moved since.
        home = home_group_id() if moves_since(oldest) else Thread.group_id
        rows = (
            select(Post.id, Post.published_no, Post.fan_out_key, Post.thread_id, home)
            .join(Thread, Thread.id == Post.thread_id)
            .where(
                home.in_(groups),
                Post.published_no > oldest,
                Post.published_no <= max(span.up_to_no for span in self._spans),
                Post.erased_at.is_(None),
                Post.via != Via.IMPORT,
            )
            .order_by(Post.published_no.desc())
            .limit(MOST_POSTS)
        )
        for row in reversed(db.session.execute(rows).all()):
            entry = Entry(*row)
            self._by_group[entry.group_id].append(entry)

    def _load_owed(self) -> None:
        rows = (
            select(
                Delivery.id,
                Delivery.member_id,
                Post.id.label("post_id"),
                Post.published_no,
                Post.fan_out_key,
                Post.thread_id,
                home_group_id(),
            )
            .join(Post, Post.id == Delivery.post_id)
            .join(Thread, Thread.id == Post.thread_id)
            .where(
                Delivery.member_id.in_(self._members),
                Delivery.for_digest,
                Delivery.state == DeliveryState.SKIPPED,
                Post.erased_at.is_(None),
            )
            .order_by(Post.published_no)
        )
        for row in db.session.execute(rows):
            self._owed[row.member_id].append(Owed(row.id, Entry(*row[2:])))

    def _owed_entries(self) -> Iterator[Entry]:
        return (owed.entry for owed in (each for rows in self._owed.values() for each in rows))

    def _load_had(self, entries: Sequence[Entry]) -> None:
        """What went out singly, or is about to: by the posts themselves, and by those of the same mail elsewhere."""
        taken = Delivery.state.in_((DeliveryState.SENT, DeliveryState.WAITING))
        if not entries:
            return
        rows = (
            select(Delivery.member_id, Delivery.fan_out_key)
            .join(Post, Post.id == Delivery.post_id)
            .where(
                Delivery.member_id.in_(self._members),
                taken,
                Post.published_no >= min(entry.published_no for entry in entries),
            )
        )
        for member_id, key in db.session.execute(rows):
            self._had[member_id].add(key)
        # A mail of a member has a key above 0, and only such can have gone to several groups.
        for keys in in_pieces({entry.fan_out_key for entry in entries if entry.fan_out_key > 0}):
            several = select(Post.fan_out_key).where(Post.fan_out_key.in_(keys)).group_by(Post.fan_out_key)
            self._siblings |= set(db.session.scalars(several.having(func.count() > 1)))
        for keys in in_pieces(self._siblings):
            for member_id, key in db.session.execute(
                select(Delivery.member_id, Delivery.fan_out_key).where(
                    Delivery.fan_out_key.in_(keys), Delivery.member_id.in_(self._members), taken
                )
            ):
                self._had[member_id].add(key)

    def _load_own(self) -> None:
        without = [span.membership_id for span in self._spans if not span.own_posts]
        if not without:
            return
        rows = (
            select(Membership.member_id, Post.id)
            .join(Post, is_author(Membership.member_id))
            .join(Thread, Thread.id == Post.thread_id)
            .where(
                Membership.id.in_(without),
                home_group_id() == Membership.group_id,
                Post.published_no > min(span.after_no for span in self._spans),
            )
        )
        for member_id, post_id in db.session.execute(rows):
            self._own[member_id].add(post_id)

    def _load_muted(self, threads: set[int]) -> None:
        """The threads that a member mutes: itself, or by a tag without following the thread."""
        by_tag = (
            select(TagChoice.member_id, ThreadTag.thread_id)
            .join(ThreadTag, ThreadTag.tag == TagChoice.tag)
            .where(or_(ThreadTag.group_id == TagChoice.group_id, chosen_at_old_place()))
            .where(TagChoice.member_id.in_(self._members), TagChoice.choice == Choice.MUTE)
        )
        by_thread = select(ThreadChoice.member_id, ThreadChoice.thread_id, ThreadChoice.choice).where(
            ThreadChoice.member_id.in_(self._members)
        )
        for ids in in_pieces(threads):
            for member_id, thread_id in db.session.execute(by_tag.where(ThreadTag.thread_id.in_(ids))):
                self._muted[member_id].add(thread_id)
        for ids in in_pieces(threads):
            for member_id, thread_id, choice in db.session.execute(by_thread.where(ThreadChoice.thread_id.in_(ids))):
                (self._muted[member_id].add if choice is Choice.MUTE else self._muted[member_id].discard)(thread_id)

    # --- choosing ---

    def in_order(self, spans: Iterable[Span]) -> Sequence[Span]:
        """The group of everybody first, then by name."""
        return sorted(spans, key=lambda span: _place(self._groups[span.group_id]))

    def has_posts(self, span: Span) -> bool:
        """Whether anything at all was published in the span: else its mark may stay where it is."""
        return bool(self._between(span))

    def choose(self, member_id: int, spans: Sequence[Span]) -> Chosen:
        """What one member's digest has, sections and posts in their order."""
        none: set[int] = set()
        had, own, muted = (table.get(member_id, none) for table in (self._had, self._own, self._muted))
        owed = self._owed.get(member_id, ())
        sections: list[Section] = []
        post_ids: list[int] = []
        settled: list[int] = []
        passed: list[int] = []
        elsewhere: dict[int, int] = {}
        for span in self.in_order(spans):
            late = [each for each in owed if each.entry.group_id == span.group_id]
            between = self._between(span)
            if late or had or own or muted or self._siblings:
                numbers = {entry.published_no for entry in between}
                every = sorted(
                    [*between, *(each.entry for each in late if each.entry.published_no not in numbers)],
                    key=lambda entry: entry.published_no,
                )
                wanted: list[Entry] = []
                for entry in every:
                    unwanted = entry.thread_id in muted or (not span.own_posts and entry.post_id in own)
                    if unwanted or entry.fan_out_key in had or entry.fan_out_key in elsewhere:
                        continue
                    wanted.append(entry)
                    if entry.fan_out_key in self._siblings:
                        elsewhere[entry.fan_out_key] = entry.post_id
                in_digest = {entry.post_id for entry in wanted}
                for each in late:
                    (settled if each.entry.post_id in in_digest else passed).append(each.delivery_id)
                section, items = self._section(span, wanted)
            else:
                key = (span.group_id, span.after_no, span.up_to_no, span.topics_only)
                if key not in self._sections:
                    self._sections[key] = self._section(span, between)
                section, items = self._sections[key]
            if section is not None:
                sections.append(section)
                post_ids.extend(items)
        return Chosen(tuple(sections), tuple(post_ids), tuple(settled), tuple(passed), tuple(elsewhere.items()))

    def _between(self, span: Span) -> Sequence[Entry]:
        entries = self._by_group.get(span.group_id, [])
        first = bisect_right(entries, span.after_no, key=lambda entry: entry.published_no)
        return entries[first : bisect_right(entries, span.up_to_no, key=lambda entry: entry.published_no)]

    def _section(self, span: Span, entries: Sequence[Entry]) -> tuple[Section | None, tuple[int, ...]]:
        """A group's part, and which of its posts stand in the digest with their words."""
        if not entries:
            return None, ()
        group = self._groups[span.group_id]
        threads: dict[int, list[int]] = {}
        for entry in entries:
            threads.setdefault(entry.thread_id, []).append(entry.post_id)
        named = [(*self._titles[thread_id], len(ids), ids) for thread_id, ids in threads.items()]
        if group.id not in self._terms:
            self._terms[group.id] = review_line(group)
        section = section_of(group, self._terms[group.id], len(entries), named)
        if section.link_only or span.topics_only:
            return section, ()
        return section, tuple(post_id for ids in threads.values() for post_id in ids)


def section_of(group: Group, terms: str, posts: int, threads: Iterable[tuple[str, str, int, Sequence[int]]]) -> Section:
    """A group's part of a digest; threads are subject, public id, number of posts and their ids.

    Of a group that shows nothing in mail it names no thread.
    """
    base = current_settings().base_url
    link_only = group.mail_content is MailContent.LINK
    named = () if link_only else threads
    return Section(
        group_id=group.id,
        name=group.name,
        url=f"{base}/g/{group.slug}",
        posts=posts,
        topics=tuple(
            Topic(subject, f"{base}/t/{public_id}", count, tuple(ids)) for subject, public_id, count, ids in named
        ),
        link_only=link_only,
        terms=naming_nobody(terms) if link_only else terms,
    )


def _place(group: Group) -> tuple[bool, str, int]:
    return group.parent_id is not None, group.name.casefold(), group.id


def in_pieces(ids: Iterable[int]) -> Iterator[Sequence[int]]:
    """Ids in lots that fit into one query."""
    every = sorted(ids)
    return (every[at : at + _AT_ONCE] for at in range(0, len(every), _AT_ONCE))
