"""Every address of ours is read back as what it was made for, and nothing else is."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.tokens import Tokens
from mailgateway.addresses import (
    Addresses,
    ToAuthor,
    ToBounce,
    ToCommand,
    ToConfirm,
    ToGroup,
    ToLeave,
    ToModerators,
    ToReply,
    ToSystem,
    Verb,
    month_number,
)

OURS = Addresses("lists.example.org", Tokens((b"a key for tests",)))
ROW_NUMBERS = st.integers(min_value=1, max_value=2**32 - 1)


@pytest.mark.parametrize(
    ("email", "destination"),
    [
        ("cardiology@lists.example.org", ToGroup("cardiology")),
        ("Cardiology@LISTS.Example.ORG.", ToGroup("cardiology")),
        ("gulf-coast@lists.example.org", ToGroup("gulf-coast")),
        ("gulf-coast-owner@lists.example.org", ToModerators("gulf-coast")),
        ("gulf-coast-join@lists.example.org", ToCommand("gulf-coast", Verb.JOIN)),
        ("gulf-coast-leave@lists.example.org", ToCommand("gulf-coast", Verb.LEAVE)),
        ("gulf-coast-help@lists.example.org", ToCommand("gulf-coast", Verb.HELP)),
        ("banyan@lists.example.org", ToSystem()),
        ("postmaster@lists.example.org", ToModerators("")),
        ("abuse@lists.example.org", ToModerators("")),
        ("cardiology@example.org", None),
        ("cardiology@sub.lists.example.org", None),
        ("cardiology", None),
        ("@lists.example.org", None),
        ("", None),
        ("cardiology+tag@lists.example.org", None),
        ("reply+@lists.example.org", None),
        ("reply+aaaaaaaaaaaaaaaaaaaaaaaa@lists.example.org", None),
        ("a" * 53 + "@lists.example.org", None),
        ("-owner@lists.example.org", None),
        ("kardiología@lists.example.org", None),
    ],
)
def test_an_address_says_where_its_mail_goes(email: str, destination: object) -> None:
    assert OURS.read(email) == destination


@given(ROW_NUMBERS, ROW_NUMBERS)
def test_a_token_address_comes_back_in_any_case_and_is_short(first: int, second: int) -> None:
    made = {
        OURS.reply(first, second): ToReply(first, second),
        OURS.author(first, second): ToAuthor(first, second),
        OURS.confirm(first, second): ToConfirm(first, second),
        OURS.leave(first, second): ToLeave(first, second),
    }
    for address, destination in made.items():
        assert OURS.read(address) == destination
        assert OURS.read(address.upper()) == destination
        assert len(address.partition("+")[2].partition("@")[0]) <= 40


def test_a_token_is_good_for_one_purpose_one_key_and_as_it_is() -> None:
    address = OURS.reply(7, 12)
    token = address.partition("+")[2].partition("@")[0]
    assert OURS.read(f"leave+{token}@lists.example.org") is None
    assert OURS.read(f"confirm+{token}@lists.example.org") is None
    assert Addresses("lists.example.org", Tokens((b"another key",))).read(address) is None
    rotated = Addresses("lists.example.org", Tokens((b"a new key", b"a key for tests")))
    assert rotated.read(address) == ToReply(7, 12)
    for place in range(len(token)):
        other = "b" if token[place] == "a" else "a"
        assert OURS.read(f"reply+{token[:place]}{other}{token[place + 1 :]}@lists.example.org") != ToReply(7, 12)


@given(st.text(max_size=80))
def test_no_address_of_any_kind_breaks_the_reading(text: str) -> None:
    OURS.read(text)
    OURS.read(f"{text}@lists.example.org")
    OURS.read(f"reply+{text}@lists.example.org")


def test_the_return_path_is_the_same_all_month_and_another_the_next() -> None:
    first = OURS.bounce(5, datetime(2026, 11, 1, tzinfo=UTC))
    assert first == OURS.bounce(5, datetime(2026, 11, 30, 23, 59, tzinfo=UTC))
    assert first != OURS.bounce(5, datetime(2026, 12, 1, tzinfo=UTC))
    assert OURS.read(first) == ToBounce(5, month_number(datetime(2026, 11, 1, tzinfo=UTC)))


def test_what_claims_to_be_at_our_domain_is_ours_whether_it_exists_or_not() -> None:
    assert OURS.is_ours("Nobody@Lists.Example.Org")
    assert not OURS.is_ours("ann@example.org")
    assert not OURS.is_ours("")
