"""What moderators do on pages besides a single decision: many at once, trust, edits, brakes, the rota, settings."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from forum.clock import now
from forum.db import db, transaction
from forum.groups.models import Group, HeldNotices, MailContent, Moderate, OneClick, Role
from forum.groups.queries import community, membership_of
from forum.moderation.duty import turns_of
from forum.posting.models import HeldPost, HeldState
from forum.posting.outcomes import Held, Published
from forum.threads.models import Post, Thread
from tests.forum.web.browser import Browser
from tests.people import a_group, a_member, post


def held_posts(author, group: Group, *subjects: str) -> list[HeldPost]:
    outcomes = [post(author, group, subject, f"About {subject}.") for subject in subjects]
    assert all(isinstance(each, Held) for each in outcomes)
    return [db.session.get_one(HeldPost, each.held_id) for each in outcomes if isinstance(each, Held)]


def test_many_are_decided_at_once_and_late_ones_are_counted(app: Flask) -> None:
    group = a_group(moderate=Moderate.ALL, quota=None)
    ann = a_member("ann@example.org", "Ann Lee", group)
    mod = a_member("mod@example.org", "Mo Dee", group, role=Role.MODERATOR)
    rows = held_posts(ann, group, "One", "Two", "Three")
    browser, late = Browser(app).sign_in(mod), Browser(app).sign_in(mod)
    late.open("/held")
    browser.open("/held")
    assert "Choose One" in browser.text
    browser.press("Reject the chosen", held=rows[1].public_id)
    assert "write a reason" in browser.text
    browser.press("Reject the chosen", held=rows[1].public_id, reason="Twice.")
    assert "1 rejected." in browser.text
    late.press("Approve the chosen", held=rows[1].public_id)
    assert "Left as before: 1" in late.text
    for row in rows:
        db.session.refresh(row)
    assert [row.state for row in rows] == [HeldState.WAITING, HeldState.REJECTED, HeldState.WAITING]


def test_trust_edit_and_all_of_an_author_have_their_buttons(app: Flask) -> None:
    group = a_group(moderate=Moderate.ALL, quota=None)
    ann = a_member("ann@example.org", "Ann Lee", group)
    mod = a_member("mod@example.org", "Mo Dee", group, role=Role.MODERATOR)
    one, two, three = held_posts(ann, group, "One", "Two", "Three")
    browser = Browser(app).sign_in(mod)
    browser.open(f"/held/{one.public_id}")
    browser.press("I am looking at it")
    assert "Mo Dee is looking at it." in browser.text
    browser.press("Approve with this text", text="With other words.")
    assert "is now in Cardiology" in browser.text
    browser.open(f"/held/{one.public_id}")
    assert "As the author wrote it About One." in browser.text
    browser.open(f"/held/{two.public_id}")
    browser.press("Approve and trust Ann Lee")
    own = membership_of(ann.id, group.id)
    assert own is not None
    db.session.refresh(own)
    assert own.trusted
    assert isinstance(post(ann, group, "Four"), Published)
    browser.open(f"/g/cardiology/members/{ann.public_id}")
    browser.press("No longer trust Ann Lee")
    db.session.refresh(own)
    assert not own.trusted
    (five,) = held_posts(ann, group, "Five")
    browser.open(f"/held/{five.public_id}")
    browser.press("Approve all 2 of Ann Lee")
    db.session.refresh(five)
    assert (five.state, three.state) == (HeldState.APPROVED, HeldState.WAITING)


def test_a_thread_and_a_group_are_braked_and_released(app: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    mod = a_member("mod@example.org", "Mo Dee", group, role=Role.MODERATOR)
    begun = post(ann, group)
    assert isinstance(begun, Published)
    thread = db.session.get_one(Thread, begun.thread_id)
    browser, reader = Browser(app).sign_in(mod), Browser(app).sign_in(ann)
    assert "Moderate this thread" not in reader.open(f"/t/{thread.public_id}")
    assert reader.post(f"/t/{thread.public_id}/brake", act="hold") == 404
    browser.open(f"/t/{thread.public_id}")
    browser.press("Slow it down", minutes="0")
    assert "from 1 to 10080" in browser.text
    browser.press("Slow it down", minutes="15")
    assert "at most once in 15 minutes" in browser.text
    browser.press("Read every answer first", minutes="15")
    db.session.refresh(thread)
    assert (thread.slow_seconds, thread.moderated_at is not None) == (900, True)
    browser.press("Back to normal", minutes="15")
    db.session.refresh(thread)
    assert (thread.slow_seconds, thread.moderated_at) == (None, None)
    assert "Nothing has changed: Write a day" in browser.press("Lock: nobody answers", until="soon")
    browser.press("Lock: nobody answers", lasts="week", reason="All has been said.")
    reader.open(f"/t/{thread.public_id}")
    assert "All has been said. Begin a new one" in reader.text
    assert "Your reply" not in reader.text
    browser.press("Unlock: open to answers")
    assert "Your reply" in reader.open(f"/t/{thread.public_id}")

    browser.open("/g/cardiology/held")
    browser.press("Hold every post")
    assert "Every post to Cardiology waits for a moderator." in browser.text
    held_posts(ann, group, "In the storm")
    browser.press("Release the group")
    db.session.refresh(group)
    assert group.emergency_since is None


def test_a_moderator_chooses_how_to_hear_and_an_owner_makes_the_rota(app: Flask) -> None:
    group = a_group()
    mod = a_member("mod@example.org", "Mo Dee", group, role=Role.MODERATOR)
    owner = a_member("olga@example.org", "Olga Ott", group, role=Role.OWNER)
    browser, boss = Browser(app).sign_in(mod), Browser(app).sign_in(owner)
    browser.open("/g/cardiology/held")
    browser.press("Keep this choice", notices="summary")
    own = membership_of(mod.id, group.id)
    assert own is not None
    db.session.refresh(own)
    assert own.held_notices is HeldNotices.SUMMARY

    browser.open("/g/cardiology/duty")
    assert "Put on the rota" not in browser.buttons
    boss.open("/g/cardiology/duty")
    boss.press("Put on the rota", who=mod.public_id, starts="2020-01-01T08:00", ends="2020-01-02T08:00")
    assert "ends in the future" in boss.text
    ends = now() + timedelta(days=3)
    boss.press("Put on the rota", who=mod.public_id, starts=f"{now():%Y-%m-%dT%H:%M}", ends=f"{ends:%Y-%m-%dT%H:%M}")
    assert "Mo Dee is on the rota." in boss.text
    assert [turn.member_id for turn in turns_of(group.id)] == [mod.id]
    boss.press("Take off the rota")
    assert not turns_of(group.id)


def test_settings_of_mail_and_moderating_are_on_the_page(app: Flask) -> None:
    group = a_group()
    owner = a_member("olga@example.org", "Olga Ott", group, role=Role.OWNER)
    browser = Browser(app).sign_in(owner)
    browser.open("/g/cardiology/settings")
    assert "One-click unsubscribe" not in browser.text
    browser.press("Save the settings", decide_within_days="1")
    assert "from 2 to 365" in browser.text
    browser.press(
        "Save the settings",
        decide_within_days="7",
        mail_content="link",
        moderators_obey="yes",
        strangers="refuse",
        reply_to="author",
    )
    db.session.refresh(group)
    chosen = (group.decide_within_days, group.mail_content, group.moderators_obey, group.strangers, group.reply_to)
    assert chosen == (7, MailContent.LINK, True, "refuse", "author")
    with transaction():
        found = membership_of(owner.id, community().id)
        assert found is not None
        found.role = Role.OWNER
    browser.open("/g/community/settings")
    browser.press("Save the settings", one_click="stop")
    root = community()
    db.session.refresh(root)
    assert root.one_click is OneClick.STOP
    assert not db.session.scalars(select(Post)).all()
