"""What a newcomer writes waits; a moderator lets one post out and turns another down with a reason.

And what else moderators and owners have: the queue's brakes, the rota, the list of members, the settings.
"""

import re

import pytest

from tests.browser.conftest import Arrive
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser


def test_a_moderator_approves_one_held_post_and_rejects_another(arrive: Arrive, way: str) -> None:
    newcomer, moderator = arrive(), arrive()
    good, bad = f"A question about pacing, {way}", f"Buy my old scooter, {way}"
    newcomer.sign_in_as("Daniel")
    for subject in (good, bad):
        _write(newcomer, subject)

    moderator.sign_in_as("Tomás")
    moderator.open("/held")
    moderator.follow(good)
    moderator.press("Approve: send to Cardiology")
    moderator.open("/held")
    moderator.follow(bad)
    moderator.press("Reject", status=422)
    assert moderator.page.locator("#errors").get_by_role("link").count() == 1
    reason = "Please sell things elsewhere."
    moderator.write("Reason, if it does not go out", reason)
    moderator.press("Reject")
    moderator.open("/held")
    assert not moderator.sees(good)
    assert not moderator.sees(bad)

    newcomer.open("/g/cardiology")
    assert newcomer.sees(good)
    assert not newcomer.sees(bad)
    newcomer.open("/mine/held")
    newcomer.follow(bad)
    assert newcomer.sees(reason)


def test_a_moderator_looks_at_all_that_can_be_done_with_a_held_post(visitor: Visitor) -> None:
    visitor.sign_in_as("Tomás")
    visitor.open("/held")
    visitor.follow("Resident here")
    visitor.press("I am looking at it")
    assert visitor.sees("Tomás Villareal is looking at it.")
    visitor.unfold("More ways to approve")
    assert visitor.page.get_by_label("Change the text before it goes out", exact=True).is_visible()
    visitor.open("/held")
    visitor.unfold("Decide on all that are chosen")


def test_a_moderator_holds_a_group_and_a_thread_and_lets_them_go(visitor: Visitor) -> None:
    visitor.sign_in_as("Tomás")
    visitor.open("/g/cardiology/held")
    visitor.press("Hold every post")
    assert visitor.sees("Every post to Cardiology waits for a moderator.")
    visitor.press("Release the group")
    visitor.page.get_by_label("One summary a day", exact=True).check()
    visitor.press("Keep this choice")
    assert visitor.page.get_by_label("One summary a day", exact=True).is_checked()
    visitor.open("/g/cardiology")
    visitor.click(visitor.page.locator(".threads .subject").first)
    visitor.unfold("Moderate this thread")
    visitor.write("For a slower pace: minutes between two answers of one member", "30")
    visitor.press("Slow it down")
    visitor.unfold("Moderate this thread")
    assert visitor.sees("Each member answers at most once in 30 minutes.")
    visitor.press("Back to normal")


def test_an_owner_keeps_the_rota_and_sees_members_and_settings(visitor: Visitor) -> None:
    visitor.sign_in_as("Ingrid")
    visitor.open("/g/peer-support/duty")
    visitor.press("Put on the rota", status=422)
    assert visitor.page.locator("#errors").get_by_role("link").count() >= 1
    visitor.write("From", f"{visitor.day_in(1)}T08:00")
    visitor.write("Until", f"{visitor.day_in(8)}T08:00")
    visitor.press("Put on the rota")
    assert visitor.sees("Ingrid Solvang", within=".listed")
    visitor.press(re.compile("^Take off the rota"))
    assert visitor.sees("Nobody is on the rota.")
    visitor.open("/g/community/members")
    visitor.page.get_by_label("Mail", exact=True).select_option("yes")
    visitor.press("Show")
    visitor.open("/g/community/settings")
    assert visitor.heading() == "Settings of Banyan Physicians"


def _write(newcomer: Visitor, subject: str) -> None:
    newcomer.open("/g/cardiology/write")
    newcomer.write("Subject", subject)
    newcomer.write("Text", f"{subject}: what would you do?")
    newcomer.press("Send to Cardiology")
    assert newcomer.heading() == "Your post is waiting for a moderator"
