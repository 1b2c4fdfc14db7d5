"""What members say of themselves and hold alone: profile, addresses, password, all their sessions.

A new address counts when the link sent to it has been opened and its button pressed; looking changes nothing.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import available_timezones

from flask import Blueprint, flash, redirect, render_template, request
from flask import session as cookie
from werkzeug.wrappers import Response

from forum.accounts.actions import (
    AddressTaken,
    choose_primary,
    confirm_address,
    remove_address,
    request_address,
    sign_out_everywhere,
)
from forum.accounts.emails import BadAddress, address_key
from forum.accounts.models import LinkPurpose, Member, OneTimeLink, Shown
from forum.accounts.queries import member_by_id
from forum.accounts.sign_in import (
    BadPassword,
    TooManyAttempts,
    Way,
    hash_new_password,
    living_link,
    password_fits,
    set_password,
    use_link,
)
from forum.clock import now
from forum.db import transaction
from forum.facets.confiding import confided_by
from forum.facets.profile import write_profile
from forum.splitting.course.questions import question_token, waiting_for
from forum.web.account import BY_LINK, count_try
from forum.web.session import member, members_only, sign_in, sign_out

blueprint = Blueprint("me", __name__)

Page = Response | str | tuple[str, int]

_REGIONS = re.compile(r"(Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific)/.+")
# For so long a session that began by a link may set a password without the old one.
LINK_COUNTS_FOR = timedelta(days=1)
_SAID = ("place", "specialty", "career_stage", "employer", "interests")
_SHOWN = tuple(f"{column}_shown" for column in _SAID)
_TYPED = ("name", *_SAID, "time_zone")


@cache
def time_zones() -> tuple[str, ...]:
    """The zones that a profile offers: places, and UTC."""
    return ("UTC", *sorted(zone for zone in available_timezones() if _REGIONS.fullmatch(zone)))


@blueprint.get("/me")
@members_only
def profile() -> Page:
    who = member()
    typed = {column: getattr(who, column) for column in _TYPED}
    return _profile_page(typed, {column: getattr(who, column) for column in _SHOWN}, {})


@blueprint.post("/me")
@members_only
def change_own_profile() -> Page:
    typed = {column: request.form.get(column, "") for column in _TYPED}
    shown = {column: _shown_to(column) for column in _SHOWN}
    if typed["time_zone"] not in time_zones():
        return _profile_page(typed, shown, {"time_zone": "Choose a time zone from the list."})
    try:
        with transaction():
            write_profile(member(), typed, shown)
    except ValueError as error:
        return _profile_page(typed, shown, {"name": str(error)})
    flash("Your profile is changed.")
    return redirect("/me")


def _shown_to(column: str) -> Shown:
    """Who is to see a part of the profile; as before where the form does not say."""
    before: Shown = getattr(member(), column)
    return next((each for each in Shown if each == request.form.get(column)), before)


def _profile_page(typed: dict[str, str], shown: dict[str, Shown], errors: dict[str, str]) -> Page:
    page = render_template(
        "me/profile.html",
        typed=typed,
        shown=shown,
        errors=errors,
        zones=time_zones(),
        who=member(),
        asked=[(question, question_token(question)) for question in waiting_for(member().id)],
        confided=confided_by(member().id),
        Shown=Shown,
    )
    return (page, 422) if errors else page


@blueprint.post("/me/sign-out-everywhere")
@members_only
def end_all_sessions() -> Page:
    with transaction():
        sign_out_everywhere(member())
    sign_out()
    flash("You are signed out on all devices.")
    return redirect("/sign-in")


# --- addresses ---


@blueprint.get("/me/addresses")
@members_only
def addresses() -> Page:
    return _addresses_page("", {})


@blueprint.post("/me/addresses")
@members_only
def add_address() -> Page:
    email = request.form.get("email", "").strip()
    try:
        address_key(email)
    except BadAddress as error:
        return _addresses_page(email, {"email": str(error)})
    too_many = count_try(Way.LINK, email)
    if too_many:
        return _addresses_page(email, {"email": too_many})
    try:
        with transaction():
            request_address(member(), email)
    except (AddressTaken, TooManyAttempts) as error:
        return _addresses_page(email, {"email": str(error)})
    flash(f"We sent a mail to {email}. Open the link in it within 30 minutes to add the address.")
    return redirect("/me/addresses")


@blueprint.post("/me/addresses/<int:address_id>/primary")
@members_only
def send_mail_to(address_id: int) -> Page:
    try:
        with transaction():
            choose_primary(member(), address_id)
    except ValueError as error:
        return _addresses_page("", {"": str(error)})
    flash("Your mail goes to this address from now on.")
    return redirect("/me/addresses")


@blueprint.post("/me/addresses/<int:address_id>/remove")
@members_only
def remove_own_address(address_id: int) -> Page:
    try:
        with transaction():
            remove_address(member(), address_id)
    except ValueError as error:
        return _addresses_page("", {"": str(error)})
    flash("The address is removed.")
    return redirect("/me/addresses")


def _addresses_page(email: str, errors: dict[str, str]) -> Page:
    page = render_template("me/addresses.html", email=email, errors=errors, addresses=member().addresses)
    return (page, 422) if errors else page


def _verifying(token: str) -> OneTimeLink | None:
    return living_link(token, LinkPurpose.VERIFY_ADDRESS) or living_link(token, LinkPurpose.CLAIM)


@blueprint.get("/verify/<token>")
def verify_page(token: str) -> Page:
    link = _verifying(token)
    if link is None:
        return render_template("me/verify_gone.html", why=""), 410
    return render_template("me/verify.html", token=token, link=link, who=member_by_id(link.member_id))


@blueprint.post("/verify/<token>")
def verify(token: str) -> Page:
    """Add the address to the account for which the mail was sent, on whatever device it is read."""
    try:
        with transaction():
            asked = _verifying(token)
            link = None if asked is None else use_link(token, asked.purpose)
            if link is not None:
                confirm_address(link)
    except AddressTaken as error:
        return render_template("me/verify_gone.html", why=str(error)), 409
    if link is None:
        return render_template("me/verify_gone.html", why=""), 410
    return render_template("me/verified.html", link=link, who=member_by_id(link.member_id))


# --- the password ---


@blueprint.get("/me/password")
@members_only
def password_page() -> Page:
    return _password_page({})


@blueprint.post("/me/password")
@members_only
def change_password() -> Page:
    who, by_link = member(), cookie.get(BY_LINK, 0)
    if _needs_fresh_link(who):
        return _password_page({"": "The link you came by is more than a day old. Sign in with a new one first."})
    if _asks_for_old_password(who):
        too_many = count_try(Way.PASSWORD, who.public_id)
        if too_many:
            return _password_page({"old": too_many})
        if not password_fits(who, request.form.get("old", "")):
            return _password_page({"old": "This is not your password now."})
    try:
        hashed = hash_new_password(who, request.form.get("new", ""))
    except BadPassword as error:
        return _password_page({"new": str(error)})
    with transaction():
        set_password(who, hashed)
    sign_in(who)
    cookie[BY_LINK] = by_link
    flash("Your password is set. All other devices are signed out.")
    return redirect("/me")


def _asks_for_old_password(who: Member) -> bool:
    """Who came by a link just now has the mailbox, which is enough; so is a forgotten password replaced."""
    return who.password_hash is not None and not _came_by_fresh_link()


def _needs_fresh_link(who: Member) -> bool:
    """Without a password an old session proves too little: it may be somebody else's device by now."""
    return who.password_hash is None and not _came_by_fresh_link()


def _came_by_fresh_link() -> bool:
    return now() - datetime.fromtimestamp(int(cookie.get(BY_LINK, 0)), UTC) <= LINK_COUNTS_FOR


def _password_page(errors: dict[str, str]) -> Page:
    who = member()
    page = render_template(
        "me/password.html",
        errors=errors,
        asks_for_old=_asks_for_old_password(who),
        needs_link=_needs_fresh_link(who),
    )
    return (page, 422) if errors else page
