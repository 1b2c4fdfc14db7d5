"""A newcomer looks around, answers, searches and leaves the browser as it was."""

from urllib.parse import urlencode

import pytest

from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser


def test_a_newcomer_reads_and_answers_in_the_reply_box(visitor: Visitor) -> None:
    visitor.open("/demo")
    visitor.press("Look around as Grace")
    assert visitor.heading() == "Latest in my groups"
    visitor.open("/groups")
    visitor.follow("Anesthesiology", within="main")
    assert visitor.heading() == "Anesthesiology"
    visitor.click(visitor.page.locator(".threads a").first)
    words = f"We do the same here, written {visitor.way}."
    visitor.write("Your reply", words)
    visitor.press("Preview")
    assert visitor.sees(words, within=".preview")
    visitor.press("Send to Anesthesiology")
    assert visitor.sees(words, within=".post:last-of-type .text")
    assert visitor.page.get_by_label("Your reply", exact=True).input_value() == ""


def test_an_empty_reply_is_answered_in_words_and_keeps_the_place(visitor: Visitor) -> None:
    visitor.sign_in_as("Grace")
    visitor.open("/g/boston")
    visitor.click(visitor.page.locator(".threads a").first)
    visitor.press("Send to Boston", status=422)
    assert visitor.page.locator("#errors").get_by_role("link").count() == 1
    assert visitor.page.get_by_label("Your reply", exact=True).get_attribute("aria-invalid") == "true"


def test_a_post_is_found_within_three_seconds_of_being_written(visitor: Visitor) -> None:
    visitor.sign_in_as("Grace")
    visitor.open("/g/running")
    visitor.follow("Write to Running")
    rare = f"zwetschge{visitor.way.replace('-', '')}"
    visitor.write("Subject", f"A route by the river, {visitor.way}")
    visitor.write("Text", f"Meet at the bridge; the word for today is {rare}.")
    page = visitor.page
    with page.expect_navigation():
        page.get_by_role("button", name="Send to Running").click()
    where = f"/search?{urlencode({'q': rare})}"
    visitor.wait_until(3, where, lambda: page.locator(".threads mark").count() > 0, "the post")
    assert visitor.sees("1 post")
    visitor.click(visitor.page.locator(".threads a").first)
    assert visitor.sees(rare, within=".post")


def test_signing_out_closes_the_site_again(visitor: Visitor) -> None:
    visitor.sign_in_as("Aoife")
    visitor.open("/me")
    visitor.press("Sign out")
    visitor.open("/my-groups")
    assert visitor.heading() == "Sign in"
