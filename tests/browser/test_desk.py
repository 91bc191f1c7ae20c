"""What an analyst does: read, zoom, watch, be told, decide, score a file, sign in; by mouse and keyboard."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import anyio
import pytest
from playwright.sync_api import Browser

from riskscore.access.issuing import make_key
from riskscore.api.app import create_app
from riskscore.assess import Assessor
from riskscore.auditing.trail import process_trail
from riskscore.commands.worker import make_worker
from riskscore.settings import load_settings
from riskscore.store import open_store
from riskscore.store.times import utc_now
from tests.browser.conftest import Watched
from tests.browser.site import serving
from tests.dashboard.conftest import Desk


class Receiver:
    """A webhook's receiver on this machine: what it was sent."""

    def __init__(self) -> None:
        self.events: list[dict[str, object]] = []
        events = self.events

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                events.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/hook"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()


def deliver(desk: Desk) -> None:
    """What a worker has to do just now."""
    store = open_store(desk.url)
    worker = make_worker(desk.settings, store)

    async def once() -> None:
        await worker.run(anyio.Event(), once=True)

    # Playwright's own event loop runs in this thread.
    thread = threading.Thread(target=lambda: anyio.run(once))
    thread.start()
    thread.join(30)
    store.close()


def test_from_pasting_an_article_to_deciding_on_its_alert(
    watched: Watched, site: tuple[Desk, str], receiver: Receiver
) -> None:
    page = watched.page
    # Paste an article, look at the result, keep it.
    watched.go("/score")
    page.fill("#title", "Synopsys told to stop selling chip design software to China")
    page.fill(
        "#body",
        "Synopsys said the Commerce Department had ordered it to stop selling electronic design software to "
        "customers in China without a licence. The company withdrew its forecast.",
    )
    page.click("button:text-is('Score')")
    page.wait_for_selector("#result")
    assert "acute" in watched.text("#verdicts ~ .verdict") or "material" in watched.text(".verdict")
    page.click("summary:has-text('Change the article')")
    page.click("text=Score and keep")
    page.wait_for_url("**/articles/*")
    # Read the evidence, test it, open the company.
    assert page.locator("mark.evidence").count() > 0
    page.click("text=Test the evidence")
    page.wait_for_selector("caption:has-text('The evidence, tested')")
    page.click("a:text-is('Synopsys')")
    page.wait_for_url("**/companies/synopsys")
    watched.drawn()
    assert "Synopsys told to stop" in watched.text("article.story")
    # Put it on a watchlist, make an endpoint, and a watch that was previewed.
    page.select_option("#watchlist_id", "")
    page.fill("form[action$='/watch'] #name", "Design tools")
    page.click("text=Add to the watchlist")
    page.wait_for_selector(".done")
    watched.go("/deliveries")
    page.click("summary:has-text('Make an endpoint')")
    page.fill("#name", "Local receiver")
    page.fill("#target", receiver.address)
    page.click("button:text-is('Make it')")
    assert "whsec_" in watched.text(".done")
    watched.go("/subscriptions")
    page.fill("#name", "Design tools, anything")
    page.select_option("#watchlist_id", "design-tools")
    page.select_option("#endpoint_id", label="Local receiver (webhook)")
    assert page.locator("#save").is_disabled()
    page.click("text=Preview over history")
    page.wait_for_selector("#preview")
    assert watched.text("#preview dd").startswith("1 in")
    page.fill("#minimum_score", "20")  # what was previewed is no longer what would be saved
    assert page.locator("#save").is_disabled()
    page.click("text=Preview over history")
    page.wait_for_selector("#preview")
    page.click("#save")
    page.wait_for_selector("th:has-text('Design tools, anything')")
    # News comes in; the receiver is told.
    watched.go("/score")
    page.fill("#title", "Synopsys pays $140 million over sales to a Chinese military university")
    page.fill(
        "#body",
        "Synopsys pleaded guilty to breaking export controls by selling chip design tools to a Chinese "
        "military university on the Entity List, and will pay $140 million, the Justice Department said.",
    )
    page.click("text=Score and keep")
    page.wait_for_url("**/articles/*")
    deliver(site[0])
    assert [event["type"] for event in receiver.events] == ["alert.opened"]
    # Decide on it by keyboard.
    watched.go("/alerts")
    page.keyboard.press("j")
    assert "Synopsys" in page.evaluate("document.activeElement.textContent")
    page.keyboard.press("e")
    page.keyboard.type("Touches a holding")
    page.fill("#decide-user", "m.ferreira")
    page.keyboard.press("Enter")
    page.wait_for_selector(".state-escalate")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url("**/alerts/al_*")
    assert "escalated by m.ferreira" in watched.text("#history ~ ul")
    # Send it once more.
    watched.go("/deliveries?state=delivered")
    page.click("button:has-text('Send again') >> nth=0")
    page.wait_for_selector("text=1 delivery queued once more")
    deliver(site[0])
    assert len(receiver.events) == 2


