"""Posts that members report: their flags are merged into one case a post, which a moderator closes. Never commits.

A second decision on the same case is harmless: it says who acted first. Nobody decides on an own post.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import assert_never

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from forum.accounts.models import Member
from forum.clock import now
from forum.db import db, public_id
from forum.groups.actions import NotPossible
from forum.groups.models import Group, HeldNotices
from forum.groups.rights import chain_of
from forum.log import record
from forum.moderation.actions import CLAIM_LASTS
from forum.moderation.duty import Hearer, hearers_of
from forum.moderation.models import Flag, FlaggedPost, FlagState
from forum.posting.erase import erase
from forum.queue import enqueue
from forum.rulebook.queries import rules_in_force
from forum.rules.terms import Mode, RuleInForce
from forum.threads.models import Post
from forum.threads.queries import author_id_of

A_DAY = timedelta(days=1)
FLAGS_A_DAY = 20
WORDS_AT_MOST = 2000
# Moderators hear when a case is opened, and again when so many have reported the same post; not of each flag.
TELL_AT = (1, 3, 10)


class FlagDecision(enum.StrEnum):
    """`acted`: the thread was locked, its author muted, or whatever else a moderator has done about it."""

    KEEP = "keep"
    ERASE = "erase"
    ACTED = "acted"


@dataclass(frozen=True)
class FlagDecided:
    """The decision that stands, and whether it was this one."""

    state: FlagState
    by_this: bool
    by_name: str


@dataclass(frozen=True)
class Reported:
    """What came of a flag: it counts now, or this member's flag on the same post has been heard before."""

    state: FlagState
    is_new: bool


def rules_to_name(group: Group) -> Sequence[RuleInForce]:
    """The rules that a member can say a post breaks: those that count here."""
    return [each for each in rules_in_force(group) if each.terms.mode is Mode.ON]


def flag_post(post: Post, member: Member, *, rule_id: int | None = None, words: str = "") -> Reported:
    """A member who may read a post asks moderators to look at it. A flag after a decision opens the case again.

    Not by whom that case has heard already: a post that was kept is not brought back by one who disagrees.
    """
    words, group = words.strip()[:WORDS_AT_MOST], post.thread.group
    if post.erased_at is not None:
        raise NotPossible("This post is erased already.")
    if author_id_of(post) == member.id:
        raise NotPossible("This is your own post. You can erase it.")
    rule = next((each for each in rules_to_name(group) if each.rule_id == rule_id), None)
    if rule is None and (rule_id is not None or not words):
        raise NotPossible("Choose a rule, or write in a few words what is wrong.")
    flagged = _case_of(post, group)
    own = db.session.scalars(select(Flag).where(Flag.flagged_id == flagged.id, Flag.member_id == member.id)).first()
    heard = own is not None and own.created_at >= flagged.opened_at
    if own is not None and (heard or flagged.state is not FlagState.OPEN):
        return Reported(flagged.state, False)
    _check_pace(member)
    if flagged.state is not FlagState.OPEN:
        _open_again(flagged)
    if own is None:
        own = Flag(flagged_id=flagged.id, member_id=member.id)
        db.session.add(own)
    own.rule_id, own.words, own.created_at = rule_id, words, now()
    db.session.flush()
    record(
        "flag",
        "flagged_post",
        flagged.id,
        actor_id=member.id,
        group_id=group.id,
        why=f"rule {rule.name}" if rule is not None else "in words",
        undo="a moderator keeps the post",
    )
    if flags_in_case(flagged) in TELL_AT:
        for moderator in told_of(flagged):
            enqueue("notice.flagged", flagged.id, moderator.member_id)
    return Reported(FlagState.OPEN, True)


