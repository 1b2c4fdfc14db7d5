"""Signing in and out: by a link sent by mail, or by a password. Registers nobody: members come by invitation.

Links in mail lead to a page with one button: looking at it, as link scanners do, changes nothing.
"""

import re

from flask import Blueprint, flash, redirect, render_template, request
from flask import session as cookie
from werkzeug.wrappers import Response

from forum.accounts.actions import request_sign_in_link
from forum.accounts.emails import BadAddress, address_key
from forum.accounts.models import LinkPurpose, Member
from forum.accounts.queries import member_by_email, member_by_id
from forum.accounts.sign_in import TooManyAttempts, Way, count_attempt, living_link, password_fits, use_link
from forum.clock import now
from forum.db import transaction
from forum.groups.rights import viewer_of
from forum.web.session import sign_in, sign_out, signed_in_member

blueprint = Blueprint("account", __name__)

Page = Response | str | tuple[str, int]

_LOCAL_PATH = re.compile(r"/(?!/)[!-\[\]-~]{0,1000}")
# Where to go after signing in, and when the session began by a link (in seconds; 0 for a password); both in the
# signed cookie.
_NEXT = "next"
BY_LINK = "by_link"


def local_path(given: str | None) -> str:
    """The path if it surely stays on this site, else the home page."""
    return given if given is not None and _LOCAL_PATH.fullmatch(given) else "/"


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
    too_many = count_try(Way.LINK, email)
    if too_many:
        return render_template("account/sign_in.html", errors={"email": too_many}, email=email, address=""), 429
    with transaction():
        request_sign_in_link(email)
    return render_template("account/link_sent.html", email=email)


def _try_password(address: str, password: str) -> Page:
    too_many = count_try(Way.PASSWORD, address)
    if too_many:
        return render_template("account/sign_in.html", errors={"address": too_many}, email="", address=address), 429
    who = member_by_email(address)
    if not password_fits(who, password) or who is None:
        wrong = {"password": "The address and the password do not go together. You can ask for a link instead."}
        return render_template("account/sign_in.html", errors=wrong, email=address, address=address), 422
    return _begin_session(who, by_link=False)


def count_try(way: Way, account: str) -> str:
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
    cookie[BY_LINK] = int(now().timestamp()) if by_link else 0
    return redirect(wanted)


@blueprint.get("/sign-in/<token>")
def sign_in_link(token: str) -> Page:
    link = living_link(token, LinkPurpose.SIGN_IN)
    if link is None:
        return render_template("account/link_gone.html", signed_in=signed_in_member() is not None), 410
    return render_template("account/sign_in_link.html", token=token, who=member_by_id(link.member_id))


@blueprint.post("/sign-in/<token>")
def use_sign_in_link(token: str) -> Page:
    with transaction():
        link = use_link(token, LinkPurpose.SIGN_IN)
    who = None if link is None else member_by_id(link.member_id)
    if who is None:
        return render_template("account/link_gone.html", signed_in=signed_in_member() is not None), 410
    return _begin_session(who, by_link=True)


@blueprint.post("/sign-out")
def sign_out_here() -> Page:
    sign_out()
    flash("You are signed out.")
    return redirect("/sign-in")
