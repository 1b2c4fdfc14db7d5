"""The split studio: shows a proposal as figures and a map, and lets moderators edit the draft.

Every edit is a POST that names the draft's revision: of two moderators at once the second is told, and sees what the
first has done. An edit is computed before the transaction that writes it. Whoever does not moderate finds nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from flask import Blueprint, abort, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from forum.db import db, transaction
from forum.groups.actions import NotPossible
from forum.groups.models import Group, Kind
from forum.groups.offered import SETTINGS
from forum.groups.queries import count_members
from forum.queue import enqueue
from forum.splitting import plans
from forum.splitting.course.questions import ask_to_moderate
from forum.splitting.figures.values import MailForecast
from forum.splitting.models import Plan, PlanKind, PlannedGroup, PlanState
from forum.splitting.proposals.evidence import OtherLayout
from forum.splitting.proposals.options import Options
from forum.splitting.studio.desk import (
    Desk,
    asked_to_moderate,
    desk_of,
    find_in,
    in_common,
    people_by_public_ids,
    seated,
    weak_in,
)
from forum.splitting.studio.drafts import keep_draft
from forum.splitting.studio.editing import People, place_of
from forum.splitting.studio.mapping import draw_map
from forum.text.lines import one_line
from forum.web.asked import asked_number
from forum.web.rendering import counted
from forum.web.session import member, members_only, the_moderated_group, viewer
from forum.web.studio_edits import (
    GROUP_EDITS,
    PARTS,
    Edited,
    WrongField,
    fit_bounds,
    number_in,
    read_bounds,
    take_cut,
)

blueprint = Blueprint("studio", __name__)

Page = Response | str | tuple[str, int]

PAGE = 50
_BORDERS = 12
_BEFORE_THE_COURSE = (PlanState.PROPOSING, PlanState.DRAFT)


# --- the draft as a whole ---


@blueprint.get("/g/<slug>/split/<plan_id>")
@members_only
def studio(slug: str, plan_id: str) -> Page:
    """The draft, or that it is being worked out. Whatever comes later is on the page of the plan's course."""
    group = the_moderated_group(slug)
    plan = the_split(group, plan_id)
    if plan.state not in _BEFORE_THE_COURSE:
        return redirect(f"{path_of(plan)}/course")
    return _studio_page(plan, {})


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
    desk = _desk(plan) or abort(404)
    try:
        if act == "anew":
            return _propose_again(plan, read_bounds(plan, request.form))
        edited = fit_bounds(desk, request.form) if act == "bounds" else take_cut(desk, request.form)
        _keep(desk, edited)
    except WrongField as wrong:
        return _studio_page(plan, wrong.errors)
    except NotPossible as refusal:
        return _studio_page(plan, {"": str(refusal)})
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
            if plan.state not in _BEFORE_THE_COURSE:
                # Members know of it by now: to take it back is for owners, on the page of its course.
                raise NotPossible(f"This is no draft any more: the plan {plans.words_for_state(plan.state)}.")
            plans.withdraw(plan, actor_id=member().id)
    except NotPossible as refusal:
        return _studio_page(plan, {"": str(refusal)})
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


@blueprint.get("/g/<slug>/split/<plan_id>/<group_id>")
@members_only
def planned_group(slug: str, plan_id: str, group_id: str) -> Page:
    """What is said of one planned group, its members, and everything that can be done with it."""
    plan = the_split(the_moderated_group(slug), plan_id)
    if plan.state not in _BEFORE_THE_COURSE:
        return redirect(f"{path_of(plan)}/course")
    desk = _desk(plan) or abort(404)
    return _group_page(desk, _planned(desk, group_id), {}, {})


@blueprint.post("/g/<slug>/split/<plan_id>/<group_id>")
@members_only
def change_group(slug: str, plan_id: str, group_id: str) -> Page:
    """One edit of one planned group."""
    plan = the_split(the_moderated_group(slug), plan_id)
    act = request.form.get("do", "")
    if act != "ask" and act not in GROUP_EDITS:
        abort(400)
    desk = _desk(plan) or abort(404)
    planned = _planned(desk, group_id)
    if act == "ask":
        return _ask_to_moderate(desk, planned)
    edit = GROUP_EDITS[act]
    try:
        edited = edit(desk, _place(desk, planned), request.form)
    except WrongField as wrong:
        return _group_page(desk, planned, wrong.errors, request.form)
    except NotPossible as refusal:
        return _group_page(desk, planned, {"": str(refusal)}, {})
    try:
        _keep(desk, edited)
    except NotPossible as refusal:
        return _studio_page(plan, {"": str(refusal)})
    flash(edited.said)
    return redirect(f"{path_of(plan)}/{group_id}" if edited.leads_back else path_of(plan))


def _ask_to_moderate(desk: Desk, planned: PlannedGroup) -> Page:
    """Ask the ticked members by mail to be first moderators; who has been asked is not asked again."""
    people = people_by_public_ids(desk, request.form.getlist("who"))
    if not len(people):
        return _group_page(desk, planned, {"": "Tick at least one member to ask."}, {})
    if desk.plan.state is not PlanState.DRAFT:
        return _studio_page(desk.plan, {"": "The plan is no draft any more."})
    with transaction():
        asked = ask_to_moderate(planned, desk.evidence.member_ids[people].tolist(), actor_id=member().id)
    flash(f"{counted(asked, 'member is', 'members are')} asked by mail." if asked else "They have been asked before.")
    return redirect(f"{path_of(desk.plan)}/{planned.public_id}")


# --- what the pages show ---


def the_plan(group: Group, plan_id: str) -> Plan:
    """The plan of this group with this public id, or 404."""
    plan = plans.plan_for(viewer(), plan_id)
    return plan if plan is not None and plan.group_id == group.id else abort(404)


