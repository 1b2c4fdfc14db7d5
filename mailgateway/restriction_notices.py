"""What a member hears of a mute or ban of their own: that it begins, and that it is over. Reads only."""

from collections.abc import Callable, Mapping

from forum.db import db
from forum.groups.models import Kind, Standing
from forum.groups.queries import membership_of
from forum.moderation.appeals import appeal_token
from forum.moderation.models import Restriction, Restricts
from forum.queue import Task
from mailgateway.moderating_words import ANSWER_LINE
from mailgateway.notice import Notice, our_addresses, site_url, to_member


def _restricted(task: Task) -> Notice | None:
    """What, where, why, until when, and what can be done. None when it has ended before this was sent."""
    restriction = db.session.get_one(Restriction, task.target_id)
    if restriction.ended_at is not None or restriction.member_id is None:
        return None
    return to_member(
        "restricted",
        restriction.member_id,
        our_addresses().appeal(restriction.id, restriction.member_id),
        restriction=restriction,
        answer_line=ANSWER_LINE,
        moderators=our_addresses().moderators(restriction.group.mail_name),
        appeal_url=site_url(f"/appeal/{appeal_token(restriction)}"),
        banned=restriction.kind is Restricts.BAN,
        everywhere=restriction.group.kind is Kind.COMMUNITY,
        group=restriction.group,
        until=f"{restriction.ends_at:%-d %B %Y, %H:%M} UTC" if restriction.ends_at is not None else "",
    )


def _restriction_over(task: Task) -> Notice | None:
    """That the member may write again. None for who left, or is restricted in another way now."""
    restriction = db.session.get_one(Restriction, task.target_id)
    if restriction.member_id is None:
        return None
    membership = membership_of(restriction.member_id, restriction.group_id)
    if membership is None or membership.standing is not Standing.ACTIVE:
        return None
    return to_member(
        "restriction_over",
        restriction.member_id,
        our_addresses().moderators(restriction.group.mail_name),
        banned=restriction.kind is Restricts.BAN,
        everywhere=restriction.group.kind is Kind.COMMUNITY,
        group=restriction.group,
        url=site_url(f"/g/{restriction.group.slug}"),
    )


FACTS: Mapping[str, Callable[[Task], Notice | None]] = {
    "notice.restricted": _restricted,
    "notice.restriction_over": _restriction_over,
}
