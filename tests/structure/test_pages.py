"""Every page has its guard, every form its CSRF token, every template its view, and the demo's doors are not there."""

import ast
import re
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import Rule

from forum.app import create_app
from forum.settings import Settings
from tests.structure.sources import ROOT, constant, dotted, nodes

TEMPLATES = ROOT / "templates"

# Pages for who has not signed in. Each with what stands for the sign-in.
OPEN_PAGES = {
    "static": "style, script and picture of the site",
    "healthz.healthz": "whether the database answers, and no more",
    "account.sign_in_page": "the way in",
    "account.try_sign_in": "the way in; tries are counted",
    "account.sign_in_link": "a signed one-time token",
    "account.use_sign_in_link": "a signed one-time token",
    "account.sign_out_here": "ends a session, whoever's it is",
    "appeals.restricted_page": "a signed token that was mailed to who is muted or banned",
    "appeals.ask_restricted": "a signed token that was mailed to who is muted or banned",
    "invitations.invitation_page": "a signed token that was mailed to who is invited",
    "invitations.accept": "a signed token that was mailed to who is invited",
    "me.verify_page": "a signed one-time token",
    "me.verify": "a signed one-time token",
    "pausing.ask": "a signed token that was mailed to a paused address, or stands behind one of its mails",
    "pausing.send_again": "a signed token that was mailed to a paused address, or stands behind one of its mails",
    "plan_answers.answer_page": "a signed token that was mailed to who is asked",
    "plan_answers.answer": "a signed token that was mailed to who is asked",
    "private.answer": "a signed token under a private answer, for its recipient",
    "private.end": "a signed token under a private answer, for its recipient",
    "submissions.confirm_page": "a signed token that was mailed to the author",
    "submissions.confirm_by_mail": "a signed token that was mailed to the author",
    "subscriptions.unsubscribe_page": "a signed token in a copy's List-Unsubscribe",
    "subscriptions.unsubscribe": "a signed token in a copy's List-Unsubscribe",
    "subscriptions.undo_leaving": "a signed token in the mail that tells of leaving",
}
WITHOUT_CSRF = {"subscriptions.unsubscribe": "mail programs post it (RFC 8058); the token in its address is the proof"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The whole site; nothing here reads its database."""
    return create_app(Settings(data_dir=tmp_path_factory.mktemp("site"), secret_key="only for walking the routes"))


def _rules(site: Flask) -> list[Rule]:
    return list(site.url_map.iter_rules())


def _some_address(rule: Rule) -> str:
    path = re.sub(r"<int:\w+>", "1", rule.rule)
    return re.sub(r"<(?:path:)?\w+>", "x", path)


def test_every_view_asks_who_looks_or_is_named_as_open(site: Flask) -> None:
    unguarded = {
        rule.endpoint for rule in _rules(site) if not getattr(site.view_functions[rule.endpoint], "members_only", False)
    }
    assert unguarded == set(OPEN_PAGES)


def test_every_form_needs_its_token_but_the_named_ones(site: Flask) -> None:
    client = site.test_client()
    accepted = set()
    for rule in _rules(site):
        for method in (rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}:
            answer = client.open(_some_address(rule), method=method)
            if answer.status_code != 400:
                accepted.add(rule.endpoint)
    assert accepted == set(WITHOUT_CSRF)


def test_no_address_reads_and_writes_in_one_view(site: Flask) -> None:
    """GET changes nothing, so that what changes something is a view of its own."""
    both = {rule.endpoint for rule in _rules(site) if {"GET", "POST"} <= (rule.methods or set())}
    assert not both


def test_no_door_of_the_demo_is_open_in_a_site_that_is_none(site: Flask) -> None:
    demo = {rule.endpoint for rule in _rules(site) if rule.rule.startswith("/demo") or "demo" in rule.endpoint}
    assert not demo
    assert site.test_client().get("/demo").status_code == 404


def _rendered() -> dict[str, set[str]]:
    """Templates named in the code, with the modules that render them."""
    named: dict[str, set[str]] = {}
    for module, _, call in nodes(ast.Call):
        if dotted(call.func).rpartition(".")[2] == "render_template" and (name := constant(call.args[0])):
            named.setdefault(name, set()).add(module)
    return named


def _used_by_templates() -> set[str]:
    used = re.compile(r"{%-?\s*(?:extends|include|from|import)\s+[\"']([^\"']+)[\"']")
    return {name for path in TEMPLATES.rglob("*.html") for name in used.findall(path.read_text())}


def _templates() -> set[str]:
    return {
        str(path.relative_to(TEMPLATES))
        for path in TEMPLATES.rglob("*.html")
        if path.relative_to(TEMPLATES).parts[0] != "mail" or path.parent.name == "mail"
    }


def test_every_template_is_shown_and_every_view_finds_its_template() -> None:
    assert _templates() == set(_rendered()) | _used_by_templates()


def test_templates_stand_where_their_view_does() -> None:
    """templates/<blueprint>/<view>.html mirrors forum/web/<blueprint>.py."""
    elsewhere = {
        (module, name)
        for name, modules in _rendered().items()
        for module in modules
        if module.startswith("forum/web/") and Path(name).parts[0] != Path(module).stem
    }
    assert not elsewhere


def test_every_form_that_posts_carries_a_token() -> None:
    forms = re.compile(r"<form\b[^>]*method=\"post\".*?</form>", re.DOTALL | re.IGNORECASE)
    bare = {
        str(path.relative_to(TEMPLATES))
        for path in TEMPLATES.rglob("*.html")
        for form in forms.findall(path.read_text())
        if not re.search(r"csrf\(\)|csrf_token|writing_fields\(", form)
    }
    # The button of one-click unsubscribe does what mail programs do without one.
    assert bare == {"subscriptions/unsubscribe.html", "subscriptions/stop_digests.html"}


def test_no_page_fetches_anything_from_elsewhere() -> None:
    fetching = re.compile(r"""(?:src|srcset|<link[^>]*href|@import|url)\s*[=(]?\s*["']?(?:https?:)?//""", re.IGNORECASE)
    files = [*TEMPLATES.rglob("*.html"), *(ROOT / "forum" / "web" / "static").iterdir()]
    assert not [str(path.relative_to(ROOT)) for path in files if fetching.search(path.read_text())]
