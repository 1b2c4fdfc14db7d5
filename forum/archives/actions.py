"""Writes imported mails as posts, set-wise. Never commits.

The one writer of posts besides `forum.posting`: an archive is history, which no rule judges any more, and of which
nobody gets mail. Everything else is as publishing does it: one number of the site-wide order for each post, the
thread's counts, the arrival that makes a second copy known, and a task to index.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, insert, update
from sqlalchemy.dialects import postgresql, sqlite

from forum.accounts.models import Member
from forum.archives.arrange import Place
from forum.archives.authors import Author, add_author, member_of
from forum.archives.mail import ArchivedMail
from forum.archives.models import OldNumber
from forum.archives.queries import fan_out_keys
from forum.archives.survey import Survey
from forum.archives.titles import without_tag
from forum.blobs import Blob, digest_of
from forum.clock import now
from forum.counter import PUBLISHED, next_numbers
from forum.db import Base, db, public_id
from forum.groups.models import Assurance
from forum.log import record
from forum.posting.hold import content_digest
from forum.posting.models import Arrival
from forum.posting.publish import NO_SUBJECT
from forum.queue import Task
from forum.rules.submission import Submission
from forum.settings import current_settings
from forum.text import excerpt
from forum.text.lines import one_line
from forum.threads.models import Attachment, Post, Thread, Via
from forum.threads.subjects import subject_key
from forum.threads.tags import keep_tags, tags_in

Rows = list[dict[str, Any]]
# Many rows with a value of their own each: through the tables, since the mapped classes would be updated one by one.
_POST = Base.metadata.tables["post"]
_THREAD = Base.metadata.tables["thread"]


@dataclass(slots=True)
class Ledger:
    """What an import has written so far: row numbers by the number of a mail, and members by author."""

    posts: dict[int, int] = field(default_factory=dict)
    threads: dict[int, int] = field(default_factory=dict)
    authors: dict[Author, tuple[int, str]] = field(default_factory=dict)

    def add(self, other: "Ledger") -> None:
        """Take over what was written in a transaction that has been committed."""
        self.posts.update(other.posts)
        self.threads.update(other.threads)
        self.authors.update(other.authors)


def write_posts(survey: Survey, lot: Sequence[Place], so_far: Ledger) -> Ledger:
    """Make posts of some mails; returns what is new, to be added to the ledger after the commit."""
    mails = {place.leaf: survey.mail(place.leaf) for place in lot}
    new = Ledger()
    new.authors = _find_authors(survey, lot, so_far)
    new.threads = _open_threads(survey, lot, mails, so_far)
    both = Ledger(so_far.posts, {**so_far.threads, **new.threads}, {**so_far.authors, **new.authors})
    rows = _post_rows(survey, lot, mails, both)
    added = db.session.scalars(insert(Post).returning(Post.id, sort_by_parameter_order=True), rows)
    new.posts = {place.leaf: post_id for place, post_id in zip(lot, added, strict=True)}
    _link(lot, so_far, new)
    _keep_files(mails, new)
    _note_arrivals(survey, lot, mails, rows, new)
    _count_in_threads(rows)
    _keep_tags(survey, rows)
    _keep_numbers(survey.group_id, mails, new)
    moment = now()
    tasks = [{"kind": "index", "target_id": post_id, "due_at": moment} for post_id in new.posts.values()]
    db.session.execute(insert(Task), tasks)
    return new


def record_import(group_id: int, posts: int, messages: int) -> None:
    """Say in the log that an archive came in."""
    record("import", "group", group_id, group_id=group_id, why=f"{posts} posts from an mbox of {messages} messages")


def _find_authors(survey: Survey, lot: Sequence[Place], so_far: Ledger) -> dict[Author, tuple[int, str]]:
    found: dict[Author, tuple[int, str]] = {}
    for place in lot:
        author = survey.entries[place.leaf].author
        if author not in so_far.authors and author not in found:
            member: Member = member_of(author) or add_author(author, survey.names[author])
            found[author] = member.id, member.name
    return found


def _open_threads(
    survey: Survey, lot: Sequence[Place], mails: Mapping[int, ArchivedMail], so_far: Ledger
) -> dict[int, int]:
    rows: Rows = []
    openers: list[int] = []
    for place in lot:
        if place.opener is None or place.opener in so_far.threads or place.opener in openers:
            continue
        # The opener itself, but for one that could not be written: then the next mail of its thread stands for it.
        leaf = survey.entries[place.leaf].leaf
        subject = one_line(mails[place.leaf].title) or without_tag(one_line(leaf.subject), survey.tag) or NO_SUBJECT
        subject = subject[:500]
        openers.append(place.opener)
        rows.append(
            {
                "public_id": public_id(),
                "group_id": survey.group_id,
                "subject": subject,
                "subject_key": subject_key(subject),
                "created_at": leaf.at,
                "last_post_at": leaf.at,
            }
        )
    if not rows:
        return {}
    added = db.session.scalars(insert(Thread).returning(Thread.id, sort_by_parameter_order=True), rows)
    return dict(zip(openers, added, strict=True))


def _post_rows(survey: Survey, lot: Sequence[Place], mails: Mapping[int, ArchivedMail], both: Ledger) -> Rows:
    numbers = next_numbers(PUBLISHED, len(lot))
    elsewhere = fan_out_keys([survey.entries[place.leaf].leaf.message_id for place in lot])
    rows: Rows = []
    for number, place in zip(numbers, lot, strict=True):
        mail, entry = mails[place.leaf], survey.entries[place.leaf]
        author_id, byline = both.authors[entry.author]
        identity, message_id = public_id(), entry.leaf.message_id
        if message_id in elsewhere:
            # One mail to two lists: the first archive has used its id up, and this is the sibling of that post.
            message_id = f"<{identity}@{current_settings().domain}>"
        rows.append(
            {
                "public_id": identity,
                "thread_id": place.thread_id if place.opener is None else both.threads[place.opener],
                "published_no": number,
                "fan_out_key": elsewhere.get(entry.leaf.message_id, -number),
                "author_id": author_id,
                "byline": byline,
                "via": Via.IMPORT,
                "message_id": message_id,
                "author_message_id": entry.leaf.message_id,
                "in_reply_to_id": both.posts.get(place.answers) if place.answers is not None else place.answers_post_id,
                "subject": one_line(mail.subject)[:500] or NO_SUBJECT,
                "text": mail.text,
                "text_format": mail.text_format,
                "html": mail.html,
                "folded": mail.folded,
                "sent_at": mail.sent_at,
                "created_at": entry.leaf.at,
            }
        )
    return rows


def _link(lot: Sequence[Place], so_far: Ledger, new: Ledger) -> None:
    """Answers to posts of the same lot, whose numbers were not known before, and threads to what they grew out of."""
    answers = [
        {"post": new.posts[place.leaf], "answered": new.posts[place.answers]}
        for place in lot
        if place.answers is not None and place.answers in new.posts
    ]
    if answers:
        linked = update(_POST).where(_POST.c.id == bindparam("post"))
        db.session.connection().execute(linked.values(in_reply_to_id=bindparam("answered")), answers)
    posts = {**so_far.posts, **new.posts}
    grown = [
        {"thread": new.threads[place.leaf], "root": root}
        for place in lot
        if place.opener == place.leaf
        and place.leaf in new.threads
        and (root := posts.get(place.answers) if place.answers is not None else place.answers_post_id) is not None
    ]
    if grown:
        linked = update(_THREAD).where(_THREAD.c.id == bindparam("thread"))
        db.session.connection().execute(linked.values(grown_from_id=bindparam("root")), grown)


def _keep_files(mails: Mapping[int, ArchivedMail], new: Ledger) -> None:
    moment = now()
    blobs: dict[str, dict[str, Any]] = {}
    rows: Rows = []
    for leaf, mail in mails.items():
        for file in mail.files:
            digest = digest_of(file.content)
            size = len(file.content)
            blobs[digest] = {"digest": digest, "size": size, "content": file.content, "created_at": moment}
            rows.append(
                {
                    "public_id": public_id(),
                    "post_id": new.posts[leaf],
                    "digest": digest,
                    "name": file.name[:255],
                    "type": file.type[:255],
                    "size": size,
                }
            )
    if rows:
        kept = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
        db.session.execute(kept(Blob).on_conflict_do_nothing(index_elements=[Blob.digest]), list(blobs.values()))
        db.session.execute(insert(Attachment), rows)


def _note_arrivals(
    survey: Survey, lot: Sequence[Place], mails: Mapping[int, ArchivedMail], posts: Rows, new: Ledger
) -> None:
    rows = [
        {
            "group_id": survey.group_id,
            "author_message_id": post["author_message_id"],
            "content_digest": content_digest(_as_submission(survey.group_id, post, mails[place.leaf])),
            "post_id": new.posts[place.leaf],
            "created_at": post["created_at"],
        }
        for place, post in zip(lot, posts, strict=True)
    ]
    db.session.execute(insert(Arrival), rows)


def _as_submission(group_id: int, post: dict[str, Any], mail: ArchivedMail) -> Submission:
    """What the live door would have submitted, so that a late copy by mail is known for what it is."""
    return Submission(
        group_id=group_id,
        author_id=post["author_id"],
        byline=post["byline"],
        assurance=Assurance.CLAIMED,
        via=Via.IMPORT,
        subject=mail.subject,
        text=mail.text,
        text_format=mail.text_format,
        folded=mail.folded,
        files=mail.files,
    )


def _keep_tags(survey: Survey, posts: Rows) -> None:
    """The authors' own tags, without the one that the list put before every subject."""
    keep_tags(
        (post["thread_id"], survey.group_id, tag)
        for post in posts
        for tag in tags_in(without_tag(post["subject"], survey.tag))
    )


