"""The emergency brake of a group: everything waits until a moderator releases it."""

from forum.rules.findings import Finding, Severity
from forum.rules.submission import Facts, Submission

EMERGENCY = "emergency"


def check_emergency(submission: Submission, facts: Facts) -> Finding | None:
    if not facts.emergency or facts.is_exempt_moderator:
        return None
    return Finding(
        EMERGENCY,
        Severity.HOLD,
        f"The moderators of {facts.group_name} hold all posts for the moment. Yours is kept and goes out when they "
        "release them.",
        "All posts of the group are held until it is released.",
    )
