"""Who has asked to join a group, for its moderators: a list with two answers."""

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from forum.accounts.queries import member_by_public_id
from forum.db import transaction
from forum.groups.joining import admit, decline
from forum.groups.models import Group, Membership, Standing
from forum.groups.queries import membership_of, roster_page
from forum.web.asked import asked_number
from forum.web.session import member, members_only, the_moderated_group

blueprint = Blueprint("joining", __name__)

Page = Response | str | tuple[str, int]

PAGE = 30


@blueprint.get("/g/<slug>/requests")
@members_only
def requests(slug: str) -> Page:
    return _requests_page(the_moderated_group(slug), {})


@blueprint.post("/g/<slug>/requests/<public_id>")
@members_only
def answer_request(slug: str, public_id: str) -> Page:
    """Admit, or decline with a reason; who was answered meanwhile by somebody else stays as answered."""
    group = the_moderated_group(slug)
    reason = request.form.get(f"reason-{public_id}", "").strip()[:500]
    admitted = request.form.get("answer") == "admit"
    if not admitted and not reason:
        return _requests_page(group, {f"reason-{public_id}": "Write a reason. It goes to who asked by mail."})
    name = ""
    with transaction():
        asking = _asking(group, public_id)
        if asking is not None:
            name = asking.member.name
            if admitted:
                admit(asking, actor_id=member().id)
            else:
                decline(asking, actor_id=member().id, why=reason)
    if not name:
        flash("Somebody has answered this request already, or it was taken back.")
    else:
        flash(f"{name} is now a member of {group.name}." if admitted else f"{name} is declined and gets your reason.")
    return redirect(f"/g/{group.slug}/requests")


def _asking(group: Group, public_id: str) -> Membership | None:
    who = member_by_public_id(public_id)
    membership = None if who is None else membership_of(who.id, group.id)
    return membership if membership is not None and membership.standing is Standing.PENDING else None


def _requests_page(group: Group, errors: dict[str, str]) -> Page:
    rows = roster_page(group.id, after=asked_number("after") or 0, limit=PAGE + 1, standing=Standing.PENDING)
    page = render_template(
        "joining/requests.html",
        group=group,
        rows=rows[:PAGE],
        newer=rows[PAGE - 1].membership_id if len(rows) > PAGE else None,
        errors=errors,
    )
    return (page, 422) if errors else page
