"""Who wrote: by address or not at all."""

import pytest
from flask import Flask

from forum.accounts.queries import member_by_email
from forum.archives.authors import add_author, author_of, member_of, shown_name
from forum.archives.mail import Sender
from forum.db import transaction
from tests.people import a_member


def test_two_spellings_of_an_address_are_one_author() -> None:
    assert author_of(Sender("Ann", "Ann@X.org")) == author_of(Sender("Lee, A.", "ann@x.ORG"))


@pytest.mark.parametrize(
    "address",
    [
        "",
        "abc...@gmail.com",
        "ann@...",
        "xxxx@gmail.com",
        "ann@xxxxxxx.xxx",
        "a***@gmail.com",
        "address@hidden",
        "root@localhost.localdomain",
        "ann at x dot org",
        "k3m4@placeholder.invalid",
    ],
)
def test_a_masked_or_broken_address_is_none_and_joins_only_what_looks_the_same(address: str) -> None:
    author = author_of(Sender("Ann Lee", address))
    assert author.key == ""
    assert author == author_of(Sender("Ann Lee", address))
    assert author != author_of(Sender("Bea Lee", address))
    assert author != author_of(Sender("Ann Lee", "ann@x.org"))


@pytest.mark.parametrize(
    ("sender", "shown"),
    [
        (Sender("Ann Lee", "ann@x.org"), "Ann Lee"),
        (Sender("", "ann.lee@x.org"), "ann.lee"),
        (Sender("ann.lee@x.org", "ann.lee@x.org"), "ann.lee"),
        (Sender("'ann@x.org'", "ann@x.org"), "ann"),
        (Sender("Ann\u202e\n Lee", "ann@x.org"), "Ann Lee"),
        (Sender("", ""), ""),
    ],
)
def test_the_name_that_is_shown_is_never_an_address(sender: Sender, shown: str) -> None:
    assert shown_name(sender) == shown


def test_an_author_is_the_member_with_that_verified_address(core: Flask) -> None:
    ann = a_member("ann@example.org", "Ann Lee")
    found = member_of(author_of(Sender("Somebody", "Ann+lists@example.org")))
    assert found is not None
    assert found.id == ann.id


def test_a_masked_author_is_nobody_although_the_name_is_a_members(core: Flask) -> None:
    a_member("abc@example.org", "Ann Lee")
    assert member_of(author_of(Sender("Ann Lee", "ab...@example.org"))) is None


def test_an_unknown_author_becomes_a_placeholder_with_the_address_to_claim_by(core: Flask) -> None:
    with transaction():
        made = add_author(author_of(Sender("Old Hand", "Old.Hand@x.org")), "Old Hand")
        nameless = add_author(author_of(Sender("", "")), "")
        assert (made.placeholder, nameless.placeholder, nameless.name) == (True, True, "Unknown author")
        assert nameless.addresses == []
    found = member_by_email("old.hand@x.org")
    assert found is not None
    assert found.id == made.id
