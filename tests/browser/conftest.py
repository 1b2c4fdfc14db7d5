"""A real Chromium before a real demo. Each journey has three ways: at a desk, on a phone, without JavaScript."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.looking import Judged
from tests.browser.site import running_demo
from tests.browser.visitor import Visitor

CHROMIUM = os.environ.get("BANYAN_TEST_CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
WAYS = {
    "desktop": {"viewport": DESKTOP},
    "phone": {"viewport": PHONE, "is_mobile": True, "has_touch": True},
    "without-javascript": {"viewport": DESKTOP, "java_script_enabled": False},
}
PATIENCE_MS = 15_000

Arrive = Callable[[], Visitor]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_demo(tmp_path_factory.mktemp("demo")) as address:
        yield address


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Headless, with a new profile that is thrown away."""
    if not Path(CHROMIUM).exists():
        pytest.exit(
            f"There is no Chromium at {CHROMIUM}: install Debian's package with `apt-get install chromium`, "
            "or set BANYAN_TEST_CHROMIUM to another one.",
            returncode=1,
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def judged() -> Judged:
    """The kinds of pages that axe has judged already."""
    return set()


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def arrive(chromium: Browser, demo: str, way: str, tmp_path: Path, judged: Judged) -> Iterator[Arrive]:
    """Each call is one more person who comes with an empty browser."""
    contexts = []

    def arrive() -> Visitor:
        pictures = tmp_path / f"visitor-{len(contexts) + 1}"
        # Colours change at once, so that contrast is never measured half-way.
        context = chromium.new_context(base_url=demo, reduced_motion="reduce", color_scheme="light", **WAYS[way])
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        return Visitor(context, context.new_page(), demo, way, pictures, judged)

    yield arrive
    for context in contexts:
        context.close()


@pytest.fixture
def visitor(arrive: Arrive) -> Visitor:
    return arrive()
