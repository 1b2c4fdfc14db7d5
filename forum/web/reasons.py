"""The ready reasons of a group, for its moderators: words with a name, to send back posts with."""

from flask import Blueprint, abort, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from forum.db import transaction
from forum.groups.actions import NotPossible
from forum.groups.models import Group
from forum.moderation.templates import (
    NAME_AT_MOST,
    add_template,
    change_template,
    own_template,
    own_templates,
    remove_template,
    template_named,
    templates_for,
)
from forum.web.session import member, members_only, the_moderated_group

blueprint = Blueprint("reasons", __name__)

Page = Response | str | tuple[str, int]


def typed_reason(group: Group) -> str:
    """The reason in a form with `moderation/_reasons.html`: own words, else those of the ready reason chosen."""
    typed = request.form.get("reason", "").strip()
    chosen = None if typed else template_named(group, request.form.get("ready", ""))
    return typed if chosen is None else chosen.words


@blueprint.get("/g/<slug>/reasons")
@members_only
def reasons(slug: str) -> Page:
    return _page(the_moderated_group(slug), {})


@blueprint.post("/g/<slug>/reasons")
@members_only
def change_reasons(slug: str) -> Page:
    """Add a ready reason, change one of the group's own, or remove it."""
    group, act = the_moderated_group(slug), request.form.get("act", "")
    name, words = request.form.get("name", ""), request.form.get("words", "")
    if act not in ("add", "change", "remove"):
        abort(400)
    try:
        with transaction():
            said = _act(group, act, name, words)
    except NotPossible as error:
        return _page(group, {"": str(error)})
    flash(said)
    return redirect(f"/g/{group.slug}/reasons")


def _act(group: Group, act: str, name: str, words: str) -> str:
    if act == "add":
        return f"“{add_template(group, name, words, actor_id=member().id).name}” can be chosen now."
    template = own_template(group, request.form.get("reason", "")) or abort(404)
    if act == "remove":
        remove_template(template, actor_id=member().id)
        return f"“{template.name}” is offered no more."
    change_template(template, name, words, actor_id=member().id)
    return f"“{template.name}” is changed."


def _page(group: Group, errors: dict[str, str]) -> Page:
    own = own_templates(group)
    taken = {each.name.casefold() for each in own}
    page = render_template(
        "reasons/reasons.html",
        group=group,
        own=own,
        inherited=[each for each in templates_for(group) if each.name.casefold() not in taken],
        name_at_most=NAME_AT_MOST,
        typed=request.form,
        errors=errors,
    )
    return (page, 422) if errors else page
