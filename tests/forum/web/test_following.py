"""Buttons to follow and mute, tags on pages, and the page of a tag."""

from flask import Flask

from forum.db import db
from forum.groups.models import Role
from forum.posting.outcomes import Published
from forum.threads.following import choice_of_thread, tag_choices
from forum.threads.models import Choice, Post, Thread
from tests.forum.web.browser import Browser
from tests.people import a_group, a_member, post


def a_thread(*args: object) -> Thread:
    outcome = post(*args)  # type: ignore[arg-type]
    assert isinstance(outcome, Published)
    return db.session.get_one(Thread, outcome.thread_id)


def test_a_thread_is_followed_muted_and_neither_with_one_button_each(app: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    thread = a_thread(ann, group)
    browser = Browser(app).sign_in(ann)
    browser.open(f"/t/{thread.public_id}")
    for button, sentence, choice in (
        ("Follow", "You follow this thread.", Choice.FOLLOW),
        ("Stop following", "as you have chosen for the group", None),
        ("Mute", "You have muted this thread", Choice.MUTE),
        ("Get its mail again", "as you have chosen for the group", None),
    ):
        assert sentence in browser.press(button)
        db.session.rollback()
        assert choice_of_thread(ann.id, thread.id) is choice
    assert browser.post(f"/t/{thread.public_id}/choice", choice="perhaps") == 400


def test_tags_are_links_beside_a_subject_that_says_them_no_second_time(app: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    tagged = a_thread(ann, group, "[ECG] Which lead is this? #urgent")
    a_thread(ann, group, "Coffee")
    browser = Browser(app).sign_in(ann)
    for page in ("/", "/g/cardiology", f"/t/{tagged.public_id}"):
        browser.open(page)
        assert ("#ecg", "/g/cardiology/tag/ecg") in browser.links
        assert ("#urgent", "/g/cardiology/tag/urgent") in browser.links
        assert "Which lead is this? #urgent" not in browser.text
        assert "[ECG]" not in browser.body.partition("<body")[2]
    browser.follow("#ecg")
    assert "Which lead is this?" in browser.text
    assert "Coffee" not in browser.text.partition("#ecg")[2].partition("Keys")[0]


def test_a_tag_is_followed_and_muted_on_its_page_and_listed_with_the_choices(app: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    browser = Browser(app).sign_in(ann)
    assert "No thread in Cardiology has this tag" in browser.open("/g/cardiology/tag/ecg")
    assert "You follow this tag" in browser.press("Follow this tag")
    db.session.rollback()
    assert tag_choices(ann.id, group.id) == {"ecg": Choice.FOLLOW}
    browser.open("/my-groups")
    assert "You follow #ecg" in browser.text
    browser.follow("#ecg")
    browser.press("Stop following")
    assert "You have muted this tag" in browser.press("Mute this tag")
    db.session.rollback()
    assert tag_choices(ann.id, group.id) == {"ecg": Choice.MUTE}


def test_a_tag_has_one_address_and_what_is_none_has_none(app: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    browser = Browser(app).sign_in(ann)
    browser.open("/g/cardiology/tag/Journal%20Club")
    assert (browser.status, browser.path) == (200, "/g/cardiology/tag/journal-club")
    browser.open("/g/cardiology/tag/123")
    assert browser.status == 404


def test_a_page_of_a_tag_leads_to_older_threads(app: Flask) -> None:
    group = a_group(quota=None)
    ann = a_member("ann@example.org", "Ann Lee", group)
    for number in range(31):
        a_thread(ann, group, f"Lead {number} #ecg")
    browser = Browser(app).sign_in(ann)
    assert "Lead 30" in browser.open("/g/cardiology/tag/ecg")
    assert "Lead 0" not in browser.text.replace("Lead 30", "")
    assert "Lead 0" in browser.follow("Older threads")


def test_only_moderators_are_offered_to_announce_and_the_announcement_is_special(app: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    moe = a_member("moe@example.org", "Moe Idris", group, role=Role.MODERATOR)
    browser = Browser(app).sign_in(ann)
    assert "special announcement" not in browser.open("/g/cardiology/write")
    browser.post("/g/cardiology/write", subject="The meeting", text="moves", special="yes", act="send")
    browser = Browser(app).sign_in(moe)
    assert "special announcement" in browser.open("/g/cardiology/write")
    browser.press("Send to Cardiology", subject="The meeting", text="has moved", special="yes")
    db.session.rollback()
    posts = db.session.query(Post).order_by(Post.published_no).all()
    assert [(each.special, each.subject) for each in posts] == [
        (False, "The meeting"),
        (True, "[special] The meeting"),
    ]
