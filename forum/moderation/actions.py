"""Decisions on held posts: by a moderator, or by the author who takes it back. Never commits.

A second decision on the same post is harmless: it says who acted first.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import assert_never

from sqlalchemy import ColumnElement, or_, select

from forum.accounts.models import Member
from forum.clock import now
from forum.db import db
from forum.groups.actions import NotPossible
from forum.groups.models import Group, Standing
from forum.groups.queries import community, membership_of
from forum.groups.rights import may_moderate, viewer_of
from forum.log import record
from forum.moderation.queries import is_letter, with_finding
from forum.posting.anonymous import author_of
from forum.posting.erase import erase_held
from forum.posting.held import publish_held
from forum.posting.hold import LETTER
from forum.posting.models import HeldPost, HeldState
from forum.posting.moved import follow_thread
from forum.posting.resubmit import is_open_to_author
from forum.queue import enqueue
from forum.text import normalise
from forum.threads.models import TextFormat

CLAIM_LASTS = timedelta(minutes=15)
# So many posts go out in one transaction of what goes out together.
BATCH = 25
_UNDO_SENT_BACK = "the author sends it again; the text is in the author's mail"
UNDO_OUT = "erase the post"


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
    decided = decide_among_others(held, decision, actor_id=actor_id, reason=reason)
    if decided.by_this:
        enqueue("moderators.decided", held.id, actor_id)
    return decided


def decide_among_others(held: HeldPost, decision: Decision, *, actor_id: int, reason: str = "") -> Decided:
    """The same as one of many at once: the author is told, and the other moderators get no line for each."""
    reason = reason.strip()
    if not lock_waiting(held):
        return as_it_stands(held)
    match decision:
        case Decision.APPROVE:
            let_out(held)
            enqueue("notice.approved", held.id)
        case Decision.REJECT | Decision.RETURN:
            if not reason:
                raise NotPossible("Write a reason. The author gets it by mail.")
            held.state = HeldState.REJECTED if decision is Decision.REJECT else HeldState.RETURNED
            if not is_letter(held):
                enqueue("notice.decided", held.id)
        case unknown:
            assert_never(unknown)
    undo = UNDO_OUT if decision is Decision.APPROVE else _UNDO_SENT_BACK
    _note_decision(held, decision, actor_id, reason, undo)
    return Decided(held.state, True, held.decided_by.name if held.decided_by else "")


def edit_and_approve(held: HeldPost, text: str, *, actor_id: int) -> Decided:
    """Let a post out with other words. The author's own are kept for moderators, and the post says that it changed."""
    words = normalise(text)
    if not words:
        raise NotPossible("Write the new text below the word edit.")
    if not lock_waiting(held):
        return as_it_stands(held)
    check_approvable(held)  # Before the words change, so that a refusal leaves them as they were.
    held.original_text, held.original_html = held.text, held.html
    held.text, held.html, held.text_format = words, "", TextFormat.PLAIN
    record(
        "edit",
        "held_post",
        held.id,
        actor_id=actor_id,
        group_id=held.group_id,
        undo="the original is kept with the held post",
    )
    db.session.flush()
    return decide(held, Decision.APPROVE, actor_id=actor_id)


def approve_and_trust(held: HeldPost, *, actor_id: int) -> Decided:
    """Approve, and from now on `moderate` holds nothing of this author in the group."""
    author_id = author_to_trust(held)
    decided = decide(held, Decision.APPROVE, actor_id=actor_id)
    if decided.by_this:
        set_trusted(author_id, held.group_id, True, actor_id=actor_id)
    return decided


def author_to_trust(held: HeldPost) -> int:
    """Who has written it, for what is decided about more than this post; NotPossible where nobody may know."""
    if held.author_id is None:
        raise NotPossible("Its author is not a member.")
    if held.pseudonym_id is not None:
        raise NotPossible("Nobody knows here who wrote this, so nobody can be trusted for it. Approve the post alone.")
    return held.author_id


def set_trusted(author_id: int, group_id: int, trusted: bool, *, actor_id: int) -> None:
    """Whether a member's posts to a group go out where others' are read first."""
    membership = membership_of(author_id, group_id)
    if membership is None:
        raise NotPossible("The author is not a member of the group.")
    if membership.trusted is trusted:
        return
    membership.trusted = trusted
    word, other = ("trust", "distrust") if trusted else ("distrust", "trust")
    record(word, "membership", membership.id, actor_id=actor_id, group_id=group_id, undo=other)


def approve_all_of_author(held: HeldPost, *, actor_id: int) -> Decided:
    """Approve this one now, and whatever else of its author waits in the group soon after, oldest first."""
    decided = decide(held, Decision.APPROVE, actor_id=actor_id)
    if held.author_id is not None:
        record("approve all", "held_post", held.id, actor_id=actor_id, group_id=held.group_id, undo=UNDO_OUT)
        enqueue("approve_all", held.id, actor_id)
    return decided


def approve_next_of_author(held_id: int, actor_id: int) -> int:
    """One batch of what `approve_all_of_author` has promised; another is asked for while there is more.

    Whoever moderates no longer has promised nothing: the right is asked again here. What has come since, or has got
    other words, nobody has promised.
    """
    held = db.session.get_one(HeldPost, held_id)
    viewer = viewer_of(db.session.get_one(Member, actor_id))
    if viewer is None or not may_moderate(viewer, held.group):
        return 0
    if held.decided_at is None:
        return 0
    # Whose authorship is in doubt is not "of this author": a forgery must not go out with the rest.
    waiting = waiting_of(
        held.group_id,
        HeldPost.created_at <= held.decided_at,
        or_(HeldPost.changed_at.is_(None), HeldPost.changed_at <= held.decided_at),
        HeldPost.author_id == held.author_id
        if held.pseudonym_id is None
        else HeldPost.pseudonym_id == held.pseudonym_id,
        ~with_finding("assurance"),
        ~with_finding(LETTER),
    )
    for each in waiting:
        if is_approvable(each):
            decide_among_others(each, Decision.APPROVE, actor_id=actor_id)
    left = [each for each in waiting if each.state is HeldState.WAITING]
    if len(waiting) == BATCH and len(left) < BATCH:
        enqueue("approve_all", held_id, actor_id)
    return len(waiting) - len(left)


