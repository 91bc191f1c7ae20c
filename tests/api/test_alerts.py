"""Endpoints, subscriptions, watchlists, alerts and deliveries over HTTP, on a database of their own."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import TypeAdapter

from riskscore.api import alert_schemas
from riskscore.api.app import create_app
from riskscore.api.cursors import encode_cursor
from riskscore.assess import Assessor
from riskscore.settings import load_settings
from tests.api.problems import assert_problem
from tests.api.test_records import ARTICLE

WEBHOOK = {"name": "Desk", "target": "https://hooks.example.com/risk"}


@pytest.fixture
def client(tmp_path: Path, assessor: Assessor) -> Iterator[TestClient]:
    settings = load_settings(
        database_url=f"sqlite:///{tmp_path / 'news.db'}", public_url="https://risk.example"
    )
    with TestClient(create_app(settings, assessor), base_url="http://localhost") as client:
        yield client


def ask(client: TestClient, method: str, path: str, answer: Any, **content: Any) -> Any:
    """The answer to a request, checked against its documented type."""
    response = client.request(method, path, **content)
    assert response.status_code == 200, response.text
    return TypeAdapter(answer).validate_json(response.content, strict=False)


def news(client: TestClient, **fields: Any) -> None:
    article = ARTICLE | {"published_at": datetime.now(UTC).isoformat()} | fields
    assert client.post("/v1/articles", json=article).status_code == 202


def subscribed(client: TestClient, **rule: Any) -> tuple[str, str]:
    endpoint = client.post("/v1/endpoints", json=WEBHOOK).json()["endpoint_id"]
    made = client.post("/v1/subscriptions", json={"name": "All", "endpoint_id": endpoint, "rule": rule})
    assert made.status_code == 200, made.text
    return endpoint, made.json()["subscription_id"]


def test_a_secret_is_shown_once(client: TestClient) -> None:
    made = ask(client, "POST", "/v1/endpoints", alert_schemas.EndpointAnswer, json=WEBHOOK)
    assert made["secret"].startswith("whsec_")
    path = f"/v1/endpoints/{made['endpoint_id']}"
    assert "secret" not in ask(client, "GET", path, alert_schemas.EndpointAnswer)
    assert made["secret"] not in client.get("/v1/endpoints").text
    again = ask(client, "POST", f"{path}/secret", alert_schemas.EndpointAnswer, json={"overlap_h": 1})
    assert again["secret"].startswith("whsec_")
    assert again["secret"] != made["secret"]
    assert again["former_secret_valid_until"] is not None
    ed25519 = client.post("/v1/endpoints", json=WEBHOOK | {"signing": "ed25519"}).json()
    assert ed25519["secret"].startswith("whpk_")  # the public half
    target = "https://hooks.slack.example/services/T0/B0/p4ssw0rd"
    slack = client.post("/v1/endpoints", json={"name": "S", "channel": "slack", "target": target}).json()
    assert slack["secret"] is None
    assert slack["target"] == "https://hooks.slack.example/…"
    assert "p4ssw0rd" not in client.get("/v1/endpoints").text
    problem = client.post(f"/v1/endpoints/{slack['endpoint_id']}/secret", json={})
    assert_problem(problem, 422, "endpoint_id")


@pytest.mark.parametrize(
    ("endpoint", "field"),
    [
        ({"target": "https://127.1/"}, "target"),
        ({"target": "ftp://hooks.example"}, "target"),
        ({"channel": "email"}, "target"),
        ({"channel": "email", "target": "a@b.example\nBcc: c@d.example"}, "target"),
        ({"channel": "syslog"}, "target"),
        ({"channel": "pager"}, "channel"),
        ({"name": ""}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"names": "x"}, "names"),
    ],
)
def test_an_unusable_endpoint_is_refused(client: TestClient, endpoint: dict[str, Any], field: str) -> None:
    assert_problem(client.post("/v1/endpoints", json=WEBHOOK | endpoint), 422, field)


def test_a_lone_surrogate_is_refused_by_field(client: TestClient) -> None:
    body = '{"name": "x", "rule": {"companies": ["a", "\\ud800"]}}'
    response = client.post(
        "/v1/subscriptions", content=body.encode(), headers={"content-type": "application/json"}
    )
    assert_problem(response, 422, "rule.companies.1")


def test_endpoints_are_changed_disabled_and_deleted(client: TestClient) -> None:
    endpoint, _ = subscribed(client)
    path = f"/v1/endpoints/{endpoint}"
    changed = ask(
        client, "PATCH", path, alert_schemas.EndpointAnswer, json={"name": "New", "state": "disabled"}
    )
    assert (changed["name"], changed["state"], changed["disabled_reason"]) == (
        "New",
        "disabled",
        "disabled by hand",
    )
    health = ask(client, "GET", "/healthz/delivery", alert_schemas.DeliveryHealthAnswer)
    assert health["status"] == "degraded"
    assert [one["endpoint_id"] for one in health["troubled"]] == [endpoint]
    news(client)
    assert client.get(path).json()["pending"] == 1  # kept
    active = ask(client, "PATCH", path, alert_schemas.EndpointAnswer, json={"state": "active"})
    assert active["state"] == "active"
    assert_problem(client.patch(path, json={"target": "http://0x7f000001/"}), 422, "target")
    assert ask(client, "DELETE", path, alert_schemas.DeletedAnswer) == {"deleted": True}
    assert_problem(client.get(path), 404)
    assert_problem(client.delete(path), 404)
    assert client.get("/v1/endpoints").json() == {"endpoints": []}
    assert client.get("/healthz/delivery").json()["status"] == "ok"


def test_subscriptions(client: TestClient) -> None:
    endpoint, subscription = subscribed(client, minimum_severity=1, regimes=["chips"])
    path = f"/v1/subscriptions/{subscription}"
    shown = ask(client, "GET", path, alert_schemas.SubscriptionAnswer)
    assert shown["rule"].regimes == ("chips",)
    assert shown["rule"].hysteresis == 5.0
    paused = ask(client, "PATCH", path, alert_schemas.SubscriptionAnswer, json={"active": False})
    assert (paused["active"], paused["endpoint_id"]) == (False, endpoint)
    news(client)
    assert client.get("/v1/alerts").json()["alerts"] == []
    kept = ask(client, "PATCH", path, alert_schemas.SubscriptionAnswer, json={"endpoint_id": None})
    assert kept["endpoint_id"] is None
    assert_problem(client.patch(path, json={"rule": None}), 422, "rule")
    assert_problem(client.patch(path, json={"endpoint_id": "ep_none"}), 404)
    assert len(client.get("/v1/subscriptions").json()["subscriptions"]) == 1
    assert ask(client, "DELETE", path, alert_schemas.DeletedAnswer) == {"deleted": True}
    assert_problem(client.get(path), 404)


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"minimum_score": 101}, "rule.minimum_score"),
        ({"regimes": []}, "rule.regimes"),
        ({"regimes": ["steel"]}, "rule.regimes.0"),
        ({"kind": "company_risk"}, "rule"),
        ({"watchlist_id": "none"}, "rule.watchlist_id"),
        ({"quiet_hours": {"start": "22:00", "end": "7"}}, "rule.quiet_hours.end"),
        ({"digest": {"time_zone": "Nowhere/Land"}}, "rule.digest.time_zone"),
        ({"min_score": 1}, "rule.min_score"),
    ],
)
def test_an_unusable_rule_is_refused(client: TestClient, rule: dict[str, Any], field: str) -> None:
    assert_problem(client.post("/v1/subscriptions", json={"name": "x", "rule": rule}), 422, field)


def test_watchlists(client: TestClient) -> None:
    path = "/v1/watchlists/holdings"
    assert_problem(client.get(path), 404)
    body = {"name": "Holdings", "companies": ["nvidia", "amd", "nvidia"]}
    made = ask(client, "PUT", path, alert_schemas.WatchlistAnswer, json=body)
    assert made["companies"] == ["amd", "nvidia"]
    replaced = ask(client, "PUT", path, alert_schemas.WatchlistAnswer, json=body | {"companies": ["tsmc"]})
    assert replaced["companies"] == ["tsmc"]
    assert len(client.get("/v1/watchlists").json()["watchlists"]) == 1
    _, subscription = subscribed(client, watchlist_id="holdings")
    assert_problem(client.delete(path), 422, "watchlist_id")
    news(client)
    assert client.get("/v1/alerts").json()["alerts"] == []
    client.delete(f"/v1/subscriptions/{subscription}")
    assert ask(client, "DELETE", path, alert_schemas.DeletedAnswer) == {"deleted": True}
    assert_problem(client.delete(path), 404)


def test_a_rule_is_tried_before_it_is_kept(client: TestClient) -> None:
    news(client)
    news(
        client, title="Micron told to stop", text=ARTICLE["text"].replace("Nvidia", "Micron") + " More of it."
    )
    found = ask(
        client,
        "POST",
        "/v1/subscriptions/preview",
        alert_schemas.PreviewAnswer,
        json={"rule": {"companies": ["nvidia"]}, "weekly_capacity": 5},
    )
    assert (found["alerts"], found["companies"], found["proposed_threshold"]) == (1, 1, 0.1)
    assert found["latest"][0]["company_id"] == "nvidia"
    assert client.get("/v1/alerts").json()["alerts"] == []
    assert_problem(client.post("/v1/subscriptions/preview", json={"days": 0}), 422, "days")


def test_an_alert_is_listed_decided_on_and_exported(client: TestClient) -> None:
    _, subscription = subscribed(client)
    news(client, title='=HYPERLINK("http://evil.example")')
    listed = ask(client, "GET", "/v1/alerts", alert_schemas.AlertsAnswer, params={"status": "open"})
    (alert,) = listed["alerts"]
    assert (alert["company"]["company_id"], alert["subscription_id"]) == ("nvidia", subscription)
    path = f"/v1/alerts/{alert['alert_id']}"
    shown = ask(client, "GET", path, alert_schemas.AlertDetailAnswer)
    assert [event["type"] for event in shown["events"]] == ["alert.opened"]
    assert shown["events"][0]["data"]["links"]["alert"] == f"https://risk.example{path}"
    body = {"decision": "escalate", "reason": "We own it", "user": "ann", "note": "Called the desk"}
    decided = ask(client, "POST", f"{path}/disposition", alert_schemas.AlertDetailAnswer, json=body)
    assert decided["status"] == "escalate"
    client.post(f"{path}/disposition", json=body | {"decision": "monitor", "user": "bob"})
    decisions = client.get(path).json()["dispositions"]
    assert [(one["decision"], one["user"], one["ended_at"] is None) for one in decisions] == [
        ("escalate", "ann", False),
        ("monitor", "bob", True),
    ]
    exported = ask(client, "GET", "/v1/alerts/export", alert_schemas.ExportAnswer)
    assert (exported["count"], len(exported["alerts"][0]["dispositions"])) == (1, 2)
    table = client.get("/v1/alerts/export", params={"format": "csv"})
    assert table.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [(row["decision"], row["reason"], row["user"]) for row in rows] == [
        ("escalate", "We own it", "ann"),
        ("monitor", "We own it", "bob"),
    ]
    assert rows[0]["title"].startswith("'=")  # no formula for a spreadsheet
    assert client.get("/v1/alerts", params={"status": "open"}).json()["alerts"] == []
    assert client.get("/v1/alerts", params={"minimum_severity": 3}).json()["alerts"] == []
    assert_problem(client.post(f"{path}/disposition", json=body | {"reason": ""}), 422, "reason")
    assert_problem(client.post(f"{path}/disposition", json=body | {"decision": "ignore"}), 422, "decision")
    assert_problem(client.post("/v1/alerts/al_none/disposition", json=body), 404)
    assert_problem(client.get("/v1/alerts/al_none"), 404)


def test_deliveries_are_listed_in_pages_and_replayed_by_choice_only(client: TestClient) -> None:
    endpoint, _ = subscribed(client)
    for _ in range(3):
        ask(client, "POST", f"/v1/endpoints/{endpoint}/test", alert_schemas.QueuedAnswer)
    seen: list[int] = []
    cursor: str | None = None
    while True:
        params = {"limit": 2, "endpoint_id": endpoint} | ({"cursor": cursor} if cursor else {})
        page = ask(client, "GET", "/v1/deliveries", alert_schemas.DeliveriesAnswer, params=params)
        seen += [one["sequence"] for one in page["deliveries"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [3, 2, 1]
    first = client.get("/v1/deliveries").json()["deliveries"][-1]["delivery_id"]
    shown = ask(client, "GET", f"/v1/deliveries/{first}", alert_schemas.DeliveryDetailAnswer)
    assert shown["event"]["type"] == "endpoint.test"
    assert shown["history"] == []
    assert ask(client, "GET", "/v1/attempts", alert_schemas.AttemptsAnswer)["attempts"] == []
    answer = ask(
        client,
        "POST",
        "/v1/deliveries/replay",
        alert_schemas.RequeuedAnswer,
        json={"delivery_ids": [first]},
    )
    assert answer == {"queued": 0}  # it waits already
    assert_problem(client.post("/v1/deliveries/replay", json={}), 422, "body")
    assert_problem(client.get("/v1/deliveries/999"), 404)
    assert_problem(client.get("/v1/deliveries", params={"cursor": "AAAA"}), 422, "cursor")
    assert_problem(client.get("/v1/deliveries", params={"state": "lost"}), 422, "state")
    assert client.get("/v1/deliveries", params={"since": "2100-01-01"}).json()["deliveries"] == []


@pytest.mark.parametrize("path", ["/v1/deliveries", "/v1/attempts", "/v1/changes"])
@pytest.mark.parametrize("place", [2**63, -1])
def test_a_place_beyond_what_a_database_counts_is_refused(client: TestClient, path: str, place: int) -> None:
    assert_problem(client.get(path, params={"cursor": encode_cursor(place)}), 422, "cursor")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"delivery_ids": [2**63]}, "delivery_ids.0"),
        ({"delivery_ids": [0]}, "delivery_ids.0"),
        ({"since": "0001-01-01T00:00:00+14:00"}, "since"),
        ({"until": "9999-12-31T23:00:00-14:00"}, "until"),
    ],
)
def test_a_replay_of_what_cannot_be_is_refused(client: TestClient, body: dict[str, Any], field: str) -> None:
    assert_problem(client.post("/v1/deliveries/replay", json=body), 422, field)
