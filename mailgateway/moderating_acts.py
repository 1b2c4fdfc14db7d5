"""What each word of a moderator's answer by mail does, and the sentence that says so.

It reads no mail and sends none. Who wrote is known before; whether that person still moderates, `moderates` says.
"""

from collections.abc import Callable, Mapping
from typing import assert_never

from forum.accounts.models import Member
from forum.groups.actions import NotPossible
from forum.groups.models import Group, HeldNotices
from forum.groups.rights import may_moderate, viewer_of
from forum.moderation.actions import (
    Decided,
    Decision,
    approve_all_of_author,
    author_to_trust,
    claim,
    decide,
    decide_among_others,
    edit_and_approve,
    set_trusted,
)
from forum.moderation.brakes import hold_group, release_group
from forum.moderation.duty import choose_notices, moderating_membership
from forum.moderation.queries import author_hears
from forum.moderation.summaries import summarise
from forum.moderation.templates import worded
from forum.posting.models import HeldPost, HeldState
from mailgateway.moderating_words import Act, Asked, Choice, Letter
from mailgateway.restricting_acts import RESTRICTS

SUMMARY_COMES = "A summary is on its way."
NO_REASON = "A moderator has decided so and has given no more of a reason."


def moderates(moderator: Member, group: Group) -> bool:
    """Whether somebody moderates a group at this moment."""
    viewer = viewer_of(moderator)
    return viewer is not None and may_moderate(viewer, group)


def too_late(decided: Decided) -> str:
    """That somebody else has acted before."""
    return f"Nothing has changed: {decided.by_name} has {_DONE[decided.state]} it already."


_DONE: Mapping[HeldState, str] = {
    HeldState.APPROVED: "approved",
    HeldState.REJECTED: "rejected",
    HeldState.RETURNED: "returned",
    HeldState.WITHDRAWN: "withdrawn",
    HeldState.WAITING: "left",
}
# Of letters, and of mail from strangers.
_SILENT = "No mail goes to who wrote it; answer from your own mail if you want to."


def _approve(held: HeldPost, moderator: Member, asked: Asked) -> str:
    return _approved(decide(held, Decision.APPROVE, actor_id=moderator.id), held)


def _approved(decided: Decided, held: HeldPost) -> str:
    if not decided.by_this:
        return too_late(decided)
    return f"Approved: it is in {held.group.name} and goes out by mail. It can be erased on its page."


def _approve_all(held: HeldPost, moderator: Member, asked: Asked) -> str:
    decided = approve_all_of_author(held, actor_id=moderator.id)
    return (
        f"{_approved(decided, held)} Out goes also whatever else of {held.byline} waits there, oldest first, "
        "unless it is in doubt who wrote it."
    )


def _edit(held: HeldPost, moderator: Member, asked: Asked) -> str:
    decided = edit_and_approve(held, asked.words, actor_id=moderator.id)
    if not decided.by_this:
        return too_late(decided)
    return f"{_approved(decided, held)} Readers see that a moderator changed it; the original is kept for moderators."


def _reject(held: HeldPost, moderator: Member, asked: Asked) -> str:
    decided = decide(held, Decision.REJECT, actor_id=moderator.id, reason=worded(held.group, asked.words))
    if decided.by_this:
        return f"Rejected. {'The author gets your reason, and can send it again.' if author_hears(held) else _SILENT}"
    return too_late(decided)


def _return(held: HeldPost, moderator: Member, asked: Asked) -> str:
    decided = decide(held, Decision.RETURN, actor_id=moderator.id, reason=worded(held.group, asked.words))
    if decided.by_this:
        return f"Returned. {'The author gets your words and can change it.' if author_hears(held) else _SILENT}"
    return too_late(decided)


def _trust(held: HeldPost, moderator: Member, asked: Asked) -> str:
    author_id = author_to_trust(held)
    said = _approve(held, moderator, asked) + " " if held.state is HeldState.WAITING else ""
    set_trusted(author_id, held.group_id, True, actor_id=moderator.id)
    return f"{said}Posts of {held.byline} are no longer read first. To undo that, answer: distrust"


