"""When mail comes to a member, over all groups: the time and form of digests, and absence."""

from datetime import date, datetime, time

from flask import Blueprint, flash, redirect, request
from werkzeug.wrappers import Response

from forum.accounts.models import DigestFormat
from forum.accounts.preferences import (
    come_home,
    go_away,
    set_digest_format,
    set_digest_time,
    set_time_zone,
    zone_of,
)
from forum.db import transaction
from forum.web.me import time_zones
from forum.web.session import member, members_only
from forum.web.subscriptions import my_groups_page

blueprint = Blueprint("mail_times", __name__)

Page = Response | str | tuple[str, int]


@blueprint.post("/my-groups/digests")
@members_only
def choose_digests() -> Page:
    """The hour, day, form and time zone of digests."""
    hour, weekday = request.form.get("hour", ""), request.form.get("weekday", "")
    errors = {}
    if hour not in {str(each) for each in range(24)}:
        errors["hour"] = "Choose an hour from the list."
    if weekday not in {str(each) for each in range(7)}:
        errors["weekday"] = "Choose a day from the list."
    if request.form.get("format") not in list(DigestFormat):
        errors["format"] = "Choose a form from the list."
    if request.form.get("time_zone") not in time_zones():
        errors["time_zone"] = "Choose a time zone from the list."
    if errors:
        return my_groups_page(errors)
    with transaction():
        who = member()
        set_time_zone(who, request.form["time_zone"])
        set_digest_time(who, int(hour), int(weekday))
        set_digest_format(who, DigestFormat(request.form["format"]))
    flash("Your choices for digests are saved.")
    return redirect("/my-groups#digests")


@blueprint.post("/my-groups/away")
@members_only
def leave_for_a_while() -> Page:
    """Stop the mail of all groups until the morning of a day."""
    typed = request.form.get("until", "").strip()
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return my_groups_page({"until": "Choose the day on which mail begins again."})
    try:
        with transaction():
            go_away(member(), datetime.combine(day, time(), zone_of(member())))
    except ValueError as error:
        return my_groups_page({"until": str(error)})
    flash("No mail of the groups comes to you until then. Afterwards one summary names what came meanwhile.")
    return redirect("/my-groups#away")


@blueprint.post("/my-groups/back")
@members_only
def come_back_early() -> Page:
    """End an absence now."""
    with transaction():
        come_home(member())
    flash("Your mail begins again. One summary names what came meanwhile.")
    return redirect("/my-groups#away")
