"""An owner has smaller groups proposed, looks at them on the map, changes some, looks ahead, and gives the plan up."""

import re

import pytest

from tests.browser.conftest import PATIENCE_MS
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

SECONDS_TO_PROPOSE = 60


@pytest.mark.parametrize("way", ["desktop", "phone"], indirect=True)  # Each waits for a proposal of its own.
def test_an_owner_goes_through_the_split_studio(visitor: Visitor) -> None:
    page = visitor.page
    visitor.sign_in_as("Ingrid")
    visitor.open("/g/family-medicine")
    visitor.follow("Smaller groups")
    visitor.unfold("How small and how large")
    visitor.write("Fewest members of a group", "4")
    visitor.press("Propose groups")
    studio = page.url.removeprefix(visitor.site)
    visitor.wait_until(SECONDS_TO_PROPOSE, studio, lambda: visitor.heading().startswith("Split "), "the proposal")

    picture = page.locator(".map svg")
    assert picture.get_attribute("role") == "img"
    circles, rows = picture.locator("circle"), page.locator(".groups tbody tr")
    assert circles.count() == rows.count() >= 2
    if visitor.way == "desktop":
        # With JavaScript the map and its rows know of each other.
        rows.nth(1).get_by_role("link").focus()
        assert picture.locator(".area.on").get_attribute("data-group") == "2"
        circles.first.click()
        assert page.evaluate("document.activeElement.closest('tr').id") == "group-1"

    visitor.click(rows.first.get_by_role("link"))
    visitor.unfold("Kind, and who can come in")
    visitor.write("Name", f"Family medicine {visitor.way}")
    visitor.write("Address", f"family-{visitor.way}")
    visitor.press("Keep this name")
    assert visitor.sees(f"The group is called Family medicine {visitor.way} now.")
    visitor.follow("All", within=".tabs")
    page.locator(".listed input[type=checkbox]").last.check(timeout=PATIENCE_MS)
    page.get_by_label("Move the ticked members to", exact=True).select_option(index=1)
    visitor.press("Move them", within="form:has(#to)")
    assert visitor.sees("1 member is moved.")

    visitor.open(studio)
    visitor.follow("Prepare the announcement")
    visitor.press("Keep, and look ahead", status=422)
    visitor.write("Why", "Too many mails, and too few faces.")
    visitor.press("Keep, and look ahead")
    assert visitor.sees("Nobody gains sight of anything.")
    assert visitor.sees("Too many mails, and too few faces.")
    assert page.get_by_role("button", name=re.compile("^Announce it to")).is_visible()

    visitor.open(studio)
    visitor.unfold("Give this plan up")
    visitor.press("Withdraw the draft")
    assert visitor.sees("it has been withdrawn")
