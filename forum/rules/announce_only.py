"""A group that has become the notice board of those that grew out of it: its moderators post there, nobody else."""

from forum.groups.models import Role
from forum.rules.findings import Finding, Severity
from forum.rules.submission import Facts, Submission


def check_announce_only(submission: Submission, facts: Facts) -> Finding | None:
    # What says whose post it is must not depend on anonymity: an anonymous moderator is nobody here.
    moderates = facts.role in (Role.MODERATOR, Role.OWNER) and not submission.anonymous
    if not facts.announce_only or moderates:
        return None
    what = "answer" if facts.is_reply else "post"
    where = f" Send your {what} to {_either(facts.write_in)}." if facts.write_in else ""
    return Finding(
        "announce_only",
        Severity.RETURN,
        f"Only moderators write in {facts.group_name} now.{where}",
        "Only moderators post here.",
    )


def _either(names: tuple[str, ...]) -> str:
    """Names, as they stand in a sentence."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
