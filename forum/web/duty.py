"""Who hears of held posts in a group: the rota, for owners, and each moderator's own choice."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import Blueprint, abort, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from forum.accounts.queries import member_by_public_id
from forum.db import transaction
from forum.groups.actions import NotPossible
from forum.groups.models import Group, HeldNotices
from forum.groups.rights import may_own, moderators_of
from forum.moderation.duty import add_turn, choose_notices, moderating_membership, remove_turn, turn_of, turns_of
from forum.moderation.turns import hand_over
from forum.web.session import member, members_only, the_group, the_moderated_group, viewer

blueprint = Blueprint("duty", __name__)

Page = Response | str | tuple[str, int]


@blueprint.get("/g/<slug>/duty")
@members_only
def rota(slug: str) -> Page:
    return _rota_page(the_moderated_group(slug), {})


@blueprint.post("/g/<slug>/duty")
@members_only
def change_rota(slug: str) -> Page:
    """Put a moderator on duty, or take a turn off the rota; for owners."""
    group = the_group(slug)
    if not may_own(viewer(), group):
        abort(404)
    removed = request.form.get("remove", "")
    if removed:
        with transaction():
            remove_turn(group, int(removed) if removed.isascii() and removed.isdecimal() else 0, actor_id=member().id)
        flash("The turn is off the rota.")
        return redirect(f"/g/{group.slug}/duty")
    who = member_by_public_id(request.form.get("who", ""))
    starts, ends = _moment(request.form.get("starts", "")), _moment(request.form.get("ends", ""))
    errors = {}
    if who is None:
        errors["who"] = "Choose a moderator."
    if starts is None:
        errors["starts"] = "Write a day and an hour."
    if ends is None:
        errors["ends"] = "Write a day and an hour."
    if who is None or starts is None or ends is None:
        return _rota_page(group, errors)
    try:
        with transaction():
            add_turn(group, who, starts, ends, actor_id=member().id)
    except NotPossible as refusal:
        return _rota_page(group, {"ends": str(refusal)})
    flash(f"{who.name} is on the rota.")
    return redirect(f"/g/{group.slug}/duty")


@blueprint.post("/g/<slug>/duty/hand-over")
@members_only
def pass_on(slug: str) -> Page:
    """Give an own turn, or the rest of it, to another moderator."""
    group = the_moderated_group(slug)
    typed, who = request.form.get("turn", ""), member_by_public_id(request.form.get("to", ""))
    number = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 18 else 0
    if turn_of(group, number, member().id) is None:
        return _rota_page(group, {"": "This turn is not yours, or it is off the rota."})
    if who is None:
        return _rota_page(group, {f"to-{number}": "Choose a moderator."})
    try:
        with transaction():
            hand_over(group, number, who, actor_id=member().id)
    except NotPossible as refusal:
        return _rota_page(group, {f"to-{number}": str(refusal)})
    flash(f"{who.name} has the turn now, and you both get a mail.")
    return redirect(f"/g/{group.slug}/duty")


@blueprint.post("/g/<slug>/held/notices")
@members_only
def choose(slug: str) -> Response:
    """How the viewer hears of held posts here."""
    group = the_moderated_group(slug)
    own = moderating_membership(member().id, group)
    wanted = next((each for each in HeldNotices if each == request.form.get("notices")), None)
    if own is None or wanted is None:
        abort(400)
    with transaction():
        choose_notices(own, wanted, request.form.get("told") == "yes", actor_id=member().id)
    flash("Your choice is kept. It counts from the next held post on.")
    return redirect(f"/g/{group.slug}/held")


def _moment(typed: str) -> datetime | None:
    """What a field for day and time holds, in the viewer's zone."""
    try:
        zone = ZoneInfo(viewer().time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    try:
        return datetime.fromisoformat(typed.strip()).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _rota_page(group: Group, errors: dict[str, str]) -> Page:
    moderators = moderators_of(group)
    page = render_template(
        "duty/rota.html",
        group=group,
        turns=turns_of(group.id),
        names={each.id: each.name for each in moderators},
        moderators=moderators,
        owns=may_own(viewer(), group),
        me=viewer().member_id,
        typed=request.form,
        errors=errors,
    )
    return (page, 422) if errors else page
