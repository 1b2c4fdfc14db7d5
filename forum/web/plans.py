"""The course of a plan: what is arranged before it is announced, what members answered, and keeping or undoing it.

Moderators see it; announcing, carrying out, undoing and keeping a split is for owners. Each of these acts is a POST
whose page has named its effect.
"""

from collections.abc import Mapping
from datetime import timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from forum.clock import now
from forum.db import db, transaction
from forum.groups.actions import NotPossible
from forum.groups.queries import community, count_members
from forum.groups.rights import may_moderate, may_own
from forum.groups.slugs import BadSlug
from forum.settings import current_settings
from forum.splitting import plans
from forum.splitting.course.arranging import (
    NOTICE_DAYS,
    REVIEW_DAYS,
    Arrangement,
    arrange,
    exceptions_as_text,
    read_exceptions,
    standing_of,
)
from forum.splitting.course.looking_ahead import look_ahead, planned_ids_of
from forum.splitting.course.places import sizes_of
from forum.splitting.course.questions import count_answers
from forum.splitting.looking_back.measures import MEASURES, USUAL
from forum.splitting.models import Answer, Asks, ParentBecomes, Plan, PlanKind, PlannedGroup, PlanState, ThreadsGo
from forum.splitting.readership.consents import ask_consent
from forum.web.planned import path_of, the_plan
from forum.web.rendering import counted, day
from forum.web.session import member, members_only, the_moderated_group, viewer
from forum.web.studio_edits import number_in

blueprint = Blueprint("plans", __name__)

Page = Response | str | tuple[str, int]

# The letter that announces a plan, as the mail gateway sends it.
_LETTER = "mail/plan_announced/body.txt"
_NAMED_AT_MOST = 20
PARENT_CHOICES = (
    (ParentBecomes.OPEN, "Stays open", "Everybody writes there as before."),
    (ParentBecomes.ANNOUNCEMENTS, "Becomes a place for announcements", "Only its moderators write there."),
    (
        ParentBecomes.CHOSEN,
        "Keeps only the threads named below",
        "All others go along, and only moderators write there.",
    ),
)
THREADS_CHOICES = (
    (ThreadsGo.FITTING, "Those that fit", "Most of a thread’s writers would be in one of the new groups."),
    (ThreadsGo.ALL, "All of them", "Each goes where most of its writers would be."),
    (ThreadsGo.LISTED, "Only those named below", "All others stay where they are."),
)


@blueprint.get("/g/<slug>/split/<plan_id>/course")
@members_only
def course(slug: str, plan_id: str) -> Page:
    """Where the plan stands and what can be done with it."""
    return _course_page(the_plan(the_moderated_group(slug), plan_id), {}, {})


@blueprint.get("/g/<slug>/split/<plan_id>/ahead")
@members_only
def ahead(slug: str, plan_id: str) -> Page:
    """What would happen: the letter that members get, and who would read which threads. Nothing happens by looking."""
    return _ahead_page(the_plan(the_moderated_group(slug), plan_id), {})


@blueprint.post("/g/<slug>/split/<plan_id>/course")
@members_only
def go_on(slug: str, plan_id: str) -> Page:
    """One step of the plan: arrange, announce, ask for consent, carry out, keep, undo or withdraw it."""
    plan = the_plan(the_moderated_group(slug), plan_id)
    act = request.form.get("do", "")
    if act == "arrange" and plan.kind is PlanKind.SPLIT:
        return _arrange(plan)
    if act == "consent":
        return _ask_consent(plan)
    if act not in _STEPS:
        abort(400)
    if not _may_take(plan, act):
        abort(404)
    step, said = _STEPS[act]
    try:
        with transaction():
            step(plan, actor_id=member().id)
    except (NotPossible, BadSlug) as refusal:
        return _course_page(plan, {"": str(refusal)}, {})
    flash(said)
    return redirect(f"{path_of(plan)}/course")


# What the buttons of a plan's page do, and what is said afterwards. The worker does the rest.
_STEPS = {
    "announce": (plans.announce, "The plan is announced. The mails are on their way."),
    "carry-out": (plans.carry_out, "It is being carried out. This page shows how far it is."),
    "keep": (plans.keep, "The new groups stay."),
    "undo": (plans.undo, "It is being put back. This page shows how far it is."),
    "withdraw": (plans.withdraw, "The plan is withdrawn. Nothing has changed for anybody."),
}


def _may_take(plan: Plan, act: str) -> bool:
    """What touches members of a split is for owners; a draft may be given up by whoever moderates."""
    if plan.kind is PlanKind.SPIN_OFF or (act == "withdraw" and plan.state is not PlanState.ANNOUNCED):
        return may_moderate(viewer(), plan.group)
    return may_own(viewer(), plan.group)