def test_the_queue_is_gone_through_by_keyboard_alone(watched: Watched) -> None:
    page = watched.page
    watched.go("/alerts")
    rows = page.locator(".alert")
    assert rows.count() > 4

    def focused() -> str:
        found: str = page.evaluate("document.activeElement.dataset.alert ?? ''")
        return found

    ids = [rows.nth(place).get_attribute("data-alert") for place in range(4)]
    page.keyboard.press("j")
    assert focused() == ids[0]
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert focused() == ids[1]
    for key, decision in (("d", "dismissed"), ("m", "monitored")):
        at = ids.index(focused())
        page.keyboard.press(key)
        assert page.locator(f"input[value={'dismiss' if key == 'd' else 'monitor'}]:checked").count() == 1
        page.keyboard.type("j is typed here, and moves nothing")
        page.fill("#decide-user", "k.board")
        page.keyboard.press("Enter")
        page.wait_for_selector("dialog", state="hidden")
        assert rows.nth(at).locator("[data-status]").inner_text() == decision
        assert focused() == ids[at + 1]
    page.keyboard.press("n")
    assert page.evaluate("document.activeElement.name") == "note"
    page.keyboard.press("Escape")
    assert focused() == ids[3]
    page.keyboard.press("e")
    page.fill("#decide-user", "")
    page.keyboard.press("Enter")  # without a reason the browser asks for one
    assert page.locator("dialog").is_visible()
    page.keyboard.press("Escape")
    assert rows.nth(3).locator("[data-status]").inner_text() == "open"
    page.wait_for_selector("dialog", state="hidden")
    watched.until(f"document.activeElement.dataset.alert === '{ids[3]}'")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "find"


def test_marked_words_tell_their_weight_on_hover_and_focus(watched: Watched, site: tuple[Desk, str]) -> None:
    page = watched.page
    watched.go(site[0].paths["article"])
    page.locator("mark.feature").first.hover()
    assert "speaks" in page.locator("#tip").inner_text()
    page.mouse.move(1, 1)
    assert page.locator("#tip").is_hidden()
    first = page.locator("mark[tabindex]").first
    first.focus()
    assert first.get_attribute("aria-describedby") == "tip"
    assert page.locator("#tip").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("#tip").is_hidden()
    washed = "getComputedStyle(document.querySelector('mark.evidence')).backgroundColor"
    plain = page.evaluate(washed)
    page.check("input[name=show][value=none]")
    assert page.evaluate(washed) != plain


def test_the_timeline_is_zoomed_by_buttons_and_leads_to_articles(watched: Watched) -> None:
    page = watched.page
    watched.go("/companies/nvidia")
    before = page.evaluate("document.querySelector('#timeline')._fullLayout.xaxis.range[0]")
    page.click("text=3 months")
    watched.until(f"document.querySelector('#timeline')._fullLayout.xaxis.range[0] > '{before}'")
    assert page.locator("button[aria-pressed=true]").inner_text() == "3 months"
    page.emulate_media(color_scheme="dark")
    watched.until("document.querySelector('#timeline')._fullLayout.paper_bgcolor === '#1a1e23'")


