"""The page on who wrote an anonymous post: one owner asks with a reason, another one agrees, and both see the name."""

from flask import Blueprint, abort, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from forum.db import transaction
from forum.groups.actions import NotPossible
from forum.moderation.unsealing import agree_to_open, ask_to_open, name_behind, post_with_seal, seal_of
from forum.threads.models import Post
from forum.web.session import member, members_only, viewer

blueprint = Blueprint("sealing", __name__)

Page = str | Response | tuple[str, int]


@blueprint.get("/p/<public_id>/seal")
@members_only
def look(public_id: str) -> Page:
    return _page(_the_post(public_id), {})


@blueprint.post("/p/<public_id>/seal")
@members_only
def act(public_id: str) -> Page:
    """Ask that the seal be opened, or agree to what another owner has asked."""
    post = _the_post(public_id)
    wanted = request.form.get("act", "")
    if wanted == "agree" and request.form.get("sure") != "yes":
        return _page(post, {"sure": "Tick this to see the name, or go back to the thread."})
    try:
        with transaction():
            if wanted == "agree":
                agree_to_open(post, actor_id=member().id)
            else:
                ask_to_open(post, request.form.get("reason", ""), actor_id=member().id)
    except NotPossible as refusal:
        return _page(post, {"reason" if wanted != "agree" else "": str(refusal)})
    said = "The seal is open. The author is told by mail." if wanted == "agree" else "The other owners have a mail."
    flash(said)
    return redirect(f"/p/{post.public_id}/seal")


def _the_post(public_id: str) -> Post:
    return post_with_seal(viewer(), public_id) or abort(404)


def _page(post: Post, errors: dict[str, str]) -> Page:
    seal = seal_of(post, viewer())
    page = render_template(
        "sealing/seal.html",
        post=post,
        group=seal.group,
        seal=seal,
        who=name_behind(seal.opening, viewer()) if seal.opening is not None else None,
        reason=request.form.get("reason", ""),
        errors=errors,
    )
    return (page, 422) if errors else page
