"""An answer to a thread that has been locked."""

from forum.rules.findings import Finding, Severity
from forum.rules.submission import Facts, Submission


def check_locked(submission: Submission, facts: Facts) -> Finding | None:
    if not facts.thread_locked:
        return None
    until = f" until {facts.locked_until:%-d %B %Y, %H:%M} UTC" if facts.locked_until is not None else ""
    why = f" The moderators say: {facts.lock_reason}" if facts.lock_reason else ""
    return Finding(
        "locked",
        Severity.RETURN,
        f"This thread is closed to answers{until}: {facts.thread_url} You can begin a new one.{why}",
        f"The thread is locked{until}.",
    )
