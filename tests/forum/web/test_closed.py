"""Closed: every route, every kind of viewer, and who gets what. A new route without an entry here fails.

`WALK` is the whole table, in the order in which it is walked: what changes a viewer's own standing comes last. Forms
are sent empty, so that who may send them gets 422, 400 or a redirect, and who may not gets 404 like for what is not
there. No body shows words of a place to somebody who may not read there.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import event
from werkzeug.test import TestResponse

from forum.accounts.models import Member
from forum.app import create_app
from forum.db import db
from forum.settings import Settings
from tests.forum.web.closed_site import EMAIL, PLACES, SOUGHT, VIEWERS, WORDS, Closed, build

MEMBERS = set(VIEWERS) - {"anonymous", "expelled"}

# Who belongs to each audience, by place.
SEE = {
    "open": MEMBERS,
    "unlisted": {"applicant", "member", "muted", "parent_moderator", "owner"},
    "circle": {"member", "muted", "circle_owner"},
}
READ = {
    "open": {"member", "muted", "moderator", "parent_moderator", "owner"},
    "unlisted": {"member", "muted", "parent_moderator", "owner"},
    "circle": {"member", "muted", "circle_owner"},
}
MODERATE = {
    "open": {"moderator", "parent_moderator", "owner"},
    "unlisted": {"parent_moderator", "owner"},
    "circle": {"circle_owner"},
}
OWN = {"open": {"owner"}, "unlisted": {"owner"}, "circle": {"circle_owner"}}
# Who has a membership that is not ended by a ban.
BELONG = {
    "open": {"applicant", "member", "muted", "moderator"},
    "unlisted": {"applicant", "member", "muted"},
    "circle": {"member", "muted", "circle_owner"},
}
# Who reads as a member, and not as a moderator of a group above.
WRITE = {place: READ[place] & BELONG[place] for place in PLACES}
AUTHOR = {place: {"member"} for place in PLACES}
REPORT = {place: READ[place] - AUTHOR[place] for place in PLACES}
ERASE = {place: MODERATE[place] | AUTHOR[place] for place in PLACES}
MODERATES_SOMETHING = {"sibling_moderator", "moderator", "parent_moderator", "owner", "circle_owner"}


@dataclass(frozen=True)
class Step:
    """One request by every viewer, in every place that it names.

    `let_in` get `status` and the others among the members `otherwise`. Without `guarded` there is no sign-in to ask
    for: everybody is let in. `bearer` pages show what the token in their address is about to whoever holds it.
    """

    method: str
    rule: str
    address: str
    status: int
    let_in: Mapping[str, set[str]] = field(default_factory=lambda: dict.fromkeys(PLACES, MEMBERS))
    otherwise: int = HTTPStatus.NOT_FOUND
    but: Mapping[tuple[str, str], int] = field(default_factory=dict)
    places: Sequence[str] = PLACES
    guarded: bool = True
    bearer: bool = False

    def expected(self, viewer: str, place: str) -> int:
        if not self.guarded:
            return self.but.get((place, viewer), self.status)
        if viewer == "anonymous":
            return HTTPStatus.FOUND
        if viewer == "expelled":
            return HTTPStatus.FORBIDDEN
        if (place, viewer) in self.but:
            return self.but[place, viewer]
        return self.status if viewer in self.let_in[place] else self.otherwise


ONE = ("open",)
# A circle is not split.
SPLIT = ("open", "unlisted")


def _site_page(method: str, path: str, status: int = HTTPStatus.OK, address: str = "") -> Step:
    """A page that is the same for every member."""
    return Step(method, path, address or path, status, places=ONE)


def _open_page(method: str, rule: str, address: str, status: int, **more: object) -> Step:
    """A page without sign-in."""
    return Step(method, rule, address, status, places=ONE, guarded=False, **more)  # type: ignore[arg-type]


SIGNED_IN_REDIRECT = {("open", viewer): HTTPStatus.FOUND for viewer in VIEWERS if viewer != "anonymous"}

WALK: Sequence[Step] = (
    # the site
    _open_page("GET", "/static/<path:filename>", "/static/style.css", 200),
    _open_page("GET", "/healthz", "/healthz", 200),
    _open_page("GET", "/sign-in", "/sign-in", 200, but=SIGNED_IN_REDIRECT),
    _open_page("POST", "/sign-in", "/sign-in", 422),
    _open_page("GET", "/sign-in/<token>", "/sign-in/{sign_in_token}", 200, bearer=True),
    _open_page("GET", "/sign-in/<token>", "/sign-in/{false_token}", 410),
    _open_page("POST", "/sign-in/<token>", "/sign-in/{false_token}", 410),
    _open_page("GET", "/verify/<token>", "/verify/{sign_in_token}", 410),
    _open_page("POST", "/verify/<token>", "/verify/{sign_in_token}", 410),
    _open_page("GET", "/invitation/<token>", "/invitation/{invitation_token}", 200, bearer=True),
    _open_page("GET", "/invitation/<token>", "/invitation/{leave_token}", 410),
    _open_page("POST", "/invitation/<token>", "/invitation/{leave_token}", 410),
    _open_page("GET", "/confirm/<token>", "/confirm/{confirm_token}", 200, bearer=True),
    _open_page("GET", "/confirm/<token>", "/confirm/{leave_token}", 404),
    _open_page("POST", "/confirm/<token>", "/confirm/{leave_token}", 404),
    _open_page("GET", "/appeal/<token>", "/appeal/{restriction_token}", 200, bearer=True),
    _open_page("GET", "/appeal/<token>", "/appeal/{leave_token}", 404),
    _open_page("POST", "/appeal/<token>", "/appeal/{restriction_token}", 422, bearer=True),
    _open_page("POST", "/appeal/<token>", "/appeal/{leave_token}", 404),
    _open_page("GET", "/plan/answer/<token>", "/plan/answer/{plan_token}", 200, bearer=True),
    _open_page("GET", "/plan/answer/<token>", "/plan/answer/{leave_token}", 404),
    _open_page("POST", "/plan/answer/<token>", "/plan/answer/{plan_token}", 422, bearer=True),
    _open_page("POST", "/plan/answer/<token>", "/plan/answer/{leave_token}", 404),
    _open_page("GET", "/u/<token>", "/u/{leave_token}", 200, bearer=True),
    _open_page("GET", "/u/<token>", "/u/{confirm_token}", 404),
    _open_page("POST", "/u/<token>", "/u/{confirm_token}", 404),
    _open_page("POST", "/u/<token>/undo", "/u/{leave_token}/undo", 404),
    _open_page("GET", "/private/<token>", "/private/{leave_token}", 404),
    _open_page("POST", "/private/<token>", "/private/{leave_token}", 404),
    _open_page("GET", "/mail-again/<token>", "/mail-again/{leave_token}", 410),
    _open_page("POST", "/mail-again/<token>", "/mail-again/{leave_token}", 410),
    # what every member has
    _site_page("GET", "/"),
    _site_page("GET", "/groups"),
    _site_page("GET", "/my-groups"),
    _site_page("GET", "/search", address=f"/search?q={SOUGHT}"),
    Step("GET", "/search", f"/search?q={SOUGHT}&group={{slug}}", 200),
    _site_page("GET", "/me"),
    _site_page("POST", "/me", 422),
    _site_page("POST", "/me/health", 302),
    _site_page("POST", "/me/health/remove", 302),
    _site_page("GET", "/me/addresses"),
    _site_page("POST", "/me/addresses", 422),
    # Another member's address cannot be touched, and one's own main one cannot be removed.
    Step(
        "POST",
        "/me/addresses/<int:address_id>/primary",
        "/me/addresses/{address_id}/primary",
        422,
        but={("open", "member"): 302},
        places=ONE,
    ),
    _site_page("POST", "/me/addresses/<int:address_id>/remove", 422, "/me/addresses/{address_id}/remove"),
    _site_page("GET", "/me/password"),
    _site_page("POST", "/me/password", 422),
    _site_page("POST", "/my-groups", 302),
    _site_page("POST", "/me/mail-again", 302),
    _site_page("POST", "/my-groups/digests", 422),
    _site_page("POST", "/my-groups/away", 422),
    _site_page("POST", "/my-groups/back", 302),
    _site_page("GET", "/m/<public_id>", address="/m/{member}"),
    _site_page("GET", "/mine/posts"),
    _site_page("GET", "/mine/held", 302),
    _site_page("GET", "/me/blocked"),
    _site_page("POST", "/me/blocked/<public_id>/unblock", 302, "/me/blocked/{member}/unblock"),
    Step("GET", "/mine/held/<public_id>", "/mine/held/{held}", 200, AUTHOR),
    Step("POST", "/mine/held/<public_id>", "/mine/held/{held}", 400, AUTHOR),
    Step("GET", "/mine/appeal/<public_id>", "/mine/appeal/{held}", 200, AUTHOR),
    # It waits for a first decision still.
    Step("POST", "/mine/appeal/<public_id>", "/mine/appeal/{held}", 422, AUTHOR),
    # a group
    Step("GET", "/g/<slug>", "/g/{slug}", 200, SEE),
    Step("GET", "/g/<slug>", "/g/{slug}?show=unanswered", 200, SEE),
    Step(
        "GET",
        "/g/<slug>/write",
        "/g/{slug}/write",
        200,
        SEE,
        # Who sees a group without belonging to it is shown the way to join.
        but={(place, viewer): 302 for place in PLACES for viewer in SEE[place] - BELONG[place] - {"banned"}},
    ),
    Step("POST", "/g/<slug>/write", "/g/{slug}/write", 422, SEE),
    Step("GET", "/g/<slug>/leave", "/g/{slug}/leave", 200, BELONG),
    Step("GET", "/g/<slug>/rules", "/g/{slug}/rules", 200, READ),
    # its threads
    Step("GET", "/t/<public_id>", "/t/{thread}", 200, READ),
    Step("GET", "/t/<public_id>", "/t/{thread}?reply={post}&quote=1", 200, READ),
    Step("POST", "/t/<public_id>/reply", "/t/{thread}/reply", 422, READ),
    # It has not moved: who belongs to its group is sent to it.
    Step("POST", "/t/<public_id>/come-along", "/t/{thread}/come-along", 302, BELONG),
    Step("POST", "/t/<public_id>/choice", "/t/{thread}/choice", 400, WRITE),
    Step("GET", "/g/<slug>/tag/<tag>", "/g/{slug}/tag/ecg", 200, READ),
    Step("POST", "/g/<slug>/tag/<tag>", "/g/{slug}/tag/ecg", 400, WRITE),
    Step("GET", "/p/<public_id>", "/p/{post}", 302, READ),
    # The planted posts came by no archive, so that the number leads nowhere for anybody.
    Step("GET", "/g/<slug>/old/<int:number>", "/g/{slug}/old/7", 404),
    Step("GET", "/p/<public_id>/erase", "/p/{post}/erase", 200, ERASE),
    Step("POST", "/p/<public_id>/erase", "/p/{post}/erase", 422, ERASE),
    # It is not anonymous: there is no seal.
    Step("GET", "/p/<public_id>/seal", "/p/{post}/seal", 404, OWN),
    Step("POST", "/p/<public_id>/seal", "/p/{post}/seal", 404, OWN),
    Step(
        "GET",
        "/p/<public_id>/private",
        "/p/{post}/private",
        200,
        READ,
        but={(place, "member"): 302 for place in PLACES},  # Whose post it is.
    ),
    Step("POST", "/p/<public_id>/private", "/p/{post}/private", 422, READ),
    # Nobody reports an own post.
    Step("GET", "/p/<public_id>/report", "/p/{post}/report", 200, REPORT),
    Step("POST", "/p/<public_id>/report", "/p/{post}/report", 422, REPORT),
    Step("GET", "/a/<public_id>/<name>", "/a/{attachment}/file", 200, READ),
    # moderating it
    Step("GET", "/held", "/held", 200, dict.fromkeys(PLACES, MODERATES_SOMETHING), places=ONE),
    Step("GET", "/g/<slug>/held", "/g/{slug}/held", 200, MODERATE),
    Step("POST", "/held", "/held", 302, dict.fromkeys(PLACES, MODERATES_SOMETHING), places=ONE),
    Step("GET", "/held/<public_id>", "/held/{held}", 200, MODERATE),
    Step("POST", "/held/<public_id>", "/held/{held}", 422, MODERATE),
    Step("GET", "/flagged/<public_id>", "/flagged/{flagged}", 200, MODERATE),
    Step("POST", "/flagged/<public_id>", "/flagged/{flagged}", 422, MODERATE),
    Step("GET", "/held/<public_id>/move", "/held/{held}/move", 200, MODERATE),
    Step("POST", "/held/<public_id>/move", "/held/{held}/move", 422, MODERATE),
    # This post was not changed by a moderator.
    Step("GET", "/p/<public_id>/original", "/p/{post}/original", 404, MODERATE),
    Step("POST", "/t/<public_id>/brake", "/t/{thread}/brake", 400, MODERATE),
    Step("POST", "/g/<slug>/brake", "/g/{slug}/brake", 400, MODERATE),
    Step("POST", "/g/<slug>/held/notices", "/g/{slug}/held/notices", 400, MODERATE),
    Step("GET", "/g/<slug>/numbers", "/g/{slug}/numbers", 200, READ),
    Step("GET", "/g/<slug>/evenness", "/g/{slug}/evenness", 200, MODERATE),
    Step("GET", "/appeals", "/appeals", 200, dict.fromkeys(PLACES, MODERATES_SOMETHING), places=ONE),
    Step("GET", "/appeals/<public_id>", "/appeals/{appeal}", 200, MODERATE),
    Step("POST", "/appeals/<public_id>", "/appeals/{appeal}", 422, MODERATE),
    Step("GET", "/g/<slug>/duty", "/g/{slug}/duty", 200, MODERATE),
    Step("GET", "/g/<slug>/reasons", "/g/{slug}/reasons", 200, MODERATE),
    Step("POST", "/g/<slug>/reasons", "/g/{slug}/reasons", 400, MODERATE),
    # The turn that the form names is nobody's.
    Step("POST", "/g/<slug>/duty/hand-over", "/g/{slug}/duty/hand-over", 422, MODERATE),
    Step("GET", "/g/<slug>/requests", "/g/{slug}/requests", 200, MODERATE),
    Step("POST", "/g/<slug>/requests/<public_id>", "/g/{slug}/requests/{applicant}", 422, MODERATE),
    Step("GET", "/g/<slug>/members", "/g/{slug}/members", 200, MODERATE),
    Step("GET", "/g/<slug>/profiles", "/g/{slug}/profiles", 200, MODERATE),
    Step("POST", "/g/<slug>/profiles", "/g/{slug}/profiles", 422, MODERATE),
    Step("GET", "/g/<slug>/split", "/g/{slug}/split", 200, MODERATE),
    Step("POST", "/g/<slug>/split", "/g/{slug}/split", 422, MODERATE),
    Step("GET", "/g/<slug>/split/<plan_id>", "/g/{slug}/split/{plan}", 200, MODERATE, places=SPLIT),
    Step("POST", "/g/<slug>/split/<plan_id>", "/g/{slug}/split/{plan}", 400, MODERATE, places=SPLIT),
    Step("GET", "/g/<slug>/split/<plan_id>/course", "/g/{slug}/split/{plan}/course", 200, MODERATE),
    Step("POST", "/g/<slug>/split/<plan_id>/course", "/g/{slug}/split/{plan}/course", 400, MODERATE),
    Step("GET", "/g/<slug>/split/<plan_id>/ahead", "/g/{slug}/split/{plan}/ahead", 200, MODERATE),
    Step(
        "GET", "/g/<slug>/split/<plan_id>/<group_id>", "/g/{slug}/split/{plan}/{planned}", 200, MODERATE, places=SPLIT
    ),
    Step(
        "POST", "/g/<slug>/split/<plan_id>/<group_id>", "/g/{slug}/split/{plan}/{planned}", 400, MODERATE, places=SPLIT
    ),
    Step("GET", "/g/<slug>/split/<plan_id>/results", "/g/{slug}/split/{plan}/results", 200, MODERATE),
    Step("GET", "/g/<slug>/growth", "/g/{slug}/growth", 200, MODERATE),
    Step("GET", "/g/<slug>/spin-off", "/g/{slug}/spin-off?from=thread&what={thread}", 200, READ),
    Step("POST", "/g/<slug>/spin-off", "/g/{slug}/spin-off", 422, READ),
    Step("GET", "/g/<slug>/spin-off/<plan_id>", "/g/{slug}/spin-off/{asked_plan}", 200, MODERATE),
    Step("POST", "/g/<slug>/spin-off/<plan_id>", "/g/{slug}/spin-off/{asked_plan}", 400, MODERATE),
    Step("GET", "/g/<slug>/members/<public_id>", "/g/{slug}/members/{member}", 200, MODERATE),
    Step("POST", "/g/<slug>/members/<public_id>", "/g/{slug}/members/{member}", 403, MODERATE),
    Step("GET", "/g/<slug>/invitations", "/g/{slug}/invitations", 200, MODERATE),
    Step("POST", "/g/<slug>/invitations", "/g/{slug}/invitations", 422, MODERATE),
    Step(
        "POST",
        "/g/<slug>/invitations/<public_id>/resend",
        "/g/{slug}/invitations/{invitation}/resend",
        422,  # It has just been sent.
        MODERATE,
    ),
    Step("GET", "/g/<slug>/rules/<name>", "/g/{slug}/rules/listed", 200, MODERATE),
    Step("GET", "/g/<slug>/rules/<name>/seen", "/g/{slug}/rules/listed/seen", 200, MODERATE),
    Step("POST", "/g/<slug>/rules/<name>", "/g/{slug}/rules/listed", 400, MODERATE),
    # This rule weighs nothing, so that it has no score to move.
    Step("GET", "/g/<slug>/rules/<name>/threshold", "/g/{slug}/rules/listed/threshold", 404, MODERATE),
    # owning it
    Step("POST", "/g/<slug>/rules/<name>/threshold", "/g/{slug}/rules/listed/threshold", 404, OWN),
    Step("GET", "/g/<slug>/add-rule", "/g/{slug}/add-rule", 200, OWN),
    Step("POST", "/g/<slug>/add-rule", "/g/{slug}/add-rule", 422, OWN),
    Step("GET", "/facets", "/facets", 200, {"open": {"owner"}}, places=ONE),
    Step("GET", "/facets/<public_id>", "/facets/{facet}", 200, {"open": {"owner"}}, places=ONE),
    Step("POST", "/facets/<public_id>", "/facets/{facet}", 400, {"open": {"owner"}}, places=ONE),
    Step("GET", "/m/<public_id>/remove", "/m/{member}/remove", 200, {"open": {"owner"}}, places=ONE),
    Step("POST", "/m/<public_id>/remove", "/m/{member}/remove", 422, {"open": {"owner"}}, places=ONE),
    Step("GET", "/g/<slug>/settings", "/g/{slug}/settings", 200, OWN),
    Step("POST", "/g/<slug>/settings", "/g/{slug}/settings", 422, OWN),
    Step("POST", "/g/<slug>/duty", "/g/{slug}/duty", 422, OWN),
    # what changes something, last
    _open_page("POST", "/confirm/<token>", "/confirm/{confirm_token}", 400),
    Step(
        "POST",
        "/g/<slug>/invitations/<public_id>/withdraw",
        "/g/{slug}/invitations/{invitation}/withdraw",
        302,
        MODERATE,
    ),
    # From below: who leaves the open group leaves the circle under it, too.
    Step(
        "POST",
        "/g/<slug>/leave",
        "/g/{slug}/leave",
        302,
        BELONG,
        but={("circle", "circle_owner"): 422},
        places=tuple(reversed(PLACES)),
    ),
    # Who has just left by choice can come back; who took a request back has never been in.
    Step(
        "POST",
        "/g/<slug>/join",
        "/g/{slug}/join",
        302,
        {
            "open": MEMBERS,
            "unlisted": SEE["unlisted"] - {"applicant"},
            "circle": SEE["circle"],
        },
    ),
    _open_page("POST", "/sign-out", "/sign-out", 302),
    _site_page("POST", "/me/sign-out-everywhere", 302),
)


@dataclass(frozen=True)
class Site:
    """The site under test. No context is open around a request, as in production: `g` must not outlive one."""

    app: Flask
    closed: Closed
    client: FlaskClient
    sessions: Mapping[str, str]
    written_by_get: list[str]

    def ask(self, step: Step, viewer: str, place: str, method: str = "") -> TestResponse:
        """One request with a session and a form token of this viewer."""
        address = step.address.format_map(self.closed.addresses[place])
        headers = {"Cookie": f"banyan={self.sessions[viewer]}"}
        form = {"csrf_token": URLSafeTimedSerializer(self.app.secret_key, salt="wtf-csrf-token").dumps("nonce")}
        method = method or step.method
        data = form if method == "POST" else None
        with self.client.open(address, method=method, headers=headers, data=data) as answer:
            answer.get_data()
            return answer


def _session_of(app: Flask, member_id: int | None) -> str:
    """The cookie that signing in gives, with the member's epoch of now: also for who would not get one any more."""
    content: dict[str, object] = {"csrf_token": "nonce"}
    if member_id is not None:
        member = db.session.get_one(Member, member_id)
        content |= {"_user_id": f"{member.id}.{member.session_epoch}", "_fresh": True}
    return str(app.session_interface.get_signing_serializer(app).dumps(content))  # type: ignore[attr-defined]


