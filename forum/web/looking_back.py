"""For a group's moderators: whether it may be time for smaller groups, and whether a split has worked."""

from flask import Blueprint, abort, render_template
from werkzeug.wrappers import Response

from forum.splitting import plans
from forum.splitting.looking_back.result_words import result_of, told
from forum.splitting.models import Plan
from forum.splitting.queries import open_split_of, plan_for
from forum.web.session import members_only, the_moderated_group, viewer

blueprint = Blueprint("looking_back", __name__)

Page = Response | str | tuple[str, int]


@blueprint.get("/g/<slug>/growth")
@members_only
def growth(slug: str) -> Page:
    # What counts needs numpy, which no other page should load.
    from forum.splitting.looking_back.signals import signals_of

    group = the_moderated_group(slug)
    return render_template(
        "looking_back/growth.html",
        group=group,
        signals=signals_of(group),
        open_plan=open_split_of(group),
    )


@blueprint.get("/g/<slug>/split/<plan_id>/results")
@members_only
def results(slug: str, plan_id: str) -> Page:
    group = the_moderated_group(slug)
    plan = _the_plan(group.id, plan_id)
    found = [(weeks, result_of(plan, weeks)) for weeks in plans.RESULTS_AFTER_WEEKS]
    return render_template(
        "looking_back/results.html",
        group=group,
        plan=plan,
        looks=[told(plan, result) for _weeks, result in reversed(found) if result is not None],
        waiting=[weeks for weeks, result in found if result is None],
    )


def _the_plan(group_id: int, public_id: str) -> Plan:
    plan = plan_for(viewer(), public_id)
    return plan if plan is not None and plan.group_id == group_id else abort(404)
