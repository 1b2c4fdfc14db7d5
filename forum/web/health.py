"""Health topics of a member's own: what the part of the profile form does that nobody else sees the words of."""

from flask import Blueprint, flash, redirect, request
from werkzeug.wrappers import Response

from forum.db import transaction
from forum.facets.confiding import confide, withdraw
from forum.web.session import member, members_only

blueprint = Blueprint("health", __name__)


@blueprint.post("/me/health")
@members_only
def change_topics() -> Response:
    with transaction():
        confide(member(), request.form.get("topics", "")[:2000], may_match=request.form.get("may_match") == "yes")
    flash("Your health topics are kept. Nobody else sees them.")
    return redirect("/me")


@blueprint.post("/me/health/remove")
@members_only
def remove_topics() -> Response:
    with transaction():
        withdraw(member())
    flash("All your health topics are removed.")
    return redirect("/me")
