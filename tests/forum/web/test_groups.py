"""Home, the tree, and the pages of groups."""

import pytest
from flask import Flask
from sqlalchemy import event

from forum.db import db, transaction
from forum.groups.actions import create_group
from forum.groups.models import JoinPolicy, Kind, Role, Standing
from forum.groups.queries import membership_of
from tests.forum.web.browser import Browser
from tests.people import a_group, a_member, post


def test_home_lists_the_newest_threads_of_my_own_groups_only(app: Flask) -> None:
    cardiology, surgery = a_group(), a_group("surgery", "Surgery")
    ann = a_member("ann@example.org", "Ann Lee", cardiology)
    ben = a_member("ben@example.org", "Ben Okafor", cardiology, surgery)
    post(ben, cardiology, "Locum cover in August", "Who can cover two weeks?")
    post(ben, cardiology, "Echo on call", "Who reads them at night?")
    post(ben, surgery, "Theater times", "Ours begin at seven.")
    text = Browser(app).sign_in(ann).open("/")
    assert text.index("Echo on call") < text.index("Locum cover in August")
    assert "Who can cover two weeks?" in text
    assert "Ben Okafor" in text
    assert "no answer yet" in text
    assert "Theater times" not in text


def test_an_empty_home_says_what_to_do(app: Flask) -> None:
    ann = a_member("ann@example.org", "Ann Lee")
    text = Browser(app).sign_in(ann).open("/")
    assert "Nobody has written in your groups yet" in text
    assert "write the first post" in text


def test_a_thread_is_unread_until_it_was_opened_and_again_after_an_answer(app: Flask) -> None:
    group = a_group()
    ann, ben = a_member("ann@example.org", "Ann Lee", group), a_member("ben@example.org", "Ben", group)
    first = post(ben, group)
    browser = Browser(app).sign_in(ann)
    assert "Unread: Locum cover" in browser.open("/g/cardiology")
    browser.open(_thread_in(browser))
    assert "Unread:" not in browser.open("/g/cardiology")
    post(ben, group, "", "Found somebody.", answers=first.post_id)
    text = browser.open("/g/cardiology")
    assert "Unread: Locum cover" in text
    assert "1 answer" in text


def test_looking_with_head_marks_nothing_as_read(app: Flask) -> None:
    group = a_group()
    ann, ben = a_member("ann@example.org", "Ann Lee", group), a_member("ben@example.org", "Ben", group)
    post(ben, group)
    browser = Browser(app).sign_in(ann)
    browser.open("/g/cardiology")
    assert browser.head(_thread_in(browser)) == 200
    assert "Unread: Locum cover" in browser.open("/g/cardiology")


def test_a_group_page_shows_address_members_and_moderators(app: Flask) -> None:
    group = a_group(description="Clinic, ward and echo lab.")
    ann = a_member("ann@example.org", "Ann Lee", group)
    mod = a_member("mo@example.org", "Mo Dee", group, role=Role.MODERATOR)
    browser = Browser(app).sign_in(ann)
    browser.open("/g/cardiology")
    assert "<title>Cardiology · Banyan</title>" in browser.body
    for words in ("2 members", "cardiology@lists.localhost", "Clinic, ward and echo lab.", "Mo Dee"):
        assert words in browser.body
    assert f'href="/m/{mod.public_id}"' in browser.body
    assert "For moderators" not in browser.body
    assert "For moderators" in _body(Browser(app).sign_in(mod), "/g/cardiology")


