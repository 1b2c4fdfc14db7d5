"""A slowed thread: the same member answers there only so often."""

from datetime import timedelta

from forum.rules.findings import Finding, Severity
from forum.rules.submission import Facts, Submission


def check_slow_mode(submission: Submission, facts: Facts) -> Finding | None:
    if facts.slow_seconds is None or facts.last_here_ago is None or facts.is_exempt_moderator:
        return None
    apart = timedelta(seconds=facts.slow_seconds)
    if facts.last_here_ago >= apart:
        return None
    wait = max(-(-(apart - facts.last_here_ago) // timedelta(minutes=1)), 1)
    minutes = "1 minute" if wait == 1 else f"{wait} minutes"
    return Finding(
        "slow_mode",
        Severity.RETURN,
        f"A moderator has slowed this thread down: one answer from each member in {facts.slow_seconds // 60} minutes. "
        f"Send yours again in {minutes}: {facts.thread_url}",
        f"The thread is slowed to one answer in {facts.slow_seconds // 60} minutes from each member.",
    )
