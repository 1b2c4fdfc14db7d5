"""What moderators do to a thread or a group at once: lock it, read first, slow down, hold all, and the way back."""

from flask import Blueprint, abort, flash, redirect, request
from werkzeug.wrappers import Response

from forum.db import transaction
from forum.groups.actions import NotPossible
from forum.groups.rights import may_moderate
from forum.moderation.brakes import (
    hold_group,
    hold_thread,
    lock_thread,
    release_group,
    release_thread,
    slow_thread,
    unlock_thread,
)
from forum.moderation.restrictions import SLOW_MINUTES
from forum.text.lines import one_line
from forum.threads.models import Thread
from forum.threads.queries import thread_for
from forum.web.lasting import asked_end
from forum.web.rendering import minute
from forum.web.session import member, members_only, the_moderated_group, viewer

blueprint = Blueprint("brakes", __name__)


@blueprint.post("/t/<public_id>/brake")
@members_only
def brake_thread(public_id: str) -> Response:
    """Lock, hold or slow a thread, or the way back."""
    thread = thread_for(viewer(), public_id)
    if thread is None or not may_moderate(viewer(), thread.group):
        abort(404)
    act = request.form.get("act", "")
    if act not in ("lock", "hold", "slow", "unlock", "release"):
        abort(400)
    try:
        with transaction():
            said = _brake(thread, act)
    except NotPossible as refusal:
        said = f"Nothing has changed: {refusal}"
    flash(said)
    return redirect(f"/t/{thread.public_id}")


def _brake(thread: Thread, act: str) -> str:
    """Do it and say so."""
    actor = member().id
    if act == "unlock":
        unlock_thread(thread, actor_id=actor)
        return "This thread is open to answers again."
    if act == "release":
        release_thread(thread, actor_id=actor)
        return "Answers in this thread go out at once again."
    until, reason = asked_end(), one_line(request.form.get("reason", ""))[:500]
    ends = f" until {minute(until)}" if until is not None else ""
    if act == "lock":
        lock_thread(thread, actor_id=actor, reason=reason, until=until)
        return f"Nobody answers in this thread{ends}."
    if act == "hold":
        hold_thread(thread, actor_id=actor, reason=reason, until=until)
        return f"Answers in this thread now wait for a moderator{ends}."
    typed = request.form.get("minutes", "").strip() or str(SLOW_MINUTES)
    minutes = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 6 else 0
    slow_thread(thread, minutes, actor_id=actor, reason=reason, until=until)
    return f"Each member now answers here at most once in {minutes} minutes{ends}."


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
