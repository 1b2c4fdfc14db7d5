"""How well the author is known: what falls short of what the group demands waits, and the real member is asked."""

from forum.groups.models import Assurance
from forum.rules.findings import Finding, Severity
from forum.rules.submission import Facts, Submission

SEEN = {
    Assurance.FAILED: "the mail failed the check (DMARC) that its sender is who it says",
    Assurance.CLAIMED: "nothing in the mail proves its sender",
    Assurance.TOKEN: "it came to the member's own reply address, and nothing else proves its sender",
    Assurance.PROVEN: "the sender is proven",
}


def check_assurance(submission: Submission, facts: Facts) -> Finding | None:
    if submission.author_id is None:
        return None  # A stranger is no member who could be asked; that rule speaks of it.
    demanded = facts.assurance_reply if facts.is_reply else facts.assurance_new
    if submission.assurance.rank >= demanded.rank:
        return None
    what = "a reply" if facts.is_reply else "a new thread"
    seen = SEEN[submission.assurance]
    return Finding(
        "assurance",
        Severity.HOLD,
        f"We could not be sure that this came from you: {seen}. Confirm it with one click and it goes out.",
        f"{facts.group_name} wants to be surer of the sender of {what}: {seen}.",
    )
