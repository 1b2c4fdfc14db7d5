"""Spellings of one address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.accounts.emails import BadAddress, address_key, base_key


def test_spellings_of_one_address_share_a_key() -> None:
    assert address_key("  Ann.Lee@Example.ORG ") == "ann.lee@example.org"
    assert address_key("ann@bücher.example") == "ann@xn--bcher-kva.example"
    assert address_key("ann@example.org.") == "ann@example.org"
    assert base_key("ann+lists@example.org") == "ann@example.org"
    assert base_key("+odd@example.org") == "+odd@example.org"


NO_ADDRESSES = (
    "",
    "ann",
    "@example.org",
    "ann@",
    "ann lee@example.org",
    "ann@ex ample.org",
    "ann@@example.org",
    ".a@b.org",
    "a..b@c.org",
    "a.@b.org",
    "Ann <ann@example.org>",
    "ann@-x.org",
    "ann@x-.org",
    "a@b..org",
    "a@b.org\r\nBcc: c@d.org",
    "a" * 65 + "@b.org",
    "a@" + "b" * 64 + ".org",
    "a,b@c.org",
)


@pytest.mark.parametrize("typed", NO_ADDRESSES)
def test_what_is_no_address_is_named_as_such(typed: str) -> None:
    with pytest.raises(BadAddress, match=r"is not a mail address|has no domain"):
        address_key(typed)


@given(st.text(max_size=80))
def test_any_text_is_an_address_with_a_stable_key_or_refused(typed: str) -> None:
    try:
        key = address_key(typed)
    except BadAddress:
        return
    assert address_key(key) == key
    assert key.count("@") == 1
    assert not set(key) & set(" \r\n\t<>,;")
    assert base_key(base_key(key)) == base_key(key)
