"""Decisions on held posts: by a moderator, or by the author who confirms or withdraws. Never commits.

A second decision on the same post is harmless: it says who acted first.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from sqlalchemy import select

from forum.clock import now
from forum.db import db
from forum.groups.actions import NotPossible
from forum.groups.models import Assurance, Group, Membership, Standing
from forum.groups.queries import community, membership_of
from forum.log import record
from forum.posting.held import findings_today, publish_held
from forum.posting.hold import LETTER, finding_row
from forum.posting.models import HeldPost, HeldState
from forum.queue import enqueue
from forum.rules.submission import Finding, Severity


class Decision(enum.StrEnum):
    APPROVE = "approve"
    REJECT = "reject"
    RETURN = "return"


@dataclass(frozen=True)
class Decided:
    """The decision that stands, and whether it was this one."""

    state: HeldState
    by_this: bool
    by_name: str


def decide(held: HeldPost, decision: Decision, *, actor_id: int, reason: str = "") -> Decided:
    """Approve, reject or return a held post, once. Rejecting and returning need a reason, which the author gets."""
    reason = reason.strip()
    if not _lock_waiting(held):
        return _as_it_stands(held)
    match decision:
        case Decision.APPROVE:
            _publish(held)
            enqueue("notice.approved", held.id)
        case Decision.REJECT | Decision.RETURN:
            if not reason:
                raise NotPossible("Write a reason. The author gets it by mail.")
            held.state = HeldState.REJECTED if decision is Decision.REJECT else HeldState.RETURNED
            enqueue("notice.decided", held.id)
        case unknown:
            assert_never(unknown)
    _note_decision(held, decision, actor_id, reason)
    return Decided(held.state, True, held.decided_by.name if held.decided_by else "")


def withdraw(held: HeldPost) -> Decided:
    """The author takes a waiting post back."""
    if not _lock_waiting(held):
        return _as_it_stands(held)
    held.state = HeldState.WITHDRAWN
    _note_decision(held, "withdraw", held.author_id, "")
    return Decided(held.state, True, held.byline)


def confirm(held: HeldPost) -> Decided:
    """The author says "I wrote this": what was held for assurance alone goes out, else it waits for the rest."""
    if not _lock_waiting(held) or not _has_finding(held, "assurance"):
        return _as_it_stands(held)
    _check_approvable(held)  # Before anything is changed, so that a refusal leaves nothing half-done.
    today = findings_today(held, Assurance.PROVEN)
    refusal = _refusal_in(today)
    if refusal is not None:
        raise NotPossible(refusal.sentence)
    held.assurance = Assurance.PROVEN
    return _drop_finding(held, "assurance", "confirmed by its author", today)


def release_pending(membership_id: int) -> int:
    """After somebody is admitted: what waited only for that goes out, oldest first; returns how many."""
    membership = db.session.get(Membership, membership_id)
    if membership is None or membership.standing is not Standing.ACTIVE:
        return 0
    waiting = select(HeldPost).where(
        HeldPost.author_id == membership.member_id,
        HeldPost.group_id == membership.group_id,
        HeldPost.state == HeldState.WAITING,
    )
    released = 0
    for held in db.session.scalars(waiting.order_by(HeldPost.id)).all():
        if not _lock_waiting(held) or not _has_finding(held, "membership"):
            continue
        today = findings_today(held, held.assurance)
        if _refusal_in(today) is None:  # Else it goes on waiting, and a moderator sees it.
            released += _drop_finding(held, "membership", "admitted", today).state is HeldState.APPROVED
    return released


def _has_finding(held: HeldPost, rule: str) -> bool:
    return any(finding["rule"] == rule for finding in held.findings)


def _refusal_in(findings: Sequence[Finding]) -> Finding | None:
    """The worst of what keeps a post from going out at all; None when it goes out or waits."""
    return next((each for each in findings if each.severity.rank > Severity.HOLD.rank), None)


def _drop_finding(held: HeldPost, rule: str, why: str, today: Sequence[Finding]) -> Decided:
    """The reason of one finding is gone; the others stand, with what the rules say besides today."""
    kept = [finding for finding in held.findings if finding["rule"] != rule]
    new = [each for each in today if not any(finding["rule"] == each.rule for finding in kept)]
    held.findings = [*kept, *(finding_row(each) for each in new)]
    if not any(finding["severity"] == Severity.HOLD for finding in held.findings):
        _publish(held)
        held.decided_at = now()
    record(why, "held_post", held.id, actor_id=held.author_id, group_id=held.group_id)
    return Decided(held.state, True, held.byline)


def _check_approvable(held: HeldPost) -> None:
    if held.author_id is None or _has_finding(held, LETTER):
        raise NotPossible("This is a letter to the moderators. It cannot be posted.")
    for group_id in (held.group_id, community().id):
        membership, group = membership_of(held.author_id, group_id), db.session.get_one(Group, group_id)
        if membership is None:
            raise NotPossible(f"The author is not a member of {group.name}. Reject it, or invite the author first.")
        if membership.standing is Standing.BANNED:
            raise NotPossible(f"The author is banned from {group.name}. Reject it, or lift the ban first.")


def _publish(held: HeldPost) -> None:
    _check_approvable(held)
    post = publish_held(held)
    held.state, held.post_id = HeldState.APPROVED, post.id
    db.session.flush()


def _lock_waiting(held: HeldPost) -> bool:
    """Take the row for this transaction; False when somebody else has decided already."""
    db.session.refresh(held, with_for_update={"of": HeldPost})
    return held.state is HeldState.WAITING


def _note_decision(held: HeldPost, act: str, actor_id: int | None, reason: str) -> None:
    held.decided_at, held.decided_by_id, held.reason = now(), actor_id, reason[:5000]
    db.session.flush()
    db.session.expire(held, ["decided_by"])
    record(act, "held_post", held.id, actor_id=actor_id, group_id=held.group_id, why=reason[:500])


def _as_it_stands(held: HeldPost) -> Decided:
    return Decided(held.state, False, held.decided_by.name if held.decided_by else held.byline)