@pytest.fixture
def site(settings: Settings) -> Iterator[Site]:
    app = create_app(settings)
    app.config["TESTING"] = True
    closed = build(app)
    written: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        written.append(statement)

    with app.app_context():
        engine = db.engine
        sessions = {viewer: _session_of(app, closed.members.get(viewer)) for viewer in VIEWERS}
        db.session.remove()
    event.listen(engine, "before_cursor_execute", note)
    yield Site(app, closed, app.test_client(use_cookies=False), sessions, written)
    event.remove(engine, "before_cursor_execute", note)
    engine.dispose()


def _secrets_of(place: str, viewer: str) -> Iterator[str]:
    """What this viewer must not find in any body. A slug is no secret to who has typed it into the address."""
    words = WORDS[place]
    if viewer not in SEE[place]:
        yield words.name
    if viewer not in READ[place]:
        yield from (words.subject, words.text, words.file_name, words.file)
    if viewer not in MODERATE[place] | AUTHOR[place]:
        yield words.held
    if viewer not in MODERATE[place]:
        yield words.invited


SECRETS = {viewer: tuple(secret for place in PLACES for secret in _secrets_of(place, viewer)) for viewer in VIEWERS}
SEES_EMAIL = {"member"} | {viewer for place in PLACES for viewer in MODERATE[place]}


