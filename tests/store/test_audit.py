"""What the service does stands in the ledger, by whom, and no word of what was read or asked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from riskscore.api.app import create_app
from riskscore.assess import Assessor
from riskscore.audit.entry import article_hash, canonical
from riskscore.audit.verification import verify
from riskscore.cli import app
from riskscore.examples import example_request
from riskscore.settings import load_settings
from riskscore.store import Store
from riskscore.store.ledger import entries_after, stored_head
from riskscore.types import Article
from tests.api.fake import FakeAssessor

MARK = "zyxwvut"
TEXT = (
    f"Nvidia said on Monday that it may not sell its chips to customers in China, the {MARK} report found. "
    "The Commerce Department wants a licence for chips of that kind, and data centres wait."
)
ARTICLE = {"title": f"{MARK}: Nvidia chip sales halted", "text": TEXT, "source": MARK}


@pytest.fixture
def client(store: Store, database_url: str) -> Iterator[TestClient]:
    settings = load_settings(database_url=database_url, audit_interval_s=0.02)
    assessor = cast(Assessor, FakeAssessor())
    with TestClient(create_app(settings, assessor), base_url="http://localhost") as client:
        yield client


def settled(client: TestClient, store: Store) -> list[dict[str, Any]]:
    """Every entry, once all are on disk; the chain is whole."""
    for _ in range(500):
        if client.get("/v1/audit/head").json()["waiting"] == 0:
            break
    with store.read() as connection:
        found = list(entries_after(connection))
        assert verify(found, stored_head(connection)) == []
    return [one.record() for one in found]


def actions(entries: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    return [(one["action"], one.get("subject")) for one in entries]


def test_a_score_is_recorded_with_what_went_in_and_came_out(client: TestClient, store: Store) -> None:
    options = {"evidence": 2, "base_rate": 0.02}
    headers = {"x-request-id": "request-7"}
    response = client.post("/v1/score", json={**ARTICLE, "options": options}, headers=headers)
    changed, scored = settled(client, store)
    assert changed["action"] == "model.changed"
    assert changed["actor"].startswith("cli:")
    answer = response.json()
    article = Article(title=ARTICLE["title"], text=TEXT, source=MARK)
    assert scored["actor"] == "local"
    assert scored["action"] == "article.scored"
    assert scored["subject"] == answer["assessment_id"]
    assert scored["request_id"] == "request-7"
    assert scored["input_hash"] == article_hash(article) == hashlib.sha256(canonical(ARTICLE)).hexdigest()
    assert scored["output_hash"] == hashlib.sha256(response.content).hexdigest()
    assert scored["model_version"] == answer["model_version"]
    assert scored["knowledge_hash"] == answer["knowledge_hash"]
    assert scored["detail"] == {"evidence": 2, "base_rate": "0.02"}


def test_every_item_of_a_batch_that_was_scored_is_recorded(client: TestClient, store: Store) -> None:
    items = [{**ARTICLE, "id": "a"}, {"text": 7}, {"title": "Chips."}]
    results = client.post("/v1/score/batch", json={"items": items}).json()["results"]
    _, first, last = settled(client, store)
    assert first["subject"] == results[0]["assessment"]["assessment_id"]
    assert last["subject"] == results[2]["assessment"]["assessment_id"]
    assert last["detail"] == {"abstained": True}
    assert first["input_hash"] == hashlib.sha256(canonical(ARTICLE)).hexdigest()


def test_stored_articles_are_recorded_once_with_their_assessment(client: TestClient, store: Store) -> None:
    stored = client.post("/v1/articles", json=ARTICLE, headers={"idempotency-key": MARK}).json()
    client.post("/v1/articles", json=ARTICLE)
    bulk = json.dumps({**ARTICLE, "source": "other"}).encode()
    client.post("/v1/articles/bulk", content=bulk, headers={"content-type": "application/x-ndjson"})
    _, added, line = settled(client, store)
    assessment = stored["assessment"]
    shown = client.get(f"/v1/assessments/{assessment['assessment_id']}")
    assert actions([added]) == [("article.added", stored["article_id"])]
    assert added["detail"] == {"assessment_id": assessment["assessment_id"]}
    assert added["output_hash"] == hashlib.sha256(shown.content).hexdigest()
    assert added["input_hash"] == hashlib.sha256(canonical(ARTICLE)).hexdigest()
    assert line["action"] == "article.added"


def test_queries_of_companies_are_recorded(client: TestClient, store: Store) -> None:
    client.post("/v1/articles", json=ARTICLE)
    risk = client.get("/v1/companies/nvidia/risk?regime=chips")
    for path in (
        "/v1/companies/nvidia/timeline?format=csv&step_days=90",
        "/v1/companies/nvidia/memo",
        "/v1/companies/compare?ids=nvidia,amd",
        "/v1/companies?order=risk",
        "/v1/companies?q=Micron",
    ):
        assert client.get(path).status_code == 200
    entries = settled(client, store)[2:]
    assert actions(entries)[:3] == [
        ("company.risk", "nvidia"),
        ("company.timeline", "nvidia"),
        ("company.memo", "nvidia"),
    ]
    assert sorted(actions(entries)[3:5]) == [("company.compared", "amd"), ("company.compared", "nvidia")]
    assert actions(entries)[5:] == [("company.ranked", None), ("company.searched", None)]
    assert entries[0]["output_hash"] == hashlib.sha256(risk.content).hexdigest()
    question = {"company_id": "nvidia", "regime": "chips"}
    assert entries[0]["input_hash"] == hashlib.sha256(canonical(question)).hexdigest()
    assert not any("detail" in one for one in entries)


def test_changes_are_recorded_in_their_transaction(client: TestClient, store: Store) -> None:
    endpoint = client.post("/v1/endpoints", json={"name": MARK, "target": f"https://{MARK}.example.com/"})
    endpoint_id = endpoint.json()["endpoint_id"]
    rule = {"maximum_age_days": 36_525, "exposed_only": False}
    subscription = {"name": MARK, "endpoint_id": endpoint_id, "rule": rule}
    subscription_id = client.post("/v1/subscriptions", json=subscription).json()["subscription_id"]
    article_id = client.post("/v1/articles", json=ARTICLE).json()["article_id"]
    (alert,) = client.get("/v1/alerts").json()["alerts"]
    decision = {"decision": "dismiss", "reason": f"because {MARK}", "user": "a.nalyst"}
    client.post(f"/v1/alerts/{alert['alert_id']}/disposition", json=decision)
    client.post("/v1/deliveries/replay", json={"state": "dead"})
    client.put("/v1/watchlists/holdings", json={"name": MARK, "companies": ["nvidia"]})
    client.delete("/v1/watchlists/holdings")
    client.patch(f"/v1/subscriptions/{subscription_id}", json={"active": False})
    client.delete(f"/v1/subscriptions/{subscription_id}")
    client.post(f"/v1/endpoints/{endpoint_id}/secret", json={})
    client.patch(f"/v1/endpoints/{endpoint_id}", json={"state": "disabled"})
    client.delete(f"/v1/endpoints/{endpoint_id}")
    entries = settled(client, store)
    assert actions(entries)[1:] == [
        ("endpoint.created", endpoint_id),
        ("subscription.created", subscription_id),
        ("article.added", article_id),
        ("alert.decided", alert["alert_id"]),
        ("deliveries.replayed", None),
        ("watchlist.saved", "holdings"),
        ("watchlist.deleted", "holdings"),
        ("subscription.changed", subscription_id),
        ("subscription.deleted", subscription_id),
        ("endpoint.secret_changed", endpoint_id),
        ("endpoint.changed", endpoint_id),
        ("endpoint.deleted", endpoint_id),
    ]
    assert entries[4]["detail"] == {"decision": "dismiss"}
    assert entries[4]["input_hash"] == hashlib.sha256(canonical(decision)).hexdigest()
    assert entries[11]["detail"] == {"state": "disabled"}
    before = len(entries)
    assert client.delete(f"/v1/endpoints/{endpoint_id}").status_code == 404
    assert client.post("/v1/endpoints", json={"name": "x", "target": "file:///etc"}).status_code == 422
    assert len(settled(client, store)) == before  # what did not happen is not recorded


def _words(store: Store) -> str:
    """The whole ledger, as the database holds it."""
    with store.read() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM ledger").all()
    return str([bytes(value) if isinstance(value, memoryview) else value for row in rows for value in row])


def test_no_word_of_an_article_or_question_is_in_the_ledger(
    client: TestClient, store: Store, database_url: str, tmp_path: Path
) -> None:
    client.post("/v1/score", json=ARTICLE)
    client.post("/v1/score/batch", json={"items": [{**ARTICLE, "id": MARK}]})
    client.post(
        "/v1/articles",
        json={**ARTICLE, "url": f"https://{MARK}.example.com"},
        headers={"idempotency-key": MARK},
    )
    client.post("/v1/score", json={"html": f"<p>{TEXT}</p>"})
    for path in (
        f"/v1/companies?q={MARK}",
        f"/v1/companies/{MARK}/risk",
        f"/v1/companies/{MARK}/memo",
        f"/v1/companies/compare?ids=nvidia,{MARK}",
        f"/v1/companies/nvidia/timeline?{MARK}=1",
        f"/v1/audit?subject={MARK}",
    ):
        client.get(path)
    environment = {"RISKSCORE_DATABASE_URL": database_url}
    for words in (["score", "--text", TEXT, "--title", MARK], ["companies", "risk", MARK]):
        CliRunner().invoke(app, words, obj=FakeAssessor(), env=environment)
    entries = settled(client, store)
    assert [one["action"] for one in entries].count("article.scored") == 4
    assert MARK not in _words(store)


def test_questions_are_kept_where_the_setting_says_so_but_no_article(store: Store, database_url: str) -> None:
    settings = load_settings(database_url=database_url, keep_query_text=True, audit_wait=True)
    assessor = cast(Assessor, FakeAssessor())
    with TestClient(create_app(settings, assessor), base_url="http://localhost") as client:
        client.get("/v1/companies?q=mark-one")
        client.get("/v1/companies/nvidia/risk?regime=chips&half_life_days=30")
        client.post("/v1/score", json=ARTICLE)
        found = settled(client, store)
    assert found[1]["detail"] == {"question": {"q": "mark-one", "limit": 20}}
    assert found[2]["detail"] == {
        "question": {"company_id": "nvidia", "regime": "chips", "half_life_days": 30.0}
    }
    assert MARK not in _words(store)


def test_without_audit_nothing_is_recorded(store: Store, database_url: str) -> None:
    settings = load_settings(database_url=database_url, audit=False)
    assessor = cast(Assessor, FakeAssessor())
    with TestClient(create_app(settings, assessor), base_url="http://localhost") as client:
        client.post("/v1/score", json=example_request())
        client.post("/v1/articles", json=ARTICLE)
        client.put("/v1/watchlists/holdings", json={"name": "x", "companies": ["nvidia"]})
        assert client.get("/v1/companies/nvidia/risk").status_code == 200
        assert settled(client, store) == []


def test_the_end_of_the_service_writes_what_waits(store: Store, database_url: str) -> None:
    settings = load_settings(database_url=database_url, audit_interval_s=60)
    assessor = cast(Assessor, FakeAssessor())
    with TestClient(create_app(settings, assessor), base_url="http://localhost") as client:
        client.post("/v1/score", json=ARTICLE)
        assert client.get("/v1/audit/head").json()["waiting"] == 1
    with store.read() as connection:
        assert [one.entry.action for one in entries_after(connection)][-1] == "article.scored"


def test_a_score_that_cannot_be_recorded_is_not_given(tmp_path: Path) -> None:
    for audit, status in ((True, 503), (False, 200)):
        url = f"sqlite:///{tmp_path / 'none' / 'x.db'}"
        settings = load_settings(database_url=url, audit=audit)
        client = TestClient(create_app(settings, cast(Assessor, FakeAssessor())), base_url="http://localhost")
        response = client.post("/v1/score", json=ARTICLE)
        assert response.status_code == status
        if audit:
            assert response.json()["type"] == "urn:riskscore:problem:store-unusable"


def test_the_ledger_is_read_by_pages_and_filters(client: TestClient, store: Store) -> None:
    for name in ("one", "two", "three"):
        client.put(f"/v1/watchlists/{name}", json={"name": name, "companies": []})
    settled(client, store)

    def page(**query: Any) -> tuple[list[str], str | None]:
        answer = client.get("/v1/audit", params=query).json()
        return [one.get("subject", "") for one in answer["entries"]], answer["next_cursor"]

    saved = {"action": "watchlist.saved"}
    assert page(**saved) == (["three", "two", "one"], None)
    first, cursor = page(**saved, limit=2)
    assert first == ["three", "two"]
    assert page(**saved, limit=2, cursor=cursor) == (["one"], None)
    everything, end = page(**saved, order="oldest")
    assert everything == ["one", "two", "three"]
    assert page(**saved, order="oldest", cursor=end) == ([], end)
    assert page(subject="two")[0] == ["two"]
    assert page(actor="nobody")[0] == []
    assert page(since="2199-01-01")[0] == []
    settled(client, store)
    read = client.get("/v1/audit?action=ledger.read").json()["entries"]
    assert len(read) == 5  # readings of no entries, or of readings, are not recorded
    assert client.get("/v1/audit?action=made.up").status_code == 422
    assert client.get("/v1/audit?cursor=made-up").status_code == 422
    head = client.get("/v1/audit/head").json()
    with store.read() as connection:
        stored = stored_head(connection)
    assert stored is not None
    assert (head["sequence"], head["entry_hash"]) == (stored.sequence, stored.entry_hash)
