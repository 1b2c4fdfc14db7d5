"""Invitations by mail: who may invite sends, repeats and withdraws them; who got one accepts it with one button.

Looking at an invitation, as link scanners do, changes nothing.
"""

from flask import Blueprint, abort, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from forum.accounts.emails import BadAddress
from forum.accounts.models import Member
from forum.accounts.queries import member_by_email
from forum.clock import now
from forum.db import transaction
from forum.groups.actions import NotPossible
from forum.groups.invitations import (
    accept_invitation,
    invitation_by_token,
    invite,
    resend_invitation,
    withdraw_invitation,
)
from forum.groups.models import Group, Invitation, Standing
from forum.groups.queries import invitation_by_public_id, open_invitations
from forum.groups.rights import may_moderate
from forum.settings import current_settings
from forum.text.lines import one_line
from forum.web.session import member, members_only, sign_in, signed_in_member, the_group, viewer

blueprint = Blueprint("invitations", __name__)

Page = Response | str | tuple[str, int]


def _group_to_invite_to(slug: str) -> Group:
    """The group if the viewer may invite to it, else 404: moderators, and where the settings say so members."""
    group = the_group(slug)
    own = viewer().belongings.get(group.id)
    active = own is not None and own.standing is Standing.ACTIVE
    if not may_moderate(viewer(), group) and not (active and current_settings().invitations == "members"):
        abort(404)
    return group


@blueprint.get("/g/<slug>/invitations")
@members_only
def open_list(slug: str) -> Page:
    return _list_page(_group_to_invite_to(slug), "", "", {})


@blueprint.post("/g/<slug>/invitations")
@members_only
def send(slug: str) -> Page:
    group = _group_to_invite_to(slug)
    email, name = request.form.get("email", "").strip(), request.form.get("name", "")
    try:
        with transaction():
            invite(member().id, group, email, name)
    except (BadAddress, NotPossible) as error:
        return _list_page(group, email, name, {"email": str(error)})
    flash(f"An invitation is on its way to {email}. It can be accepted for 14 days.")
    return redirect(f"/g/{group.slug}/invitations")


@blueprint.post("/g/<slug>/invitations/<public_id>/resend")
@members_only
def resend(slug: str, public_id: str) -> Page:
    group = _group_to_invite_to(slug)
    invitation = _own_or_moderated(group, public_id)
    try:
        with transaction():
            resend_invitation(invitation, actor_id=member().id)
    except NotPossible as error:
        return _list_page(group, "", "", {"": str(error)})
    flash(f"The invitation to {invitation.email} is sent again and can be accepted for another 14 days.")
    return redirect(f"/g/{group.slug}/invitations")


@blueprint.post("/g/<slug>/invitations/<public_id>/withdraw")
@members_only
def withdraw(slug: str, public_id: str) -> Page:
    group = _group_to_invite_to(slug)
    invitation = _own_or_moderated(group, public_id)
    with transaction():
        withdraw_invitation(invitation, actor_id=member().id)
    flash(f"The invitation to {invitation.email} no longer works.")
    return redirect(f"/g/{group.slug}/invitations")


def _own_or_moderated(group: Group, public_id: str) -> Invitation:
    invitation = invitation_by_public_id(group.id, public_id)
    if invitation is None or not (may_moderate(viewer(), group) or invitation.invited_by_id == viewer().member_id):
        abort(404)
    return invitation


def _list_page(group: Group, email: str, name: str, errors: dict[str, str]) -> Page:
    all_of_them = may_moderate(viewer(), group)
    page = render_template(
        "invitations/list.html",
        group=group,
        invitations=open_invitations(group.id, invited_by_id=None if all_of_them else viewer().member_id),
        all_of_them=all_of_them,
        now=now(),
        email=email,
        name=name,
        errors=errors,
    )
    return (page, 422) if errors else page


# --- who got one ---


def _owner(invitation: Invitation) -> Member | None:
    """The member to whom the address belongs that was invited; an imported author whom nobody has claimed is none."""
    known = member_by_email(invitation.email)
    return None if known is None or known.placeholder else known


@blueprint.get("/invitation/<token>")
def invitation_page(token: str) -> Page:
    invitation = invitation_by_token(token)
    if invitation is None:
        return render_template("invitations/gone.html"), 410
    return _accept_page(token, invitation, invitation.name, {})


@blueprint.post("/invitation/<token>")
def accept(token: str) -> Page:
    """Join as the member signed in, as the owner of the address, or as a new member who is then signed in.

    An old member is not signed in by it: an invitation lives for two weeks and is passed on lightly.
    """
    name = one_line(request.form.get("name", ""))
    invitation = invitation_by_token(token)
    if invitation is None:
        return render_template("invitations/gone.html"), 410
    group, here, owner = invitation.group, signed_in_member(), _owner(invitation)
    if here is None and owner is None and not name:
        return _accept_page(token, invitation, name, {"name": "Write your name as other members should see it."})
    try:
        with transaction():
            joined = accept_invitation(invitation, name, here)
    except NotPossible as error:
        return _accept_page(token, invitation, name, {"": str(error)})
    if here is None and owner is None:
        sign_in(joined)
    flash(f"You are now a member of {group.name}.")
    return redirect(f"/g/{group.slug}")


def _accept_page(token: str, invitation: Invitation, name: str, errors: dict[str, str]) -> Page:
    page = render_template(
        "invitations/accept.html",
        token=token,
        invitation=invitation,
        joiner=signed_in_member(),
        owner=_owner(invitation),
        name=name,
        errors=errors,
    )
    return (page, 422) if errors else page
