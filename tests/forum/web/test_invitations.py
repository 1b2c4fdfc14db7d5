"""Invitations: sending, repeating, withdrawing, accepting."""

from flask import Flask
from sqlalchemy import select

from forum.accounts.actions import add_placeholder, attach_placeholder_address
from forum.accounts.queries import member_by_email
from forum.db import db, transaction
from forum.groups.invitations import invitation_token, invite
from forum.groups.models import Group, Invitation, Role, Standing
from forum.groups.queries import community, membership_of
from forum.groups.standing import set_standing
from forum.queue import Task
from tests.forum.web.browser import Browser
from tests.people import a_group, a_member


def invited(group: Group, email: str, inviter_id: int) -> str:
    with transaction():
        return f"/invitation/{invitation_token(invite(inviter_id, group, email))}"


def test_a_moderator_invites_sends_again_and_withdraws(app: Flask, move_clock) -> None:
    group = a_group()
    a_member("bob@example.org", "Bob Ray", group)
    moderator = a_member("mod@example.org", "Mo Dee", group, role=Role.MODERATOR)
    browser = Browser(app).sign_in(moderator)
    browser.open("/g/cardiology/invitations")
    assert "is not a mail address" in browser.press("Send the invitation", email="eve at x", name="Eve Fox")
    assert browser.status == 422
    assert 'value="Eve Fox"' in browser.body
    assert "belongs to Cardiology already" in browser.press("Send the invitation", email="bob@example.org")
    browser.press("Send the invitation", email="eve@example.org", name="Eve Fox")
    assert browser.status == 200
    assert "eve@example.org Eve Fox Mo Dee, sent just now" in browser.text
    assert "has an invitation" in browser.press("Send the invitation", email="Eve@example.org")
    browser.open("/g/cardiology/invitations")
    assert "less than five minutes ago" in browser.press("Send again")

    invitation = db.session.scalars(select(Invitation)).one()
    token = f"/invitation/{invitation_token(invitation)}"
    move_clock(15 * 24 * 3600)
    assert "no longer works" in Browser(app).open(token)
    browser.open("/g/cardiology/invitations")
    assert "too old: send it again" in browser.text
    browser.press("Send again")
    assert "invites you to Cardiology" in Browser(app).open(token)
    assert len(db.session.scalars(select(Task).where(Task.kind == "notice.invitation")).all()) == 2
    browser.press("Withdraw")
    assert "eve@example.org" not in browser.open("/g/cardiology/invitations")
    gone = Browser(app)
    gone.open(token)
    assert gone.status == 410


def test_only_moderators_invite_unless_the_settings_say_members(app: Flask, settings) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    moderator = a_member("mod@example.org", "Mo Dee", group, role=Role.MODERATOR)
    invited(group, "secret@example.org", moderator.id)
    browser = Browser(app).sign_in(ann)
    browser.open("/g/cardiology/invitations")
    assert browser.status == 404
    app.extensions["banyan_settings"] = settings.model_copy(update={"invitations": "members"})
    assert "secret@example.org" not in browser.open("/g/cardiology/invitations")
    browser.press("Send the invitation", email="eve@example.org")
    assert "eve@example.org" in browser.text
    theirs = db.session.scalars(select(Invitation).where(Invitation.email == "secret@example.org")).one()
    assert browser.post(f"/g/cardiology/invitations/{theirs.public_id}/withdraw") == 404
    outsider = Browser(app).sign_in(a_member("out@example.org", "Otto Out"))
    outsider.open("/g/cardiology/invitations")
    assert outsider.status == 404


def test_somebody_new_joins_by_one_button_and_is_signed_in(app: Flask) -> None:
    group = a_group(listed=False)
    moderator = a_member("mod@example.org", "Mo Dee", group, role=Role.MODERATOR)
    path = invited(group, "eve@example.org", moderator.id)
    scanner, late = Browser(app), Browser(app)
    for browser in (scanner, late):
        assert "Mo Dee invites you to Cardiology" in browser.open(path)
    assert member_by_email("eve@example.org") is None
    eve = Browser(app)
    eve.open(path)
    assert "Write your name" in eve.press("Join Cardiology", name=" ")
    assert eve.status == 422
    eve.press("Join Cardiology", name="Eve Fox")
    assert eve.path == "/g/cardiology"
    assert "You are now a member of Cardiology." in eve.text
    member = member_by_email("eve@example.org")
    assert member is not None
    membership = membership_of(member.id, group.id)
    assert membership is not None
    assert membership.newcomer_posts == 3
    late.press("Join Cardiology", name="Mallory")
    assert late.status == 410


def test_a_member_joins_as_who_is_signed_in_or_signs_in_afterwards(app: Flask) -> None:
    group, other = a_group(), a_group("locum", "Locum")
    moderator = a_member("mod@example.org", "Mo Dee", group, role=Role.MODERATOR)
    ann, bob = a_member("ann@example.org", "Ann Lee"), a_member("bob@example.org", "Bob Ray")
    here = Browser(app).sign_in(ann)
    here.open(invited(group, "ann.at.work@example.org", moderator.id))
    here.press("Join as Ann Lee")
    assert here.path == "/g/cardiology"
    assert membership_of(ann.id, group.id) is not None

    # An invitation lives long and is passed on: it lets nobody into an account that exists.
    away = Browser(app)
    away.open(invited(other, "bob@example.org", moderator.id))
    away.press("Join as Bob Ray")
    assert away.path == "/sign-in"
    assert membership_of(bob.id, other.id) is not None


def test_an_imported_author_comes_alive_by_accepting(app: Flask) -> None:
    moderator = a_member("mod@example.org", "Mo Dee", role=Role.MODERATOR)
    with transaction():
        old = add_placeholder("O. Author")
        attach_placeholder_address(old, "old@example.org")
    browser = Browser(app)
    browser.open(invited(community(), "old@example.org", moderator.id))
    browser.press("Join Banyan Physicians", name="Olga Author")
    assert browser.path == "/g/community"
    db.session.refresh(old)
    assert (old.placeholder, old.name) == (False, "Olga Author")


def test_an_invitation_is_no_way_round_a_ban(app: Flask) -> None:
    group, other = a_group(), a_group("locum", "Locum")
    moderator = a_member("mod@example.org", "Mo Dee", role=Role.MODERATOR)
    ann, bob = a_member("ann@example.org", "Ann Lee", group), a_member("bob@example.org", "Bob Ray")
    away, here = invited(other, "bob@example.org", moderator.id), invited(group, "new@example.org", moderator.id)
    with transaction():
        for member, where in ((ann, group), (bob, community())):
            membership = membership_of(member.id, where.id)
            assert membership is not None
            set_standing(membership, Standing.BANNED, actor_id=None)
    browser = Browser(app)
    browser.open(away)
    assert "no standing" in browser.press("Join as Bob Ray")
    assert browser.status == 422
    signed_in = Browser(app).sign_in(ann)
    signed_in.open(here)
    assert "has ended your membership in Cardiology" in signed_in.press("Join as Ann Lee")
    assert "Ann Lee" in signed_in.open(here)
