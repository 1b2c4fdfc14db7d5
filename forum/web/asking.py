"""What the members of a group have said of themselves, as counts, and asking the others by mail; for moderators."""

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from forum.db import transaction
from forum.facets.models import Dimension
from forum.groups.actions import NotPossible
from forum.groups.asking import ASKABLE, ask_members, count_to_ask, how_many_said
from forum.groups.models import Group
from forum.groups.queries import community
from forum.groups.rights import may_moderate
from forum.web.rendering import counted
from forum.web.session import member, members_only, the_moderated_group, viewer

blueprint = Blueprint("asking", __name__)

Page = Response | str | tuple[str, int]


@blueprint.get("/g/<slug>/profiles")
@members_only
def profiles(slug: str) -> Page:
    return _page(the_moderated_group(slug), {})


@blueprint.post("/g/<slug>/profiles")
@members_only
def ask(slug: str) -> Page:
    """Have those asked by mail who have not said what is ticked."""
    group = the_moderated_group(slug)
    asked = [each for each in ASKABLE if request.form.get(each) == "yes"]
    try:
        with transaction():
            count = ask_members(group, asked, actor_id=member().id)
    except NotPossible as error:
        return _page(group, {"": str(error)})
    flash(f"{counted(count, 'member')} will be asked by mail in the next minutes. Nobody has to answer.")
    return redirect(f"/g/{group.slug}/profiles")


def _page(group: Group, errors: dict[str, str]) -> Page:
    total, said = how_many_said(group)
    page = render_template(
        "asking/profiles.html",
        group=group,
        total=total,
        said=said,
        askable=[(each, count_to_ask(group, [each])) for each in ASKABLE],
        moderates_community=may_moderate(viewer(), community()),
        errors=errors,
        Dimension=Dimension,
    )
    return (page, 422) if errors else page
