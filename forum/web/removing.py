"""Removing somebody from the community for good, asked once more before: the act of `banyan member remove`.

For owners of the community alone. Ending a membership that can be taken up again is on the pages of members.
"""

from flask import Blueprint, abort, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from forum.accounts.models import Member
from forum.accounts.queries import member_by_public_id
from forum.db import transaction
from forum.groups.actions import NotPossible
from forum.groups.leaving import remove_for_good
from forum.groups.queries import community, membership_of, memberships_of
from forum.groups.rights import Viewer, may_own
from forum.web.session import members_only, viewer

blueprint = Blueprint("removing", __name__)

Page = Response | str | tuple[str, int]


def may_remove(who: Viewer, member_id: int) -> bool:
    """Whether this viewer may: an owner of the community, of somebody else who is in it."""
    root = community()
    return may_own(who, root) and member_id != who.member_id and membership_of(member_id, root.id) is not None


@blueprint.get("/m/<public_id>/remove")
@members_only
def ask(public_id: str) -> Page:
    return _page(_the_member(public_id), {})


@blueprint.post("/m/<public_id>/remove")
@members_only
def confirm(public_id: str) -> Page:
    """Remove, once the owner has given a reason and said to know what it means."""
    errors = {}
    reason = request.form.get("reason", "").strip()[:500]
    if not reason:
        errors["reason"] = "Write a reason. It is kept in the log of moderation."
    if request.form.get("sure") != "yes":
        errors["sure"] = "Tick this to remove the member, or go back."
    if errors:
        return _page(_the_member(public_id), errors)
    try:
        with transaction():
            who = _the_member(public_id)
            name = who.name
            remove_for_good(who, actor_id=viewer().member_id, why=reason)
    except NotPossible as error:
        return _page(_the_member(public_id), {"": str(error)})
    flash(f"{name} is removed from the community and gets no more mail. The posts stay.")
    return redirect(f"/g/{community().slug}/members")


def _the_member(public_id: str) -> Member:
    who = member_by_public_id(public_id) or abort(404)
    return who if may_remove(viewer(), who.id) else abort(404)


def _page(who: Member, errors: dict[str, str]) -> Page:
    page = render_template(
        "removing/ask.html", who=who, groups=len(memberships_of(who.id)) - 1, typed=request.form, errors=errors
    )
    return (page, 422) if errors else page