def test_an_empty_group_says_its_address_and_what_to_write_first(app: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    text = Browser(app).sign_in(ann).open("/g/cardiology")
    assert "Write the first post here, or by mail to cardiology@lists.localhost" in text


def test_unanswered_shows_only_threads_without_an_answer(app: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    answered = post(ann, group, "Answered", "Question one?")
    post(ann, group, "", "Yes.", answers=answered.post_id)
    post(ann, group, "Still open", "Question two?")
    text = Browser(app).sign_in(ann).open("/g/cardiology?show=unanswered")
    assert "Still open" in text
    assert "Answered" not in text


def test_older_threads_stand_on_the_next_page(app: Flask) -> None:
    group = a_group(quota=None)
    ann = a_member("ann@example.org", "Ann Lee", group)
    for number in range(32):
        post(ann, group, f"Thread {number:02}", "Words.")
    browser = Browser(app).sign_in(ann)
    text = browser.open("/g/cardiology")
    assert "Thread 31" in text
    assert "Thread 01" not in text
    text = browser.follow("Older threads")
    assert "Thread 01" in text
    assert "Thread 31" not in text
    assert "Older threads" not in text
    assert "Thread 31" in browser.follow("Newest")


def test_a_page_that_no_link_leads_to_is_not_found(app: Flask) -> None:
    ann = a_member("ann@example.org", "Ann Lee", a_group())
    browser = Browser(app).sign_in(ann)
    for before in ("x", "-1", "1e3", "9" * 20):
        browser.open(f"/g/cardiology?before={before}")
        assert browser.status == 404


@pytest.mark.parametrize(
    ("policy", "button"),
    [(JoinPolicy.OPEN, "Join Surgery"), (JoinPolicy.REQUEST, "Ask to join Surgery"), (JoinPolicy.INVITE, None)],
)
def test_who_is_not_in_a_group_sees_what_it_is_and_how_to_join(
    app: Flask, policy: JoinPolicy, button: str | None
) -> None:
    group = a_group("surgery", "Surgery", join_policy=policy, description="Theater and ward.")
    ann, ben = a_member("ann@example.org", "Ann Lee"), a_member("ben@example.org", "Ben", group)
    post(ben, group, "A closed matter", "Members only.")
    browser = Browser(app).sign_in(ann)
    text = browser.open("/g/surgery")
    assert "Theater and ward." in text
    assert "A closed matter" not in text
    assert ([button] if button else []) == [each for each in browser.buttons if "oin" in each]
    if button is None:
        assert "by invitation" in text
    assert "Write to Surgery" not in text


def test_after_joining_an_open_group_its_threads_are_there(app: Flask) -> None:
    a_group("surgery", "Surgery", join_policy=JoinPolicy.OPEN)
    browser = Browser(app).sign_in(a_member("ann@example.org", "Ann Lee"))
    browser.open("/g/surgery")
    browser.press("Join Surgery")
    assert "Write to Surgery" in browser.open("/g/surgery")


def test_who_has_asked_to_join_is_told_so_and_not_asked_again(app: Flask) -> None:
    a_group("surgery", "Surgery")
    browser = Browser(app).sign_in(a_member("ann@example.org", "Ann Lee"))
    browser.open("/g/surgery")
    browser.press("Ask to join Surgery")
    assert "You have asked to join" in browser.open("/g/surgery")
    assert "Ask to join Surgery" not in browser.buttons


def test_who_was_banned_cannot_join_again(app: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    with transaction():
        membership_of(ann.id, group.id).standing = Standing.BANNED
    browser = Browser(app).sign_in(ann)
    assert "ended your membership" in browser.open("/g/cardiology")
    assert not [each for each in browser.buttons if "oin" in each]


def test_an_unlisted_group_is_not_found_for_others(app: Flask) -> None:
    a_group("quiet", "Quiet", listed=False)
    browser = Browser(app).sign_in(a_member("ann@example.org", "Ann Lee"))
    browser.open("/g/quiet")
    assert browser.status == 404
    assert "Quiet" not in browser.open("/groups")


def test_the_tree_shows_mine_first_with_what_is_unread(app: Flask) -> None:
    cardiology = a_group()
    a_group("anesthesia", "Anesthesia", description="Theater. And more that is not shown.")
    with transaction():
        echo = create_group("echo", "Echo", parent=db.session.merge(cardiology), kind=Kind.INTEREST)
    ann, ben = a_member("ann@example.org", "Ann Lee", cardiology, echo), a_member("ben@example.org", "Ben", echo)
    post(ben, echo)
    browser = Browser(app).sign_in(ann)
    text = browser.open("/groups")
    assert text.index("Cardiology") < text.index("Echo") < text.index("All groups") < text.index("Anesthesia")
    assert "Echo 1 unread" in text
    assert "Theater" in text
    assert "And more" not in text
    # Echo stands below Cardiology, and that below the community.
    assert '<li class="depth-2"><a href="/g/echo"' in browser.body


def test_static_files_are_kept_by_browsers_until_they_change(app: Flask) -> None:
    browser = Browser(app).sign_in(a_member("ann@example.org", "Ann Lee"))
    browser.open("/")
    path = next(part for part in browser.body.split('"') if part.startswith("/static/style.css?v="))
    answer = browser.fetch(path)
    assert answer.status_code == 200
    assert "immutable" in answer.headers["Cache-Control"]
    answer.close()


def test_nobody_who_is_not_signed_in_sees_a_group(app: Flask) -> None:
    a_group()
    browser = Browser(app)
    for path in ("/", "/groups", "/g/cardiology", "/g/nothing"):
        browser.open(path)
        assert browser.path == "/sign-in"


def test_a_group_page_asks_the_database_equally_often_for_many_threads(app: Flask) -> None:
    group = a_group(quota=None)
    ann, ben = a_member("ann@example.org", "Ann Lee", group), a_member("ben@example.org", "Ben", group)
    browser = Browser(app).sign_in(ann)
    post(ben, group, "Thread", "Words.")
    few = _queries(browser, "/g/cardiology")
    for number in range(25):
        post(ben, group, f"Thread {number}", "Words.")
    assert _queries(browser, "/g/cardiology") == few
    assert few < 20


def _queries(browser: Browser, path: str) -> int:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        browser.open(path)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return len(seen)


def _thread_in(browser: Browser) -> str:
    return next(path for _words, path in browser.links if path.startswith("/t/"))


def _body(browser: Browser, path: str) -> str:
    browser.open(path)
    return browser.body


def test_a_group_does_not_name_an_unlisted_one_above_it(app: Flask) -> None:
    above = a_group("quiet", "Quiet Corner", listed=False)
    with transaction():
        group = create_group("below", "Below", parent=above)
    browser = Browser(app).sign_in(a_member("ann@example.org", "Ann Lee", group))
    browser.open("/g/below")
    assert browser.status == 200
    assert "Quiet Corner" not in browser.body


def test_a_nul_in_an_address_or_a_form_is_no_fault_of_ours(app: Flask) -> None:
    browser = Browser(app).sign_in(a_member("ann@example.org", "Ann Lee"))
    for path, status in (("/g/%00", 404), ("/t/a%00b", 404), ("/search?group=%00", 400)):
        browser.open(path)
        assert browser.status == status, path
    browser.open("/me")
    assert browser.post("/me", name="Ann\0Lee") == 400
