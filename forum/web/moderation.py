"""Held posts and join requests, for moderators; one's own held posts, for their authors.

A held post is shown as plain text: nothing in it can be clicked or fetched before a moderator has let it out.
"""

from typing import assert_never

from flask import Blueprint, abort, flash, redirect, render_template, request
from markupsafe import Markup
from werkzeug.wrappers import Response

from forum.accounts.queries import member_by_public_id
from forum.db import transaction
from forum.groups.actions import NotPossible, admit, decline
from forum.groups.models import Group, Membership, Standing
from forum.groups.queries import membership_of, moderated_group_ids, roster_page
from forum.moderation.actions import Decided, Decision, confirm, decide, withdraw
from forum.moderation.queries import (
    held_attachments,
    held_of_author,
    held_page,
    held_posts_of_author,
    held_to_confirm,
    held_to_moderate,
    history_of,
    waits_for_author,
)
from forum.posting.models import HeldPost, HeldState
from forum.text import mark_words
from forum.threads.queries import post_by_id
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
    return render_template(
        "moderation/queue.html",
        rows=rows[:PAGE],
        newer=rows[PAGE - 1].id if len(rows) > PAGE else None,
        group=group,
        paged=asked_number("after") is not None,
    )


@blueprint.get("/held/<public_id>")
@members_only
def held_post(public_id: str) -> Page:
    return _held_page(_the_held(public_id), "", {})


@blueprint.post("/held/<public_id>")
@members_only
def decide_on(public_id: str) -> Page:
    """Approve, reject or return; a second decision changes nothing and says who acted."""
    held = _the_held(public_id)
    decision, reason = request.form.get("decision", ""), request.form.get("reason", "")
    if decision not in list(Decision):
        return _held_page(held, reason, {"reason": "Choose one of the buttons."})
    try:
        with transaction():
            decided = decide(held, Decision(decision), actor_id=member().id, reason=reason)
    except NotPossible as error:
        return _held_page(held, reason, {"reason": str(error)})
    flash(_said(decided, held))
    return redirect("/held" if decided.by_this else f"/held/{held.public_id}")


def _the_held(public_id: str) -> HeldPost:
    return held_to_moderate(viewer(), public_id) or abort(404)


def _said(decided: Decided, held: HeldPost) -> str:
    if not decided.by_this:
        return f"Nothing has changed: {decided.by_name} has acted already."
    subject = held.subject or "(no subject)"
    match decided.state:
        case HeldState.APPROVED:
            return f"“{subject}” is now in {held.group.name} and goes out by mail."
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


# --- join requests ---


@blueprint.get("/g/<slug>/requests")
@members_only
def requests(slug: str) -> Page:
    return _requests_page(the_moderated_group(slug), {})


@blueprint.post("/g/<slug>/requests/<public_id>")
@members_only
def answer_request(slug: str, public_id: str) -> Page:
    """Admit, or decline with a reason; who was answered meanwhile by somebody else stays as answered."""
    group = the_moderated_group(slug)
    reason = request.form.get(f"reason-{public_id}", "").strip()[:500]
    admitted = request.form.get("answer") == "admit"
    if not admitted and not reason:
        return _requests_page(group, {f"reason-{public_id}": "Write a reason. It goes to who asked by mail."})
    name = ""
    with transaction():
        asking = _asking(group, public_id)
        if asking is not None:
            name = asking.member.name
            if admitted:
                admit(asking, actor_id=member().id)
            else:
                decline(asking, actor_id=member().id, why=reason)
    if not name:
        flash("Somebody has answered this request already, or it was taken back.")
    else:
        flash(f"{name} is now a member of {group.name}." if admitted else f"{name} is declined and gets your reason.")
    return redirect(f"/g/{group.slug}/requests")


def _asking(group: Group, public_id: str) -> Membership | None:
    who = member_by_public_id(public_id)
    membership = None if who is None else membership_of(who.id, group.id)
    return membership if membership is not None and membership.standing is Standing.PENDING else None


def _requests_page(group: Group, errors: dict[str, str]) -> Page:
    rows = roster_page(group.id, after=asked_number("after") or 0, limit=PAGE + 1, standing=Standing.PENDING)
    page = render_template(
        "moderation/requests.html",
        group=group,
        rows=rows[:PAGE],
        newer=rows[PAGE - 1].membership_id if len(rows) > PAGE else None,
        errors=errors,
    )
    return (page, 422) if errors else page
