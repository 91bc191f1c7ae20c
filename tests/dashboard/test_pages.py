"""Pages over HTTP: who sees them, with which headers, what forms must bring, and hostile words as text."""

from __future__ import annotations

import re
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.params import Depends
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from riskscore.access.issuing import make_key
from riskscore.access.scopes import SCOPES
from riskscore.api.access import OPEN
from riskscore.api.app import create_app
from riskscore.assess import Assessor
from riskscore.auditing.trail import process_trail
from riskscore.imports.formats import read_rows
from riskscore.imports.save import save_rows
from riskscore.knowledge import load_knowledge
from riskscore.settings import load_settings
from riskscore.store import open_store
from riskscore.store.times import utc_now
from tests.dashboard.conftest import Desk
from tests.dashboard.hostile import HOSTILE

SAME_SITE = {"sec-fetch-site": "same-origin"}


def token_of(page: str) -> str:
    found = re.search(r'name="form_token" value="([0-9a-f]{64})"', page)
    assert found, "the page has no form"
    return found[1]


def post(client: TestClient, path: str, page: str, **fields: Any) -> httpx.Response:
    """Post a form as the page at `page` would."""
    token = token_of(client.get(page).text)
    answer: httpx.Response = client.post(path, data={"form_token": token, **fields}, headers=SAME_SITE)
    return answer


def test_every_page_answers_with_its_headers(desk: Desk) -> None:
    for name, path in desk.paths.items():
        answer = desk.client.get(path)
        assert answer.status_code == 200, name
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        # What the policy would refuse.
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", answer.text), name
        assert not re.search(r"<script(?![^>]*(src=|application/json))", answer.text), name


def test_every_page_needs_a_scope_or_says_that_it_is_open(desk: Desk) -> None:
    opened = set()
    seen = set()
    for route in iter_route_contexts(desk.app.routes):
        path = str(getattr(route, "path", route))
        if path not in desk.app.state.page_paths:
            continue
        seen.add(path)
        declared: list[Depends] = list(getattr(route, "dependencies", None) or [])
        scopes = {scope for one in declared for scope in getattr(one, "scopes", None) or ()}
        assert scopes <= set(SCOPES)
        assert bool(scopes) != (OPEN in declared), path
        if not scopes:
            opened.add(path)
    assert seen == desk.app.state.page_paths
    assert opened == {"/static/{name}", "/login", "/logout"}


def test_static_files_may_be_kept_for_good_by_their_hash(desk: Desk) -> None:
    page = desk.client.get("/").text
    for address in re.findall(r'(?:src|href)="(/static/[^"]+)"', page):
        answer = desk.client.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        again = desk.client.get(address, headers={"if-none-match": answer.headers["etag"]})
        assert again.status_code == 304
    assert desk.client.get("/static/desk.css").headers["cache-control"] == "no-cache"
    assert desk.client.get("/static/../pages.py").status_code == 404
    assert desk.client.get("/static/%2e%2e%2fpages.py").status_code == 404


def test_pages_of_an_empty_store_say_so(tmp_path: Path, real_assessor: Assessor) -> None:
    app = create_app(load_settings(database_url=f"sqlite:///{tmp_path / 'empty.db'}"), real_assessor)
    with TestClient(app, base_url="http://localhost") as client:
        told = {
            "/": "Nothing is stored yet",
            "/companies": "No stored news puts any company at risk",
            "/companies/nvidia": "no stored article names this company".capitalize(),
            "/alerts": "No alert waits for a decision",
            "/subscriptions": "None yet",
            "/deliveries": "Nothing was sent",
            "/companies?q=zzzzzzzz": "No company matches",
        }
        for path, words in told.items():
            answer = client.get(path)
            assert answer.status_code == 200, path
            assert words in answer.text, path


