"""Invitations as the domain keeps them; the pages have their own tests."""

import pytest
from flask import Flask

from forum.accounts.emails import BadAddress
from forum.db import transaction
from forum.groups import invitations
from forum.groups.actions import NotPossible
from forum.groups.invitations import (
    accept_invitation,
    invitation_by_token,
    invitation_token,
    invite,
    withdraw_invitation,
)
from forum.groups.queries import community, membership_of, open_invitations
from tests.people import a_group, a_member


def test_one_open_invitation_for_each_address_and_group(core: Flask) -> None:
    group = a_group()
    mod = a_member("mod@example.org", "Mo Dee", group)
    with transaction():
        first = invite(mod.id, group, "Eve@example.org", " Eve\n Fox ")
        invite(mod.id, community(), "eve@example.org")
    assert first.name == "Eve Fox"
    for email, sort, words in (
        ("eve@EXAMPLE.org", NotPossible, "already"),
        ("mod+x@example.org", NotPossible, "belongs to"),
        ("nonsense", BadAddress, "not a mail address"),
    ):
        with transaction(), pytest.raises(sort, match=words):
            invite(mod.id, group, email)
    with transaction():
        withdraw_invitation(first, actor_id=mod.id)
        invite(mod.id, group, "eve@example.org")
    assert len(open_invitations(group.id)) == 1
    assert invitation_by_token(invitation_token(first)) is None


def test_an_invitation_is_accepted_once(core: Flask) -> None:
    group = a_group()
    mod = a_member("mod@example.org", "Mo Dee", group)
    with transaction():
        invitation = invite(mod.id, group, "eve@example.org", "Eve")
    with transaction():
        eve = accept_invitation(invitation, "Eve Fox")
    with transaction(), pytest.raises(NotPossible, match="used or withdrawn"):
        accept_invitation(invitation, "Mallory")
    assert (eve.name, eve.addresses[0].email) == ("Eve Fox", "eve@example.org")
    for where in (group, community()):
        membership = membership_of(eve.id, where.id)
        assert membership is not None
        assert membership.newcomer_posts == 3


def test_nobody_sends_invitations_without_end(core: Flask, monkeypatch: pytest.MonkeyPatch, move_clock) -> None:
    monkeypatch.setattr(invitations, "INVITATIONS_A_DAY", 3)
    group = a_group()
    mod, other = a_member("mod@example.org", "Mo Dee", group), a_member("mo2@example.org", "Mo Two", group)
    with transaction():
        for number in range(3):
            invite(mod.id, group, f"e{number}@example.org")
        with pytest.raises(NotPossible, match="Send the next ones tomorrow"):
            invite(mod.id, group, "e4@example.org")
        invite(other.id, group, "e4@example.org")
    move_clock(25 * 3600)
    with transaction():
        invite(mod.id, group, "e5@example.org")
