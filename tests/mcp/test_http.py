"""The protocol at `/mcp`: there only when the setting says so, with the keys and limits of the API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from fastapi.testclient import TestClient
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from riskscore.api.app import create_app
from riskscore.assess import Assessor
from riskscore.settings import load_settings
from riskscore.store import open_store
from riskscore.store.ledger import LedgerFilter, list_entries
from tests.api.conftest import make_assessor
from tests.api.live import served
from tests.api.problems import assert_problem
from tests.api.test_access import Site
from tests.mcp.conftest import TEXT, answer_of, asked, asker, refusal_of

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
JSON = {"content-type": "application/json", "accept": "application/json, text/event-stream"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("site"), make_assessor(), mcp=True, audit_wait=True)


@pytest.fixture(scope="module")
def address(site: Site) -> Iterator[str]:
    with served(site.app) as address:
        yield f"http://{address}/mcp"


@pytest.mark.parametrize("mode", ["auto", "legacy"])  # the protocol of 2026, and that with a handshake
def test_an_assistant_asks_with_a_key(site: Site, address: str, mode: str) -> None:
    key = site.known_key("read")
    headers = {"authorization": f"Bearer {key}"}
    client = Client(
        streamable_http_client(address, http_client=httpx2.AsyncClient(headers=headers)), mode=mode
    )
    with asked(client) as (connected, portal):
        ask = asker(connected, portal)
        assert answer_of(ask("search_companies", query="nvda"))["companies"][0]["company_id"] == "nvidia"
        assert answer_of(ask("company_risk", company="nvidia"))["coverage"]["articles"] == 0
        assert "lacks the scope 'score'" in refusal_of(ask("score_text", text=TEXT))
    store = open_store(site.settings.database_url)
    with store.read() as connection:
        (last,) = list_entries(connection, LedgerFilter(), 1)
    store.close()
    assert last.entry.action == "company.risk"
    assert last.entry.actor == "desk"
    assert last.entry.key_id is not None
    assert key.startswith(last.entry.key_id)


def test_a_key_that_may_score_scores(site: Site, address: str) -> None:
    headers = {"authorization": f"Bearer {site.known_key('read', 'score')}"}
    client = Client(streamable_http_client(address, http_client=httpx2.AsyncClient(headers=headers)))
    with asked(client) as (connected, portal):
        assert answer_of(asker(connected, portal)("score_text", text=TEXT))["regimes"][0]["flagged"] is True


def test_refusals_are_the_apis(site: Site, address: str) -> None:
    with httpx2.Client() as client:
        assert client.post(address, json=PING).status_code == 401
        scorer = {"authorization": f"Bearer {site.known_key('score')}"}
        assert client.post(address, json=PING, headers=scorer).status_code == 403
        reader = {"authorization": f"Bearer {site.known_key('read')}"}
        assert client.post(address, json=PING, headers=JSON | reader).status_code == 200
        assert client.get(address, headers=reader).status_code == 405
        foreign = reader | {"host": "evil.example"}
        assert client.post(address, json=PING, headers=foreign).status_code == 400
        page = reader | {"content-type": "text/plain", "origin": "https://evil.example"}
        assert client.post(address, content="{}", headers=page).status_code == 415
        assert client.post(address, content=b" " * 5_000_000, headers=JSON | reader).status_code == 413
        assert client.post(address, content="{", headers=JSON | reader).status_code == 400


def test_it_is_not_there_unless_it_is_asked_for(tmp_path: Path, assessor: Assessor) -> None:
    settings = load_settings(database_url=f"sqlite:///{tmp_path / 'news.db'}")
    with TestClient(create_app(settings, assessor), base_url="http://localhost") as client:
        assert_problem(client.post("/mcp", json=PING), 404)


@pytest.fixture
def assessor() -> Assessor:
    return make_assessor()
