"""A held post goes to another group: where to, and what that means, before it is done."""

from flask import Blueprint, abort, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from forum.clock import now
from forum.db import transaction
from forum.groups.actions import NotPossible
from forum.moderation.moving import move_held, place_to_move, places_to_move
from forum.moderation.queries import held_to_moderate
from forum.moderation.shown import check_unchanged
from forum.posting.models import HeldPost, HeldState
from forum.web.asked import shown_at
from forum.web.session import member, members_only, viewer

blueprint = Blueprint("moving", __name__)

Page = Response | str | tuple[str, int]


@blueprint.get("/held/<public_id>/move")
@members_only
def ask(public_id: str) -> Page:
    return _page(_the_held(public_id), {})


@blueprint.post("/held/<public_id>/move")
@members_only
def move(public_id: str) -> Page:
    """Move it to the group chosen; what somebody has decided meanwhile stays as it is."""
    held = _the_held(public_id)
    try:
        with transaction():
            check_unchanged(held, shown_at())
            target = place_to_move(viewer(), held, request.form.get("place", ""))
            moved = move_held(held, target, actor_id=member().id, reason=request.form.get("reason", ""))
    except NotPossible as error:
        return _page(held, {"place": str(error)})
    if not moved.by_this:
        flash(f"Nothing has changed: {moved.by_name} has acted already.")
    elif moved.state is HeldState.APPROVED:
        flash(f"It is out in {target.name} as a new thread. The author gets a mail.")
    else:
        flash(f"It waits for a moderator of {target.name} now. The author gets a mail.")
    return redirect("/held")


def _the_held(public_id: str) -> HeldPost:
    return held_to_moderate(viewer(), public_id) or abort(404)


def _page(held: HeldPost, errors: dict[str, str]) -> Page:
    page = render_template(
        "moving/ask.html",
        held=held,
        waits=held.state is HeldState.WAITING,
        places=places_to_move(viewer(), held),
        typed=request.form,
        # Of the page where its words were read, which leads here.
        shown_at=request.values.get("shown_at") or now().isoformat(),
        errors=errors,
    )
    return (page, 422) if errors else page
