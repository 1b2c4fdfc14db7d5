"""Where the score of a rule against politics should begin to count, by what moderators decided: seen, then moved.

Moderators see it; owners move it. The weights stay as they are.
"""

from datetime import timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from forum.clock import now
from forum.db import transaction
from forum.groups.actions import NotPossible
from forum.groups.models import Group
from forum.groups.rights import may_own, moderated_group_ids
from forum.moderation.calibrating import bar_of, effect_of, move_bar
from forum.posting.sighted import subjects_of
from forum.rulebook.calibration import LEAST
from forum.web.session import member, members_only, the_moderated_group, viewer

blueprint = Blueprint("calibration", __name__)

Page = Response | str | tuple[str, int]

# As far back, as many and as long as a page looks at past posts.
DAYS, _MOST, _SECONDS = 90, 1_000, 1.2
_LISTED = 40


@blueprint.get("/g/<slug>/rules/<name>/threshold")
@members_only
def threshold(slug: str, name: str) -> Page:
    return _page(the_moderated_group(slug), name, {})


@blueprint.post("/g/<slug>/rules/<name>/threshold")
@members_only
def move(slug: str, name: str) -> Page:
    """Move the score to where the page has proposed it."""
    group = the_moderated_group(slug)
    if not may_own(viewer(), group) or bar_of(group, name) is None:
        abort(404)
    try:
        to = float(request.form.get("to", ""))
    except ValueError:
        abort(400)
    try:
        with transaction():
            version = move_bar(group, name, to=to, actor_id=member().id)
    except NotPossible as refusal:
        return _page(group, name, {"": str(refusal)})
    flash(f"From a score of {to:g} on, from now on. It is version {version.number} of the rule here.")
    return redirect(f"/g/{group.slug}/rules/{name}")


def _page(group: Group, name: str, errors: dict[str, str]) -> Page:
    bar = bar_of(group, name) or abort(404)
    since = now() - timedelta(days=DAYS)
    within = moderated_group_ids(viewer())
    effect = effect_of(bar, group, since, within=within, most=_MOST, seconds=_SECONDS)
    lists = [] if effect is None else [effect.more.first[:_LISTED], effect.fewer.first[:_LISTED]]
    page = render_template(
        "calibration/threshold.html",
        group=group,
        rule=bar.rule,
        calibration=bar.calibration,
        version=bar.rule.terms.options.get("version", ""),
        effect=effect,
        lists=lists,
        subjects=subjects_of([hit for each in lists for hit in each]),
        owns=may_own(viewer(), group),
        LEAST=LEAST,
        DAYS=DAYS,
        errors=errors,
    )
    return (page, 422) if errors else page
