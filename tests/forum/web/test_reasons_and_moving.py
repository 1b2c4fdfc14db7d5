"""Ready reasons on their page and in a decision; a held post moved on its page."""

from flask import Flask

from forum.db import db, transaction
from forum.groups.joining import add_to_group
from forum.groups.models import Moderate, Role
from forum.posting.models import HeldPost, HeldState
from forum.posting.outcomes import Held
from forum.posting.resubmit import resubmit
from tests.forum.web.browser import Browser
from tests.people import a_group, a_member, post


def test_a_ready_reason_is_written_chosen_and_sent_and_a_post_is_moved(app: Flask) -> None:
    group, er = a_group(moderate=Moderate.ALL), a_group("er", "ER", moderate=Moderate.ALL)
    ann = a_member("ann@example.org", "Ann Lee", group, er)
    mod = a_member("mod@example.org", "Mo Dee", group, role=Role.MODERATOR)
    with transaction():
        add_to_group(mod, er)
    rows = []
    for subject in ("One", "Two"):
        outcome = post(ann, group, subject, f"About {subject}.")
        assert isinstance(outcome, Held)
        rows.append(db.session.get_one(HeldPost, outcome.held_id))
    browser = Browser(app).sign_in(mod)
    browser.open("/g/cardiology/reasons")
    assert "has none of its own yet" in browser.text
    assert "Write the words" in browser.press("Add this reason", name="off-topic", words=" ")
    browser.press("Add this reason", name="off-topic", words="Hearts only.")
    browser.press("Keep the change", name="off-topic", words="This room is for hearts.")
    browser.open(f"/held/{rows[0].public_id}")
    browser.press("Return to be changed", ready="off-topic", reason="")
    browser.open(f"/held/{rows[1].public_id}")
    with transaction():
        resubmit(rows[1], "Other words.")
    browser.follow("Move it to another group")
    assert "The author has changed the post" in browser.press("Move it", place="er")
    browser.open(f"/held/{rows[1].public_id}")
    browser.follow("Move it to another group")
    browser.press("Move it", place="er", reason="About shifts.")
    assert "It waits for a moderator of ER now." in browser.text
    assert browser.open(f"/held/{rows[1].public_id}/move")
    assert browser.status == 404
    for row in rows:
        db.session.refresh(row)
    assert (rows[0].state, rows[0].reason) == (HeldState.RETURNED, "This room is for hearts.")
    assert (rows[1].state, rows[1].group_id) == (HeldState.WAITING, er.id)
    browser.open("/g/cardiology/reasons")
    assert "is offered no more" in browser.press("Remove this reason")