def _arrange(plan: Plan) -> Page:
    """Keep what was arranged, then show what would happen."""
    typed = request.form
    errors: dict[str, str] = {}
    parent = next((each for each in ParentBecomes if each == typed.get("parent")), None)
    threads = next((each for each in ThreadsGo if each == typed.get("threads")), None)
    notice, review = (number_in(typed.get(name, "")) for name in ("notice_days", "review_days"))
    if not typed.get("why", "").strip():
        errors["why"] = "Say why, in a sentence or two. It stands in every mail."
    if notice is None or notice not in NOTICE_DAYS:
        errors["notice_days"] = f"Write a number of days from {NOTICE_DAYS[0]} to {NOTICE_DAYS[-1]}."
    if review is None or review not in REVIEW_DAYS:
        errors["review_days"] = f"Write a number of days from {REVIEW_DAYS[0]} to {REVIEW_DAYS[-1]}."
    if parent is None:
        errors["parent"] = f"Choose what becomes of {plan.group.name}."
    if threads is None:
        errors["threads"] = "Choose which threads go along."
    try:
        exceptions = read_exceptions(plan, typed.get("exceptions", ""))
    except NotPossible as refusal:
        errors["exceptions"] = str(refusal)
    if errors or notice is None or review is None or parent is None or threads is None:
        return _course_page(plan, errors, typed)
    measures = [name for name in MEASURES if typed.get(f"measure-{name}") == "yes"]
    arranged = Arrangement(typed["why"], notice, review, parent, threads, measures, exceptions)
    try:
        with transaction():
            plans.changed(plan, number_in(typed.get("revision", "")) or 0)
            arrange(plan, arranged, actor_id=member().id)
    except NotPossible as refusal:
        return _course_page(plan, {"": str(refusal)}, {})
    return redirect(f"{path_of(plan)}/ahead")


def _ask_consent(plan: Plan) -> Page:
    """Ask the authors of those threads that more people could read, in so many letters."""
    if not _may_take(plan, "announce"):
        abort(404)
    if plan.state is not PlanState.ANNOUNCED:
        return _course_page(plan, {"": "Authors are asked while a plan is announced."}, {})
    to_ask = look_ahead(plan, names=0).to_ask
    with transaction():
        asked = sum(
            ask_consent(plan, db.session.get_one(PlannedGroup, planned_id), thread_ids, actor_id=member().id).questions
            for planned_id, thread_ids in to_ask.items()
        )
    flash(f"{counted(asked, 'author is', 'authors are')} asked by mail." if asked else "All of them were asked before.")
    return redirect(f"{path_of(plan)}/ahead")


# --- what the pages show ---


def _course_page(plan: Plan, errors: Mapping[str, str], typed: Mapping[str, str]) -> Page:
    db.session.refresh(plan)
    if plan.state is PlanState.ASKED:
        return redirect(f"/g/{plan.group.slug}/spin-off/{plan.public_id}")
    if plan.state is PlanState.PROPOSING:
        return redirect(path_of(plan))
    page = render_template(
        "plans/course.html",
        group=plan.group,
        plan=plan,
        owns=_may_take(plan, "undo"),
        members=count_members(plan.group_id),
        standing=standing_of(plan),
        sizes=sizes_of(plan),
        answers=count_answers(plan.id, Asks.PLACE),
        consents=count_answers(plan.id, Asks.CONSENT),
        moderators=count_answers(plan.id, Asks.MODERATE),
        invited=count_answers(plan.id, Asks.JOIN),
        words=plans.words_for_state(plan.state),
        typed=_as_arranged(plan) | dict(typed),
        measures=[(each, _is_chosen(plan, each.name, typed)) for each in MEASURES.values()],
        PARENT_CHOICES=PARENT_CHOICES,
        THREADS_CHOICES=THREADS_CHOICES,
        NOTICE_DAYS=NOTICE_DAYS,
        REVIEW_DAYS=REVIEW_DAYS,
        Answer=Answer,
        State=PlanState,
        is_split=plan.kind is PlanKind.SPLIT,
        errors=errors,
    )
    return (page, 422) if errors else page


def _ahead_page(plan: Plan, errors: Mapping[str, str]) -> Page:
    if plan.state not in (PlanState.DRAFT, PlanState.ANNOUNCED):
        return redirect(f"{path_of(plan)}/course")
    return render_template(
        "plans/ahead.html",
        group=plan.group,
        plan=plan,
        owns=_may_take(plan, "announce"),
        ahead=look_ahead(plan, names=_NAMED_AT_MOST),
        letter=_letter(plan),
        members=count_members(plan.group_id),
        until=plan.due_at or now() + timedelta(days=plan.notice_days),
        draft=plan.state is PlanState.DRAFT,
        arranged=bool(plan.why),
        errors=errors,
    )


def _letter(plan: Plan) -> str:
    """The letter as it would go to whoever looks; to who has no seat, as to a member of the first group."""
    seated = planned_ids_of(plan, viewer().member_id)
    sizes = sizes_of(plan)
    shown = [planned for planned in plan.groups if planned.listed or planned.id in seated]
    mine = seated or {planned.id for planned in shown[:1]}
    return render_template(
        _LETTER,
        answer_line="",
        member=member(),
        group=plan.group,
        plan=plan,
        why=plan.why,
        until=day(plan.due_at or now() + timedelta(days=plan.notice_days)),
        places=[
            {
                "number": planned.position,
                "name": planned.name,
                "members": sizes.get(planned.id, 0),
                "about": planned.description,
                "proposed": planned.id in mine,
            }
            for planned in shown
        ],
        question={"asks": Asks.PLACE},
        Asks=Asks,
        url=f"{current_settings().base_url}/…",
        community=community(),
        base_url=current_settings().base_url,
    ).strip()


def _as_arranged(plan: Plan) -> dict[str, str]:
    return {
        "why": plan.why,
        "notice_days": str(plan.notice_days),
        "review_days": str(plan.review_days),
        "parent": plan.parent_becomes,
        "threads": plan.threads_go,
        "exceptions": exceptions_as_text(plan) if plan.state is PlanState.DRAFT else "",
    }


def _is_chosen(plan: Plan, name: str, typed: Mapping[str, str]) -> bool:
    """Whether a measure is ticked: as typed, as agreed, or the usual ones before anything was arranged."""
    if typed:
        return typed.get(f"measure-{name}") == "yes"
    return name in (plan.measures if plan.why else USUAL)