def the_split(group: Group, plan_id: str) -> Plan:
    """The same, if it is a split."""
    plan = the_plan(group, plan_id)
    return plan if plan.kind is PlanKind.SPLIT else abort(404)


def path_of(plan: Plan) -> str:
    return f"/g/{plan.group.slug}/split/{plan.public_id}"


@dataclass(frozen=True)
class Cut:
    """One of the proposal's cuts, as a button."""

    number: int
    groups: int
    taken: bool
    recommended: bool


@dataclass(frozen=True)
class Mails:
    """Mails a day that a member gets in the mean."""

    now: float
    after: float
    mute_first: float


def _desk(plan: Plan) -> Desk | None:
    """The draft on its desk; None while there is none, or none that this version of the program can read."""
    try:
        return desk_of(plan)
    except OtherLayout:
        return None


def _studio_page(plan: Plan, errors: Mapping[str, str]) -> Page:
    """The draft as it is now, which may be another than the one that a refused form was made on."""
    db.session.refresh(plan)
    if plan.state not in _BEFORE_THE_COURSE:
        for sentence in errors.values():
            flash(sentence)
        return redirect(f"{path_of(plan)}/course")
    desk = _desk(plan) if plan.state is PlanState.DRAFT else None
    if desk is None:
        return render_template(
            "studio/working.html",
            group=plan.group,
            plan=plan,
            members=count_members(plan.group_id),
            outdated=plan.state is PlanState.DRAFT,
        )
    figures = desk.figures(desk.draft)
    names = {at: group.name for at, group in enumerate(desk.draft.groups, 1)}
    page = render_template(
        "studio/studio.html",
        group=plan.group,
        plan=plan,
        figures=figures,
        cuts=_cuts(desk),
        map=draw_map([replace(each, name=names[each.position]) for each in figures.groups], figures.borders),
        names=names,
        ids={planned.position: planned.public_id for planned in plan.groups},
        sizes={each.position: each.members for each in figures.groups},
        too_quiet=figures.too_quiet,
        borders=sorted(figures.borders, key=lambda border: -border.share)[:_BORDERS],
        mails=_mean_mails(figures.forecasts),
        bounds=_bounds(plan),
        errors=errors,
    )
    return (page, 422) if errors else page


def _group_page(desk: Desk, planned: PlannedGroup, errors: Mapping[str, str], typed: Mapping[str, str]) -> Page:
    at, plan = _place(desk, planned), desk.plan
    its = next(each for each in desk.figures(desk.draft).groups if each.position == planned.position)
    everybody, sought = request.args.get("show") == "all", one_line(request.args.get("q", ""))[:100]
    after = asked_number("after")
    people = _people(desk, at, everybody=everybody, sought=sought, after=-1 if after is None else after)
    rows = seated(desk, at, people[:PAGE])
    drafted = desk.draft.groups[at]
    as_it_is = {
        "name": drafted.name,
        "slug": drafted.slug,
        "about": drafted.description,
        "kind": drafted.kind,
        "join": drafted.join_policy,
        "listed": "yes" if drafted.listed else "no",
    }
    page = render_template(
        "studio/group.html",
        group=plan.group,
        plan=plan,
        planned=planned,
        its=its,
        typed=as_it_is | dict(typed),
        kinds=[(kind, kind.value) for kind in Kind if kind is not Kind.COMMUNITY],
        joining=SETTINGS["join_policy"].sentences,
        listing=SETTINGS["listed"].sentences,
        others=[
            (str(number), f"{number}. {group.name}")
            for number, group in enumerate(desk.draft.groups, 1)
            if number != planned.position
        ],
        parts=[(str(number), f"{number} groups") for number in PARTS],
        facets=[(str(each.place), f"{each.words} ({each.members:,})") for each in in_common(desk, at, viewer())],
        asked=asked_to_moderate(planned),
        rows=rows,
        next=int(people[PAGE - 1]) if len(people) > PAGE else None,
        paged=after is not None,
        everybody=everybody,
        sought=sought,
        errors=errors,
    )
    return (page, 422) if errors else page


def _people(desk: Desk, at: int, *, everybody: bool, sought: str, after: int) -> People:
    """One page of a planned group's members and one more, after that person: found by name, weak fits or everybody."""
    if sought:
        return find_in(desk, at, sought, after=after, limit=PAGE + 1)
    people = desk.draft.people_of(at) if everybody else weak_in(desk, at)
    return people[people > after][: PAGE + 1]


def _planned(desk: Desk, public_id: str) -> PlannedGroup:
    return next((each for each in desk.plan.groups if each.public_id == public_id), None) or abort(404)


def _place(desk: Desk, planned: PlannedGroup) -> int:
    at = place_of(desk.draft, planned.id)
    return at if at is not None else abort(404)


def _mean_mails(forecasts: Sequence[MailForecast]) -> Mails:
    members = max(sum(each.members for each in forecasts), 1)
    return Mails(
        sum(each.now * each.members for each in forecasts) / members,
        sum(each.after * each.members for each in forecasts) / members,
        sum(each.mute_first * each.members for each in forecasts) / members,
    )


def _cuts(desk: Desk) -> list[Cut]:
    """The proposal's cuts from coarse to fine."""
    recommended = desk.plan.options.get("candidate")
    taken = desk.plan.options.get("taken", recommended)
    return [
        Cut(number, int(labels.max(initial=-1)) + 1, number == taken, number == recommended)
        for number, labels in enumerate(desk.evidence.labels)
    ]


def _bounds(plan: Plan) -> Mapping[str, str]:
    return {"smallest": str(plan.options.get("min", "")), "largest": str(plan.options.get("max", ""))}
