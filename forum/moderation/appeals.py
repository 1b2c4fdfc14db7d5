"""Appeals: whoever was sent back, muted or banned asks once that a moderator looks who has not decided. Never commits.

An appeal ends only with a moderator's answer; no time ends it.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from forum.accounts.models import Member
from forum.clock import now
from forum.db import db
from forum.groups.actions import NotPossible
from forum.groups.models import Group
from forum.groups.rights import Viewer, chain_of, may_moderate, moderators_of, viewer_of
from forum.log import record
from forum.moderation.actions import publish_on_appeal
from forum.moderation.models import Appeal, AppealState, Restriction
from forum.moderation.queries import held_of_author, is_letter
from forum.moderation.restrictions import lift_one
from forum.posting.anonymous import author_of
from forum.posting.models import HeldPost, HeldState
from forum.queue import enqueue
from forum.tokens import Purpose, current_tokens

_WORDS_AT_MOST = 5000

Appealable = HeldPost | Restriction


class Verdict(enum.StrEnum):
    UPHOLD = "uphold"
    OVERTURN = "overturn"


@dataclass(frozen=True)
class Appealed:
    """What came of asking, as a sentence for whoever asked; no appeal where nobody could answer it."""

    appeal: Appeal | None
    sentence: str


@dataclass(frozen=True)
class Answered:
    """The answer that stands, and whether it was this one."""

    state: AppealState
    by_this: bool
    by_name: str


# --- asking ---


def why_not(decision: Appealable) -> str:
    """Why nobody else can be asked about a decision, as a sentence; "" when an appeal is possible."""
    asked = appeal_of(decision)
    if asked is not None:
        answered = asked.state is not AppealState.OPEN
        return (
            "You have asked for a second look once, and it has been answered. The answer stands."
            if answered
            else "You have asked for a second look already. A moderator who has not decided will answer it."
        )
    match decision:
        case HeldPost():
            return _why_not_of_post(decision)
        case Restriction():
            return _why_not_of_restriction(decision)
        case unknown:
            assert_never(unknown)


def _why_not_of_post(held: HeldPost) -> str:
    if held.author_id is None or is_letter(held):
        return "Only a member's own post can be looked at a second time."
    if held.private or (held.state is HeldState.RETURNED and held.decided_by_id is None):
        return "No moderator has decided on this yet, so there is nothing to look at a second time."
    match held.state:
        case HeldState.REJECTED | HeldState.RETURNED:
            return ""
        case HeldState.WAITING:
            return "It still waits for a first decision."
        case HeldState.APPROVED:
            return "It has gone out."
        case HeldState.WITHDRAWN:
            return "You have taken it back."
        case unknown:
            assert_never(unknown)


def _why_not_of_restriction(restriction: Restriction) -> str:
    if restriction.member_id is None:
        return "Only a mute or a ban of a member can be looked at a second time."
    if restriction.ended_at is not None or (restriction.ends_at is not None and restriction.ends_at <= now()):
        return "It is over."
    return ""


def appeal(decision: Appealable, words: str) -> Appealed:
    """Ask, in the words of whom it concerns, that a moderator looks who has not decided. Once for each decision."""
    kind = type(decision)
    db.session.refresh(decision, with_for_update={"of": kind})
    refusal = why_not(decision)
    if refusal:
        raise NotPossible(refusal)
    words = words.strip()
    if not words:
        raise NotPossible("Write in your own words why somebody else should look at it.")
    first_id = _first_decider_of(decision)
    asked_by_id = _concerned(decision)
    reviewers = reviewers_for(decision.group, first_id, _whoever_wrote(decision))
    if not reviewers:
        record(
            "appeal to nobody",
            "held_post" if isinstance(decision, HeldPost) else "restriction",
            decision.id,
            actor_id=asked_by_id,
            group_id=decision.group_id,
            why="there is no second moderator",
            undo="ask again when there is one",
        )
        return Appealed(None, nobody_else(decision.group))
    asked = Appeal(
        group_id=decision.group_id,
        held_post_id=decision.id if isinstance(decision, HeldPost) else None,
        restriction_id=decision.id if isinstance(decision, Restriction) else None,
        first_decider_id=first_id,
        words=words[:_WORDS_AT_MOST],
    )
    db.session.add(asked)
    db.session.flush()
    undo = "a moderator answers it"
    record("appeal", "appeal", asked.id, actor_id=asked_by_id, group_id=asked.group_id, undo=undo)
    for reviewer in reviewers:
        enqueue("notice.appeal", asked.id, reviewer.id)
    return Appealed(
        asked, f"A moderator of {decision.group.name} who has not decided will look at it. You get the answer by mail."
    )


def nobody_else(group: Group) -> str:
    """That there is no second moderator."""
    return (
        f"Nobody else moderates {group.name} who could look at it, so the decision stands for now. "
        "You can ask again when there is a second moderator."
    )


def _first_decider_of(decision: Appealable) -> int | None:
    return decision.decided_by_id if isinstance(decision, HeldPost) else decision.made_by_id


# --- who may look ---


def asked_by(asked: Appeal) -> int | None:
    """The member whose appeal it is; of an anonymous post the one who stands for all anonymous authors."""
    return _concerned(_decision_in(asked))


def answer_goes_to(asked: Appeal) -> int | None:
    """Who gets the answer and must not give it: also who has written under a pseudonym, whom nobody else learns."""
    return _whoever_wrote(_decision_in(asked))


def subject_of(asked: Appeal) -> str:
    """The subject of the post that it is about, as moderators may see it; "" where it is about none."""
    if asked.held is None:
        return ""
    held = readable_post(asked)
    return "(changed since by its author)" if held is None else held.subject or "(no subject)"


def readable_post(asked: Appeal) -> HeldPost | None:
    """The post that it is about, for moderators to read: not what its author has written since, and has back."""
    return asked.held if asked.held is not None and not asked.held.private else None


def _decision_in(asked: Appeal) -> Appealable:
    decision = asked.held or asked.restriction
    assert decision is not None
    return decision


def _concerned(decision: Appealable) -> int | None:
    match decision:
        case HeldPost() as held:
            return held.author_id
        case Restriction():
            return decision.member_id
        case unknown:
            assert_never(unknown)


def _whoever_wrote(decision: Appealable) -> int | None:
    return author_of(decision) if isinstance(decision, HeldPost) else decision.member_id


def reviewers_for(group: Group, first_decider_id: int | None, asked_by_id: int | None) -> Sequence[Member]:
    """Who hears of an appeal: the other moderators of the group, else those above it, up to the wall of a circle."""
    out = {first_decider_id, asked_by_id}
    for each in chain_of(group):
        found = [member for member in moderators_of(each) if member.id not in out]
        if found:
            return found
    return ()


def may_answer(viewer: Viewer, asked: Appeal) -> bool:
    """Whoever moderates the group and has neither decided first nor asked."""
    return may_moderate(viewer, asked.group) and viewer.member_id not in (asked.first_decider_id, answer_goes_to(asked))


# --- answering ---


def answer_appeal(asked: Appeal, verdict: Verdict, answer: str, *, actor_id: int) -> Answered:
    """A second moderator upholds the decision or overturns it, with an answer to the author. The first answer stands.

    Overturned, a post goes out as approved, and a mute or a ban ends.
    """
    db.session.refresh(asked, with_for_update={"of": Appeal})
    if asked.state is not AppealState.OPEN:
        decider = None if asked.decided_by_id is None else db.session.get(Member, asked.decided_by_id)
        return Answered(asked.state, False, decider.name if decider is not None else "Somebody")
    _check_may_answer(asked, actor_id)
    answer = answer.strip()
    if not answer:
        raise NotPossible("Write an answer. The author and the first moderator get it.")
    match verdict:
        case Verdict.UPHOLD:
            asked.state, undo = AppealState.UPHELD, "the author sends it again, or a moderator lifts the restriction"
        case Verdict.OVERTURN:
            undo = _overturn(asked, actor_id)
            asked.state = AppealState.OVERTURNED
        case unknown:
            assert_never(unknown)
    asked.decided_at, asked.decided_by_id, asked.answer = now(), actor_id, answer[:_WORDS_AT_MOST]
    db.session.flush()
    record(verdict, "appeal", asked.id, actor_id=actor_id, group_id=asked.group_id, why=asked.answer[:500], undo=undo)
    enqueue("notice.appeal_answered", asked.id)
    if asked.first_decider_id is not None:
        enqueue("notice.appeal_outcome", asked.id, asked.first_decider_id)
    return Answered(asked.state, True, db.session.get_one(Member, actor_id).name)


def _check_may_answer(asked: Appeal, actor_id: int) -> None:
    if actor_id == asked.first_decider_id:
        raise NotPossible("You have decided on this first. Somebody else answers the appeal.")
    viewer = viewer_of(db.session.get_one(Member, actor_id))
    if viewer is None or not may_answer(viewer, asked):
        raise NotPossible(f"Only another moderator of {asked.group.name} can answer this.")


def _overturn(asked: Appeal, actor_id: int) -> str:
    """Undo what was decided; how to undo that."""
    if asked.held is not None:
        publish_on_appeal(asked.held, actor_id=actor_id)
        return "erase the post"
    assert asked.restriction is not None
    lift_one(asked.restriction, actor_id=actor_id, why="overturned on appeal")
    return f"{asked.restriction.kind} the member again"


# --- looking ---


def appeal_of(decision: Appealable) -> Appeal | None:
    """The one appeal against a decision."""
    column = Appeal.held_post_id if isinstance(decision, HeldPost) else Appeal.restriction_id
    return db.session.scalars(select(Appeal).where(column == decision.id)).first()


def appeal_to_look_at(viewer: Viewer, public_id: str) -> Appeal | None:
    """An appeal in a group that the viewer moderates, unless it is the viewer's own."""
    asked = db.session.scalars(select(Appeal).where(Appeal.public_id == public_id)).first()
    if asked is None or not may_moderate(viewer, asked.group) or answer_goes_to(asked) == viewer.member_id:
        return None
    return asked


