"""Members and their addresses."""

import pytest
from flask import Flask
from sqlalchemy import select

from forum.accounts.actions import (
    AddressTaken,
    add_member,
    add_placeholder,
    attach_placeholder_address,
    change_profile,
    choose_primary,
    confirm_address,
    remove_address,
    request_address,
)
from forum.accounts.models import LinkPurpose, OneTimeLink
from forum.accounts.queries import address_by_email, member_by_email, names_by_email, primary_address
from forum.accounts.sign_in import make_link
from forum.db import db, transaction
from tests.people import a_member


def test_a_member_is_found_under_each_spelling_and_never_made_twice(core: Flask) -> None:
    ann = a_member("Ann@Example.org", "  Ann\u200b \n Lee ")
    assert ann.name == "Ann Lee"
    for spelling in ("ann@example.org", "ANN@EXAMPLE.ORG", "ann+travel@example.org"):
        assert member_by_email(spelling) == ann
    for other in ("anna@example.org", "ann@example.com", "not an address"):
        assert member_by_email(other) is None
    with transaction(), pytest.raises(AddressTaken, match="belongs to a member already"):
        add_member("ann+x@example.org", "Ann again", why="test")
    assert names_by_email(["ANN@example.org", "x@y.z"]) == {"ann@example.org": "Ann Lee"}


def test_a_plus_tag_that_two_people_share_is_neither_of_them(core: Flask) -> None:
    ann = a_member("team+ann@example.org", "Ann Lee")
    assert member_by_email("team@example.org") == ann
    with transaction():
        bob = add_placeholder("Bob Ray")
        attach_placeholder_address(bob, "team+bob@example.org")
    assert member_by_email("team+bob@example.org") == bob
    assert address_by_email("team@example.org") is None


def test_mail_goes_to_one_address_and_that_one_cannot_be_removed(core: Flask) -> None:
    ann, bob = a_member("ann@example.org", "Ann Lee"), a_member("bob@example.org", "Bob Ray")
    with transaction():
        second = confirm_address(make_link(ann, LinkPurpose.VERIFY_ADDRESS, "ann@work.example"))
    first = primary_address(ann.id)
    assert first is not None
    assert first.email == "ann@example.org"
    for taken in (first.id, bob.addresses[0].id):
        with transaction(), pytest.raises(ValueError, match="Choose another one for mail first"):
            remove_address(ann, taken)
    with transaction(), pytest.raises(ValueError, match="one of your own"):
        choose_primary(ann, bob.addresses[0].id)
    with transaction():
        choose_primary(ann, second.id)
        remove_address(ann, first.id)
    assert [(each.email, each.is_primary) for each in ann.addresses] == [("ann@work.example", True)]


def test_an_address_that_became_a_members_meanwhile_is_not_taken_from_that_member(core: Flask) -> None:
    ann = a_member("ann@example.org", "Ann Lee")
    with transaction():
        request_address(ann, "new@example.org")
    link = db.session.scalars(select(OneTimeLink)).one()
    bob = a_member("new@example.org", "Bob Ray")
    with pytest.raises(AddressTaken), transaction():
        confirm_address(link)
    assert member_by_email("new@example.org") == bob
    with transaction():
        again = confirm_address(make_link(bob, LinkPurpose.VERIFY_ADDRESS, "NEW@example.org"))
    assert again.id == bob.addresses[0].id


def test_a_profile_is_one_line_each_and_needs_a_name(core: Flask) -> None:
    ann = a_member("ann@example.org", "Ann Lee")
    with transaction():
        change_profile(ann, name="Ann\r\nLee", place=" Graz\t", interests="x" * 3000)
    assert (ann.name, ann.place, len(ann.interests)) == ("Ann Lee", "Graz", 2000)
    with transaction(), pytest.raises(ValueError, match="Write the name"):
        change_profile(ann, name="\u200b ")
