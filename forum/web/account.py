"""Signing in and out, and what members say of themselves: profile, addresses, password.

Links in mail lead to a page with one button: looking at it, as link scanners do, changes nothing.
"""

import re
from functools import cache
from zoneinfo import available_timezones

from flask import Blueprint, flash, redirect, render_template, request
from flask import session as cookie
from werkzeug.wrappers import Response

from forum.accounts.actions import (
    AddressTaken,
    change_profile,
    choose_primary,
    confirm_address,
    remove_address,
    request_address,
    request_sign_in_link,
    sign_out_everywhere,
)
from forum.accounts.emails import BadAddress, address_key
from forum.accounts.models import LinkPurpose, Member, OneTimeLink
from forum.accounts.queries import member_by_email, member_by_id
from forum.accounts.sign_in import (
    BadPassword,
    TooManyAttempts,
    Way,
    count_attempt,
    living_link,
    password_fits,
    set_password,
    use_link,
)
from forum.db import transaction
from forum.groups.queries import viewer_of
from forum.web.session import member, members_only, sign_in, sign_out, signed_in_member

blueprint = Blueprint("account", __name__)

Page = Response | str | tuple[str, int]

_LOCAL_PATH = re.compile(r"/(?!/)[!-\[\]-~]{0,1000}")
_REGIONS = re.compile(r"(Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific)/.+")
_FACETS = ("place", "specialty", "career_stage", "employer", "interests", "time_zone")
# Where to go after signing in, and whether the session began by a link; both in the signed cookie.
_NEXT = "next"
_BY_LINK = "by_link"


def local_path(given: str | None) -> str:
    """The path if it surely stays on this site, else the home page."""
    return given if given is not None and _LOCAL_PATH.fullmatch(given) else "/"


@cache
def time_zones() -> tuple[str, ...]:
    """The zones that a profile offers: places, and UTC."""
    return ("UTC", *sorted(zone for zone in available_timezones() if _REGIONS.fullmatch(zone)))


# --- signing in and out ---


@blueprint.get("/sign-in")
def sign_in_page() -> Page:
    wanted = local_path(request.args.get("next"))
    if signed_in_member() is not None:
        return redirect(wanted)
    if wanted != "/":
        cookie[_NEXT] = wanted
    return render_template("account/sign_in.html", errors={}, email="", address="")


@blueprint.post("/sign-in")
def try_sign_in() -> Page:
    """Send a link, or check a password."""
    if request.form.get("way") == Way.PASSWORD:
        return _try_password(request.form.get("address", "").strip(), request.form.get("password", ""))
    return _send_link(request.form.get("email", "").strip())


def _send_link(email: str) -> Page:
    try:
        address_key(email)
    except BadAddress as error:
        return render_template("account/sign_in.html", errors={"email": str(error)}, email=email, address=""), 422
    too_many = None
    with transaction():
        try:
            count_attempt(Way.LINK, email, request.remote_addr or "")
        except TooManyAttempts as error:
            too_many = str(error)
        else:
            request_sign_in_link(email)
    if too_many:
        return render_template("account/sign_in.html", errors={"email": too_many}, email=email, address=""), 429
    return render_template("account/link_sent.html", email=email)


def _try_password(address: str, password: str) -> Page:
    too_many = _count(Way.PASSWORD, address)
    if too_many:
        return render_template("account/sign_in.html", errors={"address": too_many}, email="", address=address), 429
    who = member_by_email(address)
    if not password_fits(who, password) or who is None:
        wrong = {"password": "The address and the password do not go together. You can ask for a link instead."}
        return render_template("account/sign_in.html", errors=wrong, email=address, address=address), 422
    return _begin_session(who, by_link=False)


def _count(way: Way, account: str) -> str:
    """Note a try for good, also when it fails; the sentence to show when there were too many."""
    with transaction():
        try:
            count_attempt(way, account, request.remote_addr or "")
        except TooManyAttempts as error:
            return str(error)
    return ""


def _begin_session(who: Member, *, by_link: bool) -> Page:
    if who.placeholder or viewer_of(who) is None:
        return render_template("account/no_entry.html"), 403
    wanted = local_path(cookie.get(_NEXT))
    sign_in(who)
    cookie[_BY_LINK] = by_link
    return redirect(wanted)