def _case_of(post: Post, group: Group) -> FlaggedPost:
    """The one case of a post, locked for this transaction; of two first flags at once the second waits here."""
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    row = insert(FlaggedPost).values(
        public_id=public_id(), post_id=post.id, group_id=group.id, state=FlagState.OPEN, opened_at=now()
    )
    db.session.execute(row.on_conflict_do_nothing(index_elements=[FlaggedPost.post_id]))
    return db.session.scalars(
        select(FlaggedPost)
        .where(FlaggedPost.post_id == post.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _check_pace(member: Member) -> None:
    lately = select(func.count()).where(Flag.member_id == member.id, Flag.created_at > now() - A_DAY)
    if (db.session.scalar(lately) or 0) >= FLAGS_A_DAY:
        raise NotPossible(f"You have reported {FLAGS_A_DAY} posts within a day. Try again tomorrow.")


def _open_again(flagged: FlaggedPost) -> None:
    """Who decided before, and why, stays: the moderators see it."""
    flagged.state, flagged.opened_at, flagged.decided_at = FlagState.OPEN, now(), None
    flagged.claimed_by_id = flagged.claimed_until = flagged.reminded_at = None


def flags_in_case(flagged: FlaggedPost) -> int:
    """How many have reported the post since the case was opened."""
    count = select(func.count()).where(Flag.flagged_id == flagged.id, Flag.created_at >= flagged.opened_at)
    return db.session.scalar(count) or 0


def moderators_for(flagged: FlaggedPost) -> Sequence[Hearer]:
    """Who can decide: the nearest moderators that did not write the post themselves."""
    author_id = author_id_of(db.session.get_one(Post, flagged.post_id))
    for group in chain_of(db.session.get_one(Group, flagged.group_id)):
        others = [each for each in hearers_of(group) if each.member_id != author_id]
        if others:
            return others
    return ()


def told_of(flagged: FlaggedPost) -> Sequence[Hearer]:
    """Who gets a mail at once, as for held posts: those on duty while somebody is, else all who want one."""
    moderators = moderators_for(flagged)
    return [each for each in moderators if each.on_duty] or [
        each for each in moderators if each.notices is HeldNotices.EACH
    ]


def decide_flags(flagged: FlaggedPost, decision: FlagDecision, *, actor_id: int, reason: str = "") -> FlagDecided:
    """Close a case, once. Who reported the post hears the outcome, and the author of an erased one the reason."""
    reason, post = reason.strip(), db.session.get_one(Post, flagged.post_id)
    if author_id_of(post) == actor_id:
        raise NotPossible("This is your own post. Another moderator decides on it.")
    if not _lock_open(flagged):
        return _as_it_stands(flagged)
    match decision:
        case FlagDecision.KEEP:
            undo = "another member reports it again"
        case FlagDecision.ERASE:
            if not reason:
                raise NotPossible("Write a reason. The author gets it by mail.")
            erase(post, actor_id=actor_id)
            enqueue("notice.flag_erased", flagged.id)
            undo = "none: the words are gone"
        case FlagDecision.ACTED:
            if not reason:
                raise NotPossible("Write what you did about it. It stays with the moderators.")
            undo = "another member reports it again"
        case unknown:
            assert_never(unknown)
    _close(flagged, FlagState.KEPT if decision is FlagDecision.KEEP else FlagState.ACTED, actor_id, reason)
    act = "close flags" if decision is FlagDecision.ACTED else f"{decision} flagged"
    record(act, "flagged_post", flagged.id, actor_id=actor_id, group_id=flagged.group_id, why=reason[:500], undo=undo)
    return FlagDecided(flagged.state, True, flagged.decided_by.name if flagged.decided_by else "")


def close_erased(flagged: FlaggedPost) -> bool:
    """The post of an open case was erased by other means: the case is over. False when somebody has just closed it."""
    if not _lock_open(flagged):
        return False
    _close(flagged, FlagState.ACTED, None, "The post was erased.")
    record("close flags", "flagged_post", flagged.id, group_id=flagged.group_id, why="the post was erased")
    return True


def claim_flagged(flagged: FlaggedPost, *, actor_id: int) -> str:
    """Say "I am looking at it" for a quarter of an hour; the name of who was first if somebody else is at it."""
    if not _lock_open(flagged):
        raise NotPossible(f"{_as_it_stands(flagged).by_name} has acted already.")
    looks = looking_at(flagged)
    if looks is not None and looks.id != actor_id:
        return looks.name
    flagged.claimed_by_id, flagged.claimed_until = actor_id, now() + CLAIM_LASTS
    undo = "it ends in 15 minutes"
    record("claim", "flagged_post", flagged.id, actor_id=actor_id, group_id=flagged.group_id, undo=undo)
    return ""


def looking_at(flagged: FlaggedPost) -> Member | None:
    """The moderator who looks at a case now."""
    if flagged.claimed_by_id is None or flagged.claimed_until is None or flagged.claimed_until <= now():
        return None
    return db.session.get_one(Member, flagged.claimed_by_id)


def _lock_open(flagged: FlaggedPost) -> bool:
    """Take the row for this transaction; False when the case has been closed already."""
    db.session.refresh(flagged, with_for_update={"of": FlaggedPost})
    return flagged.state is FlagState.OPEN


def _close(flagged: FlaggedPost, state: FlagState, actor_id: int | None, reason: str) -> None:
    flagged.state, flagged.decided_at, flagged.decided_by_id, flagged.reason = state, now(), actor_id, reason[:5000]
    db.session.flush()
    db.session.expire(flagged, ["decided_by"])
    own = select(Flag).where(Flag.flagged_id == flagged.id, Flag.created_at >= flagged.opened_at)
    for flag in db.session.scalars(own).all():
        enqueue("notice.flag_outcome", flag.id, flag.member_id)


def _as_it_stands(flagged: FlaggedPost) -> FlagDecided:
    by_name = flagged.decided_by.name if flagged.decided_by else "the program, since the post was erased,"
    return FlagDecided(flagged.state, False, by_name)
