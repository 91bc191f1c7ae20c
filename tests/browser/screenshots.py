"""``python -m tests.browser.screenshots [FOLDER]``: each page, light and dark, on a year of made-up news."""

from __future__ import annotations

import io
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from riskscore.api.app import create_app
from riskscore.assess import Assessor
from riskscore.settings import load_settings
from riskscore.store import open_store
from riskscore.store.alerts import AlertFilter, list_alerts
from riskscore.store.mentions import sightings
from riskscore.store.stories import count_copies
from tests.browser.conftest import Watched
from tests.browser.news import articles, fill, import_lists
from tests.browser.site import CHROMIUM, serving

_ARTICLES = 1_600
_TO_TOP = "what => scrollTo(0, document.querySelector(what).getBoundingClientRect().top + scrollY - 20)"
PASTED = {
    "title": "Commerce tells toolmaker to stop serving Chinese fabs",
    "body": "Lam Research said on Tuesday that the Commerce Department had told it to stop servicing tools "
    "at three Chinese fabs without a licence, effective at once.\n\nThe company expects to lose some $300 "
    "million of revenue this quarter. Applied Materials, which sells to the same customers, said it was "
    "studying the letter. Analysts at a Boston brokerage kept their rating.\n\nA separate bill that would "
    "bar American funds from investing in Chinese chipmakers was reported by a House committee on Monday.",
}


def main() -> None:
    """Fill a scratch store, serve it, and take the pictures."""
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/screenshots")
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/desk.db"
        now = datetime.now(UTC)
        assessor = Assessor.load()
        store = open_store(url)
        fill(store, assessor, articles(_ARTICLES, now), now)
        import_lists(store, assessor, Path(folder), now)
        app = create_app(load_settings(database_url=url))
        with store.read() as connection:
            alert = list_alerts(connection, AlertFilter(), 1)[0]
            seen = sightings(connection, ["nvidia"])
            copies = count_copies(connection, [one.story_id for one in seen])
        store.close()
        story = max(copies, key=lambda story_id: copies[story_id])
        grave = max(seen, key=lambda one: sum(one.scores))
        pages = {
            "overview": "/",
            "company": "/companies/nvidia",
            "companies": "/companies",
            "article": f"/articles/{grave.article_id}",
            "story": f"/stories/{story}",
            "score": "/score",
            "alerts": "/alerts",
            "alert": f"/alerts/{alert.alert_id}",
            "subscriptions": "/subscriptions",
            "deliveries": "/deliveries",
            "instruments": "/instruments?regime=outbound_investment",
            "login": "/login",
        }
        with serving(app) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            for scheme in ("light", "dark"):
                _take(browser, address, pages, target, scheme)
            browser.close()


def _take(
    browser: Browser, address: str, pages: dict[str, str], target: Path, scheme: Literal["light", "dark"]
) -> None:
    page = browser.new_page(viewport={"width": 1360, "height": 900}, color_scheme=scheme)
    watched = Watched(page, address)

    def shoot(name: str) -> None:
        watched.drawn()
        page.mouse.move(2, 2)
        picture = Image.open(io.BytesIO(page.screenshot()))
        # 256 colours tell no difference here, in a third of the bytes.
        few = picture.convert("RGB").quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        few.save(target / f"{name}-{scheme}.png", optimize=True)

    for name, path in pages.items():
        page.goto(address + path)
        shoot(name)
    page.goto(address + pages["article"])
    page.locator("mark[tabindex]").nth(4).focus()
    shoot("reading")
    page.goto(address + pages["company"])
    page.evaluate(_TO_TOP, "#evidence")
    shoot("evidence")
    page.goto(address + "/instruments?regime=outbound_investment")
    page.evaluate(
        "scrollTo(0, document.querySelector('#history').getBoundingClientRect().top + scrollY - 20)"
    )
    shoot("rule-timeline")
    page.goto(address + "/")
    page.evaluate(
        "scrollTo(0, document.querySelector('#volume-title').getBoundingClientRect().top + scrollY - 20)"
    )
    shoot("overview-lower")
    page.goto(address + "/score")
    page.fill("#title", PASTED["title"])
    page.fill("#body", PASTED["body"])
    page.fill("#source", "Harbour Wire")
    page.click("text=Score and keep >> xpath=preceding-sibling::button")
    page.wait_for_selector("#result")
    shoot("scored")
    page.goto(address + "/subscriptions")
    page.fill("#name", "Chip tools, material")
    page.check("input[name=regimes][value=chips]")
    page.uncheck("input[name=regimes][value=cloud_data]")
    page.uncheck("input[name=regimes][value=outbound_investment]")
    page.fill("#weekly_capacity", "5")
    page.click("button[value=preview]")
    page.wait_for_selector("#preview")
    page.locator("#preview").scroll_into_view_if_needed()
    shoot("preview")
    page.goto(address + "/alerts")
    page.keyboard.press("j")
    page.keyboard.press("e")
    shoot("triage")
    page.set_viewport_size({"width": 400, "height": 860})
    for name in ("overview", "company"):
        page.goto(address + pages[name])
        shoot(f"narrow-{name}")
    page.close()
    if watched.errors:
        raise SystemExit("\n".join(watched.errors))


if __name__ == "__main__":
    main()
