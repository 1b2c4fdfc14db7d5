"""More posts in an hour than the group allows one member."""

from forum.rules.findings import Finding, Severity
from forum.rules.submission import Facts, Submission


def check_quota(submission: Submission, facts: Facts) -> Finding | None:
    if facts.quota is None or facts.posts_last_hour < facts.quota:
        return None
    posts = "1 post" if facts.quota == 1 else f"{facts.quota} posts"
    return Finding(
        "quota",
        Severity.RETURN,
        f"{facts.group_name} takes {posts} an hour from one member. Send this again in an hour.",
        f"Already {facts.posts_last_hour} posts in the last hour; the quota is {facts.quota}.",
    )