def claim(held: HeldPost, *, actor_id: int) -> str:
    """Say "I am looking at it" for a quarter of an hour; the name of who was first if somebody else is at it."""
    if not lock_waiting(held):
        raise NotPossible(f"{as_it_stands(held).by_name} has acted already.")
    if held.claimed_by is not None and held.claimed_by_id != actor_id and is_claimed(held):
        return held.claimed_by.name
    held.claimed_by_id, held.claimed_until = actor_id, now() + CLAIM_LASTS
    record("claim", "held_post", held.id, actor_id=actor_id, group_id=held.group_id, undo="it ends in 15 minutes")
    db.session.flush()
    db.session.expire(held, ["claimed_by"])
    return ""


def is_claimed(held: HeldPost) -> bool:
    """Whether somebody is looking at it now."""
    return held.claimed_until is not None and held.claimed_until > now()


def withdraw(held: HeldPost) -> Decided:
    """The author takes back what waits or has come back. The copy here is erased, words, files and mail."""
    db.session.refresh(held, with_for_update={"of": HeldPost})
    if not is_open_to_author(held):
        return as_it_stands(held)
    held.state = HeldState.WITHDRAWN
    erase_held(held)
    _note_decision(held, "withdraw", held.author_id, "", "none: the words are gone; the author can send it again")
    return Decided(held.state, True, held.byline)


def return_undecided(held: HeldPost) -> bool:
    """Nobody has decided in time: it goes back to its author with the whole text; False when somebody just has."""
    if not lock_waiting(held):
        return False
    held.state = HeldState.RETURNED
    days = held.group.decide_within_days
    why = f"No moderator of {held.group.name} has decided within {days} days."
    _note_decision(held, "time out", None, why, _UNDO_SENT_BACK)
    enqueue("notice.decided", held.id)
    return True


def waiting_of(group_id: int, *which: ColumnElement[bool]) -> Sequence[HeldPost]:
    """The next batch of what waits in a group, oldest first."""
    rows = select(HeldPost).where(HeldPost.group_id == group_id, HeldPost.state == HeldState.WAITING, *which)
    return db.session.scalars(rows.order_by(HeldPost.id).limit(BATCH)).all()


def is_approvable(held: HeldPost) -> bool:
    try:
        check_approvable(held)
    except NotPossible:
        return False
    return True


def check_approvable(held: HeldPost) -> None:
    if is_letter(held):
        raise NotPossible("This is a letter to the moderators. It cannot be posted.")
    if held.author_id is None:
        raise NotPossible("The sender is not a member. Reject it, or invite the sender, who can then send it again.")
    author_id = author_of(held)
    assert author_id is not None
    for group_id in (held.group_id, community().id):
        membership, group = membership_of(author_id, group_id), db.session.get_one(Group, group_id)
        barred = membership is None or membership.standing is Standing.BANNED
        if held.pseudonym_id is not None and barred:
            # Why would tell who it is.
            raise NotPossible("This anonymous post cannot go out any more. Reject it.")
        if membership is None:
            raise NotPossible(f"The author is not a member of {group.name}. Reject it, or invite the author first.")
        if membership.standing is Standing.BANNED:
            raise NotPossible(f"The author is banned from {group.name}. Reject it, or lift the ban first.")


def publish_on_appeal(held: HeldPost, *, actor_id: int) -> None:
    """What one moderator has sent back goes out, since another one overturns that; nothing when it is out already.

    The reason of the first one stays with it; who let it out is the second. Only an appeal leads here, and not to words
    that its author has written since.
    """
    db.session.refresh(held, with_for_update={"of": HeldPost})
    if held.state is HeldState.APPROVED:
        return
    if held.state is HeldState.WITHDRAWN:
        raise NotPossible("The author has taken it back meanwhile. Uphold the decision, with a word on that.")
    if held.private:
        raise NotPossible("The author has changed it since and has it back. Uphold the decision, with a word on that.")
    if held.state is HeldState.WAITING:
        raise NotPossible("The author has sent it again since, and it waits. Decide on the new words first.")
    follow_thread(held)
    let_out(held)
    _note_decision(held, "approve on appeal", actor_id, held.reason, UNDO_OUT)


def let_out(held: HeldPost) -> None:
    check_approvable(held)
    post = publish_held(held)
    held.state, held.post_id = HeldState.APPROVED, post.id
    db.session.flush()


def lock_waiting(held: HeldPost) -> bool:
    """Take the row for this transaction; False when somebody else has decided already."""
    db.session.refresh(held, with_for_update={"of": HeldPost})
    return held.state is HeldState.WAITING


def _note_decision(held: HeldPost, act: str, actor_id: int | None, reason: str, undo: str) -> None:
    held.decided_at, held.decided_by_id, held.reason = now(), actor_id, reason[:5000]
    db.session.flush()
    db.session.expire(held, ["decided_by"])
    record(act, "held_post", held.id, actor_id=actor_id, group_id=held.group_id, why=reason[:500], undo=undo)


def as_it_stands(held: HeldPost) -> Decided:
    if held.decided_by is None and held.state is HeldState.RETURNED:
        return Decided(held.state, False, "the program, since its time was over,")
    return Decided(held.state, False, held.decided_by.name if held.decided_by else held.byline)
