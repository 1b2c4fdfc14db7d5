"""Reads of reported posts, for the moderators who decide on them. What somebody wrote is not shown to the author."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import contains_eager, joinedload

from forum.accounts.models import Member
from forum.db import db
from forum.groups.rights import Viewer, may_moderate, moderated_group_ids
from forum.moderation.models import Flag, FlaggedPost, FlagState
from forum.rulebook.models import PostingRule
from forum.threads.models import Post, Thread
from forum.threads.queries import author_column, author_id_of


@dataclass(frozen=True)
class FlagLine:
    """One member's flag as moderators see it. `is_earlier`: a moderator has decided since."""

    name: str
    member: str
    rule: str
    words: str
    created_at: datetime
    is_earlier: bool


@dataclass(frozen=True)
class Case:
    """A reported post in a list, with how many have reported it since the case was opened, and why."""

    flagged: FlaggedPost
    post: Post
    flags: int
    reasons: Sequence[str]


def _open_for(viewer: Viewer, group_ids: Sequence[int] | frozenset[int]) -> ColumnElement[bool]:
    return and_(
        FlaggedPost.group_id.in_(group_ids),
        FlaggedPost.state == FlagState.OPEN,
        Post.erased_at.is_(None),
        author_column() != viewer.member_id,
    )


def flagged_page(
    viewer: Viewer, group_ids: Sequence[int] | frozenset[int], *, after: int = 0, limit: int = 30
) -> Sequence[Case]:
    """Open cases of these groups that the viewer may decide, oldest first (keyset by id)."""
    rows = db.session.scalars(
        select(FlaggedPost)
        .join(FlaggedPost.post)
        .where(_open_for(viewer, group_ids), FlaggedPost.id > after)
        .options(contains_eager(FlaggedPost.post).joinedload(Post.thread), joinedload(FlaggedPost.group))
        .order_by(FlaggedPost.id)
        .limit(limit)
    ).all()
    return cases(rows)


def open_cases(group_ids: Sequence[int], *, after: int = 0, limit: int = 100) -> Sequence[FlaggedPost]:
    """Open cases of these groups, whoever wrote the posts: for operators."""
    rows = (
        select(FlaggedPost)
        .join(FlaggedPost.post)
        .where(FlaggedPost.group_id.in_(group_ids), FlaggedPost.state == FlagState.OPEN, FlaggedPost.id > after)
        .options(contains_eager(FlaggedPost.post).joinedload(Post.thread), joinedload(FlaggedPost.group))
    )
    return db.session.scalars(rows.order_by(FlaggedPost.id).limit(limit)).all()


def cases(rows: Sequence[FlaggedPost]) -> Sequence[Case]:
    """The cases with counts and reasons, in one more query."""
    why = _reasons([each.id for each in rows])
    return [Case(each, each.post, *why.get(each.id, (0, ()))) for each in rows]


def _reasons(case_ids: Sequence[int]) -> Mapping[int, tuple[int, Sequence[str]]]:
    counted = (
        select(Flag.flagged_id, PostingRule.name, func.count())
        .join(FlaggedPost, FlaggedPost.id == Flag.flagged_id)
        .outerjoin(PostingRule, PostingRule.id == Flag.rule_id)
        .where(Flag.flagged_id.in_(case_ids), Flag.created_at >= FlaggedPost.opened_at)
        .group_by(Flag.flagged_id, PostingRule.name)
        .order_by(func.count().desc(), PostingRule.name)
    )
    found: dict[int, tuple[int, list[str]]] = {}
    for case_id, rule, number in db.session.execute(counted):
        before, reasons = found.get(case_id, (0, []))
        found[case_id] = (before + number, [*reasons, rule or "another reason"])
    return found


def _counting(viewer: Viewer, group_ids: Sequence[int] | frozenset[int]) -> Select[tuple[int]]:
    rows = select(func.count()).select_from(FlaggedPost).join(Post, Post.id == FlaggedPost.post_id)
    return rows.where(_open_for(viewer, group_ids))


def count_flagged(viewer: Viewer, group_ids: Sequence[int] | frozenset[int] | None = None) -> int:
    """How many cases wait for the viewer, in these groups or in all that the viewer moderates."""
    groups = moderated_group_ids(viewer) if group_ids is None else group_ids
    return (db.session.scalar(_counting(viewer, groups)) or 0) if groups else 0


def flagged_by_public_id(public_id: str) -> FlaggedPost | None:
    return db.session.scalars(select(FlaggedPost).where(FlaggedPost.public_id == public_id)).first()


def flagged_to_moderate(viewer: Viewer, public_id: str) -> FlaggedPost | None:
    """The case, for a moderator of its group who did not write the post; None is "not found"."""
    flagged = flagged_by_public_id(public_id)
    if flagged is None or not may_moderate(viewer, flagged.group):
        return None
    return None if author_id_of(flagged.post) == viewer.member_id else flagged


def flags_of(flagged: FlaggedPost, *, limit: int = 100) -> Sequence[FlagLine]:
    """Who has reported the post and why, the newest first."""
    rows = db.session.execute(
        select(Flag, Member.name, Member.public_id, PostingRule.name)
        .join(Member, Member.id == Flag.member_id)
        .outerjoin(PostingRule, PostingRule.id == Flag.rule_id)
        .where(Flag.flagged_id == flagged.id)
        .order_by(Flag.created_at.desc(), Flag.id.desc())
        .limit(limit)
    )
    return [
        FlagLine(name, public, rule or "", flag.words, flag.created_at, flag.created_at < flagged.opened_at)
        for flag, name, public, rule in rows
    ]


def reported_before(author_id: int, group_id: int, but: int) -> tuple[int, int]:
    """How many other posts of an author were reported in a group, and on how many of them moderators acted."""
    rows = db.session.execute(
        select(FlaggedPost.state, func.count())
        .join(Post, Post.id == FlaggedPost.post_id)
        .join(Thread, Thread.id == Post.thread_id)
        .where(author_column() == author_id, Thread.group_id == group_id, FlaggedPost.id != but)
        .group_by(FlaggedPost.state)
    )
    counts = {state: number for state, number in rows}
    return sum(counts.values()), counts.get(FlagState.ACTED, 0)