def _distrust(held: HeldPost, moderator: Member, asked: Asked) -> str:
    set_trusted(author_to_trust(held), held.group_id, False, actor_id=moderator.id)
    return f"Posts of {held.byline} are read first again where others' are. To undo that, answer: trust"


def _hold_group(held: HeldPost, moderator: Member, asked: Asked) -> str:
    hold_group(held.group, actor_id=moderator.id)
    return f"Every post to {held.group.name} now waits. To undo it, answer: release group"


def _release_group(held: HeldPost, moderator: Member, asked: Asked) -> str:
    release_group(held.group, actor_id=moderator.id)
    return (
        f"{held.group.name} is open again; what waited for that goes out, oldest first. To undo it, answer: hold group"
    )


def _claim(held: HeldPost, moderator: Member, asked: Asked) -> str:
    other = claim(held, actor_id=moderator.id)
    if other:
        return f"{other} is looking at it. You can decide all the same."
    return "It is yours for 15 minutes; the other moderators see that you are looking at it."


def _queue(held: HeldPost, moderator: Member, asked: Asked) -> str:
    return send_queue(moderator)


def send_queue(moderator: Member) -> str:
    return SUMMARY_COMES if summarise(moderator) is not None else "Nothing waits."


def _notices(held: HeldPost, moderator: Member, asked: Asked) -> str:
    membership = moderating_membership(moderator.id, held.group)
    words = asked.words.lower().split()
    chosen = next((each for each in HeldNotices if words[:1] == [each.value]), None)
    if membership is None or chosen is None:
        raise NotPossible("Write notices each, notices each quiet, notices summary or notices none.")
    before = membership.held_notices
    choose_notices(membership, chosen, "quiet" not in words, actor_id=moderator.id)
    return f"You now hear of held posts so: {' '.join(words[:2])}. To undo it, answer: notices {before}"


DOES: Mapping[Act, Callable[[HeldPost, Member, Asked], str]] = {
    Act.APPROVE: _approve,
    Act.APPROVE_ALL: _approve_all,
    Act.REJECT: _reject,
    Act.RETURN: _return,
    Act.EDIT: _edit,
    Act.TRUST: _trust,
    Act.DISTRUST: _distrust,
    **RESTRICTS,
    Act.HOLD_GROUP: _hold_group,
    Act.RELEASE_GROUP: _release_group,
    Act.CLAIM: _claim,
    Act.QUEUE: _queue,
    Act.NOTICES: _notices,
}


def choose(choice: Choice, held: HeldPost, moderator: Member) -> str:
    """One decision of many, as one line of the answer."""
    place = f"{choice.place}."
    if not moderates(moderator, held.group):
        return f"{place} nothing was done: you do not moderate {held.group.name} now."
    try:
        match choice.letter:
            case Letter.APPROVE | Letter.TRUST:
                if choice.letter is Letter.TRUST:
                    author_to_trust(held)  # Before anything is done.
                decided = decide_among_others(held, Decision.APPROVE, actor_id=moderator.id)
                if choice.letter is Letter.TRUST and decided.by_this:
                    set_trusted(author_to_trust(held), held.group_id, True, actor_id=moderator.id)
            case Letter.REJECT | Letter.BACK:
                decision = Decision.REJECT if choice.letter is Letter.REJECT else Decision.RETURN
                reason = worded(held.group, choice.reason) or NO_REASON
                decided = decide_among_others(held, decision, actor_id=moderator.id, reason=reason)
            case Letter.CLAIM:
                return f"{place} {_claim(held, moderator, Asked(()))}"
            case unknown:
                assert_never(unknown)
    except NotPossible as refusal:
        return f"{place} nothing was done: {refusal}"
    if not decided.by_this:
        return f"{place} nothing was done: {decided.by_name} has {_DONE[decided.state]} it already."
    trusted = ", and its author is trusted now" if choice.letter is Letter.TRUST else ""
    return f"{place} {_DONE[decided.state]}{trusted}."
