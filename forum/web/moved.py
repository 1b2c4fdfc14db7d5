"""What former readers of a thread see where it has moved to: which group has it now, and one button to come along."""

from flask import Blueprint, abort, flash, redirect, render_template
from werkzeug.wrappers import Response

from forum.db import transaction
from forum.groups.actions import NotPossible
from forum.groups.models import JoinPolicy, Standing
from forum.groups.queries import membership_of
from forum.threads.models import Post
from forum.threads.moved import comes_in_at_once, join_where_moved, moved_for, old_place_of
from forum.threads.queries import last_post_of, post_for, thread_by_public_id
from forum.web.drafts import read_draft, submission_of
from forum.web.gate import Page, hand_in, place_of, show_outcome
from forum.web.session import member, members_only, viewer

blueprint = Blueprint("moved", __name__)


def moved_page(public_id: str) -> Page:
    """The page of a thread that the viewer could read before it moved; not found for everybody else."""
    moved = moved_for(viewer(), public_id) or abort(404)
    own = membership_of(viewer().member_id, moved.group.id)
    return render_template(
        "moved/moved.html",
        moved=moved,
        own=own,
        at_once=comes_in_at_once(viewer().member_id, moved),
        JoinPolicy=JoinPolicy,
        Standing=Standing,
    )


@blueprint.post("/t/<public_id>/come-along")
@members_only
def come_along(public_id: str) -> Page:
    """Join the group where the thread is now; for who belongs to it already, the thread itself."""
    moved = moved_for(viewer(), public_id)
    if moved is None:
        thread = thread_by_public_id(public_id)
        own = None if thread is None else membership_of(viewer().member_id, thread.group_id)
        return redirect(f"/t/{public_id}") if own is not None and own.standing is not Standing.BANNED else abort(404)
    try:
        with transaction():
            joined = join_where_moved(member(), moved)
    except NotPossible as error:
        flash(str(error))
        return redirect(f"/t/{public_id}")
    if joined.standing is Standing.PENDING:
        flash(f"The moderators of {moved.group.name} have your request. A mail tells you what they say.")
    elif joined.standing is not Standing.BANNED:
        flash(f"You are now a member of {moved.group.name}.")
    return redirect(f"/t/{public_id}")


def place_for_reader(post: Post) -> Response:
    """Where a link to a post leads: to the post, or to what is said of its thread where that has moved."""
    if post_for(viewer(), post.public_id) is not None:
        return redirect(place_of(post))
    moved = moved_for(viewer(), post.thread.public_id)
    return redirect(f"/t/{moved.thread.public_id}") if moved is not None else abort(404)


def answer_after_move(public_id: str) -> Page:
    """An answer that somebody was writing while the thread moved: it goes through the gate, and no word is lost."""
    thread = thread_by_public_id(public_id)
    if thread is None or old_place_of(viewer(), thread) is None:
        abort(404)
    draft = read_draft(member())
    outcome = hand_in(submission_of(draft, member(), thread.group, last_post_of(thread)))
    return show_outcome(
        outcome, lambda errors: (render_template("moved/words.html", words=draft.text, errors=errors), 422)
    )
