"""What a newcomer writes waits; a moderator lets one post out and turns another down with a reason."""

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


def _write(newcomer: Visitor, subject: str) -> None:
    newcomer.open("/g/cardiology/write")
    newcomer.write("Subject", subject)
    newcomer.write("Text", f"{subject}: what would you do?")
    newcomer.press("Send to Cardiology")
    assert newcomer.heading() == "Your post is waiting for a moderator"
