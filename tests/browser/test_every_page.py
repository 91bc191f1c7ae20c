"""Each page in a real browser: a clean console, no axe violation, no sideways scrolling, printable."""

from __future__ import annotations

from importlib.metadata import distribution
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.browser.conftest import Watched
from tests.dashboard.conftest import Desk
from tests.dashboard.hostile import HOSTILE

NAMES = (
    "overview", "companies", "company", "article", "story", "score", "alerts", "alert", "watches",
    "review", "correction", "deliveries", "delivery", "rule book", "rule", "login",
)  # fmt: skip
AXE = Path(
    str(distribution("axe-playwright-python").locate_file("axe_playwright_python/axe.min.js"))
).read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def path_of(desk: Desk, name: str) -> str:
    return {**desk.paths, "login": "/login"}[name]


def violations(watched: Watched) -> list[str]:
    """What axe-core finds on the page, one line each."""
    watched.page.evaluate(AXE)  # through the debugger, which the page's CSP does not hold up
    run = "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})"
    found: dict[str, Any] = watched.page.evaluate(run, TAGS)
    return [
        f"{one['id']}: {node['html'][:160]} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_no_violation_and_no_error(
    watched: Watched, site: tuple[Desk, str], name: str, scheme: Literal["light", "dark"]
) -> None:
    watched.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    watched.go(path_of(site[0], name))
    watched.page.evaluate("for (const box of document.querySelectorAll('details')) box.open = true")
    assert violations(watched) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_page_fits_400_pixels_and_paper(watched: Watched, site: tuple[Desk, str], name: str) -> None:
    watched.page.set_viewport_size({"width": 400, "height": 800})
    watched.go(path_of(site[0], name))
    wide = watched.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 400
    watched.page.emulate_media(media="print")
    assert not watched.page.locator(".rail").is_visible()
    assert watched.page.locator("main").is_visible()


def test_the_skip_link_comes_first_and_leads_to_the_content(watched: Watched) -> None:
    watched.go("/")
    watched.page.keyboard.press("Tab")
    assert watched.page.evaluate("document.activeElement.textContent") == "Skip to the content"
    watched.page.keyboard.press("Enter")
    assert watched.page.evaluate("document.activeElement.id") == "content"


def test_hostile_words_do_nothing_in_a_browser(watched: Watched, site: tuple[Desk, str]) -> None:
    """All of them in one article's title, text and source, wherever that is shown."""
    watched.go("/score")
    page = watched.page
    page.fill("#title", f"{HOSTILE[3]} {HOSTILE[0]} Nvidia told to stop exports of chips to China")
    body = "Nvidia said the Commerce Department ordered a licence for its AI chips to China. "
    page.fill("#body", body + "\n".join(HOSTILE))
    page.fill("#source", HOSTILE[4])
    page.click("text=Score and keep")
    page.wait_for_url("**/articles/*")
    watched.drawn()
    assert HOSTILE[3] in page.locator("h1").inner_text()
    page.click("text=Show the source as sent")
    assert HOSTILE[12] in page.locator(".body").inner_text()
    assert HOSTILE[0] in page.locator(".body").inner_text()
    assert page.title().startswith(HOSTILE[3])
    story = page.locator("text=its story").get_attribute("href")
    for path in ("/", "/companies/nvidia", story or "", "/alerts", f"/companies?q={HOSTILE[3]}"):
        watched.go(path)
        box = page.locator("#timeline")
        if box.count():  # the plot shows titles too
            box.hover(position={"x": 500, "y": 150})
        assert page.locator("img, iframe, svg[onload]").count() == 0
    assert page.evaluate("typeof window.alert") == "function"
