"""What was before a post: how often its author wrote, how fast its thread runs, where else its words stand. Reads only.

Gathered where a rule of the group asks for it, no further back than the rule looks, and never more than some rows.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, desc, false, func, select, union_all

from forum.clock import now
from forum.db import db
from forum.posting.models import HeldPost, HeldState
from forum.rules.cool_down import CoolDownOptions
from forum.rules.cross_post import CrossPostOptions
from forum.rules.frequency import FrequencyOptions
from forum.rules.group_rules import options_of
from forum.rules.history import History, InThread, SameWords
from forum.rules.matter import Matter
from forum.rules.newcomer import NewcomerOptions
from forum.rules.submission import Submission
from forum.rules.terms import RuleInForce
from forum.threads import sealed
from forum.threads.models import Post, Thread
from forum.threads.queries import author_column

# More posts of one member within a rule's time say nothing more, unless the rule counts further itself.
_OWN_AT_MOST = 200
# Of the thread: a quarrel is long before this.
_THREAD_AT_MOST = 500
_ELSEWHERE_AT_MOST = 50
# Fewer words, such as "Thanks, all", say the same everywhere and are nobody's cross-post.
LEAST_WORDS = 8
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class _Author:
    """Somebody whose posts count together: a member, or who writes under a pseudonym, which is one of one thread.

    Never both, for moderators read what was counted: "the fifth post today" of somebody with three would tell whose
    the other two are. The gate's own quota counts all; of that only the author hears.
    """

    member_id: int | None
    pseudonym_id: int | None

    def wrote(self) -> ColumnElement[bool]:
        """The condition that a post is the author's."""
        if self.member_id is not None:
            openly: ColumnElement[bool] = author_column() == self.member_id
            return openly
        return Post.pseudonym_id == self.pseudonym_id if self.pseudonym_id is not None else false()

    @property
    def number(self) -> int:
        """Stands for the author among the writers of a thread."""
        return self.member_id if self.member_id is not None else -(self.pseudonym_id or 0)

    def waits(self, after: datetime, besides: int | None) -> tuple[ColumnElement[bool], ...]:
        """The conditions that a held post is the author's, and waits since then at most."""
        own: ColumnElement[bool] = false()
        if self.member_id is not None:
            own = HeldPost.author_id == self.member_id
        elif self.pseudonym_id is not None:
            own = HeldPost.pseudonym_id == self.pseudonym_id
        waits = (own, HeldPost.created_at > after, HeldPost.state == HeldState.WAITING)
        return waits if besides is None else (*waits, HeldPost.id != besides)


def history_for(
    submission: Submission, thread: Thread | None, rules: Sequence[RuleInForce], *, besides: int | None = None
) -> History:
    """What these rules, all of them checks of pace, may know. What waits counts too, as for the quota.

    `besides` is the held post that the submission comes from, which must not count against itself.
    """
    moment, author_id = now(), submission.author_id
    if author_id is None:
        return History(moment, writer=0)
    author = _Author(author_id, None)
    if submission.anonymous:
        name = sealed.own_name_in(author_id, thread.id) if thread is not None else None
        author = _Author(None, name.id if name is not None else None)
    asked = [options_of(rule) for rule in rules]
    own = _own(submission, author, asked, besides)
    in_thread = [InThread(author.number, at) for at, thread_id in own if thread is not None and thread_id == thread.id]
    if thread is not None and any(isinstance(each, CoolDownOptions) for each in asked):
        in_thread += _of_others(thread, author)
    return History(
        moment,
        writer=author.number,
        own=tuple(at for at, _ in own),
        # Whether an anonymous post waits must not tell how long its author has been here.
        published=0 if submission.anonymous else _published(submission, author, asked),
        thread=tuple(in_thread),
        same_words=_same_words(submission, author, asked, besides),
    )


