"""Pages where a thread has gone, where a group was merged back, and where only moderators write."""

from flask import Flask
from sqlalchemy import select

from forum.clock import now
from forum.db import db, transaction
from forum.groups.actions import create_group
from forum.groups.joining import add_to_group
from forum.groups.leaving import leave
from forum.groups.models import Group, JoinPolicy, Kind, Role
from forum.posting.models import HeldPost, HeldState
from forum.splitting.readership.moves import take_along
from forum.threads.models import Post, Thread
from tests.forum.web.browser import Browser
from tests.people import a_group, a_member, post


def a_child(parent: Group, *, listed: bool = True, join_policy: JoinPolicy = JoinPolicy.REQUEST) -> Group:
    with transaction():
        return create_group("echo", "Echo", parent=parent, kind=Kind.INTEREST, listed=listed, join_policy=join_policy)


def move(to: Group) -> None:
    with transaction():
        thread_id = db.session.scalars(select(Thread.id)).one()
        assert take_along([thread_id], db.session.get_one(Group, to.id), actor_id=None).moved == {thread_id}


def test_what_was_being_written_while_a_thread_moved_waits_or_is_shown_again_and_never_lost(app: Flask) -> None:
    parent = a_group()
    child = a_child(parent)
    ann, bea = a_member("ann@example.org", "Ann Lee", parent, child), a_member("bea@example.org", "Bea Diaz", parent)
    cal = a_member("cal@example.org", "Cal Okafor", parent)
    post(ann, parent)
    path = f"/t/{db.session.scalars(select(Thread)).one().public_id}"
    browsers = [Browser(app).sign_in(each) for each in (bea, cal)]
    for browser in browsers:
        browser.open(path)
    move(child)
    waits = browsers[0].press("Send to Cardiology", text="I can cover.")
    assert "This thread is in Echo now. Join that group, and your answer goes out." in waits
    assert "Go to where you can join" in waits
    held = db.session.scalars(select(HeldPost)).one()
    assert (held.group_id, held.state) == (child.id, HeldState.WAITING)
    with transaction():
        db.session.get_one(Group, child.id).listed = False
    lost = browsers[1].press("Send to Cardiology", text="So can I.")
    assert "This thread takes no more answers." in lost
    assert "So can I." in browsers[1].body
    assert "Echo" not in lost
    assert len(db.session.scalars(select(Post)).all()) == 1


def test_who_was_removed_or_needs_an_invitation_finds_no_open_door(app: Flask) -> None:
    parent = a_group()
    child = a_child(parent, join_policy=JoinPolicy.INVITE)
    ann, bea = a_member("ann@example.org", "Ann Lee", parent, child), a_member("bea@example.org", "Bea Diaz", parent)
    post(ann, parent)
    path = f"/t/{db.session.scalars(select(Thread)).one().public_id}"
    move(child)
    browser = Browser(app).sign_in(bea)
    assert "Members come to Echo by invitation." in browser.open(path)
    browser.post(f"{path}/come-along")
    assert "Who can cover" not in browser.open(path)
    with transaction():
        db.session.get_one(Group, child.id).join_policy = JoinPolicy.REQUEST
        member, group = db.session.merge(bea), db.session.merge(child)
        add_to_group(member, group)
        leave(member, group, actor_id=ann.id, why="removed by a moderator")
    browser.open(path)
    browser.press("Ask to join Echo")
    assert "You have asked to join Echo." in browser.text
    assert "Who can cover" not in browser.text


def test_the_page_of_a_closed_group_leads_to_what_it_became_and_it_stands_nowhere_else(app: Flask) -> None:
    parent = a_group()
    child = a_child(parent)
    bea, outsider = a_member("bea@example.org", "Bea Diaz", parent), a_member("out@example.org", "Out")
    with transaction():
        group = db.session.get_one(Group, child.id)
        group.closed_at, group.became_id = now(), parent.id
    browser = Browser(app).sign_in(bea)
    browser.open("/g/echo")
    assert browser.path == "/g/cardiology"
    browser.open("/g/echo/write")
    assert "Cardiology" in browser.text
    assert "Echo" not in browser.open("/groups")
    assert browser.open("/search?q=&group=echo").count("Echo") == 0
    with transaction():
        db.session.get_one(Group, child.id).listed = False
    looking = Browser(app).sign_in(outsider)
    looking.open("/g/echo")
    assert looking.status == 404


def test_on_a_notice_board_only_moderators_write_and_members_read_where_they_can(app: Flask) -> None:
    parent = a_group(announce_only=True)
    child = a_child(parent)
    mod = a_member("mod@example.org", "Mo Silva", parent, role=Role.MODERATOR)
    bea = a_member("bea@example.org", "Bea Diaz", parent, child)
    post(mod, parent, "Elections", "On Monday.")
    thread = db.session.scalars(select(Thread)).one()
    browser = Browser(app).sign_in(bea)
    for page in ("/g/cardiology", f"/t/{thread.public_id}", "/g/cardiology/write"):
        assert "Only moderators write in Cardiology. You can write in Echo" in browser.open(page)
    browser.open("/my-groups")
    refused = browser.post(f"/t/{thread.public_id}/reply", text="May I?", act="send")
    assert refused == 422
    assert "Only moderators write in Cardiology now. Send your answer to Echo." in browser.text
    assert len(db.session.scalars(select(Post)).all()) == 1
    answering = Browser(app).sign_in(mod)
    answering.open(f"/t/{thread.public_id}")
    answering.press("Send to Cardiology", text="Doors open at nine.")
    assert len(db.session.scalars(select(Post)).all()) == 2
