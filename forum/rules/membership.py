"""Who may post: members in good standing, of the group and of the community."""

from dataclasses import replace

from forum.groups.models import Assurance, Standing, Strangers
from forum.rules.assurance import SEEN
from forum.rules.findings import Finding, Severity
from forum.rules.submission import Facts, Submission

MEMBERSHIP = "membership"
# Marks what waits for its author to join the group where its thread has moved.
COMES_ALONG = "comes along"


def check_membership(submission: Submission, facts: Facts) -> Finding | None:
    group = facts.group_name
    if Standing.BANNED in (facts.standing, facts.community_standing):
        return Finding(
            "membership",
            Severity.REFUSE,
            f"You can no longer post to {group}.",
            f"The author is banned from {group} or from the community.",
        )
    if submission.author_id is None:
        return _of_stranger(submission, facts)
    if facts.came_after_thread and facts.community_standing is not None:
        return _to_come_along(submission, facts)
    if facts.community_standing is None or facts.standing is None:
        return Finding(
            "membership",
            Severity.REFUSE,
            f"Only members of {_as_outsiders_know(facts)} can post there, and you are not one of them.",
            f"The author is not a member of {group}.",
        )
    if Standing.MUTED in (facts.standing, facts.community_standing):
        until = f" until {facts.muted_until:%-d %B %Y, %H:%M} UTC" if facts.muted_until else ""
        return Finding(
            "membership",
            Severity.RETURN,
            f"You cannot post to {group}{until}. You can still read everything.",
            f"The author is muted{until}.",
        )
    if Standing.PENDING in (facts.standing, facts.community_standing):
        return Finding(
            "membership",
            Severity.HOLD,
            f"Your membership in {group} is waiting for a moderator. Your post waits with it and is not lost.",
            "The author has asked to join and is not admitted yet.",
        )
    return None


def _to_come_along(submission: Submission, facts: Facts) -> Finding:
    """The thread has moved, and the author has not: the answer waits until the author joins."""
    waits = waits_to_come_along(facts.group_name)
    if not submission.anonymous:
        return waits
    # Waiting for one member to join would tell who it is.
    sentence = f"This thread is in {facts.group_name} now: {facts.thread_url} Join the group there, then answer."
    return replace(waits, severity=Severity.RETURN, sentence=sentence)


def waits_to_come_along(group_name: str) -> Finding:
    """What holds the answer of somebody who has not joined the group where its thread has moved."""
    return Finding(
        MEMBERSHIP,
        Severity.HOLD,
        f"This thread is in {group_name} now. Join that group, and your answer goes out.",
        "The thread has moved here, and the author has not joined yet. It goes out when the author does.",
        label=COMES_ALONG,
    )


def check_gone(submission: Submission, facts: Facts) -> Finding | None:
    """An answer to a thread that is elsewhere now, of which its author may learn nothing."""
    if not facts.thread_gone:
        return None
    return Finding(
        "gone",
        Severity.RETURN,
        f"This thread takes no more answers. You can begin a new one in {facts.group_name}.",
        "The thread has moved to a group of which its author does not know.",
    )


def _of_stranger(submission: Submission, facts: Facts) -> Finding:
    """Refused only where it can be said: what is not proven gets no answer, and is kept so that it is not lost."""
    for_moderator = f"{submission.byline} is not the address of a member, and {SEEN[submission.assurance]}."
    if facts.strangers is Strangers.REFUSE and submission.assurance is Assurance.PROVEN:
        return Finding(
            "membership",
            Severity.REFUSE,
            f"Only members of {_as_outsiders_know(facts)} can post there, and this address is not a member's.",
            for_moderator,
        )
    return Finding(
        "membership",
        Severity.HOLD,
        f"Only members of {_as_outsiders_know(facts)} can post there, and this address is not a member's. "
        "A moderator looks.",
        for_moderator,
    )


def _as_outsiders_know(facts: Facts) -> str:
    """The group's name, but for an unlisted one: who guesses its address learns nothing of it."""
    return facts.group_name if facts.group_listed else "this group"
