"""Reporting a post, for members; and what members have reported, for the moderators who decide on it.

Whose post it is sees nothing of either, also as a moderator: who has reported it is told to nobody else.
"""

from flask import Blueprint, abort, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from forum.db import transaction
from forum.groups.actions import NotPossible
from forum.moderation.flagged import flagged_to_moderate, flags_of, reported_before
from forum.moderation.flags import (
    FlagDecided,
    FlagDecision,
    claim_flagged,
    decide_flags,
    flag_post,
    flags_in_case,
    looking_at,
    rules_to_name,
)
from forum.moderation.models import FlaggedPost, FlagState
from forum.moderation.queries import history_of
from forum.moderation.templates import templates_for
from forum.text import excerpt
from forum.threads.models import Post
from forum.threads.queries import author_id_of, authors_of, post_for
from forum.web.reasons import typed_reason
from forum.web.session import member, members_only, viewer

blueprint = Blueprint("flags", __name__)

Page = Response | str | tuple[str, int]

# The choice beside the rules: another reason, in words.
OTHER = "other"


@blueprint.get("/p/<public_id>/report")
@members_only
def ask(public_id: str) -> Page:
    return _form(_the_post(public_id), {})


@blueprint.post("/p/<public_id>/report")
@members_only
def report(public_id: str) -> Page:
    """Tell the moderators of the group; the post stays where it is until one of them has decided."""
    post = _the_post(public_id)
    chosen, words = request.form.get("rule", ""), request.form.get("why", "")
    rule_id = int(chosen) if chosen.isascii() and chosen.isdecimal() and len(chosen) < 18 else None
    if not chosen:
        return _form(post, {"rule": "Choose what is wrong with it."})
    if chosen == OTHER and not words.strip():
        return _form(post, {"why": "Write in a few words what is wrong."})
    try:
        with transaction():
            done = flag_post(post, member(), rule_id=rule_id, words=words)
    except NotPossible as error:
        return _form(post, {"": str(error)})
    if done.is_new:
        flash("The moderators have your report. You get a mail when one of them has decided; nobody else hears of it.")
    elif done.state is FlagState.OPEN:
        flash("You have reported this post already. A moderator has not decided yet.")
    else:
        flash("You have reported this post before, and a moderator has decided. Nothing has changed.")
    return redirect(f"/p/{post.public_id}")


def _the_post(public_id: str) -> Post:
    post = post_for(viewer(), public_id)
    if post is None or post.erased_at is not None or author_id_of(post) == viewer().member_id:
        abort(404)
    return post


def _form(post: Post, errors: dict[str, str]) -> Page:
    page = render_template(
        "flags/report.html",
        post=post,
        group=post.thread.group,
        rules=rules_to_name(post.thread.group),
        OTHER=OTHER,
        words=excerpt(post.text, 200),
        typed=request.form,
        errors=errors,
    )
    return (page, 422) if errors else page


@blueprint.get("/flagged/<public_id>")
@members_only
def flagged(public_id: str) -> Page:
    return _case_page(_the_case(public_id), {})


@blueprint.post("/flagged/<public_id>")
@members_only
def decide_on(public_id: str) -> Page:
    """Keep the post, erase it, or close the case with a word on what was done; once."""
    case, decision = _the_case(public_id), request.form.get("decision", "")
    if decision == "claim":
        return _claim(case)
    if decision not in list(FlagDecision):
        return _case_page(case, {"": "Choose one of the buttons."})
    try:
        with transaction():
            reason = typed_reason(case.group) if decision == FlagDecision.ERASE else request.form.get("reason", "")
            decided = decide_flags(case, FlagDecision(decision), actor_id=member().id, reason=reason)
    except NotPossible as error:
        return _case_page(case, {f"{decision}-reason": str(error)})
    flash(_said(decided))
    return redirect("/held" if decided.by_this else f"/flagged/{case.public_id}")


def _claim(case: FlaggedPost) -> Page:
    try:
        with transaction():
            other = claim_flagged(case, actor_id=member().id)
    except NotPossible as error:
        return _case_page(case, {"": str(error)})
    flash(f"{other} is looking at it." if other else "The others see for 15 minutes that you are looking at it.")
    return redirect(f"/flagged/{case.public_id}")


def _said(decided: FlagDecided) -> str:
    if not decided.by_this:
        return f"Nothing has changed: {decided.by_name} has acted already."
    kept = "The post stays." if decided.state is FlagState.KEPT else "The case is closed."
    return f"{kept} Who has reported it gets a line by mail."


def _the_case(public_id: str) -> FlaggedPost:
    return flagged_to_moderate(viewer(), public_id) or abort(404)


def _case_page(case: FlaggedPost, errors: dict[str, str]) -> Page:
    post = case.post
    author_id = author_id_of(post)
    # Of an anonymous post nothing is told that its author has done elsewhere.
    is_named = post.pseudonym_id is None
    page = render_template(
        "flags/flagged.html",
        case=case,
        post=post,
        group=case.group,
        author=authors_of([post], viewer()).get(post.id) if is_named else None,
        flags=flags_of(case),
        number=flags_in_case(case),
        looks=looking_at(case),
        history=history_of(author_id, case.group_id) if is_named else None,
        before=reported_before(author_id, case.group_id, case.id) if is_named else (0, 0),
        ready=templates_for(case.group),
        FlagState=FlagState,
        typed=request.form,
        errors=errors,
    )
    return (page, 422) if errors else page
