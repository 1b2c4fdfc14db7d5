"""Mail that is nearly all other people's words, between which the author's own are hard to find.

Only quotes that stayed in the text count: what was folded is out of the way, so that a bare "Agreed." is fine, and so
is a forward. Web posts are written in our own form and may quote as their authors like.
"""

from forum.rules.findings import Finding, Severity
from forum.rules.submission import Facts, Submission
from forum.threads.models import Via

LARGEST_SHARE = 0.9
# Below a page or so a quote is no burden to anybody; in a month of a real list one answer had 300 quoted words to 30.
FEWEST_WORDS = 400


def check_over_quoted(submission: Submission, facts: Facts) -> Finding | None:
    if submission.via is not Via.MAIL:
        return None
    quoted = own = 0
    for line in submission.text.split("\n"):
        words = len(line.split())
        if line.lstrip().startswith(">"):
            quoted += words
        else:
            own += words
    if quoted < FEWEST_WORDS or quoted <= LARGEST_SHARE * (quoted + own):
        return None
    share = round(100 * quoted / (quoted + own))
    return Finding(
        "over_quoted",
        Severity.RETURN,
        f"{share} % of your mail is quoted text. Delete what you do not answer, or write your answer above it,"
        f" and send it "
        "again.",
        f"{share} % quoted text in the post.",
    )
