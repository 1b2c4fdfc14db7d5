"""What holds of every page that a person sees, whichever it is: `look_at` asserts it all.

Rules of accessibility and contrast are axe-core's; what our own pages promise beyond them is asked of the document.
"""

from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page

SMALLEST_TARGET, LEAST_CONTRAST = 44, 4.5

_AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
_EVERY_TEXT = {"normal": {"expected": LEAST_CONTRAST}, "large": {"expected": LEAST_CONTRAST}}
_CONTRAST = "color-contrast"
_AXE_OPTIONS = {
    "resultTypes": ["violations", "incomplete"],
    "checks": {_CONTRAST: {"options": {"contrastRatio": _EVERY_TEXT, "ignoreLength": True}}},
}
_ONLY_CONTRAST = {**_AXE_OPTIONS, "runOnly": [_CONTRAST]}
# What keeps axe from judging a text is taken away: the hair lines of the tree are painted as gradients, and the words
# that a row cuts off lie, unseen, under what stands beside or below them. Words in a picture it never
# judges: those of the map are ink on a tint, as in every notice.
_WITHOUT_OBSTACLES = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    * { background-image: none !important }
    .map svg { display: none !important }
    .line, .line * { display: block !important; overflow: visible !important; white-space: normal !important }`);
  document.adoptedStyleSheets.push(sheet);
}"""
# What a page is made of: where two have the same, axe would say the same of both.
_KINDS = """() => {
  const kinds = [...document.querySelectorAll("body *")].map(
    (each) => each.tagName + (each.open ? " open." : ".") + each.classList);
  return [...new Set(kinds)].sort().join(" ");
}"""

_FACTS = """() => {
  const shown = (each) => each.checkVisibility() && each.getClientRects().length > 0;
  const describe = (each) => each.outerHTML.slice(0, 120);
  const controls = document.querySelectorAll('input:not([type="hidden"]), select, textarea');
  const heights = [...document.querySelectorAll(".threads a")].filter(shown).map((each) => each.offsetHeight);
  return {
    titles: [...document.querySelectorAll("h1")].map((each) => each.textContent.trim()),
    width: document.documentElement.scrollWidth,
    wide: [...document.querySelectorAll("body *")].filter(shown).filter(
      (each) => each.getBoundingClientRect().right > document.documentElement.clientWidth + 1
    ).map(describe).slice(0, 5),
    unlabelled: [...controls].filter(
      (each) => ![...each.labels].some((label) => label.textContent.trim())).map(describe),
    lowestRow: heights.length ? Math.min(...heights) : null,
  };
}"""


Judged = set[tuple[str, ...]]


def look_at(page: Page, way: str, judged: Judged) -> None:
    """Assert what holds of every page that has just come."""
    look_around(page, way, judged)
    _skip_link_comes_first(page)


def look_around(page: Page, way: str, judged: Judged) -> None:
    """Assert what holds of a page at any time. Without JavaScript axe cannot run: it judges the page where it can."""
    where, viewport = page.url, page.viewport_size
    assert viewport is not None
    facts = page.evaluate(_FACTS)
    assert len(facts["titles"]) == 1, f"{where} has not one h1: {facts['titles']}"
    assert facts["titles"][0], f"{where} has an empty h1"
    assert page.title().endswith(" · Banyan"), f"{where} is called {page.title()!r}"
    assert facts["width"] <= viewport["width"], f"{where} is {facts['width']} px wide: {facts['wide']}"
    assert facts["unlabelled"] == [], f"{where} has fields without a label"
    lowest = facts["lowestRow"]
    assert lowest is None or lowest >= SMALLEST_TARGET, f"{where} has a row of {lowest} px"
    if way == "without-javascript":
        return
    view = (way, urlsplit(where).path.split("/")[1], page.evaluate(_KINDS))
    if view not in judged:
        _axe_finds_nothing(page)
        judged.add(view)


def _skip_link_comes_first(page: Page) -> None:
    """Where the address names a place on the page, the browser rightly goes on from there."""
    if "#" in page.url:
        return
    page.keyboard.press("Tab")
    reached = page.evaluate("document.activeElement.getAttribute('href') + ' ' + document.activeElement.className")
    assert reached == "#main skip", f"on {page.url} the first tab reaches {reached}"
    page.evaluate("document.activeElement.blur()")


def _axe_finds_nothing(page: Page) -> None:
    page.evaluate(_AXE)
    page.evaluate(_WITHOUT_OBSTACLES)
    found = _axe(page, _AXE_OPTIONS)
    page.emulate_media(color_scheme="dark")
    found += [f"in the dark: {each}" for each in _axe(page, _ONLY_CONTRAST)]
    page.emulate_media(color_scheme="light")
    page.evaluate("() => { document.adoptedStyleSheets.pop() }")
    assert found == [], f"axe-core on {page.url}:\n" + "\n".join(found)


def _axe(page: Page, options: dict[str, Any]) -> list[str]:
    """What axe finds wrong, and each text whose contrast it cannot tell."""
    results = page.evaluate("(options) => axe.run(document, options)", options)
    rules = [*results["violations"], *(rule for rule in results["incomplete"] if rule["id"] == _CONTRAST)]
    return [
        f"{rule['id']}: {node['html'][:160]} ({' '.join((node.get('failureSummary') or '').split())})"
        for rule in rules
        for node in rule["nodes"]
    ]
