"""Asks for a proposal to split a group, and lists the plans that it grows or has grown by; for its moderators."""

from collections.abc import Mapping

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from forum.db import transaction
from forum.groups.actions import NotPossible
from forum.groups.models import Group
from forum.queue import enqueue
from forum.splitting import plans
from forum.splitting.queries import open_split_of, plans_of
from forum.splitting.studio.proposing import open_proposal
from forum.web.planned import path_of
from forum.web.session import member, members_only, the_moderated_group
from forum.web.studio_edits import WrongField, read_options

blueprint = Blueprint("proposals", __name__)

Page = Response | str | tuple[str, int]

BY_CHOICES = (
    ("mixed", "Everything together", "Who answers whom, what they write about, and what members say of themselves."),
    ("talk", "Who answers whom, and about what", "What members say of themselves does not count."),
    ("place", "Where members are", "Countries, regions and cities."),
    ("specialty", "What members do", "Specialties and subspecialties."),
    ("interest", "What members care about", "Interests that they share."),
)
USUAL = {"by": "mixed", "smallest": "50", "largest": "5000", "overlap": "10"}


@blueprint.get("/g/<slug>/split")
@members_only
def plans_page(slug: str) -> Page:
    return _plans_page(the_moderated_group(slug), {}, {})


@blueprint.post("/g/<slug>/split")
@members_only
def ask(slug: str) -> Page:
    """Ask for a proposal; the worker makes it."""
    group = the_moderated_group(slug)
    try:
        options = read_options(request.form)
        with transaction():
            plan = open_proposal(group, options, actor_id=member().id)
            enqueue("plan.propose", plan.id)
    except WrongField as wrong:
        return _plans_page(group, request.form, wrong.errors)
    except NotPossible as refusal:
        return _plans_page(group, request.form, {"": str(refusal)})
    return redirect(path_of(plan))


def _plans_page(group: Group, typed: Mapping[str, str], errors: Mapping[str, str]) -> Page:
    page = render_template(
        "proposals/plans.html",
        group=group,
        plans=plans_of(group),
        open_split=open_split_of(group),
        words_for_state=plans.words_for_state,
        by_choices=BY_CHOICES,
        typed=USUAL | dict(typed),
        errors=errors,
    )
    return (page, 422) if errors else page
