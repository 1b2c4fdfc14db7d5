"""Passwords, links, and the limit on tries."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from forum.accounts.models import LinkPurpose, SignInAttempt
from forum.accounts.sign_in import (
    TRIES_PER_ACCOUNT,
    TRIES_PER_NETWORK_ADDRESS,
    BadPassword,
    TooManyAttempts,
    Way,
    count_attempt,
    hash_new_password,
    link_token,
    living_link,
    make_link,
    password_fits,
    set_password,
    use_link,
)
from forum.db import db, transaction
from forum.tokens import Purpose, current_tokens
from tests.people import a_member


def test_a_password_is_kept_as_argon2_and_fits_only_its_member(core: Flask) -> None:
    ann, bob = a_member("ann@example.org", "Ann Lee"), a_member("bob@example.org", "Bob Ray")
    epoch = ann.session_epoch
    with transaction():
        set_password(ann, hash_new_password(ann, "seven quiet herons"))
    assert ann.password_hash is not None
    assert ann.password_hash.startswith("$argon2id$")
    assert ann.session_epoch == epoch + 1
    assert password_fits(ann, "seven quiet herons")
    for member, password in (
        (ann, "seven quiet heron"),
        (bob, "seven quiet herons"),
        (None, "nobody has this password"),
    ):
        assert not password_fits(member, password)
    for bad in ("short", "x" * 501, "ann@example.org", "ANN@EXAMPLE.ORG"):
        with pytest.raises(BadPassword):
            hash_new_password(ann, bad)
    assert password_fits(ann, "seven quiet herons")


def test_a_link_is_used_once_in_time_and_for_its_purpose(core: Flask, move_clock) -> None:
    ann = a_member("ann@example.org", "Ann Lee")
    with transaction():
        token = link_token(make_link(ann, LinkPurpose.SIGN_IN, "ann@example.org"))
        late = link_token(make_link(ann, LinkPurpose.SIGN_IN, "ann@example.org"))
    assert living_link(token, LinkPurpose.VERIFY_ADDRESS) is None
    assert living_link(token, LinkPurpose.SIGN_IN) is not None
    with transaction():
        used = use_link(token.upper(), LinkPurpose.SIGN_IN)
    assert used is not None
    assert used.member_id == ann.id
    with transaction():
        assert use_link(token, LinkPurpose.SIGN_IN) is None
    # A token over the same number for another purpose is no sign-in link, nor is one that was changed.
    other = current_tokens().make(Purpose.INVITATION, used.id + 1)
    for wrong in (other, late[:-1], late[1:], "", "x", "é" * 10, late + "a"):
        assert living_link(wrong, LinkPurpose.SIGN_IN) is None
    move_clock(30 * 60 + 1)
    with transaction():
        assert use_link(late, LinkPurpose.SIGN_IN) is None


def tries(way: Way, account: str, network_address: str, times: int) -> int:
    """How many of so many tries are let through."""
    let_through = 0
    for _ in range(times):
        with transaction():
            try:
                count_attempt(way, account, network_address)
            except TooManyAttempts:
                continue
            let_through += 1
    return let_through


def test_tries_are_counted_for_each_account_way_and_network(core: Flask, move_clock) -> None:
    assert tries(Way.PASSWORD, "Ann@Example.org", "192.0.2.1", TRIES_PER_ACCOUNT + 2) == TRIES_PER_ACCOUNT
    assert tries(Way.PASSWORD, "ann+9@example.org ", "192.0.2.9", 1) == 0
    assert tries(Way.LINK, "ann@example.org", "192.0.2.1", 1) == 1
    with transaction():
        seen = db.session.scalars(select(SignInAttempt.what)).all()
    assert not any("ann" in what or "192" in what for what in seen)
    through = sum(tries(Way.PASSWORD, f"m{number}@example.org", f"2001:db8::{number:x}", 1) for number in range(65))
    assert through == TRIES_PER_NETWORK_ADDRESS
    assert tries(Way.PASSWORD, "other@example.org", "2001:db8:0:1::1", 1) == 1
    move_clock(25 * 60 * 60)
    assert tries(Way.PASSWORD, "ann@example.org", "192.0.2.1", 1) == 1
    assert db.session.scalar(select(func.count()).select_from(SignInAttempt)) == 2
