"""Appeals: the page where somebody asks for a second look, and the pages of the moderators who answer.

A ban may have ended every session, so that a link from the mail about it opens the first page without signing in.
"""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request
from markupsafe import Markup
from werkzeug.wrappers import Response

from forum.accounts.models import Member
from forum.db import db, transaction
from forum.groups.actions import NotPossible
from forum.groups.rights import moderated_group_ids
from forum.moderation.appeals import (
    Answered,
    Appealable,
    Verdict,
    answer_appeal,
    answer_goes_to,
    appeal,
    appeal_of,
    appeal_to_look_at,
    appealable_of,
    appeals_page,
    asked_by,
    may_answer,
    readable_post,
    restriction_by_token,
    subject_of,
    why_not,
)
from forum.moderation.models import Appeal, AppealState
from forum.moderation.queries import held_attachments
from forum.posting.models import HeldPost, HeldState
from forum.rules.findings import seen_words
from forum.text import mark_words
from forum.threads.models import Post
from forum.threads.queries import post_by_id
from forum.web.asked import asked_number
from forum.web.session import member, members_only, viewer

blueprint = Blueprint("appeals", __name__)

Page = Response | str | tuple[str, int]

PAGE = 30


# --- asking ---


@blueprint.get("/mine/appeal/<public_id>")
@members_only
def ask_page(public_id: str) -> Page:
    return _ask_page(_own(public_id), {})


@blueprint.post("/mine/appeal/<public_id>")
@members_only
def ask(public_id: str) -> Page:
    return _ask(_own(public_id))


@blueprint.get("/appeal/<token>")
def restricted_page(token: str) -> Page:
    """For who is muted or banned, from the mail that told of it."""
    return _ask_page(restriction_by_token(token) or abort(404), {})


@blueprint.post("/appeal/<token>")
def ask_restricted(token: str) -> Page:
    return _ask(restriction_by_token(token) or abort(404))


def _own(public_id: str) -> Appealable:
    return appealable_of(viewer().member_id, public_id) or abort(404)


def _ask(decision: Appealable) -> Page:
    try:
        with transaction():
            said = appeal(decision, request.form.get("why", "")).sentence
    except NotPossible as refusal:
        return _ask_page(decision, {"" if why_not(decision) else "why": str(refusal)})
    flash(said)
    return redirect(request.path)


def _ask_page(decision: Appealable, errors: dict[str, str]) -> Page:
    asked = appeal_of(decision)
    page = render_template(
        "appeals/ask.html",
        held=decision if isinstance(decision, HeldPost) else None,
        restriction=None if isinstance(decision, HeldPost) else decision,
        about=decision.group,
        appeal=asked,
        second=_name_of(asked.decided_by_id) if asked is not None else "",
        post=_post_of(decision),
        refusal=why_not(decision) if asked is None else "",
        typed=request.form.get("why", ""),
        errors=errors,
        AppealState=AppealState,
    )
    return (page, 422) if errors else page


def _post_of(decision: Appealable) -> Post | None:
    """The post, where it is out."""
    if not isinstance(decision, HeldPost) or decision.post_id is None:
        return None
    return post_by_id(decision.post_id)


def _name_of(member_id: int | None) -> str:
    found = None if member_id is None else db.session.get(Member, member_id)
    return found.name if found is not None else "An operator"


# --- answering ---


@blueprint.get("/appeals")
@members_only
def appeals_list() -> Page:
    """Appeals in all groups that the viewer moderates; 404 for who moderates none."""
    groups = moderated_group_ids(viewer()) or abort(404)
    is_open = request.args.get("show") != "answered"
    rows = appeals_page(groups, is_open=is_open, after=asked_number("after") or 0, limit=PAGE + 1)
    return render_template(
        "appeals/appeals.html",
        # One's own appeal is for the others.
        rows=[(each, may_answer(viewer(), each)) for each in rows[:PAGE] if answer_goes_to(each) != viewer().member_id],
        next=rows[PAGE - 1].id if len(rows) > PAGE else None,
        is_open=is_open,
        subject_of=subject_of,
        AppealState=AppealState,
    )


@blueprint.get("/appeals/<public_id>")
@members_only
def appeal_page(public_id: str) -> Page:
    return _appeal_page(_the_appeal(public_id), {})


@blueprint.post("/appeals/<public_id>")
@members_only
def answer(public_id: str) -> Page:
    """Uphold or overturn; a second answer changes nothing and says who gave the first."""
    asked = _the_appeal(public_id)
    verdict = next((each for each in Verdict if each == request.form.get("verdict")), None)
    if verdict is None:
        return _appeal_page(asked, {"answer": "Choose one of the buttons."})
    try:
        with transaction():
            answered = answer_appeal(asked, verdict, request.form.get("answer", ""), actor_id=member().id)
    except NotPossible as refusal:
        return _appeal_page(asked, {"answer": str(refusal)})
    flash(_said(answered))
    return redirect(f"/appeals/{asked.public_id}")


def _the_appeal(public_id: str) -> Appeal:
    return appeal_to_look_at(viewer(), public_id) or abort(404)


def _said(answered: Answered) -> str:
    if not answered.by_this:
        return f"Nothing has changed: {answered.by_name} has answered already."
    done = "overturned" if answered.state is AppealState.OVERTURNED else "upheld"
    return f"The decision is {done}. The author and the first moderator get your answer."


def _appeal_page(asked: Appeal, errors: dict[str, str]) -> Page:
    page = render_template(
        "appeals/appeal.html",
        **_shown(asked),
        first=_name_of(asked.first_decider_id),
        second=_name_of(asked.decided_by_id),
        may_answer=may_answer(viewer(), asked) and asked.state is AppealState.OPEN,
        decided_first=asked.first_decider_id == viewer().member_id,
        typed=request.form.get("answer", ""),
        errors=errors,
        AppealState=AppealState,
        HeldState=HeldState,
    )
    return (page, 422) if errors else page


def _shown(asked: Appeal) -> dict[str, Any]:
    """What the appeal is about: the held post as it stands, or the restriction and its member."""
    held = asked.held
    facts: dict[str, Any] = {"appeal": asked, "group": asked.group, "held": held, "restriction": asked.restriction}
    if held is None:
        return facts | {"who": _name_of(asked_by(asked))}
    facts |= {"who": held.byline, "subject": subject_of(asked), "is_readable": readable_post(asked) is not None}
    if not facts["is_readable"]:
        return facts
    seen = [words for finding in held.findings for words in seen_words(finding, held.text, held.subject)]
    return facts | {
        "text": mark_words(held.text, seen) if seen else Markup.escape(held.text),
        "attachments": held_attachments(held),
        "post": _post_of(held),
    }
