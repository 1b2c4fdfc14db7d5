"""Held posts, for moderators.

A held post is shown as plain text: nothing in it can be clicked or fetched before a moderator has let it out.
"""

from collections.abc import Callable, Mapping
from typing import assert_never

from flask import Blueprint, abort, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from forum.clock import now
from forum.db import transaction
from forum.groups.actions import NotPossible
from forum.groups.models import Group, HeldNotices
from forum.groups.queries import community
from forum.groups.rights import group_to_moderate, may_moderate, moderated_group_ids
from forum.metrics import waiting_mail
from forum.moderation.actions import (
    Decided,
    Decision,
    approve_all_of_author,
    approve_and_trust,
    claim,
    decide,
    decide_among_others,
    edit_and_approve,
    is_claimed,
)
from forum.moderation.duty import moderating_membership
from forum.moderation.evidence import evidence_of, places_seen
from forum.moderation.flagged import count_flagged, flagged_page
from forum.moderation.flags import looking_at
from forum.moderation.queries import (
    author_hears,
    count_waiting,
    held_attachments,
    held_of_post,
    held_page,
    held_to_moderate,
    history_of,
    waits_for_author,
)
from forum.moderation.shown import check_unchanged
from forum.moderation.similar import similar_decisions
from forum.moderation.templates import templates_for
from forum.posting.models import HeldPost, HeldState
from forum.text import mark_places
from forum.threads.queries import post_by_id, post_for
from forum.web.asked import asked_number, shown_at
from forum.web.reasons import typed_reason
from forum.web.session import member, members_only, the_moderated_group, viewer

blueprint = Blueprint("moderation", __name__)

Page = Response | str | tuple[str, int]

PAGE = 30


# --- the queue ---


@blueprint.get("/held")
@members_only
def queue() -> Page:
    """What waits in all groups that the viewer moderates; 404 for who moderates none."""
    groups = moderated_group_ids(viewer())
    return _queue_page(groups, None) if groups else abort(404)


@blueprint.get("/g/<slug>/held")
@members_only
def queue_of_group(slug: str) -> Page:
    group = the_moderated_group(slug)
    return _queue_page(frozenset([group.id]), group)


def _queue_page(group_ids: frozenset[int], group: Group | None) -> Page:
    """Reported posts, which everybody can read already, and below them held ones; each list has pages of its own."""
    rows = held_page(group_ids, after=asked_number("after") or 0, limit=PAGE + 1)
    cases = flagged_page(viewer(), group_ids, after=asked_number("reported") or 0, limit=PAGE + 1)
    choice = moderating_membership(viewer().member_id, group) if group is not None else None
    return render_template(
        "moderation/queue.html",
        rows=rows[:PAGE],
        shown_at=now().isoformat(),
        held_count=count_waiting(viewer(), group_ids),
        cases=cases[:PAGE],
        flagged_count=count_flagged(viewer(), group_ids),
        newer_cases=cases[PAGE - 1].flagged.id if len(cases) > PAGE else None,
        looking_at=looking_at,
        evidence=evidence_of(rows[:PAGE]),
        choice=choice,
        HeldNotices=HeldNotices,
        is_claimed=is_claimed,
        newer=rows[PAGE - 1].id if len(rows) > PAGE else None,
        group=group,
        # What is decided together may be of several groups; what holds in all of them can be chosen.
        ready_in=group or community(),
        ready=templates_for(group or community()),
        paged=asked_number("after") is not None or asked_number("reported") is not None,
        waiting=waiting_mail(),
    )


@blueprint.post("/held")
@members_only
def decide_on_many() -> Page:
    """One decision on all that are ticked; what is not possible, or was decided meanwhile, is counted."""
    decision = request.form.get("decision", "")
    has_reason = request.form.get("reason", "").strip() or request.form.get("ready", "")
    chosen = request.form.getlist("held")[:PAGE]
    if not moderated_group_ids(viewer()):
        abort(404)
    if decision not in list(Decision) or not chosen:
        flash("Nothing has changed: tick posts and choose a button.")
    elif decision != Decision.APPROVE and not has_reason:
        flash("Nothing has changed: write a reason. The authors get it by mail.")
    else:
        # Each in a transaction of its own, so that nobody else's writing waits for the whole page.
        done = sum(_decide_one(each, Decision(decision)) for each in chosen)
        left = len(chosen) - done
        flash(
            f"{done} {_PAST[Decision(decision)]}."
            + (f" Left as before: {left}, decided already or not possible." if left else "")
        )
    group = group_to_moderate(viewer(), request.form.get("group", ""))
    return redirect(f"/g/{group.slug}/held" if group is not None else "/held")


_PAST = {Decision.APPROVE: "approved", Decision.REJECT: "rejected", Decision.RETURN: "returned"}


