"""My groups, joining and leaving, one-click unsubscribe."""

from flask import Flask
from sqlalchemy import select

from forum.accounts.models import Member
from forum.db import db, transaction
from forum.groups.choices import set_delivery
from forum.groups.joining import NEWCOMER_POSTS
from forum.groups.models import Delivery, Group, JoinPolicy, Membership, Role, Standing
from forum.groups.queries import community, membership_of
from forum.queue import Task
from forum.tokens import Purpose, current_tokens
from tests.forum.web.browser import Browser
from tests.people import a_group, a_member


def belonging(member: Member, group: Group) -> Membership | None:
    db.session.rollback()
    return membership_of(member.id, group.id)


def one_click(member: Member, group: Group) -> str:
    return f"/u/{current_tokens().make(Purpose.LEAVE, member.id, group.id)}"


def test_each_group_has_its_own_choice_of_mail(app: Flask) -> None:
    group, other = a_group(), a_group("locum", "Locum")
    ann = a_member("ann@example.org", "Ann Lee", group, other)
    with transaction():
        set_delivery(membership_of(ann.id, other.id), Delivery.WEEKLY, actor_id=None)
    browser = Browser(app).sign_in(ann)
    browser.open("/my-groups")
    form = next(form for form in browser.forms() if "delivery-cardiology" in form.values)
    assert form.values["delivery-cardiology"] == "single"
    assert form.values["own-cardiology"] == "yes"
    assert form.values["delivery-locum"] == "weekly"
    del form
    browser.press("Save all choices", **{"delivery-cardiology": "digest", "delivery-community": "none"})
    assert "Your choices are saved" in browser.text
    assert [belonging(ann, each).delivery for each in (group, community(), other)] == ["digest", "none", "weekly"]
    assert "Choose one of the ways for Cardiology" in browser.press(
        "Save all choices", **{"delivery-cardiology": "hourly"}
    )
    assert browser.status == 422
    assert belonging(ann, group).delivery is Delivery.DIGEST
    assert belonging(ann, group).own_copy is True
    browser.open("/my-groups")
    browser.post("/my-groups", **{"delivery-cardiology": "digest"})
    assert belonging(ann, group).own_copy is False
    assert belonging(ann, community()).own_copy is True


def test_joining_follows_the_policy_of_the_group(app: Flask) -> None:
    open_group = a_group("open", "Open", join_policy=JoinPolicy.OPEN)
    asked = a_group("asked", "Asked")
    closed = a_group("closed", "Closed", join_policy=JoinPolicy.INVITE)
    hidden = a_group("hidden", "Hidden", listed=False, join_policy=JoinPolicy.OPEN)
    ann = a_member("ann@example.org", "Ann Lee")
    browser = Browser(app).sign_in(ann)
    browser.open("/me")
    assert browser.post("/g/open/join") == 200
    assert browser.path == "/g/open"
    assert belonging(ann, open_group).newcomer_posts == NEWCOMER_POSTS
    browser.open("/me")
    browser.post("/g/asked/join")
    assert "The moderators of Asked have your request" in browser.text
    assert belonging(ann, asked).standing is Standing.PENDING
    browser.post("/g/closed/join")
    assert "by invitation" in browser.text
    assert belonging(ann, closed) is None
    browser.open("/me")
    assert browser.post("/g/hidden/join") == 404
    assert belonging(ann, hidden) is None
    browser.open("/g/asked/leave")
    browser.press("Take the request back")
    assert belonging(ann, asked) is None
    assert "Come back to Asked" not in browser.buttons


def test_leaving_a_group_can_be_undone_for_thirty_days(app: Flask, move_clock) -> None:
    group = a_group(join_policy=JoinPolicy.INVITE, listed=False)
    ann = a_member("ann@example.org", "Ann Lee", group)
    with transaction():
        set_delivery(membership_of(ann.id, group.id), Delivery.DIGEST, actor_id=None)
    browser = Browser(app).sign_in(ann)
    assert "You can undo this for 30 days" in browser.open("/g/cardiology/leave")
    assert belonging(ann, group) is not None
    browser.press("Leave Cardiology")
    assert belonging(ann, group) is None
    browser.press("Come back to Cardiology")
    assert browser.path == "/g/cardiology"
    assert belonging(ann, group).delivery is Delivery.DIGEST
    browser.open("/g/cardiology/leave")
    browser.press("Leave Cardiology")
    move_clock(31 * 24 * 3600)
    assert "Come back to Cardiology" not in browser.open("/my-groups")
    assert browser.post("/g/cardiology/join") == 200
    assert belonging(ann, group) is None