def test_a_file_is_scored_piece_by_piece(watched: Watched, tmp_path: Path) -> None:
    lines = ["id,title,text,source"]
    for number in range(60):
        told = "Nvidia said the Commerce Department ordered a licence, effective at once, for chips to China."
        lines.append(f'{number},"=Item, {number}","{told}\nSecond line.",Wire')
    lines.append('bad,,"",Wire')
    path = tmp_path / "news.csv"
    path.write_text("\n".join(lines))
    page = watched.page
    watched.go("/score")
    page.set_input_files("#batch-file", str(path))
    page.click("text=Score the file")
    page.wait_for_selector("text=61 of 61 articles, 60 flagged, 1 with a fault.")
    assert page.locator("#batch-rows tr").count() == 61
    assert "=Item, " in page.locator("#batch-rows th").first.inner_text()
    with page.expect_download() as download:
        page.click("text=Save results as CSV")
    saved = Path(download.value.path()).read_text()
    assert saved.startswith("id,title,score,chips_score,chips_severity")
    assert "\"'=Item, " in saved  # no formula to a spreadsheet
    lines = [
        json.dumps({"title": f"Kept {number}", "text": "Officials said nothing of note."})
        for number in range(3)
    ]
    path = tmp_path / "news.jsonl"
    path.write_text("\n".join(lines))
    page.set_input_files("#batch-file", str(path))
    page.check("#batch-keep")
    page.click("text=Score the file")
    page.wait_for_selector("text=3 of 3 articles")
    page.click("#batch-rows a >> nth=0")
    page.wait_for_url("**/articles/*")


def test_a_dropped_file_is_in_the_form(watched: Watched, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("<p>Nvidia said <b>nothing</b>.</p>")
    watched.go("/score")
    watched.page.set_input_files("#file", str(path))
    watched.page.wait_for_selector(".toast")
    assert watched.page.input_value("#body") == "<p>Nvidia said <b>nothing</b>.</p>"
    assert watched.page.input_value("#kind") == "html"


def test_pages_work_without_scripts(browser: Browser, site: tuple[Desk, str]) -> None:
    desk, address = site
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address + desk.paths["alert"])
    page.check("input[value=monitor]")
    page.fill("#here-reason", "Wait for the final rule")
    page.fill("#here-user", "n.script")
    page.click("button:text-is('Decide')")
    assert "monitored by n.script" in page.locator("main").inner_text().replace("\n", " ")
    context.close()


def test_signing_in_with_a_key(browser: Browser, tmp_path: Path, real_assessor: Assessor) -> None:
    url = f"sqlite:///{tmp_path / 'keys.db'}"
    store = open_store(url)
    trail = process_trail(store)
    made = store.in_transaction(
        lambda connection: make_key(connection, "A. Nalyst", ["read"], utc_now(), trail)
    )
    store.close()
    app = create_app(load_settings(database_url=url, require_keys=True), real_assessor)
    with serving(app) as address:
        context = browser.new_context()
        watched = Watched(context.new_page(), address)
        page = watched.page
        watched.go("/companies?q=nvidia")
        assert page.url.startswith(f"{address}/login?next=")
        page.fill("#key", made.secret)
        page.keyboard.press("Enter")
        page.wait_for_url("**/companies/nvidia")
        (cookie,) = context.cookies()
        assert cookie["httpOnly"]
        assert cookie["sameSite"] == "Strict"
        assert page.evaluate("document.cookie") == ""
        assert page.locator("nav >> text=Alerts").count() == 0
        page.click("text=Sign out")
        page.wait_for_url("**/login")
        assert not watched.errors
        context.close()
