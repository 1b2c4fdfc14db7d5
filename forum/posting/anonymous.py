"""A submission whose author is not to be known: whether it is one, and everything of the author taken out of it.

Done before the gate judges, so that neither a rule nor a row ever has what is taken out. Never commits.
"""

import hmac
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import func, select

from forum.accounts.models import Address, Member
from forum.db import db
from forum.groups.models import Assurance, Role
from forum.posting.file_authors import without_author, words_in
from forum.posting.models import HeldPost, HeldState
from forum.posting.placement import Placement
from forum.rules.anonymity import OWN_TRACES
from forum.rules.findings import Finding
from forum.rules.submission import Behind, Facts, Submission
from forum.settings import current_settings
from forum.threads import sealed
from forum.threads.models import Post, TextFormat, Thread, Via

# Of when something came, only so much is kept: to the second it would tell whose mail, or whose visit, it was.
_MINUTES = 10
_COLON_LAST = re.compile(r"[:：]\s*$")
_MOMENT = re.compile(r"\b\d{1,2}[:.h]\d{2}\b|\b20\d\d\b|20\d\d年")
_SEALED_ID = "<sealed-{}@sealed.invalid>"
# What the gate says of an author's name, standing and pace is not for those who shall not know the author.
_FOR_ITS_AUTHOR = frozenset({OWN_TRACES, "membership", "quota", "slow_mode"})


def sealed_message_id(message_id: str) -> str:
    """In place of an author's own message id: the same each time, and nobody can tell from it which one it was."""
    if message_id.startswith("<sealed-"):
        return message_id
    key = current_settings().secret_keys()[0]
    return _SEALED_ID.format(hmac.digest(key, f"message id {message_id}".encode(), "sha256").hex()[:40])


def with_sealed_answers(submission: Submission) -> Submission:
    """The submission of somebody who has written anonymously: it may answer one of those posts by its own id."""
    if submission.author_id is None or not submission.answers or not sealed.own_pseudonyms(submission.author_id):
        return submission
    both = (each for message_id in submission.answers for each in (message_id, sealed_message_id(message_id)))
    return replace(submission, answers=tuple(both))


def as_meant(submission: Submission, placement: Placement) -> Submission:
    """The submission as its author means it: without a trace of the author when it is anonymous.

    By mail an answer where its author is anonymous stays so; on the web the author says each time. At the terminal
    somebody else writes, and must not learn from it who is anonymous where.
    """
    if not submission.anonymous and submission.via is Via.MAIL and not submission.own_name:
        submission = replace(submission, anonymous=bool(name_where_answered(submission, placement)))
    if not submission.anonymous or submission.author_id is None:
        return submission
    own_id = submission.author_message_id
    return replace(
        submission,
        byline=sealed.NOBODY,
        text=_without_attributions(submission.text) if submission.via is Via.MAIL else submission.text,
        # How a mail program marks up a mail tells which one it is; Markdown is what was typed.
        text_format=TextFormat.MARKDOWN if submission.text_format is TextFormat.MARKDOWN else TextFormat.PLAIN,
        html="",
        # Signatures, and what a mail program has put over and under the words.
        folded="",
        files=tuple(without_author(file) or file for file in submission.files),
        author_message_id=sealed_message_id(own_id) if own_id is not None else None,
        sent_at=None,
    )


def _without_attributions(text: str) -> str:
    """The text without lines such as "Am 9. November 2026 um 14:02 schrieb Bob:" over quotes.

    A mail program writes them in its own language and time zone, which are the author's. A line that wraps is two.
    """
    kept: list[str] = []
    for line in text.split("\n"):
        if line.startswith(">") and not (kept and kept[-1].startswith(">")):
            while kept and not kept[-1].strip():
                kept.pop()
            if kept and _COLON_LAST.search(kept[-1]):
                for size in (1, 2):
                    if _MOMENT.search(" ".join(kept[-size:])):
                        del kept[-size:]
                        break
            if kept and kept[-1].strip():
                kept.append("")
        kept.append(line)
    return "\n".join(kept)


def name_where_answered(submission: Submission, placement: Placement) -> str:
    """Under which name the author is anonymous in the thread of the post answered; empty for not."""
    if submission.author_id is None or placement.answers is None:
        return ""
    name = sealed.own_name_in(submission.author_id, placement.answers.thread_id)
    return name.name if name is not None else ""