def test_names_lead_to_companies_one_s_own_too(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("name,id\nZzyzx Holdings,own-1\n")
    store = open_store(desk.url)
    save_rows(store, load_knowledge(), read_rows(path, "csv"), "csv", utc_now())
    store.close()
    assert desk.client.get("/companies?q=Zzyzx Holdings").headers["location"] == "/companies/own-1"
    assert "Zzyzx Holdings" in desk.client.get("/companies/own-1").text


def test_the_ranking_is_the_apis(desk: Desk) -> None:
    """Kept for a while, but of the same numbers."""
    ranked = desk.client.get("/v1/companies?order=risk&limit=5").json()["companies"]
    page = desk.client.get("/companies").text
    places = [page.index(f'href="/companies/{one["company_id"]}"') for one in ranked]
    assert places == sorted(places)
    chips = desk.client.get("/v1/companies?order=risk&regime=chips&limit=3").json()["companies"]
    page = desk.client.get("/companies?regime=chips").text
    places = [page.index(f'href="/companies/{one["company_id"]}"') for one in chips]
    assert places == sorted(places)


def test_what_is_not_there_is_said_on_a_page(desk: Desk) -> None:
    for path in ("/companies/nobody", "/articles/ar_0", "/stories/st_0", "/alerts/al_0", "/instruments/x"):
        answer = desk.client.get(path)
        assert answer.status_code == 404, path
        assert answer.headers["content-type"].startswith("text/html")
        assert "There is no such resource" in answer.text
    assert desk.client.get("/companies/nvidia?as_of=never").status_code == 422
    assert desk.client.get("/v1/companies/nobody").headers["content-type"] == "application/problem+json"


# Forms.


def test_a_form_from_elsewhere_is_refused(desk: Desk) -> None:
    token = token_of(desk.client.get("/score").text)
    fields = {
        "form_token": token,
        "title": "t",
        "body": "Nvidia may not sell chips to China, officials said.",
    }
    foreign: list[dict[str, str]] = [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {},
    ]
    for headers in foreign:
        answer = desk.client.post("/score", data=fields, headers=headers)
        assert answer.status_code == 403, headers
    for headers in (SAME_SITE, {"origin": "http://localhost"}):
        assert desk.client.post("/score", data=fields, headers=headers).status_code == 200
    for forged in ("", "0" * 64):
        answer = desk.client.post("/score", data={**fields, "form_token": forged}, headers=SAME_SITE)
        assert answer.status_code == 403
    batch = {"items": [{"text": "Nvidia may not sell chips to China, officials said."}]}
    assert desk.client.post("/score/batch", json=batch, headers=SAME_SITE).status_code == 403
    held = {**SAME_SITE, "x-form-token": token}
    assert desk.client.post("/score/batch", json=batch, headers=held).status_code == 200


def test_every_form_of_every_page_holds_the_token(desk: Desk) -> None:
    for path in desk.paths.values():
        for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", desk.client.get(path).text, re.DOTALL):
            assert 'name="form_token"' in form, path


def test_a_watch_is_previewed_then_saved_changed_paused_and_deleted(desk: Desk) -> None:
    fields = {
        "name": "Chips, grave",
        "rule_kind": "story",
        "regimes": ["chips"],
        "minimum_severity": "2",
        "companies": "nvidia, micron",
        "weekly_capacity": "1",
        "exposed_only": "on",
    }
    page = "/subscriptions"
    previewed = post(desk.client, page, page, action="preview", **fields)
    assert previewed.status_code == 200
    assert "What it would have sent" in previewed.text
    assert "Chips, grave" not in desk.client.get(page).text  # nothing is kept yet
    assert post(desk.client, page, page, action="save", **fields).status_code == 303
    listed = desk.client.get(page).text
    assert "Chips, grave" in listed
    found = re.search(r"\?change=(su_\w+)\">Change<span class=\"unseen\"> Chips, grave", listed)
    assert found
    changed = desk.client.get(f"{page}?change={found[1]}").text
    assert 'value="nvidia, micron"' in changed
    saved = post(desk.client, page, page, action="save", changing=found[1], **{**fields, "name": "Renamed"})
    assert saved.status_code == 303
    for action, left in (("pause", "Resume"), ("resume", "Pause"), ("delete", None)):
        post(desk.client, f"{page}/{found[1]}/state", page, action=action)
        text = desk.client.get(page).text
        assert (f'{left}<span class="unseen"> Renamed' in text) if left else ("Renamed" not in text)


def test_a_rule_that_cannot_be_is_told_beside_what_was_typed(desk: Desk) -> None:
    page = "/subscriptions"
    refused = post(desk.client, page, page, action="save", name="Mine", rule_kind="company_risk")
    assert refused.status_code == 422
    assert "needs `crosses` or `rises_by`" in refused.text
    assert 'value="Mine"' in refused.text


def test_an_article_is_kept_verified_and_replayed(desk: Desk) -> None:
    kept = post(
        desk.client,
        "/score",
        "/score",
        title="Micron told to stop selling to Chinese data centres",
        body="Micron said the Commerce Department told it to stop selling memory chips to China.\r\nNo date.",
        source="Wire",
        keep="yes",
    )
    assert kept.status_code == 303
    path = kept.headers["location"]
    assert "Micron said the Commerce Department" in re.sub(r"<[^>]+>", "", desk.client.get(path).text)
    assert "The evidence, tested" in post(desk.client, f"{path}/verify", path).text
    assert "byte for byte" in post(desk.client, f"{path}/replay", path).text
    assert desk.client.get(f"{path}/verify").headers["location"] == path


def test_a_company_goes_on_a_watchlist_that_is_made_for_it(desk: Desk) -> None:
    page = f"/companies/{desk.alert.company_id}"
    made = post(desk.client, f"{page}/watch", page, watchlist_id="", name="Desk <one>")
    assert made.status_code == 303
    assert "Desk &lt;one&gt;" in desk.client.get(page).text
    again = post(desk.client, f"{page}/watch", page, watchlist_id="", name="Desk <one>")
    assert again.status_code == 422
    added = post(
        desk.client, "/companies/micron/watch", "/companies/micron", watchlist_id="desk-one", name=""
    )
    assert added.status_code == 303
    lists = desk.client.get("/v1/watchlists/desk-one").json()
    assert lists["companies"] == sorted({desk.alert.company_id, "micron"})
    post(desk.client, "/watchlists/desk-one", "/subscriptions", action="save", keep="micron")
    assert desk.client.get("/v1/watchlists/desk-one").json()["companies"] == ["micron"]
    post(desk.client, "/watchlists/desk-one", "/subscriptions", action="delete")
    assert desk.client.get("/v1/watchlists/desk-one").status_code == 404


def test_memos_come_in_every_form(desk: Desk) -> None:
    for form, kind in (("pdf", "application/pdf"), ("html", "text/html"), ("md", "text/markdown")):
        answer = desk.client.get(f"/companies/{desk.alert.company_id}/memo?format={form}&as_of=2026-01-31")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)
        assert len(answer.headers["memo-sha256"]) == 64


