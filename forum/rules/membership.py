"""Who may post: members in good standing, of the group and of the community."""

from forum.groups.models import Standing
from forum.rules.submission import Facts, Finding, Severity, Submission


def check_membership(submission: Submission, facts: Facts) -> Finding | None:
    group = facts.group_name
    if Standing.BANNED in (facts.standing, facts.community_standing):
        return Finding(
            "membership",
            Severity.REFUSE,
            f"You can no longer post to {group}.",
            f"The author is banned from {group} or from the community.",
        )
    if facts.community_standing is None or facts.standing is None:
        return Finding(
            "membership",
            Severity.REFUSE,
            f"Only members of {group} can post there, and this address is not a member's.",
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