@blueprint.get("/sign-in/<token>")
def sign_in_link(token: str) -> Page:
    link = living_link(token, LinkPurpose.SIGN_IN)
    if link is None:
        return render_template("account/link_gone.html"), 410
    return render_template("account/sign_in_link.html", token=token, who=member_by_id(link.member_id))


@blueprint.post("/sign-in/<token>")
def use_sign_in_link(token: str) -> Page:
    with transaction():
        link = use_link(token, LinkPurpose.SIGN_IN)
    who = None if link is None else member_by_id(link.member_id)
    if who is None:
        return render_template("account/link_gone.html"), 410
    return _begin_session(who, by_link=True)


@blueprint.post("/sign-out")
def sign_out_here() -> Page:
    sign_out()
    flash("You are signed out.")
    return redirect("/sign-in")


@blueprint.post("/me/sign-out-everywhere")
@members_only
def end_all_sessions() -> Page:
    with transaction():
        sign_out_everywhere(member())
    sign_out()
    flash("You are signed out on all devices.")
    return redirect("/sign-in")


# --- the profile ---


@blueprint.get("/me")
@members_only
def profile() -> Page:
    who = member()
    return _profile_page({"name": who.name} | {facet: getattr(who, facet) for facet in _FACETS}, {})


@blueprint.post("/me")
@members_only
def change_own_profile() -> Page:
    typed = {facet: request.form.get(facet, "") for facet in ("name", *_FACETS)}
    if typed["time_zone"] not in time_zones():
        return _profile_page(typed, {"time_zone": "Choose a time zone from the list."})
    try:
        with transaction():
            change_profile(member(), **typed)
    except ValueError as error:
        return _profile_page(typed, {"name": str(error)})
    flash("Your profile is changed.")
    return redirect("/me")


def _profile_page(typed: dict[str, str], errors: dict[str, str]) -> Page:
    page = render_template("account/profile.html", typed=typed, errors=errors, zones=time_zones(), who=member())
    return (page, 422) if errors else page


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
    too_many = _count(Way.LINK, email)
    if too_many:
        return _addresses_page(email, {"email": too_many})
    try:
        with transaction():
            request_address(member(), email)
    except AddressTaken as error:
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
    page = render_template("account/addresses.html", email=email, errors=errors, addresses=member().addresses)
    return (page, 422) if errors else page


def _verifying(token: str) -> OneTimeLink | None:
    return living_link(token, LinkPurpose.VERIFY_ADDRESS) or living_link(token, LinkPurpose.CLAIM)


@blueprint.get("/verify/<token>")
def verify_page(token: str) -> Page:
    link = _verifying(token)
    if link is None:
        return render_template("account/verify_gone.html", why=""), 410
    return render_template("account/verify.html", token=token, link=link, who=member_by_id(link.member_id))


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
        return render_template("account/verify_gone.html", why=str(error)), 409
    if link is None:
        return render_template("account/verify_gone.html", why=""), 410
    return render_template("account/verified.html", link=link, who=member_by_id(link.member_id))


# --- the password ---


@blueprint.get("/me/password")
@members_only
def password_page() -> Page:
    return _password_page({})


@blueprint.post("/me/password")
@members_only
def change_password() -> Page:
    who, by_link = member(), bool(cookie.get(_BY_LINK))
    if _asks_for_old_password(who):
        too_many = _count(Way.PASSWORD, who.public_id)
        if too_many:
            return _password_page({"old": too_many})
        if not password_fits(who, request.form.get("old", "")):
            return _password_page({"old": "This is not your password now."})
    try:
        with transaction():
            set_password(who, request.form.get("new", ""))
    except BadPassword as error:
        return _password_page({"new": str(error)})
    sign_in(who)
    cookie[_BY_LINK] = by_link
    flash("Your password is set. All other devices are signed out.")
    return redirect("/me")


def _asks_for_old_password(who: Member) -> bool:
    """Who came by a link from the mailbox has proved enough; it is also how a forgotten password is replaced."""
    return who.password_hash is not None and not cookie.get(_BY_LINK)


def _password_page(errors: dict[str, str]) -> Page:
    page = render_template("account/password.html", errors=errors, asks_for_old=_asks_for_old_password(member()))
    return (page, 422) if errors else page