def with_seal(facts: Facts, submission: Submission, placement: Placement) -> Facts:
    """The facts about an author who is anonymous, or was in this thread.

    Whether an anonymous post waits must not tell that its author is new, trusted or a moderator: all are judged as
    an ordinary member whom nobody knows.
    """
    answered = placement.answers
    if submission.via is Via.MAIL and submission.assurance is not Assurance.PROVEN and answered is not None:
        facts = replace(facts, among_anonymous=sealed.has_anonymous(answered.thread_id))
    if not submission.anonymous or submission.author_id is None:
        asked = (submission.via is Via.WEB and submission.own_name != "sure") or submission.own_name == "asked"
        return replace(facts, pseudonym_here=name_where_answered(submission, placement) if asked else "")
    return replace(
        facts,
        role=Role.MEMBER if facts.role is not None else None,
        trusted=False,
        newcomer_posts=max(facts.newcomer_posts, 1),
        behind=_behind(submission, submission.author_id),
    )


def _behind(submission: Submission, author_id: int) -> Behind:
    member = db.session.get_one(Member, author_id)
    addresses = db.session.scalars(select(Address.email).where(Address.member_id == author_id))
    clean = [file for file in submission.files if without_author(file) is not None]
    return Behind(
        name=member.name,
        addresses=tuple(addresses),
        employer=member.employer,
        unclean_files=tuple(file.name for file in submission.files if file not in clean),
        words_in_files=words_in(clean),
    )


def for_others(findings: Sequence[Finding]) -> Sequence[Finding]:
    """What moderators may read of the findings on an anonymous post."""
    return [each for each in findings if each.rule not in _FOR_ITS_AUTHOR]


def rows_for_others(rows: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    """The same of findings as they are kept."""
    return [row for row in rows if row["rule"] not in _FOR_ITS_AUTHOR]


def about(moment: datetime) -> datetime:
    """A moment as readers of an anonymous post may know it."""
    return moment - timedelta(minutes=moment.minute % _MINUTES, seconds=moment.second, microseconds=moment.microsecond)


def count_anonymous_since(member_id: int, group_id: int, moment: datetime) -> int:
    """How many posts of a member under pseudonyms a group has had since then, with those that wait: for the quota."""
    own = sealed.own_pseudonyms(member_id)
    if not own:
        return 0
    since = about(moment)
    posted = (
        select(func.count())
        .select_from(Post)
        .join(Thread, Thread.id == Post.thread_id)
        .where(Post.pseudonym_id.in_(own), Post.created_at > since, Thread.group_id == group_id)
    )
    waiting = select(func.count()).where(
        HeldPost.pseudonym_id.in_(own),
        HeldPost.group_id == group_id,
        HeldPost.state == HeldState.WAITING,
        HeldPost.created_at > since,
    )
    return db.session.scalar(select(posted.scalar_subquery() + waiting.scalar_subquery())) or 0


def last_anonymous_in(thread_id: int, member_id: int, after: datetime) -> datetime | None:
    """When a member last wrote under a pseudonym in a thread, with what waits there: for slow threads."""
    name = sealed.own_name_in(member_id, thread_id)
    if name is None:
        return None
    posted = select(func.max(Post.created_at)).where(Post.pseudonym_id == name.id, Post.created_at > about(after))
    waiting = select(func.max(HeldPost.created_at)).where(
        HeldPost.pseudonym_id == name.id, HeldPost.created_at > about(after), HeldPost.state == HeldState.WAITING
    )
    moments = [moment for moment in map(db.session.scalar, (posted, waiting)) if moment is not None]
    return max(moments, default=None)


def author_of(written: Post | HeldPost) -> int | None:
    """Who wrote it, whatever stands over it: for the author's own rights, standing and notices; None for a stranger."""
    return sealed.addressee(written.author_id, written.pseudonym_id)


def is_own(written: Post | HeldPost, member_id: int) -> bool:
    """Whether somebody wrote it, be it under a pseudonym."""
    return sealed.is_written_by(member_id, written.author_id, written.pseudonym_id)
