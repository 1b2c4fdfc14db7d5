"""Held posts go out without a moderator when what alone held them is gone: their author has said "I wrote this", is let
in, or the emergency is over. Never commits.

What else was found still holds, and what the rules of today find besides.
"""

from collections.abc import Sequence

from forum.clock import now
from forum.db import db
from forum.groups.actions import NotPossible
from forum.groups.models import Assurance, Group, Membership, Standing
from forum.log import record
from forum.moderation.actions import (
    BATCH,
    UNDO_OUT,
    Decided,
    as_it_stands,
    check_approvable,
    is_approvable,
    let_out,
    lock_waiting,
    waiting_of,
)
from forum.moderation.queries import has_finding, with_finding
from forum.moderation.restrictions import mute_again
from forum.posting.anonymous import for_others
from forum.posting.held import findings_today
from forum.posting.models import HeldPost, HeldState
from forum.posting.sightings import note_sightings
from forum.queue import enqueue
from forum.rules.emergency import EMERGENCY
from forum.rules.findings import Finding, Judgement, Severity, as_row


def confirm(held: HeldPost) -> Decided:
    """The author says "I wrote this": what was held for assurance alone goes out, else it waits for the rest."""
    if not lock_waiting(held) or not has_finding(held, "assurance"):
        return as_it_stands(held)
    check_approvable(held)  # Before anything is changed, so that a refusal leaves nothing half-done.
    today = findings_today(held, Assurance.PROVEN)
    refusal = _refusal_in(today)
    if refusal is not None:
        raise NotPossible(refusal.sentence)
    held.assurance = Assurance.PROVEN
    return _drop_finding(held, "assurance", "confirmed by its author", today)


def release_pending(membership_id: int, after_id: int = 0) -> int:
    """After somebody is admitted: what waited only for that goes out, oldest first, batch by batch; how many now."""
    membership = db.session.get(Membership, membership_id)
    if membership is not None:
        mute_again(membership)
    if membership is None or membership.standing is not Standing.ACTIVE:
        return 0
    waiting = waiting_of(
        membership.group_id,
        HeldPost.author_id == membership.member_id,
        with_finding("membership"),
        HeldPost.id > after_id,
    )
    if len(waiting) == BATCH:
        enqueue("release_pending", membership_id, waiting[-1].id)
    return _release(waiting, "membership", "admitted")


def release_held_in_emergency(group_id: int, after_id: int = 0) -> int:
    """After the brake is off: what waited only for that goes out, oldest first, batch by batch; how many now."""
    if db.session.get_one(Group, group_id).emergency_since is not None:
        return 0
    waiting = waiting_of(group_id, with_finding(EMERGENCY), HeldPost.id > after_id)
    if len(waiting) == BATCH:
        enqueue("release_group", group_id, waiting[-1].id)
    return _release(waiting, EMERGENCY, "the group was released")


def _release(waiting: Sequence[HeldPost], rule: str, why: str) -> int:
    released = 0
    for held in waiting:
        if not lock_waiting(held) or not has_finding(held, rule) or not is_approvable(held):
            continue
        today = findings_today(held, held.assurance)
        if _refusal_in(today) is None:  # Else it goes on waiting, and a moderator sees it.
            released += _drop_finding(held, rule, why, today).state is HeldState.APPROVED
    return released


def _refusal_in(findings: Sequence[Finding]) -> Finding | None:
    """The worst of what keeps a post from going out at all; None when it goes out or waits."""
    return next((each for each in findings if each.severity.rank > Severity.HOLD.rank), None)


def _drop_finding(held: HeldPost, rule: str, why: str, today: Sequence[Finding]) -> Decided:
    """The reason of one finding is gone; the others stand, with what the rules say besides today.

    What a rule only advised gives way to what it says today.
    """
    holding = {row["rule"] for row in held.findings if row["severity"] != Severity.ADVISE} - {rule}
    if held.pseudonym_id is not None:
        today = for_others(today)
    new = [each for each in today if each.rule not in holding]
    gone, before = {rule, *(each.rule for each in new)}, {(row["rule"], row["severity"]) for row in held.findings}
    held.findings = [*(row for row in held.findings if row["rule"] not in gone), *(as_row(each) for each in new)]
    first_seen = tuple(each for each in new if (each.rule, each.severity) not in before)
    note_sightings(Judgement(first_seen), held.group_id, held_post_id=held.id)
    undo = ""
    if all(finding["severity"] == Severity.ADVISE for finding in held.findings):
        let_out(held)
        held.decided_at, undo = now(), UNDO_OUT
        if rule == EMERGENCY:
            enqueue("notice.approved", held.id)
    record(why, "held_post", held.id, actor_id=held.author_id, group_id=held.group_id, undo=undo)
    return Decided(held.state, True, held.byline)
