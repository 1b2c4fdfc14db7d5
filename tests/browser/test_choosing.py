"""What one person chooses for oneself: when mail comes, what is followed or muted, who may write privately."""

import re

import pytest

from tests.browser.conftest import Arrive
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser


def test_digests_come_at_another_hour_and_a_pause_is_begun_and_ended(visitor: Visitor) -> None:
    visitor.sign_in_as("Grace")
    visitor.open("/my-groups")
    visitor.page.get_by_label("Hour", exact=True).select_option("20")
    visitor.press("Save the times")
    assert visitor.page.get_by_label("Hour", exact=True).input_value() == "20"
    visitor.unfold("More choices")
    visitor.press("Stop my mail until then", status=422)
    assert visitor.page.locator("#errors").get_by_role("link").count() == 1
    visitor.write("Mail begins again on", visitor.day_in(30))
    visitor.press("Stop my mail until then")
    assert visitor.sees("No mail of the groups comes to you before")
    visitor.press("I am back: begin my mail again")
    assert visitor.page.get_by_label("Mail begins again on", exact=True).count() == 1


def test_a_tag_and_a_thread_are_followed_and_muted(visitor: Visitor) -> None:
    visitor.sign_in_as("Grace")
    visitor.open("/g/running")
    visitor.follow("#equipment", within="main")
    assert visitor.heading() == "#equipment"
    for does, undoes in (("Follow this tag", "Stop following"), ("Mute this tag", "Get their mail again")):
        visitor.press(does)
        visitor.press(undoes)
    visitor.click(visitor.page.locator(".threads .subject").first)
    for does, undoes in (("Follow", "Stop following"), ("Mute", "Get its mail again")):
        visitor.press(re.compile(f"^{does}$"))
        visitor.press(undoes)
    visitor.open("/g/running/tag/nobody-uses-this")
    assert visitor.sees("No thread in Running has this tag.")


def test_a_private_answer_reaches_one_member_who_can_report_and_block_its_author(arrive: Arrive, way: str) -> None:
    writer, reader = arrive(), arrive()
    mails = reader.page.locator(".threads a", has_text="Grace Tsang via")
    reader.open("/demo/mail/ingrid")
    before = mails.count()
    writer.sign_in_as("Grace")
    writer.open("/g/community/tag/special")
    writer.click(writer.page.locator(".threads .subject").first)
    writer.follow("Reply only to Ingrid Solvang")
    writer.press("Send to Ingrid Solvang alone", status=422)
    words = f"For you alone, {way}."
    writer.write("Your answer", words)
    writer.press("Send to Ingrid Solvang alone")
    assert writer.sees("Sent to Ingrid Solvang alone.")
    assert not writer.sees(words)

    reader.wait_until(30, "/demo/mail/ingrid", lambda: mails.count() > before, "the private answer")
    reader.click(mails.first)
    reader.click(reader.page.locator('a[href*="/private/"]').first)
    assert reader.heading() == "A private answer from Grace Tsang"
    reader.press("Report to the moderators")
    assert reader.sees("You reported this answer on")
    reader.press("Block Grace Tsang")
    assert reader.sees("You get no private answers from Grace Tsang.")
    reader.sign_in_as("Ingrid")
    reader.open("/me/blocked")
    reader.press("Unblock Grace Tsang")
    assert reader.sees("You have blocked nobody.")


def test_an_author_erases_a_post_after_saying_so_twice(visitor: Visitor) -> None:
    visitor.sign_in_as("Grace")
    visitor.open("/g/running/write")
    visitor.write("Subject", f"Shoes for sale, {visitor.way}")
    visitor.write("Text", f"Hardly worn, {visitor.way}.")
    visitor.press("Send to Running")
    visitor.follow("Erase", within=".post")
    assert visitor.heading() == "Erase your post"
    visitor.press("Erase the post", status=422)
    visitor.page.get_by_label("I know that mail that was already sent cannot be called back").check()
    visitor.press("Erase the post")
    assert visitor.sees("This post was erased.")
    assert not visitor.sees("Hardly worn")
