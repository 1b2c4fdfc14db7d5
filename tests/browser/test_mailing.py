"""Mail is a door of its own: a reply from the mailbox stands in the thread, and mail can be turned down and off."""

import re

import pytest

from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

CHOICES = {"desktop": "none", "phone": "single", "without-javascript": "digest"}


def test_a_reply_by_mail_stands_in_the_thread_within_ten_seconds(visitor: Visitor) -> None:
    visitor.open("/demo")
    visitor.follow("Noor's mailbox")
    assert visitor.heading() == "Mail of Noor Rahmani"
    _open_a_post(visitor)
    words = f"Answered from the mailbox, {visitor.way}."
    visitor.write("Your reply", words)
    visitor.press("Send the reply")
    assert visitor.sees("Sent.")
    visitor.press("See it on the web as Noor")
    thread = visitor.page.url.split("#")[0]
    visitor.wait_until(10, thread, lambda: visitor.sees(words), "the reply")
    assert visitor.page.locator(".post", has_text=words).locator("h2").inner_text() == "Noor Rahmani"
    assert not visitor.sees("wrote:", within=".post:last-of-type .text")


def test_a_delivery_choice_is_kept(visitor: Visitor) -> None:
    visitor.sign_in_as("Aoife")
    visitor.open("/my-groups")
    visitor.page.get_by_label("Posts of Pediatrics", exact=True).select_option(CHOICES[visitor.way])
    visitor.press("Save all choices")
    visitor.open("/my-groups")
    chosen = visitor.page.get_by_label("Posts of Pediatrics", exact=True).input_value()
    assert chosen == CHOICES[visitor.way]


def test_one_button_stops_the_mail_of_a_group_and_can_be_undone(visitor: Visitor) -> None:
    visitor.sign_in_as("Noor")
    visitor.open("/demo/mail/noor")
    _open_a_post(visitor)
    visitor.follow("Unsubscribe", within=".acts")
    group = visitor.heading().removeprefix("Stop the mail from ").removesuffix("?")
    visitor.press(f"Stop the mail from {group}")
    assert visitor.heading() == f"No more mail from {group}"
    visitor.press(f"Undo: come back to {group}")
    visitor.open("/my-groups")
    assert visitor.page.get_by_label(f"Posts of {group}", exact=True).input_value() == "single"


def _open_a_post(visitor: Visitor) -> None:
    """Open the newest mail with a post of a group that one can leave; right after a start it is still to come."""
    subject = re.compile(r"^(Re: )?\[(?!Banyan Physicians\])")
    post = visitor.page.locator(".threads a", has=visitor.page.locator(".subject", has_text=subject))
    visitor.wait_until(30, "/demo/mail/noor", lambda: post.count() > 0, "a mail")
    visitor.click(post.first)
