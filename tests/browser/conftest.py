"""One site for all browser tests, and pages in Debian's Chromium that remember what went wrong."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from riskscore.assess import Assessor
from tests.browser.site import CHROMIUM, serving
from tests.dashboard.conftest import Desk

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a browser there is nothing to test with: people are told, and CI fails."""
    if CHROMIUM is not None:
        return
    if os.environ.get("CI"):
        raise pytest.UsageError("the browser tests need Chromium: apt-get install chromium")
    missing = pytest.mark.skip(reason="no Chromium on this machine: apt-get install chromium")
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(missing)


# For this folder alone, not for the session: while Playwright's loop runs, no other test may run one.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Containers run as root, where Chromium's sandbox does not start.
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="package")
def real_assessor() -> Assessor:
    return Assessor.load()


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory, real_assessor: Assessor) -> Iterator[tuple[Desk, str]]:
    """The application with some news, and its address."""
    desk = Desk(tmp_path_factory.mktemp("site"), real_assessor, delivery_allowed_networks="127.0.0.0/8")
    with serving(desk.app) as address:
        yield desk, address


class Watched:
    """A page, and the errors in its console."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.errors: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("dialog", self._refuse)

    def _hear(self, message: object) -> None:
        kind, text = getattr(message, "type", ""), getattr(message, "text", "")
        if kind in {"error", "warning"}:
            self.errors.append(f"{self.page.url}: {text}")

    def _refuse(self, dialog: object) -> None:
        self.errors.append("a dialog opened")
        dialog.dismiss()  # type: ignore[attr-defined]

    def go(self, path: str) -> None:
        """Open a page, and wait until its plots are drawn."""
        self.page.goto(self.address + path)
        self.drawn()

    def drawn(self) -> None:
        """Wait until every plot is drawn."""
        self.until("[...document.querySelectorAll('[data-figure]')].every(box => box.dataset.drawn)")

    def until(self, holds: str) -> None:
        """Wait until an expression is true. Playwright's own wait evaluates strings: our CSP forbids it."""
        deadline = time.monotonic() + 20
        while not self.page.evaluate(holds):
            assert time.monotonic() < deadline, f"not true in 20 s: {holds}"
            self.page.wait_for_timeout(50)

    def text(self, selector: str) -> str:
        return re.sub(r"\s+", " ", self.page.locator(selector).first.inner_text())


@pytest.fixture
def watched(browser: Browser, site: tuple[Desk, str]) -> Iterator[Watched]:
    """A fresh page; the test fails on any error in its console."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    watched = Watched(context.new_page(), site[1])
    yield watched
    context.close()
    assert not watched.errors
