"""A message id that was used before for other content: never dropped as a duplicate, a person looks."""

from forum.rules.findings import Finding, Severity
from forum.rules.submission import Facts, Submission


def check_reused_id(submission: Submission, facts: Facts) -> Finding | None:
    if not facts.id_was_used_for_other_content:
        return None
    return Finding(
        "reused_id",
        Severity.HOLD,
        "Your mail carries the same message id as an earlier one with other words. A moderator will look at it.",
        "A different mail with the same Message-ID came to this group before.",
    )
