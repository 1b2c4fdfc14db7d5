"""Too large to post."""

from forum.rules.findings import Finding, Severity
from forum.rules.submission import Facts, Submission


def check_size(submission: Submission, facts: Facts) -> Finding | None:
    if submission.size <= facts.max_size:
        return None
    limit, size = facts.max_size / 1e6, submission.size / 1e6
    return Finding(
        "size",
        Severity.RETURN,
        f"Your post with its attachments has {size:.1f} MB; at most {limit:.0f} MB can be posted. "
        "Send smaller files, or a link to them.",
        f"{size:.1f} MB, above the limit of {limit:.0f} MB.",
    )
