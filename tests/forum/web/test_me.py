"""Profile, addresses, password, sessions."""

from collections.abc import Callable

import pytest
from argon2 import PasswordHasher
from flask import Flask, render_template
from sqlalchemy import delete, select

from forum.accounts import sign_in
from forum.accounts.actions import add_placeholder, attach_placeholder_address
from forum.accounts.models import LinkPurpose, OneTimeLink
from forum.accounts.queries import member_by_email
from forum.accounts.sign_in import hash_new_password, link_token, make_link, set_password
from forum.db import db, transaction
from forum.queue import Task
from forum.web.me import time_zones
from mailgateway.notice_facts import FACTS
from tests.forum.web.browser import Browser
from tests.people import a_member


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real argon2, but not the fifth of a second that it is meant to take."""
    monkeypatch.setattr(sign_in, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture
def sink_of_notices(app: Flask) -> Callable[[], list[tuple[str, str]]]:
    """Call it for (recipient, subject) of all notices that were asked for so far, in order."""
    sent: list[tuple[str, str]] = []

    def look() -> list[tuple[str, str]]:
        for task in db.session.scalars(select(Task).where(Task.kind.startswith("notice.")).order_by(Task.id)):
            notice = FACTS[task.kind](task)
            if notice is not None:
                subject = render_template(f"mail/{notice.template}/subject.txt", **notice.facts)
                sent.append((notice.email, subject.strip()))
        with transaction() as session:
            session.execute(delete(Task))
        return sent

    return look


def newest_link() -> tuple[OneTimeLink, str]:
    link = db.session.scalars(select(OneTimeLink).order_by(OneTimeLink.id.desc())).first()
    assert link is not None
    return link, f"/verify/{link_token(link)}"


def test_a_profile_is_changed_and_what_was_typed_is_never_lost(app: Flask) -> None:
    ann = a_member("ann@example.org", "Ann Lee")
    browser = Browser(app).sign_in(ann)
    browser.open("/me")
    said = browser.press(
        "Save the profile", name="Dr. Ann  <b>Lee</b>", place="Graz", specialty="Cardiology", time_zone="Europe/Vienna"
    )
    assert browser.status == 200
    assert "Your profile is changed." in said
    db.session.refresh(ann)
    assert (ann.name, ann.place, ann.time_zone) == ("Dr. Ann <b>Lee</b>", "Graz", "Europe/Vienna")
    assert "<b>Lee</b>" not in browser.body

    assert "Write the name" in browser.press("Save the profile", name="   ", employer="Inn Clinic")
    assert browser.status == 422
    assert 'href="#name"' in browser.body
    assert 'value="Inn Clinic"' in browser.body
    assert "Choose a time zone" in browser.press("Save the profile", name="Ann", time_zone="Mars/Olympus")
    db.session.refresh(ann)
    assert (ann.name, ann.time_zone) == ("Dr. Ann <b>Lee</b>", "Europe/Vienna")
    assert len(time_zones()) > 300


def test_an_address_is_added_by_its_owner_and_by_nobody_who_only_looks(app: Flask) -> None:
    ann = a_member("ann@example.org", "Ann Lee")
    browser = Browser(app).sign_in(ann)
    browser.open("/me/addresses")
    assert "is not a mail address" in browser.press("Send the link", email="work at example")
    assert "is one of your addresses already" in browser.press("Send the link", email="ANN@example.org")
    assert "We sent a mail to work@example.org" in browser.press("Send the link", email="work@example.org")
    link, path = newest_link()
    assert link.purpose is LinkPurpose.VERIFY_ADDRESS

    phone = Browser(app)
    assert "Ann Lee has asked to add work@example.org" in phone.open(path)
    assert member_by_email("work@example.org") is None
    phone.press("Yes, add it to Ann Lee’s account")
    assert phone.status == 200
    assert [each.email for each in ann.addresses] == ["ann@example.org", "work@example.org"]
    assert "no longer works" in phone.open(path)
    assert phone.status == 410

    browser.open("/me/addresses")
    browser.press("Send my mail here")
    assert [each.email for each in ann.addresses] == ["work@example.org", "ann@example.org"]
    assert browser.buttons.count("Remove ann@example.org") == 1
    assert "Remove work@example.org" not in browser.buttons
    primary = ann.addresses[0].id
    assert browser.post(f"/me/addresses/{primary}/remove") == 422
    assert "Choose another one for mail first" in browser.text
    browser.press("Remove ann@example.org")
    assert [each.email for each in ann.addresses] == ["work@example.org"]


def test_an_address_of_another_member_is_not_told_and_not_taken(app: Flask) -> None:
    bob = a_member("bob@example.org", "Bob Ray")
    ann = a_member("ann@example.org", "Ann Lee")
    browser = Browser(app).sign_in(ann)
    browser.open("/me/addresses")
    assert "We sent a mail to bob@example.org" in browser.press("Send the link", email="bob@example.org")
    assert not db.session.scalars(select(OneTimeLink).where(OneTimeLink.purpose != LinkPurpose.SIGN_IN)).all()
    assert db.session.scalars(select(Task.target_id).where(Task.kind == "notice.address_taken")).all() == [
        bob.addresses[0].id
    ]
    browser.open("/me/addresses")
    assert browser.post(f"/me/addresses/{bob.addresses[0].id}/primary") == 422
    assert browser.post(f"/me/addresses/{bob.addresses[0].id}/remove") == 422
    assert [each.email for each in bob.addresses] == ["bob@example.org"]


def test_the_author_of_an_old_archive_is_claimed_by_proving_the_address(app: Flask) -> None:
    with transaction():
        old = add_placeholder("A. Lee")
        attach_placeholder_address(old, "old@example.org")
    ann = a_member("ann@example.org", "Ann Lee")
    browser = Browser(app).sign_in(ann)
    browser.open("/me/addresses")
    browser.press("Send the link", email="old@example.org")
    link, path = newest_link()
    assert link.purpose is LinkPurpose.CLAIM
    assert "Posts in the old archive" in browser.open(path)
    browser.press("Yes, add it to Ann Lee’s account")
    assert member_by_email("old@example.org") == ann
    task = db.session.scalars(select(Task).where(Task.kind == "claim_posts")).one()
    assert (task.target_id, task.other_id) == (old.id, ann.id)


def test_setting_a_password_ends_the_other_sessions_and_asks_for_the_old_one(app: Flask) -> None:
    ann = a_member("ann@example.org", "Ann Lee")
    browser, other = Browser(app).sign_in(ann), Browser(app).sign_in(ann)
    browser.open("/me/password")
    assert "at least 10 characters" in browser.press("Set the password", new="short")
    assert "not your name or address" in browser.press("Set the password", new="ANN@example.org")
    assert browser.status == 422
    browser.press("Set the password", new="seven quiet herons")
    assert browser.path == "/me"
    assert other.open("/me").startswith("Sign in")

    other.press("Sign in with the password", address="ann@example.org", password="seven quiet herons")
    other.open("/me/password")
    assert "This is not your password now" in other.press("Set the password", old="no", new="eight loud herons")
    other.press("Set the password", old="seven quiet herons", new="eight loud herons")
    assert other.path == "/me"

    # Who comes by a link has the mailbox: so is a forgotten password replaced.
    forgetful = Browser(app).sign_in(ann)
    forgetful.open("/me/password")
    assert "Your password now" not in forgetful.text
    forgetful.press("Set the password", new="nine herons asleep")
    assert forgetful.path == "/me"


def test_signing_out_everywhere_leaves_no_session_of_the_old_epoch(app: Flask) -> None:
    ann = a_member("ann@example.org", "Ann Lee")
    with transaction():
        set_password(ann, hash_new_password(ann, "seven quiet herons"))
    devices = [Browser(app).sign_in(ann) for _ in range(3)]
    devices[0].open("/me")
    assert "signed out on all devices" in devices[0].press("Sign out on all devices")
    for device in devices:
        assert device.open("/me").startswith("Sign in")


def test_signing_out_everywhere_ends_links_that_somebody_else_asked_for(app: Flask) -> None:
    ann = a_member("ann@example.org", "Ann Lee")
    browser = Browser(app).sign_in(ann)
    with transaction():
        links = [
            f"/verify/{link_token(make_link(ann, LinkPurpose.VERIFY_ADDRESS, 'eve@example.net'))}",
            f"/sign-in/{link_token(make_link(ann, LinkPurpose.SIGN_IN, 'ann@example.org'))}",
        ]
    browser.open("/me")
    browser.press("Sign out on all devices")
    for link in links:
        browser.open(link)
        assert browser.status == 410


def test_a_first_password_needs_a_link_of_the_last_day(app: Flask, move_clock) -> None:
    ann = a_member("ann@example.org", "Ann Lee")
    browser = Browser(app).sign_in(ann)
    browser.open("/me/password")
    form = next(form for form in browser.forms() if "new" in form.names)
    move_clock(25 * 3600)
    browser.open("/me/password")
    assert "sign in with a new link" in browser.text
    assert "Set the password" not in browser.buttons
    assert browser.post(form.action, new="seven quiet herons") == 422
    assert "more than a day old" in browser.text
    browser.open("/me/password")
    browser.press("Sign out")
    browser.sign_in(ann)
    browser.open("/me/password")
    browser.press("Set the password", new="seven quiet herons")
    assert browser.path == "/me"


def test_an_old_session_by_a_link_asks_for_the_old_password(app: Flask, move_clock) -> None:
    ann = a_member("ann@example.org", "Ann Lee")
    with transaction():
        set_password(ann, hash_new_password(ann, "seven quiet herons"))
    browser = Browser(app).sign_in(ann)
    move_clock(25 * 3600)
    browser.open("/me/password")
    browser.press("Set the password", old="a wrong one", new="nine herons asleep")
    assert "This is not your password now." in browser.text
    browser.press("Set the password", old="seven quiet herons", new="nine herons asleep")
    assert browser.path == "/me"


def test_every_other_address_hears_of_an_added_and_of_a_removed_one(app: Flask, sink_of_notices) -> None:
    ann = a_member("ann@example.org", "Ann Lee")
    browser = Browser(app).sign_in(ann)
    for email in ("ann@work.example", "ann@home.example"):
        with transaction():
            link = link_token(make_link(ann, LinkPurpose.VERIFY_ADDRESS, email))
        browser.open(f"/verify/{link}")
        browser.press("Yes, add it to Ann Lee’s account")
    assert sink_of_notices() == [
        ("ann@example.org", "ann@work.example is now one of your addresses"),
        ("ann@example.org", "ann@home.example is now one of your addresses"),
        ("ann@work.example", "ann@home.example is now one of your addresses"),
    ]
    browser.open("/me/addresses")
    browser.press("Remove ann@work.example")
    # The removed one too: whoever has taken over an account must not throw its owner out unheard.
    assert sorted(sink_of_notices()[3:]) == [
        (email, "ann@work.example was removed from your account")
        for email in ("ann@example.org", "ann@home.example", "ann@work.example")
    ]
    with transaction() as session:
        carrier = session.scalars(select(OneTimeLink).where(OneTimeLink.email == "ann@work.example")).all()[-1]
        path = f"/verify/{link_token(carrier)}"
    browser.open(path)
    assert browser.status == 410
