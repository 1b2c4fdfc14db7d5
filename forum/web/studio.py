"""The split studio: shows a draft as figures and a map, and one of its groups. Nothing here changes it.

Whoever does not moderate finds nothing. What is changed is in `studio_changes`, which answers with these pages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from flask import Blueprint, abort, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from forum.db import db
from forum.groups.models import Kind
from forum.groups.offered import SETTINGS
from forum.groups.queries import count_members
from forum.splitting.figures.values import MailForecast
from forum.splitting.models import Plan, PlannedGroup, PlanState
from forum.splitting.proposals.evidence import OtherLayout
from forum.splitting.studio.desk import (
    Desk,
    asked_to_moderate,
    desk_of,
    find_in,
    in_common,
    seated,
    weak_in,
)
from forum.splitting.studio.editing import People, place_of
from forum.splitting.studio.mapping import draw_map
from forum.text.lines import one_line
from forum.web.asked import asked_number
from forum.web.planned import path_of, the_split
from forum.web.session import members_only, the_moderated_group, viewer
from forum.web.studio_edits import (
    PARTS,
)

blueprint = Blueprint("studio", __name__)

Page = Response | str | tuple[str, int]

PAGE = 50
_BORDERS = 12


@blueprint.get("/g/<slug>/split/<plan_id>")
@members_only
def studio(slug: str, plan_id: str) -> Page:
    """The draft, or that it is being worked out. Whatever comes later is on the page of the plan's course."""
    group = the_moderated_group(slug)
    plan = the_split(group, plan_id)
    if not plan.state.is_in_the_studio:
        return redirect(f"{path_of(plan)}/course")
    return studio_page(plan, {})


@blueprint.get("/g/<slug>/split/<plan_id>/<group_id>")
@members_only
def planned_group(slug: str, plan_id: str, group_id: str) -> Page:
    """What is said of one planned group, its members, and everything that can be done with it."""
    plan = the_split(the_moderated_group(slug), plan_id)
    if not plan.state.is_in_the_studio:
        return redirect(f"{path_of(plan)}/course")
    desk = the_desk(plan) or abort(404)
    return group_page(desk, the_planned_group(desk, group_id), {}, {})


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


def the_desk(plan: Plan) -> Desk | None:
    """The draft on its desk; None while there is none, or none that this version of the program can read."""
    try:
        return desk_of(plan)
    except OtherLayout:
        return None


def studio_page(plan: Plan, errors: Mapping[str, str]) -> Page:
    """The draft as it is now, which may be another than the one that a refused form was made on."""
    db.session.refresh(plan)
    if not plan.state.is_in_the_studio:
        for sentence in errors.values():
            flash(sentence)
        return redirect(f"{path_of(plan)}/course")
    desk = the_desk(plan) if plan.state is PlanState.DRAFT else None
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


def group_page(desk: Desk, planned: PlannedGroup, errors: Mapping[str, str], typed: Mapping[str, str]) -> Page:
    at, plan = the_place(desk, planned), desk.plan
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


def the_planned_group(desk: Desk, public_id: str) -> PlannedGroup:
    return next((each for each in desk.plan.groups if each.public_id == public_id), None) or abort(404)


def the_place(desk: Desk, planned: PlannedGroup) -> int:
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
