"""Nothing of ours that would serve another reader survives in what is quoted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.text import html_to_safe
from forum.tokens import Purpose, Tokens
from mailgateway.own_traces import strip_traces, strip_traces_html

TOKEN = Tokens((b"key",)).make(Purpose.REPLY, 71_000, 5_000_000)


@pytest.mark.parametrize("kind", ["reply", "author", "confirm", "moderate", "leave", "bounce", "digest"])
def test_an_address_with_a_token_goes(kind: str) -> None:
    address = f"{kind}+{TOKEN}@lists.example.net"
    assert strip_traces(f"On Monday, Bob via Cardiology <{address}> wrote:") == "On Monday, Bob via Cardiology wrote:"
    assert strip_traces(f"Bob via Cardiology [mailto:{address.upper()}]") == "Bob via Cardiology"
    assert TOKEN not in strip_traces(f"to {address}, or mailto:{address}?subject=leave now")


@pytest.mark.parametrize("path", ["/u/", "/sign-in/", "/invitation/", "/confirm/", "/forum/u/"])
def test_a_link_with_a_token_goes(path: str) -> None:
    assert strip_traces(f"See https://forum.example.net{path}{TOKEN} now.") == "See (removed) now."


def test_links_and_addresses_without_a_token_stay() -> None:
    text = "reply+all@example.org, https://example.org/u/ann, https://forum.example.net/t/x7k2, ann+list@example.org"
    assert strip_traces(text) == text
    assert strip_traces_html(text) == text


def test_html_keeps_the_words_of_a_link() -> None:
    html = html_to_safe(
        f'<p><a href="mailto:author%2B{TOKEN}@lists.example.net">Bob via Cardiology</a> '
        f'&lt;author+{TOKEN}@lists.example.net&gt; <a href="https://forum.example.net/u/{TOKEN}">leave</a> <a href="https://example.org/">stay</a></p>'
    )
    clean = strip_traces_html(html)
    assert TOKEN not in clean
    assert "Bob via Cardiology" in clean
    assert ">stay</a>" in clean


def test_our_footer_goes_also_from_within_a_quote() -> None:
    quoted = (
        "> Who can?\n> \n> -- \n> Cardiology: your answer goes to the whole group.\n"
        "> Read it on the web: https://forum.example.net/t/x7k2\n> Mail settings, or leave: https://forum.example.net/my-groups\n"
    )
    assert strip_traces(f"{quoted}\nI can.") == "> Who can?\n> \n\nI can."


@given(st.text(alphabet="<>@+ &;mailto:repy/u" + TOKEN[:6], max_size=200))
def test_stripping_twice_changes_nothing(text: str) -> None:
    assert strip_traces(strip_traces(text)) == strip_traces(text)
