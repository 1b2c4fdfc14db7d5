"""Why mail to a member fails, as moderators see it, and removing somebody from the community for good."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from forum.accounts.models import BounceNote, PauseReason
from forum.accounts.pausing import pause
from forum.accounts.queries import address_by_email
from forum.clock import now
from forum.db import db, transaction
from forum.groups.models import Role
from forum.groups.queries import community, membership_of
from forum.log import LogEntry
from tests.forum.web.browser import Browser
from tests.people import a_group, a_member


def test_moderators_see_why_mail_to_a_member_fails_and_since_when(app: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    browser = Browser(app).sign_in(a_member("mo@example.org", "Mo Dee", group, role=Role.MODERATOR))
    path = f"/g/cardiology/members/{ann.public_id}"
    assert "Mail to" not in browser.open(path)
    address = address_by_email("ann@example.org")
    assert address is not None
    days = [now() - timedelta(days=days) for days in (40, 3, 2)]
    with transaction() as session:
        for klass, moments in (("dead", days), ("dmarc", days[2:]), ("transient", days)):
            session.add_all([BounceNote(address_id=address.id, klass=klass, at=moment) for moment in moments])
    shown = browser.open(path)
    first, last = (f"{moment.day} {moment:%B %Y}" for moment in days[1:])
    assert "Mail to ann@example.org has come back, and we go on sending it." in shown
    assert f"The address does not exist: on 2 days from {first} to {last}" in shown
    assert f"our own domain was not proven to it (DMARC): on {last}" in shown
    assert "late" not in shown
    with transaction():
        pause(address, PauseReason.BOUNCES, why="reported dead on 3 days")
    assert "is paused since" in browser.open(path)
    assert "ask for a new address" in browser.text
    with transaction():
        pause(address, PauseReason.COMPLAINT, why="a complaint")
    assert "reported as unwanted. Only Ann Lee can end that" in browser.open(path)


def test_an_owner_of_the_community_removes_somebody_for_good_after_being_asked_once_more(app: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    mod = a_member("mo@example.org", "Mo Dee", community(), role=Role.MODERATOR)
    owner = a_member("olga@example.org", "Olga Own", community(), role=Role.OWNER)
    path = f"/m/{ann.public_id}/remove"
    for_mod, browser = Browser(app).sign_in(mod), Browser(app).sign_in(owner)
    assert "for good" not in for_mod.open(f"/g/community/members/{ann.public_id}")
    assert for_mod.post(path, reason="x", sure="yes") == 404
    browser.open(f"/g/cardiology/members/{ann.public_id}")
    browser.follow("Remove from the community for good, with no more mail to any address")
    assert "leaves the community and 1 group at once" in browser.text
    assert "Tick this to remove" in browser.press("Remove Ann Lee", reason="Has died.")
    assert "Write a reason" in browser.press("Remove Ann Lee", reason="", sure="yes")
    assert membership_of(ann.id, group.id) is not None
    assert "Ann Lee is removed from the community" in browser.press("Remove Ann Lee", reason="Has died.", sure="yes")
    assert membership_of(ann.id, community().id) is None
    address = address_by_email("ann@example.org")
    assert address is not None
    assert address.pause_reason is PauseReason.REMOVED
    entry = db.session.scalars(select(LogEntry).where(LogEntry.act == "remove for good")).one()
    assert (entry.object_id, entry.actor_id, entry.why) == (ann.id, owner.id, "Has died.")
    assert entry.undo == "banyan member add"
    browser.open(path)
    assert browser.status == 404
    browser.open(f"/m/{owner.public_id}/remove")
    assert browser.status == 404
