"""Who looks: signed-in sessions, the viewer of a request, CSRF, and the headers and errors that all pages share.

A session names the member and the epoch; signing out everywhere raises the epoch. GET and HEAD change nothing.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import structlog
from flask import Flask, abort, g, redirect, render_template, request, url_for
from flask import session as cookie
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.sansio.response import Response as SansResponse
from werkzeug.wrappers import Response

from forum.accounts.models import Member
from forum.accounts.queries import member_by_id
from forum.db import db
from forum.groups.models import Group
from forum.groups.rights import Viewer, group_for, group_to_moderate, viewer_of
from forum.settings import current_settings

P = ParamSpec("P")
R = TypeVar("R")

csrf = CSRFProtect()
log = structlog.get_logger(__name__)

# No script, style, image or frame from anywhere else, and nobody may frame us.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_ERRORS = {
    400: ("We could not read that request", "Go back, load the page again and send the form once more."),
    403: ("This is not open to you", "If you think it should be, ask a moderator of the group."),
    404: ("There is no such page for you", "It may have moved, or it belongs to a group that you are not in."),
    405: ("That page does not work that way", "Go back and use the button on the page."),
    409: ("Something else changed it at the same moment", "Load the page again and see whether it is done already."),
    413: ("That is too large", "Send smaller files, or a link to them."),
    429: ("Too many tries", "Wait 15 minutes, then try again."),
    503: ("We are not there for a moment", "What you wrote is not lost if you go back. Try again in a minute."),
    500: ("Something broke on our side", "It is noted. Go back and try again; if it stays, write to postmaster."),
}


class SignedIn(UserMixin):  # type: ignore[misc]  # Flask-Login has no types.
    """What Flask-Login keeps: a member under one epoch."""

    def __init__(self, member: Member) -> None:
        self.member = member

    def get_id(self) -> str:
        return f"{self.member.id}.{self.member.session_epoch}"


def _load(identity: str) -> SignedIn | None:
    number, _, epoch = identity.partition(".")
    member = member_by_id(int(number)) if number.isdigit() else None
    if member is None or member.placeholder or str(member.session_epoch) != epoch:
        return None
    return SignedIn(member)


def signed_in_member() -> Member | None:
    """The member of this session, or None."""
    return current_user.member if current_user.is_authenticated else None


def sign_in(member: Member) -> None:
    """Begin a session; the cookie's old content is dropped, so that no session can be planted."""
    cookie.clear()
    login_user(SignedIn(member), remember=False)
    cookie.permanent = True


def sign_out() -> None:
    logout_user()
    cookie.clear()


def viewer() -> Viewer:
    """The viewer of this request; only inside a view that is marked `members_only`."""
    found = g.viewer
    assert isinstance(found, Viewer)
    return found


def member() -> Member:
    """The member of this request; only inside a view that is marked `members_only`."""
    found = signed_in_member()
    assert found is not None
    return found


def members_only(view: Callable[P, R]) -> Callable[P, R | Response | tuple[str, int]]:
    """Only members with standing in the community; others are asked to sign in, or told that they have none."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | Response | tuple[str, int]:
        who = signed_in_member()
        if who is None:
            if request.method in ("GET", "HEAD"):
                return redirect(url_for("account.sign_in_page", next=request.full_path.rstrip("?")))
            return redirect(url_for("account.sign_in_page"))
        g.viewer = viewer_of(who)
        if g.viewer is None:
            return render_template("session/no_standing.html"), 403
        return view(*args, **kwargs)

    guarded.members_only = True  # type: ignore[attr-defined]  # tests/structure walks the routes for this mark.
    return guarded


def the_group(slug: str) -> Group:
    """The group of this name as the viewer may know it, or 404."""
    return group_for(viewer(), slug) or abort(404)


def the_moderated_group(slug: str) -> Group:
    """The group if the viewer moderates it; else 404, the same as for a group that there is not."""
    return group_to_moderate(viewer(), slug) or abort(404)


def prepare(app: Flask) -> None:
    """Sessions, CSRF, proxies, headers and error pages for the whole site."""
    with app.app_context():
        settings = current_settings()
    app.config.update(
        SESSION_COOKIE_NAME="banyan",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.base_url.startswith("https:"),
        PERMANENT_SESSION_LIFETIME=60 * 60 * 24 * 60,
        WTF_CSRF_TIME_LIMIT=60 * 60 * 24 * 2,
    )
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    login = LoginManager(app)
    login.user_loader(_load)
    app.before_request(_refuse_nul)
    csrf.init_app(app)
    app.after_request(_headers)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(OperationalError, _database_away)
    app.register_error_handler(IntegrityError, _collided)
    app.register_error_handler(StaleDataError, _collided)
    app.register_error_handler(Exception, _unexpected)


def _refuse_nul() -> None:
    """No link or form of ours holds a NUL, and PostgreSQL's text cannot. Words to search for are cleaned there."""
    if "\0" in request.path:
        abort(404)
    typed = (*request.args.items(multi=True), *request.form.items(multi=True))
    if any("\0" in value for name, value in typed if name != "q"):
        abort(400)


def _headers(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "private, no-store")
    return response


def _page(code: int) -> tuple[str, int]:
    title, what_now = _ERRORS.get(code, _ERRORS[500 if code >= 500 else 400])
    return render_template("session/error.html", title=title, what_now=what_now, code=code), code


def _http_error(error: HTTPException) -> SansResponse | tuple[str, int]:
    if error.response is not None:
        return error.response
    return _page(error.code or 500)


def _csrf_error(_error: CSRFError) -> tuple[str, int]:
    return _page(400)


def _database_away(error: OperationalError) -> tuple[str, int]:
    log.error("the database does not answer", error=str(error.orig))
    db.session.remove()
    return _page(503)


def _collided(error: IntegrityError | StaleDataError) -> tuple[str, int]:
    """Two requests at once, such as a double click: the database let one through, and nothing of the other stays."""
    log.warning("a request met another one", path=request.path, error=str(error))
    db.session.remove()
    return _page(409)


def _unexpected(error: Exception) -> tuple[str, int]:
    log.exception("a page failed", path=request.path)
    db.session.remove()
    return _page(500)
