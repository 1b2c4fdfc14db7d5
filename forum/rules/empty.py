"""Nothing to post: no words of the author's own and no file."""

from forum.rules.findings import Finding, Severity
from forum.rules.submission import Facts, Submission


def check_empty(submission: Submission, facts: Facts) -> Finding | None:
    if submission.files:
        return None
    if not submission.text.strip():
        quoted = " beyond the quoted text" if submission.folded.strip() else ""
        return Finding(
            "empty",
            Severity.RETURN,
            f"We found no words in your post{quoted}. Write your answer above the quoted text and send it again.",
            "No words of the author's own.",
        )
    return None
