"""How well the author is known: what falls short of what the group demands waits, and the real member is asked."""

from forum.groups.models import Assurance
from forum.rules.submission import Facts, Finding, Severity, Submission

_SEEN = {
    Assurance.FAILED: "the mail failed the check (DMARC) that its sender is who it says",
    Assurance.CLAIMED: "nothing in the mail proves its sender",
    Assurance.TOKEN: "only a reply address of the member stands for the sender",
    Assurance.PROVEN: "the sender is proven",
}


def check_assurance(submission: Submission, facts: Facts) -> Finding | None:
    demanded = facts.assurance_reply if facts.is_reply else facts.assurance_new
    if submission.assurance.rank >= demanded.rank:
        return None
    what = "a reply" if facts.is_reply else "a new thread"
    seen = _SEEN[submission.assurance]
    return Finding(
        "assurance",
        Severity.HOLD,
        f"We could not be sure that this came from you: {seen}. Confirm it with one click and it goes out.",
        f"{facts.group_name} asks for '{demanded}' for {what}, and this is '{submission.assurance}': {seen}.",
    )
