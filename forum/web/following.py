"""Following and muting, by thread and by tag, and the page of a tag."""

from flask import Blueprint, abort, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from forum.db import transaction
from forum.groups.models import Delivery, Group
from forum.groups.queries import membership_of
from forum.groups.rights import may_moderate, may_read
from forum.threads.following import choose_tag, choose_thread, tag_choices
from forum.threads.models import Choice, Thread
from forum.threads.queries import thread_for, threads_page, with_marks
from forum.threads.tags import tag_named
from forum.web.asked import asked_number
from forum.web.session import members_only, the_group, viewer

blueprint = Blueprint("following", __name__)

PAGE = 30
_CHOICES = {"follow": Choice.FOLLOW, "mute": Choice.MUTE, "neither": None}
_DONE = {
    Choice.FOLLOW: "You follow {}. Its posts come to you also when you have chosen only what you follow.",
    Choice.MUTE: "You have muted {}. None of its posts come to you by mail; you can read them here.",
    None: "{} comes to you again as you have chosen for the group.",
}


@blueprint.post("/t/<public_id>/choice")
@members_only
def choose_for_thread(public_id: str) -> Response:
    """Follow or mute a thread, or go back to what holds for the group."""
    thread: Thread = thread_for(viewer(), public_id) or abort(404)
    if thread.group_id not in viewer().belongings:
        abort(404)
    choice = _chosen()
    with transaction():
        choose_thread(viewer().member_id, thread, choice)
    flash(_sentence(choice, "this thread"))
    return redirect(f"/t/{public_id}")


@blueprint.get("/g/<slug>/tag/<tag>")
@members_only
def tag(slug: str, tag: str) -> str | Response:
    """The threads of a group with one tag."""
    group = _readable(slug)
    name = tag_named(tag) or abort(404)
    if name != tag:
        return redirect(f"/g/{group.slug}/tag/{name}")
    before = asked_number("before")
    threads = threads_page(group.id, before=before, limit=PAGE + 1, tag=name)
    page = threads[:PAGE]
    own = membership_of(viewer().member_id, group.id)
    return render_template(
        "following/tag.html",
        group=group,
        tag=name,
        rows=with_marks(viewer(), page),
        before=before,
        older=page[-1].last_published_no if len(threads) > PAGE else None,
        own=own,
        moderates=may_moderate(viewer(), group),
        choice=tag_choices(viewer().member_id, group.id).get(name),
        Choice=Choice,
        Delivery=Delivery,
    )


@blueprint.post("/g/<slug>/tag/<tag>")
@members_only
def choose_for_tag(slug: str, tag: str) -> Response:
    """Follow or mute a tag in a group, or neither."""
    group = _readable(slug)
    if group.id not in viewer().belongings:
        abort(404)
    name = tag_named(tag) or abort(404)
    choice = _chosen()
    with transaction():
        choose_tag(viewer().member_id, group.id, name, choice)
    flash(_sentence(choice, f"#{name}"))
    return redirect(f"/g/{group.slug}/tag/{name}")


def _readable(slug: str) -> Group:
    group = the_group(slug)
    return group if may_read(viewer(), group) else abort(404)


def _chosen() -> Choice | None:
    word = request.form.get("choice", "")
    return _CHOICES[word] if word in _CHOICES else abort(400)


def _sentence(choice: Choice | None, what: str) -> str:
    sentence = _DONE[choice].format(what)
    return sentence[0].upper() + sentence[1:]
