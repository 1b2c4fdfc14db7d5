"""Signing in and out."""

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import select

from forum.accounts import sign_in
from forum.accounts.actions import add_placeholder, attach_placeholder_address
from forum.accounts.models import LinkPurpose, Member, OneTimeLink
from forum.accounts.sign_in import hash_new_password, link_token, make_link, set_password
from forum.db import db, transaction
from forum.groups.models import Standing
from forum.groups.queries import community, membership_of
from forum.groups.standing import set_standing
from forum.queue import Task
from forum.web.account import local_path
from tests.forum.web.browser import Browser
from tests.people import a_group, a_member

PASSWORD = "seven quiet herons"


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real argon2, but not the fifth of a second that it is meant to take."""
    monkeypatch.setattr(sign_in, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


def sign_in_link(member: Member) -> str:
    with transaction():
        return f"/sign-in/{link_token(make_link(member, LinkPurpose.SIGN_IN, member.addresses[0].email))}"


def with_password(member: Member) -> Member:
    with transaction():
        set_password(member, hash_new_password(member, PASSWORD))
    return member


def ban(member: Member) -> None:
    with transaction():
        root = membership_of(member.id, community().id)
        assert root is not None
        set_standing(root, Standing.BANNED, actor_id=None, why="test")


def is_signed_in(browser: Browser) -> bool:
    browser.open("/me")
    return browser.path == "/me"


def test_a_link_is_sent_to_members_and_everybody_reads_the_same(app: Flask) -> None:
    a_member("ann@example.org", "Ann Lee")
    with transaction():
        attach_placeholder_address(add_placeholder("Old Author"), "old@example.org")
    said = []
    for email in ("Ann+tag@Example.org", "nobody@example.org", "old@example.org"):
        browser = Browser(app)
        browser.open("/sign-in")
        said.append(browser.press("Send me a sign-in link", email=email).replace(email, "IT"))
        assert browser.status == 200
    assert said[0] == said[1] == said[2]
    links = db.session.scalars(select(OneTimeLink)).all()
    assert [link.email for link in links] == ["ann@example.org"]
    assert [task.target_id for task in db.session.scalars(select(Task).where(Task.kind == "notice.sign_in"))] == [
        links[0].id
    ]
    browser.open("/sign-in")
    assert "not a mail address" in browser.press("Send me a sign-in link", email="ann at example")
    assert browser.status == 422
    assert 'value="ann at example"' in browser.body


def test_a_sign_in_link_works_once_and_only_by_its_button(app: Flask, move_clock) -> None:
    ann = a_member("ann@example.org", "Ann Lee")
    link, late = sign_in_link(ann), sign_in_link(ann)
    scanner = Browser(app)
    for _ in range(3):
        assert "Sign in as Ann Lee" in scanner.open(link)
    assert not is_signed_in(scanner)

    browser, second_click = Browser(app), Browser(app)
    second_click.open(link)
    browser.open(link)
    browser.press("Sign in")
    assert is_signed_in(browser)
    second_click.press("Sign in")
    assert second_click.status == 410
    assert not is_signed_in(second_click)
    browser.open(link)
    assert browser.status == 410
    assert "you are signed in on this device" in browser.text

    move_clock(31 * 60)
    second_click.open(late)
    assert second_click.status == 410


def test_after_signing_in_one_is_where_one_wanted_to_be(app: Flask) -> None:
    ann = a_member("ann@example.org", "Ann Lee")
    browser = Browser(app)
    assert browser.open("/me/addresses").startswith("Sign in")
    browser.open(sign_in_link(ann))
    browser.press("Sign in")
    assert browser.path == "/me/addresses"
    browser.press("Send the link", email="second@example.org")
    browser.open("/sign-in?next=https://evil.example/")
    assert browser.path == "/"

    stranger = Browser(app)
    stranger.open("/sign-in?next=//evil.example/x")
    stranger.open(sign_in_link(ann))
    stranger.press("Sign in")
    assert stranger.path == "/"


def test_only_paths_of_this_site_are_gone_to_after_signing_in() -> None:
    for path in ("/", "/t/abc?after=3#p-1", "/search?q=locum%20cover&group=a"):
        assert local_path(path) == path
    for path in (
        None,
        "",
        "t/abc",
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "javascript:x",
        "/a\r\nSet-Cookie: x",
        "/\t/evil.example",
        "/" + "x" * 2000,
    ):
        assert local_path(path) == "/"


def test_a_password_signs_in_and_a_wrong_one_says_no_more_than_that(app: Flask) -> None:
    with_password(a_member("ann@example.org", "Ann Lee"))
    a_member("bob@example.org", "Bob Ray")
    browser = Browser(app)
    for address, password in (
        ("ann@example.org", "wrong"),
        ("bob@example.org", PASSWORD),
        ("nobody@example.org", PASSWORD),
        ("", ""),
    ):
        browser.open("/sign-in")
        assert "do not go together" in browser.press("Sign in with the password", address=address, password=password)
        assert browser.status == 422
        assert PASSWORD not in browser.body
        assert not is_signed_in(browser)
    browser.open("/sign-in")
    browser.press("Sign in with the password", address="ann@example.org", password=PASSWORD)
    assert is_signed_in(browser)
    browser.press("Sign out")
    assert not is_signed_in(browser)


def test_guessing_is_limited_also_over_plus_tags_and_leaves_the_links_open(app: Flask, move_clock) -> None:
    ann = with_password(a_member("ann@example.org", "Ann Lee"))
    browser = Browser(app)
    statuses = []
    for number in range(9):
        browser.open("/sign-in")
        browser.press("Sign in with the password", address=f"ann+{number}@example.org", password="wrong")
        statuses.append(browser.status)
    assert statuses == [422] * 8 + [429]
    assert "Wait 15 minutes" in browser.text
    browser.press("Sign in with the password", address="ann@example.org", password=PASSWORD)
    assert browser.status == 429
    for _ in range(8):
        browser.open("/sign-in")
        browser.press("Send me a sign-in link", email="ann@example.org")
        assert browser.status == 200
    browser.open("/sign-in")
    assert "Too many links" in browser.press("Send me a sign-in link", email="ann@example.org")
    assert browser.status == 429
    assert len(db.session.scalars(select(OneTimeLink)).all()) == 8
    browser.open(sign_in_link(ann))
    browser.press("Sign in")
    assert is_signed_in(browser)
    move_clock(16 * 60)
    again = Browser(app)
    again.open("/sign-in")
    again.press("Sign in with the password", address="ann@example.org", password=PASSWORD)
    assert is_signed_in(again)


def test_who_is_banned_or_has_left_is_told_so_and_not_let_in(app: Flask) -> None:
    group = a_group()
    ann = with_password(a_member("ann@example.org", "Ann Lee", group))
    inside = Browser(app).sign_in(ann)
    link = sign_in_link(ann)
    ban(ann)
    for path in ("/", "/me", "/g/cardiology", "/my-groups"):
        assert inside.open(path).startswith("Sign in")
    browser = Browser(app)
    browser.open(link)
    assert "not a member of this community now" in browser.press("Sign in")
    assert browser.status == 403
    browser.open("/sign-in")
    browser.press("Sign in with the password", address="ann@example.org", password=PASSWORD)
    assert browser.status == 403
    assert not is_signed_in(browser)


def test_a_post_without_a_token_of_the_page_is_refused(app: Flask) -> None:
    ann = a_member("ann@example.org", "Ann Lee")
    link = sign_in_link(ann)
    browser = Browser(app)
    assert browser.post(link) == 400
    assert browser.post("/sign-in", email="ann@example.org") == 400
    assert db.session.scalars(select(OneTimeLink.used_at)).all() == [None]
