"""The search page: what is typed, what is found, and what is said when nothing is."""

from urllib.parse import quote

import pytest
from flask import Flask

from forum.search.engine import current_engine
from tests.forum.web.browser import Browser
from tests.people import a_group, a_member, post


@pytest.fixture
def browser(app: Flask) -> Browser:
    """Ann, who is in Cardiology and not in Surgery; each has a post of Ben's, and Cardiology one of Ann's."""
    cardiology, surgery = a_group(quota=None), a_group("surgery", "Surgery")
    ann = a_member("ann@example.org", "Ann Lee", cardiology)
    ben = a_member("ben@example.org", "Ben Okafor", cardiology, surgery)
    post(ben, cardiology, "Locum cover", "Who can cover the <ward> with apixaban?")
    post(ann, cardiology, "Dental extraction", "Do you pause apixaban for one tooth?")
    post(ben, surgery, "Closed matter", "Nobody outside reads of apixaban here.")
    index()
    return Browser(app).sign_in(ann)


def index() -> None:
    for _done in current_engine().rebuild():
        pass


def test_words_are_found_and_marked_among_what_i_may_read(browser: Browser) -> None:
    text = browser.open("/search?q=apixaban")
    assert "2 posts" in text
    assert "Locum cover" in text
    assert "Dental extraction" in text
    assert "Closed matter" not in text
    assert "<mark>apixaban</mark>" in browser.body
    assert "&lt;ward&gt;" in browser.body
    assert "<title>apixaban · Search · Banyan</title>" in browser.body


def test_a_hit_leads_to_its_post(browser: Browser) -> None:
    browser.open("/search?q=tooth")
    path = next(found for _words, found in browser.links if found.startswith("/p/"))
    assert "Do you pause apixaban" in browser.open(path)


def test_filters_by_author_and_day(browser: Browser) -> None:
    text = browser.open("/search?q=apixaban&author=Okafor")
    assert "1 post" in text
    assert "Locum cover" in text
    assert "Dental extraction" not in text
    assert "Nothing found" in browser.open("/search?q=apixaban&until=2001-01-01")
    assert "2 posts" in browser.open("/search?q=apixaban&from=2001-01-01")
    assert "2 posts" in browser.open("/search?q=apixaban&group=cardiology")


def test_a_group_that_i_may_not_read_finds_nothing_and_is_not_offered(browser: Browser) -> None:
    assert "Nothing found" in browser.open("/search?q=apixaban&group=surgery")
    assert 'value="surgery"' not in browser.body


def test_nothing_found_says_what_to_try(browser: Browser) -> None:
    text = browser.open("/search?q=xyzzy")
    assert "Nothing found" in text
    assert "Try fewer words" in text
    assert "Search in everything" in browser.open("/search?q=xyzzy&author=Okafor")


def test_an_empty_search_is_only_the_form(browser: Browser) -> None:
    text = browser.open("/search")
    assert browser.status == 200
    assert "Nothing found" not in text


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("from=31.8.2026", "'31.8.2026' is not a day. Write it as 2026-08-31."),
        ("from=2026-08-31&until=2026-08-01", "The last day comes before the first one."),
    ],
)
def test_a_day_that_is_none_is_said_beside_its_field(browser: Browser, query: str, sentence: str) -> None:
    text = browser.open(f"/search?q=apixaban&{query}")
    assert browser.status == 422
    assert sentence in text
    assert 'value="apixaban"' in browser.body


def test_whatever_is_typed_gives_a_page(browser: Browser) -> None:
    for words in ('"', "(", "a AND", "*", "%", "\x00", "🫀", "x" * 3000):
        browser.open(f"/search?q={quote(words)}")
        assert browser.status == 200, words


def test_many_hits_stand_on_pages(app: Flask) -> None:
    group = a_group(quota=None)
    ann = a_member("ann@example.org", "Ann Lee", group)
    for number in range(23):
        post(ann, group, f"Thread {number}", "Of apixaban.")
    index()
    browser = Browser(app).sign_in(ann)
    text = browser.open("/search?q=apixaban")
    assert "23 posts" in text
    assert "Page 1 of" in text
    assert "Page 2 of" in browser.follow("Next")
    assert "Page 1 of" in browser.follow("Previous")
