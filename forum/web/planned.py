"""The plan that an address names, for who moderates its group, and the address that a plan has."""

from flask import abort

from forum.groups.models import Group
from forum.splitting.models import Plan, PlanKind
from forum.splitting.queries import plan_for
from forum.web.session import viewer


def the_plan(group: Group, plan_id: str) -> Plan:
    """The plan of this group with this public id, or 404."""
    plan = plan_for(viewer(), plan_id)
    return plan if plan is not None and plan.group_id == group.id else abort(404)


def the_split(group: Group, plan_id: str) -> Plan:
    """The same, if it is a split."""
    plan = the_plan(group, plan_id)
    return plan if plan.kind is PlanKind.SPLIT else abort(404)


def path_of(plan: Plan) -> str:
    return f"/g/{plan.group.slug}/split/{plan.public_id}"
