"""An answer to a thread that has been locked."""

from forum.rules.findings import Finding, Severity
from forum.rules.submission import Facts, Submission


def check_locked(submission: Submission, facts: Facts) -> Finding | None:
    if not facts.thread_locked:
        return None
    return Finding(
        "locked",
        Severity.RETURN,
        f"This thread is closed to answers: {facts.thread_url} You can begin a new one.",
        "The thread is locked.",
    )