def _leaks(step: Step, viewer: str, body: str) -> list[str]:
    if step.bearer:
        return []
    found = [secret for secret in SECRETS[viewer] if secret in body]
    return found if viewer in SEES_EMAIL or EMAIL not in body else [*found, EMAIL]


def test_every_route_has_an_entry(site: Site) -> None:
    routes = {
        (method, rule.rule)
        for rule in site.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert {(step.method, step.rule) for step in WALK} == routes


def test_everybody_gets_what_is_theirs_and_nothing_else(site: Site) -> None:
    wrong: list[str] = []
    for step in WALK:
        for place in step.places:
            for viewer in VIEWERS:
                answer = site.ask(step, viewer, place)
                what = f"{step.method} {step.address} ({place}) by {viewer}"
                if answer.status_code != step.expected(viewer, place):
                    wrong.append(f"{what}: {answer.status_code}, not {step.expected(viewer, place)}")
                if answer.status_code == HTTPStatus.FOUND and viewer == "anonymous" and step.guarded:
                    assert answer.headers["Location"].startswith("/sign-in"), what
                wrong += [f"{what}: shows {leak!r}" for leak in _leaks(step, viewer, answer.get_data(as_text=True))]
    assert not wrong, "\n".join(wrong)


def test_who_may_read_does_find_the_words(site: Site) -> None:
    """So that the search for leaks above looks for what is really there."""
    thread, found, file, held = (
        next(step for step in WALK if step.address == address)
        for address in ("/t/{thread}", f"/search?q={SOUGHT}", "/a/{attachment}/file", "/held/{held}")
    )
    for place in PLACES:
        words = WORDS[place]
        body = site.ask(thread, "member", place).get_data(as_text=True)
        assert not [each for each in (words.name, words.subject, words.text, words.file_name) if each not in body]
        assert words.text in re.sub("</?mark>", "", site.ask(found, "member", place).get_data(as_text=True))
        assert words.file in site.ask(file, "member", place).get_data(as_text=True)
        moderator = "circle_owner" if place == "circle" else "parent_moderator"
        assert words.held in site.ask(held, moderator, place).get_data(as_text=True)


def test_looking_changes_nothing_but_the_readers_own_mark(site: Site) -> None:
    """GET and HEAD on every page, by who is let in: link scanners click everything."""
    writing = re.compile(r"\s*(INSERT|UPDATE|DELETE|WITH .* (INSERT|UPDATE|DELETE))\b", re.IGNORECASE | re.DOTALL)
    changed: set[str] = set()
    for step in WALK:
        if step.method != "GET":
            continue
        for method in ("HEAD", "GET"):
            site.written_by_get.clear()
            for viewer in ("anonymous", "member", "owner"):
                answer = site.ask(step, viewer, "open", method)
                assert answer.status_code == step.expected(viewer, "open"), f"{method} {step.address} by {viewer}"
            changed |= {f"{method} {step.rule}: {each}" for each in site.written_by_get if writing.match(each)}
    assert {each for each in changed if not re.match(r"GET /t/<public_id>: INSERT INTO reading_mark\b", each)} == set()
    assert changed, "the reader's own mark has not moved"