def test_leaving_the_community_leaves_all_and_says_so(app: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    browser = Browser(app).sign_in(ann)
    assert "You leave the whole community and with it 1 group: Cardiology" in browser.open("/g/community/leave")
    browser.press("Leave the community and all groups")
    assert browser.path == "/sign-in"
    assert "You have left Banyan Physicians" in browser.text
    assert belonging(ann, group) is None
    assert belonging(ann, community()) is None
    assert browser.open("/").startswith("Sign in")

    owner = a_member("own@example.org", "Olga Own", group, role=Role.OWNER)
    last = Browser(app).sign_in(owner)
    last.open("/g/cardiology/leave")
    assert "last owner of Cardiology" in last.press("Leave Cardiology")
    assert last.status == 422
    assert belonging(owner, group) is not None


def test_one_click_unsubscribes_without_session_cookie_redirect_or_csrf(app: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    path = one_click(ann, group)
    scanner = app.test_client()
    for method in ("GET", "HEAD", "GET"):
        with app.app_context():
            assert scanner.open(path, method=method).status_code == 200
    assert belonging(ann, group) is not None
    for _ in range(2):
        with app.app_context():
            answer = app.test_client().post(path, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert "No more mail from Cardiology" in answer.text
        assert "Set-Cookie" not in answer.headers
        assert belonging(ann, group) is None
    told = db.session.scalars(select(Task).where(Task.kind == "notice.left")).all()
    assert [(task.target_id, task.other_id) for task in told] == [(ann.id, group.id)]
    with app.app_context():
        multipart = app.test_client().post(
            path, data={"List-Unsubscribe": "One-Click"}, content_type="multipart/form-data"
        )
    assert multipart.status_code == 200


def test_the_unsubscribe_page_has_a_button_and_an_undo_for_who_is_signed_in(app: Flask) -> None:
    group = a_group()
    ann, bob = a_member("ann@example.org", "Ann Lee", group), a_member("bob@example.org", "Bob Ray")
    path = one_click(ann, group)
    browser = Browser(app).sign_in(ann)
    assert "Stop the mail from Cardiology?" in browser.open(path)
    browser.press("Stop the mail from Cardiology")
    assert belonging(ann, group) is None
    assert "Undo" not in Browser(app).sign_in(bob).open(path)
    assert "Sign in within 30 days" in Browser(app).open(path)
    browser.open(path)
    browser.press("Undo: come back to Cardiology")
    assert belonging(ann, group).standing is Standing.ACTIVE


def test_in_the_community_and_for_moderators_one_click_only_stops_the_mail(app: Flask) -> None:
    group = a_group()
    mod = a_member("mod@example.org", "Mo Dee", group, role=Role.MODERATOR)
    for where in (group, community()):
        browser = Browser(app)
        assert "You stay a member" in browser.open(one_click(mod, where))
        browser.press(f"Stop the mail from {where.name}")
        assert "You are still a member" in browser.text
        assert belonging(mod, where).delivery is Delivery.NONE
    assert belonging(mod, group).role is Role.MODERATOR


def test_a_token_that_is_not_ours_or_for_something_else_is_not_found(app: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    good = one_click(ann, group)
    wrong = f"/u/{current_tokens().make(Purpose.REPLY, ann.id, group.id)}"
    for path in (good[:-1], good[:-1] + ("a" if good[-1] != "a" else "b"), wrong, "/u/x", "/u/" + "é" * 20):
        for method in ("GET", "POST"):
            with app.app_context():
                assert app.test_client().open(path, method=method).status_code == 404
    with app.app_context():
        assert app.test_client().post(good.upper().replace("/U/", "/u/")).status_code == 200
    assert belonging(ann, group) is None