def _own(
    submission: Submission, author: _Author, asked: Sequence[object], besides: int | None
) -> Sequence[tuple[datetime, int | None]]:
    """When the author wrote to the group lately, and in which threads; the newest first."""
    seconds, most = [0], [_OWN_AT_MOST]
    for each in asked:
        if isinstance(each, FrequencyOptions):
            seconds += [each.seconds, each.thread_seconds]
            most += [each.most or 0, each.most_in_thread or 0]
        elif isinstance(each, CoolDownOptions):
            seconds.append(each.seconds)
    if not max(seconds):
        return ()
    after = now() - timedelta(seconds=max(seconds))
    posted = (
        select(Post.created_at.label("at"), Post.thread_id)
        .join(Thread, Thread.id == Post.thread_id)
        .where(author.wrote(), Post.created_at > after, Thread.group_id == submission.group_id)
    )
    waiting = select(HeldPost.created_at.label("at"), HeldPost.thread_id).where(
        *author.waits(after, besides), HeldPost.group_id == submission.group_id
    )
    return [(row[0], row[1]) for row in db.session.execute(_newest_first(posted, waiting, max(most)))]


def _of_others(thread: Thread, author: _Author) -> list[InThread]:
    """Who else wrote in the thread last. Somebody under a pseudonym is another person to everybody, and so here."""
    rows = (
        select(author_column(), Post.pseudonym_id, Post.created_at)
        .where(Post.thread_id == thread.id)
        .order_by(Post.published_no.desc())
        .limit(_THREAD_AT_MOST)
    )
    return [
        InThread(writer if pseudonym_id is None else -pseudonym_id, at)
        for writer, pseudonym_id, at in db.session.execute(rows).tuples()
        if author.number != (writer if pseudonym_id is None else -pseudonym_id)
    ]


def _published(submission: Submission, author: _Author, asked: Sequence[object]) -> int:
    """How many posts of the author the group has, counted no further than anybody asks."""
    first = max((each.first_posts for each in asked if isinstance(each, NewcomerOptions)), default=0)
    if not first:
        return 0
    rows = (
        select(Post.id)
        .join(Thread, Thread.id == Post.thread_id)
        .where(author.wrote(), Thread.group_id == submission.group_id)
        .limit(first)
    )
    return db.session.scalar(select(func.count()).select_from(rows.subquery())) or 0


def _same_words(
    submission: Submission, author: _Author, asked: Sequence[object], besides: int | None
) -> tuple[SameWords, ...]:
    """In which other groups the author has sent the same words, whatever the marks and spaces between them.

    One mail to several groups (L7) counts like several mails: the answers scatter as well.
    """
    seconds = max((each.seconds for each in asked if isinstance(each, CrossPostOptions)), default=0)
    words = words_alone(submission.text)
    if not seconds or len(words) < LEAST_WORDS:
        return ()
    after, length = now() - timedelta(seconds=seconds), len(submission.text)
    # Names take the place of members' addresses in a post, which changes its length a little.
    near = (length * 4 // 5 - 100, length * 5 // 4 + 100)
    posted = (
        select(Post.created_at.label("at"), Thread.group_id, Post.text)
        .join(Thread, Thread.id == Post.thread_id)
        .where(author.wrote(), Post.created_at > after, Thread.group_id != submission.group_id)
        .where(func.length(Post.text).between(*near))
    )
    waiting = (
        select(HeldPost.created_at.label("at"), HeldPost.group_id, HeldPost.text)
        .where(*author.waits(after, besides), HeldPost.group_id != submission.group_id)
        .where(func.length(HeldPost.text).between(*near))
    )
    found = db.session.execute(_newest_first(posted, waiting, _ELSEWHERE_AT_MOST))
    return tuple(SameWords(group_id, at) for at, group_id, text in found if words_alone(text) == words)


def words_alone(text: str) -> list[str]:
    """The own words of a text by which it is told whether another says the same."""
    return _WORD.findall(Matter(text).own.casefold())


def _newest_first(posted: Select[Any], waiting: Select[Any], most: int) -> CompoundSelect[Any]:
    return union_all(posted, waiting).order_by(desc("at")).limit(most)
