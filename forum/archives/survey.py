"""Reads a whole mbox and says what its import would do, before anything is written.

Mails that have been read wait in a spool file, so that memory holds of each only what threading needs, whatever
the size of the archive. Writes nothing to the database.
"""

import pickle
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from forum.archives.arrange import Leaf, Place, arrange
from forum.archives.authors import Author, author_of, member_of, shown_name
from forum.archives.dates import fill_gaps, moment_of
from forum.archives.mail import ArchivedMail, Read, Unreadable
from forum.archives.mbox import Letter, read_letters
from forum.archives.queries import ids_in_group, known_of
from forum.archives.titles import list_tag
from forum.clock import now
from forum.threads.subjects import is_reply_subject, subject_key

_LONGEST_ID = 998
_FEWEST_FOR_A_TAG = 10


@dataclass(frozen=True, slots=True)
class Skipped:
    """A message that is not imported: its number in the file, from 1, and why."""

    position: int
    reason: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A mail to import: its number in the file, where it lies in the spool, and what threading knows of it.

    `redated` says that its Date was missing or not to be believed.
    """

    position: int
    spooled_at: int
    leaf: Leaf
    author: Author
    files: int
    redated: bool


@dataclass(frozen=True)
class Report:
    """What is in the file, and what of it is new to the group."""

    messages: int
    new: int
    duplicates: int
    unreadable: tuple[Skipped, ...]
    threads_new: int
    threads_continued: int
    authors_known: int
    authors_new: int
    authors_without_address: int
    files: int
    redated: int
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True)
class Survey:
    """The new mails of a file with their places, in the order in which to write them."""

    report: Report
    group_id: int
    entries: Sequence[Entry]
    places: Sequence[Place]
    names: dict[Author, str]
    # What the old list wrote before every subject, such as "[locums]"; "" when it wrote nothing.
    tag: str
    spool: BinaryIO = field(repr=False)

    def mail(self, number: int) -> ArchivedMail:
        """The mail of an entry, with its words and files."""
        self.spool.seek(self.entries[number].spooled_at)
        # Only this process can reach the file, which has no name.
        mail = pickle.load(self.spool)  # noqa: S301  (our own spool file, written a moment ago)
        assert isinstance(mail, ArchivedMail)
        return mail


@dataclass(slots=True)
class _Reading:
    """What has been seen of the file so far."""

    spool: BinaryIO
    read: Read
    present: datetime
    messages: int = 0
    duplicates: int = 0
    unreadable: list[Skipped] = field(default_factory=list)
    seen: dict[str, tuple[str, datetime | None]] = field(default_factory=dict)
    moments: list[datetime | None] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    names: dict[Author, Counter[str]] = field(default_factory=dict)
    tags: Counter[str] = field(default_factory=Counter)

    def take(self, letter: Letter) -> None:
        self.messages += 1
        mail = self._try_read(letter)
        if isinstance(mail, Unreadable):
            self.unreadable.append(Skipped(letter.position, mail.reason))
            return
        message_id = self._identity(mail, letter.raw)
        if message_id is None:
            self.duplicates += 1
            return
        moment = moment_of(mail, letter.separator_date, self.present)
        redated = mail.sent_at is None or (moment != mail.sent_at and moment != mail.listed_at)
        author = author_of(mail.sender)
        self.names.setdefault(author, Counter())[shown_name(mail.sender)] += 1
        if not mail.thread:  # Banyan's own export has no tags but the authors'.
            self.tags[list_tag(mail.subject)] += 1
        self.moments.append(moment)
        leaf = Leaf(message_id, mail.answers, mail.subject, moment or self.present, mail.thread)
        self.entries.append(Entry(letter.position, self.spool.tell(), leaf, author, len(mail.files), redated))
        pickle.dump(mail, self.spool, protocol=pickle.HIGHEST_PROTOCOL)

    def _try_read(self, letter: Letter) -> ArchivedMail | Unreadable:
        try:
            return self.read(letter.raw)
        except Exception as error:
            # One message that breaks the reader skips only itself, and is told.
            return Unreadable(f"It could not be read ({type(error).__name__}: {error}).")

    def _identity(self, mail: ArchivedMail, raw: bytes) -> str | None:
        """The mail's own id; a made one when another mail has used it up; None for a second copy of one mail."""
        copy = (mail.sender.address.lower(), mail.sent_at)
        if len(mail.message_id) <= _LONGEST_ID and self.seen.setdefault(mail.message_id, copy) is copy:
            return mail.message_id
        if self.seen.get(mail.message_id) == copy:
            return None
        made = f"<{sha256(raw.strip()).hexdigest()[:32]}@reused-message-id.invalid>"
        return made if self.seen.setdefault(made, copy) is copy else None


