"""What moderators change in the split studio: a draft as a whole, and one of its groups.

Every edit is a POST that names the draft's revision: of two moderators at once the second is told, and sees what the
first has done. An edit is computed before the transaction that writes it. Whoever does not moderate finds nothing.
"""

from flask import Blueprint, abort, flash, redirect, request
from werkzeug.wrappers import Response

from forum.db import transaction
from forum.groups.actions import NotPossible
from forum.queue import enqueue
from forum.splitting import plans
from forum.splitting.course.questions import ask_to_moderate
from forum.splitting.models import Plan, PlannedGroup, PlanState
from forum.splitting.proposals.options import Options
from forum.splitting.studio.desk import (
    Desk,
    people_by_public_ids,
)
from forum.splitting.studio.drafts import keep_draft
from forum.web.planned import path_of, the_split
from forum.web.rendering import counted
from forum.web.session import member, members_only, the_moderated_group
from forum.web.studio import group_page, studio_page, the_desk, the_place, the_planned_group
from forum.web.studio_edits import (
    GROUP_EDITS,
    Edited,
    WrongField,
    fit_bounds,
    number_in,
    read_bounds,
    take_cut,
)

blueprint = Blueprint("studio_changes", __name__)

Page = Response | str | tuple[str, int]


# --- the draft as a whole ---


@blueprint.post("/g/<slug>/split/<plan_id>")
@members_only
def change(slug: str, plan_id: str) -> Page:
    """Take another cut, bring all groups within bounds, have a new proposal made, or give the draft up."""
    plan = the_split(the_moderated_group(slug), plan_id)
    act = request.form.get("do", "")
    if act == "withdraw":
        return _withdraw(plan)
    if act not in ("bounds", "anew") and not act.startswith("take "):
        abort(400)
    desk = the_desk(plan) or abort(404)
    try:
        if act == "anew":
            return _propose_again(plan, read_bounds(plan, request.form))
        edited = fit_bounds(desk, request.form) if act == "bounds" else take_cut(desk, request.form)
        _keep(desk, edited)
    except WrongField as wrong:
        return studio_page(plan, wrong.errors)
    except NotPossible as refusal:
        return studio_page(plan, {"": str(refusal)})
    flash(edited.said)
    return redirect(path_of(plan))


def _propose_again(plan: Plan, options: Options) -> Page:
    """Have everybody placed anew by the worker, with evidence of today."""
    with transaction():
        plans.changed(plan, _revision())
        plans.move_on(plan, PlanState.PROPOSING, actor_id=member().id, undo="take another of the cuts")
        plan.options = options.written()
        enqueue("plan.propose", plan.id)
    return redirect(path_of(plan))


def _withdraw(plan: Plan) -> Page:
    try:
        with transaction():
            plans.lock_plan(plan)
            if not plan.state.is_in_the_studio:
                # Members know of it by now: to take it back is for owners, on the page of its course.
                raise NotPossible(f"This is no draft any more: the plan {plans.words_for_state(plan.state)}.")
            plans.withdraw(plan, actor_id=member().id)
    except NotPossible as refusal:
        return studio_page(plan, {"": str(refusal)})
    flash("The plan is withdrawn. Nobody was told of it, and nothing has changed.")
    return redirect(f"/g/{plan.group.slug}/split")


def _keep(desk: Desk, edited: Edited) -> None:
    """Write an edit, with new names where members have changed, unless somebody has changed the draft meanwhile."""
    after = desk.named_anew(edited.draft) if edited.moves else edited.draft
    plan = desk.plan
    with transaction():
        plans.changed(plan, _revision())
        keep_draft(plan, desk.draft, after, desk.evidence, actor_id=member().id, why=edited.said)
        plan.options = {**plan.options, **edited.options}


def _revision() -> int:
    """The revision of the draft on which the form was made."""
    return number_in(request.form.get("revision", "")) or 0


# --- one planned group ---


@blueprint.post("/g/<slug>/split/<plan_id>/<group_id>")
@members_only
def change_group(slug: str, plan_id: str, group_id: str) -> Page:
    """One edit of one planned group."""
    plan = the_split(the_moderated_group(slug), plan_id)
    act = request.form.get("do", "")
    if act != "ask" and act not in GROUP_EDITS:
        abort(400)
    desk = the_desk(plan) or abort(404)
    planned = the_planned_group(desk, group_id)
    if act == "ask":
        return _ask_to_moderate(desk, planned)
    edit = GROUP_EDITS[act]
    try:
        edited = edit(desk, the_place(desk, planned), request.form)
    except WrongField as wrong:
        return group_page(desk, planned, wrong.errors, request.form)
    except NotPossible as refusal:
        return group_page(desk, planned, {"": str(refusal)}, {})
    try:
        _keep(desk, edited)
    except NotPossible as refusal:
        return studio_page(plan, {"": str(refusal)})
    flash(edited.said)
    return redirect(f"{path_of(plan)}/{group_id}" if edited.leads_back else path_of(plan))


def _ask_to_moderate(desk: Desk, planned: PlannedGroup) -> Page:
    """Ask the ticked members by mail to be first moderators; who has been asked is not asked again."""
    people = people_by_public_ids(desk, request.form.getlist("who"))
    if not len(people):
        return group_page(desk, planned, {"": "Tick at least one member to ask."}, {})
    if desk.plan.state is not PlanState.DRAFT:
        return studio_page(desk.plan, {"": "The plan is no draft any more."})
    with transaction():
        asked = ask_to_moderate(planned, desk.evidence.member_ids[people].tolist(), actor_id=member().id)
    flash(f"{counted(asked, 'member is', 'members are')} asked by mail." if asked else "They have been asked before.")
    return redirect(f"{path_of(desk.plan)}/{planned.public_id}")
