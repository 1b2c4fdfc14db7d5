"""Answering one member alone on the web, and the end of it: the page behind a mail's link, the list of the blocked."""

import re
from email import message_from_bytes
from email.policy import default

import pytest
from sqlalchemy import select

from forum.db import db, transaction
from forum.private.actions import block
from forum.private.models import Block, PrivateAnswer
from forum.private.queries import token_of
from forum.threads.models import Post
from tests.forum.web.browser import Browser
from tests.gateway import a_mail
from tests.people import a_group, a_member, post
from tests.site import plain_log, settings, sink, site

__all__ = ["plain_log", "settings", "sink", "site"]


@pytest.fixture
def people():
    """Ann has written to Cardiology; Bea reads it."""
    group = a_group()
    ann, bea = a_member("ann@example.org", "Ann Lee", group), a_member("bea@example.org", "Bea Okafor", group)
    post(ann, group)
    return group, ann, bea


def answers() -> list[PrivateAnswer]:
    db.session.rollback()
    return list(db.session.scalars(select(PrivateAnswer).order_by(PrivateAnswer.id)))


def an_answer(core, bea, text: str = "Only for you.") -> Browser:
    browser = Browser(core).sign_in(bea)
    browser.open(f"/t/{db.session.scalars(select(Post)).one().thread.public_id}")
    browser.follow("Reply only to Ann Lee")
    browser.press("Send to Ann Lee alone", text=text)
    return browser


def test_a_private_answer_of_the_web_goes_the_same_road_as_one_by_mail(site, people) -> None:
    _, ann, bea = people
    browser = an_answer(site.core, bea)
    assert "Sent to Ann Lee alone." in browser.text
    assert "Only for you." not in browser.text
    site.work()
    [received] = [each for each in site.mailed("ann@example.org") if b"Only you got this" in each.content]
    assert b"bea@example.org" not in received.content
    mail = message_from_bytes(received.content, policy=default)
    assert mail["Subject"] == "Re: [Cardiology] Locum cover in August"
    assert mail["In-Reply-To"] == db.session.scalars(select(Post)).one().message_id
    # And by mail back to Bea.
    target = mail["From"].addresses[0].addr_spec
    site.hand_in(
        a_mail("ann@example.org", target, mail["Subject"], "Thank you.", In_Reply_To=mail["Message-ID"]), target
    )
    site.work()
    assert [(each.sender_id, each.recipient_id) for each in answers()] == [(bea.id, ann.id), (ann.id, bea.id)]
    assert answers()[1].answers_id == answers()[0].id


def test_a_double_click_sends_once_and_an_empty_form_nothing(app, people) -> None:
    _, _, bea = people
    public_id = db.session.scalars(select(Post)).one().public_id
    browser = Browser(app).sign_in(bea)
    browser.open(f"/p/{public_id}/private")
    browser.press("Send to Ann Lee alone", text=" ")
    assert "Write your answer first." in browser.text
    token = next(form.values["token"] for form in browser.forms() if "token" in form.values)
    for _ in range(2):
        assert browser.post(f"/p/{public_id}/private", token=token, text="Only for you.") == 200
    assert len(answers()) == 1


def test_what_cannot_be_delivered_is_said_and_the_words_stay_in_the_form(app, people) -> None:
    _, ann, bea = people
    with transaction():
        block(ann.id, bea.id)
    browser = an_answer(app, bea, "Please unblock me.")
    assert browser.status == 422
    assert "gets no private answers from you" in browser.text
    assert "Please unblock me." in browser.text
    assert answers() == []


def test_nobody_is_offered_an_answer_to_oneself(app, people) -> None:
    _, ann, _ = people
    browser = Browser(app).sign_in(ann)
    written = db.session.scalars(select(Post)).one()
    browser.open(f"/t/{written.thread.public_id}")
    assert "Reply only to Ann Lee" not in browser.text
    browser.open(f"/p/{written.public_id}/private")
    assert browser.path.startswith("/t/")


def test_the_link_in_a_mail_blocks_and_reports_without_a_session_and_looking_does_nothing(app, people) -> None:
    _, ann, bea = people
    an_answer(app, bea)
    [answer] = answers()
    path = f"/private/{token_of(answer)}"
    scanner = Browser(app)
    scanner.open(path)
    scanner.head(path)
    assert db.session.scalars(select(Block)).all() == []
    assert re.search(r"The moderators then read this answer, with its text", scanner.open(path))
    scanner.press("Report to the moderators")
    assert "The moderators get it." in scanner.text
    assert answers()[0].reported_at is not None
    scanner.press("Block Bea Okafor")
    assert "is blocked" in scanner.text
    assert "Block Bea Okafor" not in scanner.buttons
    [row] = db.session.scalars(select(Block)).all()
    assert (row.member_id, row.blocked_id) == (ann.id, bea.id)
    assert Browser(app).open("/private/aaaaaaaaaaaaaaaaaaaaaaaa").startswith("There is no such page")


def test_the_blocked_stand_in_a_list_with_a_way_back(app, people) -> None:
    _, ann, bea = people
    with transaction():
        block(ann.id, bea.id)
    browser = Browser(app).sign_in(ann)
    browser.open("/me")
    browser.follow("People you have blocked")
    assert "Bea Okafor" in browser.text
    browser.press("Unblock Bea Okafor")
    assert "Bea Okafor can write to you privately again." in browser.text
    assert "You have blocked nobody" in browser.text
    assert db.session.scalars(select(Block)).all() == []
