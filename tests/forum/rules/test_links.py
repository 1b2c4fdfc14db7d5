"""Domains are told whatever they are dressed in."""

import pytest

from forum.rules.links import LinksOptions, check_links, host_of
from forum.rules.matter import Matter


@pytest.mark.parametrize(
    ("link", "host"),
    [
        ("https://Example.ORG/x", "example.org"),
        ("http://example.org:8080?x", "example.org"),
        ("https://nejm.org@evil.example/x", "evil.example"),
        (r"https:\\evil.example\x", "evil.example"),
        ("https://%65vil.example/", "evil.example"),
        ("https://evil.example./", "evil.example"),
        ("https://müsli.example/", "xn--msli-0ra.example"),
        ("https://evil。example/", "evil.example"),
        ("www.example.org/x", "www.example.org"),
        ("https://[::1", "["),
    ],
)
def test_the_host_is_where_a_browser_goes(link: str, host: str) -> None:
    assert host_of(link) == host


def labels(text: str, options: LinksOptions) -> list[str]:
    return [sighting.label for sighting in check_links(Matter(text), options)]


def test_a_list_of_allowed_domains_allows_nothing_else() -> None:
    options = LinksOptions(allowed=("nejm.org",), fewest_words=0)
    assert labels("See https://www.nejm.org/a and (https://nejm.org/b).", options) == []
    assert labels("See https://nejm.org.evil.example/a", options) == ["domain not allowed"]


def test_a_refused_domain_is_seen_in_the_subject_too_unless_it_answers() -> None:
    options = LinksOptions(refused=("evil.example",))
    (sighting,) = check_links(Matter("Have a look at it when you can.", "Try evil.example"), options)
    assert [(each.field, each.start) for each in sighting.passages] == [("subject", 4)]
    assert check_links(Matter("Have a look at it when you can.", "Re: Try evil.example"), options) == ()


def test_a_mark_ends_with_the_link() -> None:
    text = "Look (https://bit.ly/abc), it is short."
    (sighting,) = check_links(Matter(text), LinksOptions())
    assert [text[each.start : each.end] for each in sighting.passages] == ["https://bit.ly/abc"]


def test_shorteners_and_bare_links_may_be_welcome() -> None:
    assert labels("https://bit.ly/abc", LinksOptions(shorteners=False, fewest_words=0)) == []