def _decide_one(public_id: str, decision: Decision) -> bool:
    try:
        with transaction():
            held = held_to_moderate(viewer(), public_id)
            if held is None:
                return False
            check_unchanged(held, shown_at())
            reason = typed_reason(held.group)
            return decide_among_others(held, decision, actor_id=member().id, reason=reason).by_this
    except NotPossible:
        return False


@blueprint.get("/p/<public_id>/original")
@members_only
def original(public_id: str) -> Page:
    """What stood in a post before a moderator changed it; for moderators."""
    post = post_for(viewer(), public_id)
    held = held_of_post(post.id) if post is not None and post.edited_at is not None else None
    if held is None or not may_moderate(viewer(), held.group):
        abort(404)
    return redirect(f"/held/{held.public_id}")


@blueprint.get("/held/<public_id>")
@members_only
def held_post(public_id: str) -> Page:
    return _held_page(_the_held(public_id), "", {})


@blueprint.post("/held/<public_id>")
@members_only
def decide_on(public_id: str) -> Page:
    """Decide in one of the ways; a second decision changes nothing and says who acted."""
    held = _the_held(public_id)
    decision, reason = request.form.get("decision", ""), request.form.get("reason", "")
    if decision == "claim":
        return _claim(held)
    if decision not in _WAYS:
        return _held_page(held, reason, {"reason": "Choose one of the buttons."})
    try:
        with transaction():
            check_unchanged(held, shown_at())
            decided = _WAYS[decision](held, member().id, request.form)
    except NotPossible as error:
        return _held_page(held, reason, {"reason": str(error)})
    flash(_said(decided, held))
    return redirect("/held" if decided.by_this else f"/held/{held.public_id}")


def _claim(held: HeldPost) -> Page:
    try:
        with transaction():
            other = claim(held, actor_id=member().id)
    except NotPossible as error:
        return _held_page(held, "", {"": str(error)})
    flash(f"{other} is looking at it." if other else "The others see for 15 minutes that you are looking at it.")
    return redirect(f"/held/{held.public_id}")


_WAYS: Mapping[str, Callable[[HeldPost, int, Mapping[str, str]], Decided]] = {
    "approve": lambda held, actor, typed: decide(held, Decision.APPROVE, actor_id=actor),
    "reject": lambda held, actor, typed: decide(held, Decision.REJECT, actor_id=actor, reason=typed_reason(held.group)),
    "return": lambda held, actor, typed: decide(held, Decision.RETURN, actor_id=actor, reason=typed_reason(held.group)),
    "trust": lambda held, actor, typed: approve_and_trust(held, actor_id=actor),
    "all": lambda held, actor, typed: approve_all_of_author(held, actor_id=actor),
    "edit": lambda held, actor, typed: edit_and_approve(held, typed.get("text", ""), actor_id=actor),
}


def _the_held(public_id: str) -> HeldPost:
    return held_to_moderate(viewer(), public_id) or abort(404)


def _said(decided: Decided, held: HeldPost) -> str:
    if not decided.by_this:
        return f"Nothing has changed: {decided.by_name} has acted already."
    subject = held.subject or "(no subject)"
    match decided.state:
        case HeldState.APPROVED:
            return f"“{subject}” is now in {held.group.name} and goes out by mail."
        case HeldState.REJECTED | HeldState.RETURNED if not author_hears(held):
            return f"“{subject}” is set aside. No mail goes to who wrote it; answer from your own mail if you want to."
        case HeldState.REJECTED:
            return f"“{subject}” will not be posted. The author gets your reason."
        case HeldState.RETURNED:
            return f"“{subject}” goes back to the author with your reason, to be changed and sent again."
        case HeldState.WITHDRAWN:
            return f"“{subject}” is taken back. Nobody else has seen it but moderators."
        case HeldState.WAITING:
            return f"Thank you. “{subject}” still waits for a moderator of {held.group.name}."
        case unknown:
            assert_never(unknown)


def _held_page(held: HeldPost, reason: str, errors: dict[str, str]) -> Page:
    page = render_template(
        "moderation/held.html",
        held=held,
        shown_at=now().isoformat(),
        # Of a text that a moderator has changed since, nobody knows where the rules saw something.
        text=mark_places(held.text, places_seen(held, "text", held.text) if held.original_text is None else ()),
        subject=mark_places(held.subject, places_seen(held, "subject", held.subject)),
        evidence=evidence_of([held])[held.id],
        similar=similar_decisions(held, viewer()),
        attachments=held_attachments(held),
        post=post_by_id(held.post_id) if held.post_id is not None else None,
        asked=waits_for_author(held),
        claimed=is_claimed(held),
        HeldState=HeldState,
        # Of an anonymous post nothing is told that its author has done elsewhere.
        history=history_of(held.author_id, held.group_id)
        if held.author_id is not None and held.pseudonym_id is None
        else None,
        group=held.group,
        ready=templates_for(held.group),
        reason=reason,
        typed_text=request.form.get("text", held.text),
        errors=errors,
    )
    return (page, 422) if errors else page
