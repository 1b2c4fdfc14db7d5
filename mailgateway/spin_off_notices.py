"""What mails say of a spin-off that a member asks for: to the moderators, and to who asked. Reads only.

What the member wrote is shown so that nothing in it can be clicked.
"""

from collections.abc import Callable, Mapping

from forum.accounts.models import Member
from forum.db import db
from forum.queue import Task
from forum.splitting.models import Plan, PlanState
from forum.splitting.spin_off.spinning_off import offers_to_moderate
from mailgateway.defuse import defused
from mailgateway.moderating_notices import still_moderates
from mailgateway.notice import Notice, our_addresses, site_url, to_member


def _asked(task: Task) -> Notice | None:
    """To each moderator, while nobody has answered."""
    plan = db.session.get_one(Plan, task.target_id)
    assert task.other_id is not None
    if plan.state is not PlanState.ASKED or plan.asked_by_id is None or not still_moderates(task.other_id, plan.group):
        return None
    (planned,) = plan.groups
    return to_member(
        "spin_off_asked",
        task.other_id,
        group=plan.group,
        asker=db.session.get_one(Member, plan.asked_by_id),
        name=defused(planned.name),
        about=defused(planned.description),
        why=defused(plan.why),
        grown_from=defused(plan.grown_from),
        offers=offers_to_moderate(plan),
        url=site_url(f"/g/{plan.group.slug}/spin-off/{plan.public_id}"),
    )


def _answered(task: Task) -> Notice | None:
    """To who asked: it is made, or why it is not."""
    plan = db.session.get_one(Plan, task.target_id)
    assert task.other_id is not None
    if plan.state is PlanState.ASKED or not plan.groups:
        return None
    planned = plan.groups[0]
    return to_member(
        "spin_off_answered",
        task.other_id,
        our_addresses().moderators(plan.group.mail_name),
        group=plan.group,
        name=defused(planned.name),
        granted=planned.group is not None,
        address=our_addresses().group(planned.group.mail_name) if planned.group is not None else "",
        reason=defused(str(plan.options.get("declined", ""))),
        url=site_url(f"/g/{planned.group.slug if planned.group is not None else plan.group.slug}"),
    )


FACTS: Mapping[str, Callable[[Task], Notice | None]] = {
    "notice.spin_off_asked": _asked,
    "notice.spin_off_answered": _answered,
}
