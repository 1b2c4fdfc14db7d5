"""Groups where a moderator sees posts first: everybody's, or a newcomer's first few. Trusted members are not read."""

from forum.groups.models import Moderate
from forum.rules.findings import Finding, Severity
from forum.rules.submission import Facts, Submission


def check_moderated(submission: Submission, facts: Facts) -> Finding | None:
    if facts.is_exempt_moderator or facts.trusted:
        return None
    if facts.moderate is Moderate.ALL:
        return Finding(
            "moderated",
            Severity.HOLD,
            f"In {facts.group_name} a moderator reads every post before it goes out. Yours is waiting.",
            "Every post to this group is read first.",
        )
    if facts.moderate is Moderate.NEWCOMERS and submission.anonymous:
        # All alike, or what waits and what does not would tell who is new.
        return Finding(
            "moderated",
            Severity.HOLD,
            f"In {facts.group_name} a moderator reads anonymous posts before they go out. Yours is waiting.",
            "An anonymous post: all of them are read first.",
        )
    if facts.moderate is Moderate.NEWCOMERS and facts.newcomer_posts > 0:
        return Finding(
            "newcomer",
            Severity.HOLD,
            f"In {facts.group_name} a moderator reads a new member's first posts before they go out. Yours is waiting.",
            f"A newcomer: {facts.newcomer_posts} more posts are read first.",
        )
    return None
