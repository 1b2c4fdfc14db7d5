"""Where a member answers what a plan asks: where to belong, whether to come, to moderate, or to be read by more.

A link from the mail opens it without signing in. Looking changes nothing: only the buttons answer.
"""

from flask import Blueprint, abort, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from forum.db import db, transaction
from forum.groups.actions import NotPossible
from forum.splitting.course.answers import answer_place, answer_question, how_it_stands, why_closed
from forum.splitting.course.places import Place, more_readers, places_of, sizes_of
from forum.splitting.course.questions import question_by_token
from forum.splitting.models import Answer, Asks, PlanQuestion, PlanState
from forum.threads.models import Thread

blueprint = Blueprint("plan_answers", __name__)

Page = Response | str | tuple[str, int]


@blueprint.get("/plan/answer/<token>")
def answer_page(token: str) -> Page:
    """For who was asked, from the mail that asks, or from the own profile."""
    return _page(question_by_token(token) or abort(404), "")


@blueprint.post("/plan/answer/<token>")
def answer(token: str) -> Page:
    question = question_by_token(token) or abort(404)
    said = next((each for each in Answer if each == request.form.get("answer")), None)
    if said is None:
        return _page(question, why_closed(question) or "Choose one of the buttons.")
    try:
        with transaction():
            if question.asks is Asks.PLACE:
                answer_place(question, said, _ticked(question))
            else:
                answer_question(question, said)
            stands = how_it_stands(question)
    except NotPossible as refusal:
        return _page(question, str(refusal))
    flash(f"Saved. {stands}")
    return redirect(request.path)


def _ticked(question: PlanQuestion) -> set[int]:
    """The planned groups that are ticked, by id, of those that this member can choose."""
    ticked = set(request.form.getlist("group"))
    return {place.planned.id for place in places_of(question) if place.planned.public_id in ticked}


def _page(question: PlanQuestion, error: str) -> Page:
    if question.asks is Asks.PLACE:
        page = _place_page(question, error)
    else:
        page = render_template(
            "plan_answers/question.html",
            question=question,
            plan=question.plan,
            about=question.plan.group,
            planned=question.planned_group,
            closed=why_closed(question),
            stands=how_it_stands(question),
            errors={"": error} if error else {},
            Asks=Asks,
            Answer=Answer,
            **(_thread_facts(question) if question.asks is Asks.CONSENT else {}),
        )
    return (page, 422) if error else page


def _place_page(question: PlanQuestion, error: str) -> str:
    places, sizes = places_of(question), sizes_of(question.plan)
    typed = set(request.form.getlist("group")) if error else None
    return render_template(
        "plan_answers/place.html",
        question=question,
        plan=question.plan,
        about=question.plan.group,
        places=[(place, sizes.get(place.planned.id, 0), _is_ticked(place, typed)) for place in places],
        proposed=[place for place in places if place.proposed],
        closed=why_closed(question),
        stands=how_it_stands(question),
        errors={"groups": error} if error else {},
        PlanState=PlanState,
    )


def _is_ticked(place: Place, typed: set[str] | None) -> bool:
    return place.stands if typed is None else place.planned.public_id in typed


def _thread_facts(question: PlanQuestion) -> dict[str, object]:
    name, more = more_readers(question)
    return {"thread": db.session.get_one(Thread, question.thread_id), "to_name": name, "more": more}
