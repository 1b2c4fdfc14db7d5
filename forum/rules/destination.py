"""Mail that names the group nowhere (Bcc, a forgotten redirect), or was sent to a crowd: a person looks first."""

from forum.rules.findings import Finding, Severity
from forum.rules.submission import Facts, Submission

RECIPIENTS_AT_MOST = 20


def check_addressed(submission: Submission, facts: Facts) -> Finding | None:
    if submission.addressed or not facts.hold_unaddressed or facts.is_exempt_moderator:
        return None
    return Finding(
        "implicit_destination",
        Severity.HOLD,
        f"{facts.group_name} stands neither in To nor in Cc of your mail, so a moderator looks at it first.",
        "The group stands neither in To nor in Cc: a blind copy, or redirected from elsewhere.",
    )


def check_recipients(submission: Submission, facts: Facts) -> Finding | None:
    if submission.recipients <= RECIPIENTS_AT_MOST or facts.is_exempt_moderator:
        return None
    return Finding(
        "many_recipients",
        Severity.HOLD,
        f"Your mail went to {submission.recipients} addresses, so a moderator looks at it first. "
        "Write to the group alone and it goes out at once.",
        f"To and Cc name {submission.recipients} addresses; above {RECIPIENTS_AT_MOST} a moderator looks.",
    )
