"""The page that erases a post: asked once more, with what it can and cannot do."""

from flask import Blueprint, abort, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from forum.db import transaction
from forum.posting.anonymous import is_own
from forum.posting.erase import erase, post_to_erase
from forum.text import excerpt
from forum.threads.models import Post
from forum.web.session import members_only, viewer

blueprint = Blueprint("erasing", __name__)

Page = str | Response | tuple[str, int]


@blueprint.get("/p/<public_id>/erase")
@members_only
def ask(public_id: str) -> Page:
    return _page(_the_post(public_id), {})


@blueprint.post("/p/<public_id>/erase")
@members_only
def confirm(public_id: str) -> Page:
    """Erase the post, once the person has said to know that sent mail stays where it is."""
    post = _the_post(public_id)
    if request.form.get("sure") != "yes":
        return _page(post, {"sure": "Tick this to erase the post, or go back to the thread."})
    thread = post.thread.public_id
    with transaction():
        erase(post, actor_id=viewer().member_id)
    flash("The post is erased here. Mail that was already sent cannot be called back.")
    return redirect(f"/t/{thread}")


def _the_post(public_id: str) -> Post:
    return post_to_erase(viewer(), public_id) or abort(404)


def _page(post: Post, errors: dict[str, str]) -> Page:
    page = render_template(
        "erasing/ask.html",
        post=post,
        mine=is_own(post, viewer().member_id),
        words=excerpt(post.text, 200),
        errors=errors,
    )
    return (page, 422) if errors else page
