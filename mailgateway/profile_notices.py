"""The mail that asks a member for what the profile does not say, once in half a year at most. Reads only."""

from collections.abc import Callable, Mapping

from forum.accounts.models import Member
from forum.db import db
from forum.facets.recognising import COLUMNS
from forum.groups.asking import dimensions_in, group_in
from forum.groups.models import READS, Group
from forum.groups.queries import membership_of
from forum.queue import Task
from mailgateway.notice import Notice, our_addresses, site_url, to_member
from mailgateway.profile_answers import LABELS, subject_that_asks

# As letters to all members of a group are: whatever else is due goes first.
TO_THE_SILENT = frozenset(("notice.profile_asked",))


def _profile_asked(task: Task) -> Notice | None:
    """None for who has said it all meanwhile, or has left the group."""
    assert task.other_id is not None
    member = db.session.get_one(Member, task.target_id)
    group = db.session.get_one(Group, group_in(task.other_id))
    own = membership_of(member.id, group.id)
    missing = [each for each in dimensions_in(task.other_id) if not getattr(member, COLUMNS[each])]
    if not missing or own is None or own.standing not in READS:
        return None
    return to_member(
        "profile_asked",
        member.id,
        our_addresses().system(),
        group=group,
        subject=subject_that_asks(missing),
        labels=[LABELS[each] for each in missing],
        url=site_url("/me"),
    )


FACTS: Mapping[str, Callable[[Task], Notice | None]] = {"notice.profile_asked": _profile_asked}