def appeals_page(group_ids: frozenset[int], *, is_open: bool, after: int = 0, limit: int = 50) -> Sequence[Appeal]:
    """Appeals of these groups, the oldest first while they are open, else the newest first (keyset by id)."""
    rows = select(Appeal).where(Appeal.group_id.in_(group_ids))
    if is_open:
        rows = rows.where(Appeal.state == AppealState.OPEN, Appeal.id > after).order_by(Appeal.id)
    else:
        rows = rows.where(Appeal.state != AppealState.OPEN).order_by(Appeal.id.desc())
        rows = rows.where(Appeal.id < after) if after else rows
    rows = rows.options(joinedload(Appeal.group), joinedload(Appeal.held), joinedload(Appeal.restriction))
    return db.session.scalars(rows.limit(limit)).all()


def appealable_of(member_id: int, public_id: str) -> Appealable | None:
    """A member's own held post or restriction, by the id in its address."""
    own_brake = select(Restriction).where(Restriction.public_id == public_id, Restriction.member_id == member_id)
    return held_of_author(member_id, public_id) or db.session.scalars(own_brake).first()


def appeal_token(restriction: Restriction) -> str:
    """What a restricted member can open without signing in, which a ban may have ended."""
    assert restriction.member_id is not None
    return current_tokens().make(Purpose.APPEAL, restriction.id, restriction.member_id)


def restriction_by_token(token: str) -> Restriction | None:
    """The restriction that a link in a mail to the restricted member names."""
    numbers = current_tokens().read(Purpose.APPEAL, token)
    found = None if numbers is None else db.session.get(Restriction, numbers[0])
    return found if found is not None and numbers is not None and found.member_id == numbers[1] else None
