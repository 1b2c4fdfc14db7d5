"""Held posts, for moderators and for their authors.

A held post is shown as plain text: nothing in it can be clicked or fetched before a moderator has let it out.
"""

from collections.abc import Callable, Mapping
from typing import assert_never

from flask import Blueprint, abort, flash, redirect, render_template, request
from markupsafe import Markup
from werkzeug.wrappers import Response

from forum.db import transaction
from forum.groups.actions import NotPossible
from forum.groups.models import Group, HeldNotices
from forum.groups.rights import may_moderate, moderated_group_ids
from forum.metrics import waiting_mail
from forum.moderation.actions import (
    Decided,
    Decision,
    approve_all_of_author,
    approve_and_trust,
    claim,
    confirm,
    decide,
    decide_among_others,
    edit_and_approve,
    is_claimed,
    withdraw,
)
from forum.moderation.duty import moderating_membership
from forum.moderation.queries import (
    author_hears,
    held_attachments,
    held_of_author,
    held_of_post,
    held_page,
    held_posts_of_author,
    held_to_confirm,
    held_to_moderate,
    history_of,
    waits_for_author,
)
from forum.posting.models import HeldPost, HeldState
from forum.text import mark_words
from forum.threads.queries import post_by_id, post_for
from forum.web.asked import asked_number
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
    rows = held_page(group_ids, after=asked_number("after") or 0, limit=PAGE + 1)
    choice = moderating_membership(viewer().member_id, group) if group is not None else None
    return render_template(
        "moderation/queue.html",
        rows=rows[:PAGE],
        choice=choice,
        HeldNotices=HeldNotices,
        is_claimed=is_claimed,
        newer=rows[PAGE - 1].id if len(rows) > PAGE else None,
        group=group,
        paged=asked_number("after") is not None,
        waiting=waiting_mail(),
    )


@blueprint.post("/held")
@members_only
def decide_on_many() -> Page:
    """One decision on all that are ticked; what is not possible, or was decided meanwhile, is counted."""
    decision, reason = request.form.get("decision", ""), request.form.get("reason", "").strip()
    chosen = request.form.getlist("held")[:PAGE]
    if not moderated_group_ids(viewer()):
        abort(404)
    if decision not in list(Decision) or not chosen:
        flash("Nothing has changed: tick posts and choose a button.")
    elif decision != Decision.APPROVE and not reason:
        flash("Nothing has changed: write a reason. The authors get it by mail.")
    else:
        # Each in a transaction of its own, so that nobody else's writing waits for the whole page.
        done = sum(_decide_one(each, Decision(decision), reason) for each in chosen)
        left = len(chosen) - done
        flash(
            f"{done} {_PAST[Decision(decision)]}."
            + (f" Left as before: {left}, decided already or not possible." if left else "")
        )
    return redirect("/held")


_PAST = {Decision.APPROVE: "approved", Decision.REJECT: "rejected", Decision.RETURN: "returned"}


def _decide_one(public_id: str, decision: Decision, reason: str) -> bool:
    try:
        with transaction():
            held = held_to_moderate(viewer(), public_id)
            if held is None:
                return False
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
    "reject": lambda held, actor, typed: decide(held, Decision.REJECT, actor_id=actor, reason=typed.get("reason", "")),
    "return": lambda held, actor, typed: decide(held, Decision.RETURN, actor_id=actor, reason=typed.get("reason", "")),
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
        **_shown(held),
        history=history_of(held.author_id, held.group_id) if held.author_id is not None else None,
        reason=reason,
        typed_text=request.form.get("text", held.text),
        errors=errors,
    )
    return (page, 422) if errors else page


def _shown(held: HeldPost) -> dict[str, object]:
    """What both the moderator's and the author's page show of a held post."""
    evidence = [words for finding in held.findings for words in finding["evidence"]]
    return {
        "held": held,
        "text": mark_words(held.text, evidence) if evidence else Markup.escape(held.text),
        "attachments": held_attachments(held),
        "post": post_by_id(held.post_id) if held.post_id is not None else None,
        "asked": waits_for_author(held),
        "claimed": is_claimed(held),
        "HeldState": HeldState,
    }


# --- the author's own ---


@blueprint.get("/mine/held")
@members_only
def own_list() -> Page:
    rows = held_posts_of_author(viewer().member_id, before=asked_number("before"), limit=PAGE + 1)
    return render_template(
        "moderation/own_list.html",
        rows=[(held, waits_for_author(held)) for held in rows[:PAGE]],
        older=rows[PAGE - 1].id if len(rows) > PAGE else None,
        HeldState=HeldState,
    )


@blueprint.get("/mine/held/<public_id>")
@members_only
def own_held(public_id: str) -> Page:
    return render_template("moderation/own_held.html", **_shown(_own(public_id)), errors={})


@blueprint.post("/mine/held/<public_id>")
@members_only
def act_on_own(public_id: str) -> Page:
    """Take it back, or say "I wrote this"."""
    held = _own(public_id)
    try:
        decided = _answer(held)
    except NotPossible as error:
        return render_template("moderation/own_held.html", **_shown(held), errors={"": str(error)}), 422
    flash(_said(decided, held))
    return redirect(f"/mine/held/{held.public_id}")


def _own(public_id: str) -> HeldPost:
    return held_of_author(viewer().member_id, public_id) or abort(404)


def _answer(held: HeldPost) -> Decided:
    """What the author's button says: `withdraw`, or `confirm` where the author was asked."""
    act = request.form.get("act", "")
    if act not in ("withdraw", "confirm"):
        abort(400)
    with transaction():
        return withdraw(held) if act == "withdraw" else confirm(held)


@blueprint.get("/confirm/<token>")
def confirm_page(token: str) -> Page:
    """ "Did you write this?", from a mail: a page with two buttons, for whoever reads the author's mailbox."""
    return render_template("moderation/confirm.html", token=token, errors={}, **_shown(_asked(token)))


@blueprint.post("/confirm/<token>")
def confirm_by_mail(token: str) -> Page:
    held = _asked(token)
    try:
        decided = _answer(held)
    except NotPossible as error:
        page = render_template("moderation/confirm.html", token=token, errors={"": str(error)}, **_shown(held))
        return page, 422
    flash(_said(decided, held))
    return redirect(f"/confirm/{token}")


def _asked(token: str) -> HeldPost:
    return held_to_confirm(token) or abort(404)
