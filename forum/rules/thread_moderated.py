"""A thread whose answers a moderator reads first."""

from forum.rules.findings import Finding, Severity
from forum.rules.submission import Facts, Submission


def check_thread_moderated(submission: Submission, facts: Facts) -> Finding | None:
    if not facts.thread_moderated or facts.is_exempt_moderator:
        return None
    return Finding(
        "thread_moderated",
        Severity.HOLD,
        "In this thread a moderator reads every answer before it goes out. Yours is waiting.",
        "Answers in this thread are read first.",
    )
