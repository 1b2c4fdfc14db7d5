"""An answer to a post that has been erased: a moderator sees whether it still says something by itself."""

from forum.rules.findings import Finding, Severity
from forum.rules.submission import Facts, Submission


def check_erased_parent(submission: Submission, facts: Facts) -> Finding | None:
    if not facts.answers_erased:
        return None
    return Finding(
        "erased_parent",
        Severity.HOLD,
        "The post that you answer has been erased. A moderator looks at your answer first.",
        "It answers a post that has been erased.",
    )
