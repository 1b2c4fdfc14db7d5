"""Posts counted: who answered whom, who began and wrote what, how much of it lately. Pure."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forum.splitting.proposals.evidence import RECENT_DAYS, Counts, Ids, Places, Weights
from forum.splitting.proposals.weights import ASKER_SHARE, recency

Which = NDArray[np.bool_]
Days = NDArray[np.float64]

# Authors who are no members of the group (any more); and posts that must not count: anonymous and erased ones.
NO_MEMBER, HOLE = -1, -2


@dataclass(frozen=True)
class Posts:
    """Posts of one group, in any order. `thread` and `author` are places, the author also NO_MEMBER or HOLE; `answers`
    is the id of the post that it answers, 0 for none; `age` in days."""

    ids: Ids
    thread: Places
    number: Ids
    author: Places
    answers: Ids
    age: Days


@dataclass(frozen=True)
class Counted:
    """Columns of `Evidence` of the same names; and of each thread whether its subject may be looked at: not when its
    first post is anonymous or erased."""

    member_posts: Counts
    member_started: Counts
    member_posts_recent: Counts
    member_started_recent: Counts
    answer_from: Places
    answer_to: Places
    answer_count: Counts
    answer_weight: Weights
    thread_asker: Places
    thread_answerer: Places
    thread_posts_recent: Counts
    wrote_thread: Places
    wrote_member: Places
    wrote_posts: Counts
    thread_is_open: Which


def count_posts(posts: Posts, began_within: Which, members: int) -> Counted:
    """All that posts tell. `began_within`: of each thread, whether its first post is among them."""
    threads = len(began_within)
    posts = _in_order(posts)
    begins = np.ones(len(posts.ids), dtype=bool)
    begins[1:] = posts.thread[1:] != posts.thread[:-1]
    begins &= began_within[posts.thread]
    beginner = np.full(threads, NO_MEMBER, dtype=np.int32)
    beginner[posts.thread[begins]] = posts.author[begins]
    asker = np.maximum(beginner, NO_MEMBER)
    recent = posts.age < RECENT_DAYS
    by_member = posts.author >= 0
    wrote, wrote_posts = np.unique(
        posts.thread[by_member].astype(np.int64) * members + posts.author[by_member], return_counts=True
    )
    answer_from, answer_to, answer_count, answer_weight = _answers(posts, begins, asker, members)
    return Counted(
        member_posts=_of_members(posts, by_member, members),
        member_started=_of_members(posts, by_member & begins, members),
        member_posts_recent=_of_members(posts, by_member & recent, members),
        member_started_recent=_of_members(posts, by_member & begins & recent, members),
        answer_from=answer_from,
        answer_to=answer_to,
        answer_count=answer_count,
        answer_weight=answer_weight,
        thread_asker=asker,
        thread_answerer=_answerers(posts, begins, asker),
        thread_posts_recent=np.bincount(posts.thread[recent & (posts.author != HOLE)], minlength=threads).astype(
            np.int32
        ),
        wrote_thread=(wrote // max(members, 1)).astype(np.int32),
        wrote_member=(wrote % max(members, 1)).astype(np.int32),
        wrote_posts=wrote_posts.astype(np.int32),
        thread_is_open=beginner != HOLE,
    )


def _in_order(posts: Posts) -> Posts:
    # By date: what was imported later has higher numbers than what was written here meanwhile.
    order = np.lexsort((posts.number, -posts.age, posts.thread))
    return Posts(
        posts.ids[order],
        posts.thread[order],
        posts.number[order],
        posts.author[order],
        posts.answers[order],
        posts.age[order],
    )


def _of_members(posts: Posts, which: Which, members: int) -> Counts:
    return np.bincount(posts.author[which], minlength=members).astype(np.int32)


def _answers(posts: Posts, begins: Which, asker: Places, members: int) -> tuple[Places, Places, Counts, Weights]:
    """Who answered whom: the author of the answered post, or who asked where it answers none; beside it who asked."""
    by_id = np.argsort(posts.ids)
    found = np.searchsorted(posts.ids, posts.answers, sorter=by_id)
    at = by_id[np.minimum(found, len(by_id) - 1)] if len(by_id) else by_id
    answered = np.where(posts.ids[at] == posts.answers, posts.author[at], NO_MEMBER)
    # Who began the thread before these days, or is not to be known, is asker -1.
    asked = np.where(begins, NO_MEMBER, asker[posts.thread])
    answered = np.where((posts.answers == 0) & ~begins, asked, answered)
    told = (posts.author >= 0) & (answered >= 0) & (answered != posts.author)
    beside = (posts.author >= 0) & (asked >= 0) & (asked != posts.author) & (asked != answered)
    counts_as = recency(posts.age)
    pairs = np.concatenate(
        (_pairs(posts.author, answered, told, members), _pairs(posts.author, asked, beside, members))
    )
    weight = np.concatenate((counts_as[told], ASKER_SHARE * counts_as[beside]))
    names, place = np.unique(pairs, return_inverse=True)
    direct = np.bincount(place[: int(told.sum())], minlength=len(names))
    return (
        (names // max(members, 1)).astype(np.int32),
        (names % max(members, 1)).astype(np.int32),
        direct.astype(np.int32),
        np.bincount(place, weight, len(names)).astype(np.float32),
    )


def _pairs(first: Places, second: Places, which: Which, members: int) -> Ids:
    return first[which].astype(np.int64) * members + second[which]


def _answerers(posts: Posts, begins: Which, asker: Places) -> Places:
    """The first member in each thread who is not who asked, where somebody is known to have asked."""
    asked = asker[posts.thread]
    answers = np.flatnonzero((asked >= 0) & (posts.author >= 0) & (posts.author != asked) & ~begins)
    threads, first = np.unique(posts.thread[answers], return_index=True)
    found = np.full(len(asker), NO_MEMBER, dtype=np.int32)
    found[threads] = posts.author[answers[first]]
    return found