def survey(path: Path, group_id: int, read: Read, spool: BinaryIO, tell: Callable[[int], None]) -> Survey:
    """Read the file and look up what the group has of it. `tell` hears how many bytes are read. NotAnMbox, OSError."""
    seen = _Reading(spool, read, now())
    for letter in read_letters(path):
        seen.take(letter)
        tell(letter.end)
    entries = _new_entries(seen, ids_in_group(group_id, seen.seen))
    leaves = [entry.leaf for entry in entries]
    own = {leaf.message_id for leaf in leaves}
    answered = {message_id for leaf in leaves for message_id in leaf.answers if message_id not in own}
    keys = {subject_key(leaf.subject) for leaf in leaves if is_reply_subject(leaf.subject)}
    places = arrange(leaves, known_of(group_id, answered, keys))
    names = {author: _usual_name(author, seen.names[author]) for author in {entry.author for entry in entries}}
    return Survey(
        report=_report(seen, entries, places),
        group_id=group_id,
        entries=entries,
        places=places,
        names=names,
        tag=_usual_tag(seen.tags),
        spool=spool,
    )


def _new_entries(seen: _Reading, had: frozenset[str]) -> Sequence[Entry]:
    moments = fill_gaps(seen.moments, otherwise=seen.present)
    return [
        replace(entry, leaf=replace(entry.leaf, at=moment))
        for entry, moment in zip(seen.entries, moments, strict=True)
        if entry.leaf.message_id not in had
    ]


def _usual_name(author: Author, names: Counter[str]) -> str:
    """The name that this author used most; of several, the one used first."""
    given = [(times, name) for name, times in names.items() if name]
    return max(given, key=lambda each: each[0])[1] if given else ""


def _usual_tag(tags: Counter[str]) -> str:
    """The tag of more than half of the mails; of a few mails it may as well be their author's."""
    if tags.total() < _FEWEST_FOR_A_TAG:
        return ""
    tag, times = tags.most_common(1)[0]
    return tag if 2 * times > tags.total() else ""


def _report(seen: _Reading, entries: Sequence[Entry], places: Sequence[Place]) -> Report:
    authors = {entry.author for entry in entries}
    known = sum(member_of(author) is not None for author in authors)
    moments = [entry.leaf.at for entry in entries]
    return Report(
        messages=seen.messages,
        new=len(entries),
        duplicates=seen.duplicates + len(seen.entries) - len(entries),
        unreadable=tuple(seen.unreadable),
        threads_new=len({place.opener for place in places if place.opener is not None}),
        threads_continued=len({place.thread_id for place in places if place.thread_id is not None}),
        authors_known=known,
        authors_new=len(authors) - known,
        authors_without_address=sum(not author.key for author in authors),
        files=sum(entry.files for entry in entries),
        redated=sum(entry.redated for entry in entries),
        first=min(moments, default=None),
        last=max(moments, default=None),
    )


def lots(places: Sequence[Place], size: int) -> Iterator[Sequence[Place]]:
    """The places in lots that one short transaction can write each."""
    for start in range(0, len(places), size):
        yield places[start : start + size]