def _keep_numbers(group_id: int, mails: Mapping[int, ArchivedMail], new: Ledger) -> None:
    rows = [
        {"group_id": group_id, "number": mail.number, "post_id": new.posts[leaf]}
        for leaf, mail in mails.items()
        if mail.number is not None
    ]
    if rows:
        kept = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
        # Two archives may count anew from 1: the number stays with the post that had it first.
        first_wins = kept(OldNumber).on_conflict_do_nothing(index_elements=[OldNumber.group_id, OldNumber.number])
        db.session.execute(first_wins, rows)


def _count_in_threads(posts: Rows) -> None:
    """The thread's count and newest post: these posts are published now, so the last of each thread is the newest."""
    counts: dict[int, int] = {}
    newest: dict[int, dict[str, Any]] = {}
    for post in posts:
        counts[post["thread_id"]] = counts.get(post["thread_id"], 0) + 1
        newest[post["thread_id"]] = post
    counted = (
        update(_THREAD)
        .where(_THREAD.c.id == bindparam("thread"))
        .values(
            posts=_THREAD.c.posts + bindparam("count"),
            last_post_at=bindparam("at"),
            last_published_no=bindparam("number"),
            last_byline=bindparam("byline"),
            last_excerpt=bindparam("words"),
        )
    )
    rows = [
        {
            "thread": thread_id,
            "count": counts[thread_id],
            "at": post["created_at"],
            "number": post["published_no"],
            "byline": post["byline"],
            "words": excerpt(post["text"], 160),
        }
        for thread_id, post in newest.items()
    ]
    db.session.connection().execute(counted, rows)
