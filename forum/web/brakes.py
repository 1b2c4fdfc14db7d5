"""What moderators do to a thread or a whole group at once: read first, slow down, hold everything, and the way back."""

from flask import Blueprint, abort, flash, redirect, request
from werkzeug.wrappers import Response

from forum.db import transaction
from forum.groups.actions import NotPossible
from forum.groups.rights import may_moderate
from forum.moderation.brakes import (
    SLOW_MINUTES,
    hold_group,
    hold_thread,
    release_group,
    release_thread,
    slow_thread,
)
from forum.threads.queries import thread_for
from forum.web.session import member, members_only, the_moderated_group, viewer

blueprint = Blueprint("brakes", __name__)


@blueprint.post("/t/<public_id>/brake")
@members_only
def brake_thread(public_id: str) -> Response:
    """Hold, slow or release a thread."""
    thread = thread_for(viewer(), public_id)
    if thread is None or not may_moderate(viewer(), thread.group):
        abort(404)
    act, minutes = request.form.get("act", ""), request.form.get("minutes", "").strip() or str(SLOW_MINUTES)
    if act not in ("hold", "slow", "release"):
        abort(400)
    try:
        with transaction():
            if act == "hold":
                hold_thread(thread, actor_id=member().id)
            elif act == "release":
                release_thread(thread, actor_id=member().id)
            else:
                number = int(minutes) if minutes.isascii() and minutes.isdecimal() and len(minutes) < 6 else 0
                slow_thread(thread, number, actor_id=member().id)
    except NotPossible as refusal:
        flash(str(refusal))
    else:
        flash(
            {
                "hold": "Answers in this thread now wait for a moderator.",
                "slow": f"Each member now answers here at most once in {minutes} minutes.",
                "release": "Answers in this thread go out at once again.",
            }[act]
        )
    return redirect(f"/t/{thread.public_id}")


@blueprint.post("/g/<slug>/brake")
@members_only
def brake_group(slug: str) -> Response:
    """The emergency brake of a group, on or off."""
    group = the_moderated_group(slug)
    act = request.form.get("act", "")
    if act not in ("hold", "release"):
        abort(400)
    with transaction():
        (hold_group if act == "hold" else release_group)(group, actor_id=member().id)
    if act == "hold":
        flash(f"Every post to {group.name} now waits.")
    else:
        flash(f"{group.name} is open again. What waited only for that goes out, the oldest first.")
    return redirect(f"/g/{group.slug}/held")