def test_the_endpoints_secret_is_shown_once(desk: Desk) -> None:
    target = "https://hooks.example.com/desk"
    made = post(desk.client, "/endpoints", "/deliveries", name="Desk", channel="webhook", target=target)
    found = re.search(r"whsec_[\w+/=]+", made.text)
    assert found
    assert found[0] not in desk.client.get("/deliveries").text
    refused = post(desk.client, "/endpoints", "/deliveries", name="D", channel="webhook", target="ftp://x")
    assert refused.status_code == 422


# Keys.


@pytest.fixture
def locked(tmp_path: Path, real_assessor: Assessor) -> Desk:
    return Desk(tmp_path, real_assessor, require_keys=True, key_refresh_s=0.05)


def make(desk: Desk, *scopes: str) -> str:
    store = open_store(desk.url)
    trail = process_trail(store)
    made = store.in_transaction(
        lambda connection: make_key(connection, "A. Nalyst", scopes, utc_now(), trail)
    )
    store.close()
    time.sleep(2 * desk.settings.key_refresh_s)  # until a running server knows of it
    return made.secret


def test_pages_ask_for_a_key_and_keep_it_out_of_cookie_and_addresses(locked: Desk) -> None:
    client = locked.client
    with client:
        for path in locked.paths.values():
            answer = client.get(path)
            assert answer.status_code == 303, path
            assert answer.headers["location"].startswith("/login?next=%2F")
        key = make(locked, "read", "alerts")
        wrong = post(client, "/login", "/login", key=key[:-1] + ("a" if key[-1] != "a" else "b"))
        assert wrong.status_code == 401
        assert "set-cookie" not in wrong.headers
        right = post(client, "/login", "/login?next=/alerts", key=key, next="/alerts")
        assert (right.status_code, right.headers["location"]) == (303, "/alerts")
        cookie = right.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert key.split("_")[2] not in cookie
        assert "A. Nalyst" in client.get("/alerts").text
        lacking = client.get("/score")
        assert lacking.status_code == 403
        assert "lacks the scope &#39;score&#39;" in lacking.text
        assert ">Score</a>" not in client.get("/alerts").text
        session = client.cookies["riskscore_session"]
        assert client.get("/v1/companies").status_code == 401  # a session is no key
        assert client.get("/v1/companies", headers={"authorization": f"Bearer {session}"}).status_code == 401
        decided = post(
            client, f"/alerts/{locked.alert.alert_id}/decision", f"/alerts/{locked.alert.alert_id}",
            decision="monitor", reason="Wait", user="somebody else",
        )  # fmt: skip
        assert decided.status_code == 303
        assert "by A. Nalyst" in client.get(f"/alerts/{locked.alert.alert_id}").text
        assert post(client, "/logout", "/alerts").headers["location"] == "/login"
        assert client.get("/alerts").status_code == 303


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "x", "/\n/x"],
)
def test_signing_in_leads_nowhere_else(locked: Desk, target: str) -> None:
    with locked.client:
        key = make(locked, "read")
        assert post(locked.client, "/login", "/login", key=key, next=target).headers["location"] == "/"


