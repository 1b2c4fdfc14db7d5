"""A person at a browser: goes to pages, presses buttons, and looks at every page on the way."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Request

from tests.browser.looking import Judged, look_around, look_at


@dataclass
class Visitor:
    """One window with cookies of its own. `way` is how this person reads: desktop, phone or without-javascript."""

    context: BrowserContext
    page: Page
    site: str
    way: str
    pictures: Path
    judged: Judged
    _errors: list[str] = field(default_factory=list)
    _expected: int = 200
    _seen: int = 0

    def __post_init__(self) -> None:
        self.page.on("console", self._note_console)
        self.page.on("pageerror", lambda error: self._errors.append(str(error)))
        self.page.on("request", self._note_request)

    def open(self, path: str, *, status: int = 200) -> None:
        self._expected = status
        answer = self.page.goto(path)
        assert answer is not None
        assert answer.status == status, f"{path} answers {answer.status}"
        self.look()

    def follow(self, words: str | re.Pattern[str], within: str = "body") -> None:
        """Click a link and look at where it leads."""
        self.click(self.page.locator(within).get_by_role("link", name=words).first)

    def press(self, words: str | re.Pattern[str], within: str = "body", *, status: int = 200) -> None:
        """Press a button and look at the page that comes."""
        self._expected = status
        self.click(self.page.locator(within).get_by_role("button", name=words).first)

    def click(self, what: Locator) -> None:
        """Click, and look at the page that comes; a link to a place on the same page only goes there."""
        before = self.page.url
        with self.page.expect_navigation():
            what.click()
        fragment_only = self.page.url != before and self.page.url.split("#")[0] == before.split("#")[0]
        if not fragment_only:
            self.look()
        self._expected = 200

    def unfold(self, words: str) -> None:
        """Open what is folded away, and look at it."""
        self.page.locator("summary", has_text=words).first.click()
        self._picture()
        look_around(self.page, self.way, self.judged)

    def sign_in_as(self, given_name: str) -> None:
        self.open("/demo")
        self.press(f"Look around as {given_name}")

    def write(self, label: str, words: str) -> None:
        self.page.get_by_label(label, exact=True).fill(words)

    def day_in(self, days: int) -> str:
        """A day from now, as fields for dates take it."""
        return f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%d}"

    def sees(self, words: str, within: str = "main") -> bool:
        return words in self.page.locator(within).inner_text()

    def heading(self) -> str:
        return self.page.locator("h1").inner_text()

    def wait_until(self, seconds: float, path: str, found: Callable[[], bool], what: str) -> None:
        """Load a page again and again until something shows there."""
        deadline = time.monotonic() + seconds
        while True:
            self.page.goto(path)
            if found():
                return self.look()
            assert time.monotonic() < deadline, f"{what} did not show on {path} within {seconds} s"
            time.sleep(0.1)

    def look(self) -> None:
        """Assert what holds of every page, and take its picture."""
        self._picture()
        look_at(self.page, self.way, self.judged)
        assert self._errors == [], f"on {self.page.url}: {self._errors}"

    def _picture(self) -> None:
        self._seen += 1
        name = re.sub(r"\W+", "-", urlsplit(self.page.url).path).strip("-")[:40] or "home"
        self.page.screenshot(path=self.pictures / f"{self._seen:02}-{name}.png")

    def _note_console(self, message: ConsoleMessage) -> None:
        # Chromium calls every page of a refused form an error; the journey says when it expects one.
        expected = f"status of {self._expected} " in message.text and self._expected >= 400
        if message.type in ("error", "warning") and not expected:
            self._errors.append(message.text)

    def _note_request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.site}/", "data:")):
            self._errors.append(f"a request to {request.url}")
