"""What the mail says that goes to moderators some weeks after a split: whether it has worked. Reads only."""

from collections.abc import Callable, Mapping

from forum.db import db
from forum.queue import Task
from forum.splitting.looking_back.result_words import told
from forum.splitting.models import Plan, PlanResult
from mailgateway.moderating_notices import still_moderates
from mailgateway.notice import Notice, site_url, to_member


def _result(task: Task) -> Notice | None:
    result = db.session.get_one(PlanResult, task.target_id)
    plan = db.session.get_one(Plan, result.plan_id)
    assert task.other_id is not None
    if not still_moderates(task.other_id, plan.group):
        return None
    look = told(plan, result)
    return to_member(
        "plan_result",
        task.other_id,
        group=plan.group,
        look=look,
        lines=[(each.measure, line) for each in look.measures for line in each.lines if line.is_told],
        url=site_url(f"/g/{plan.group.slug}/split/{plan.public_id}/results"),
    )


FACTS: Mapping[str, Callable[[Task], Notice | None]] = {"notice.plan_result": _result}