def test_a_link_on_another_site_goes_on_from_here(locked: Desk) -> None:
    """SameSite=Strict keeps the cookie from such a request, so it must be made once more."""
    with locked.client:
        answer = locked.client.get("/alerts?status=all", headers={"sec-fetch-site": "cross-site"})
        assert answer.status_code == 200
        assert 'http-equiv="refresh" content="0;url=/alerts?status=all"' in answer.text


# Hostile words.


class _Elements(HTMLParser):
    """Names of elements, and of attributes that run something."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"img", "iframe", "object", "embed", "base", "video", "audio", "math", "marquee", "xss"}:
            self.found.add(tag)
        for name, value in attrs:
            leads = name in {"action", "content", "formaction", "href", "src", "xlink:href"}
            if name.startswith("on") or (leads and re.match(r"\s*(javascript|data):", value or "", re.I)):
                self.found.add(f"{tag} {name}={value}")


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_are_text_wherever_they_are_shown(desk: Desk, words: str) -> None:
    title = f"{words} Nvidia told to stop chip exports to China"
    body = f"Nvidia said the Commerce Department ordered a licence for its chips to China. {words}"
    fields = {"title": title, "body": body, "source": words}
    kept = post(desk.client, "/score", "/score", keep="yes", **fields)
    assert kept.status_code == 303, kept.text
    path = kept.headers["location"]
    shown = [
        desk.client.get(path),
        desk.client.get("/"),
        desk.client.get("/companies/nvidia", params={"against": words, "watched": words}),
        desk.client.get("/companies", params={"q": words}),
        desk.client.get("/instruments", params={"q": words, "status": words}),
        desk.client.get("/subscriptions", params={"company": words}),
        post(desk.client, "/score", "/score", **fields),
        post(desk.client, "/subscriptions", "/subscriptions", action="preview", name=words, companies=words),
        post(desk.client, "/endpoints", "/deliveries", name=words, channel="webhook", target=words),
    ]
    for answer in shown:
        assert answer.status_code in {200, 422}
        elements = _Elements()
        elements.feed(answer.text)
        assert not elements.found
        for block in re.findall(r"<script[^>]*application/json[^>]*>(.*?)</script>", answer.text, re.DOTALL):
            assert "<" not in block
