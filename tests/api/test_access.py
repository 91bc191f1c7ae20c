"""Keys over HTTP: who is let in where, what refusals say, and how keys are managed."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.params import Depends
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from pydantic import TypeAdapter

from riskscore.access.issuing import make_key
from riskscore.access.keys import new_key_id, new_secret
from riskscore.access.scopes import SCOPES
from riskscore.api import key_schemas
from riskscore.api.access import OPEN
from riskscore.api.app import create_app
from riskscore.api.keyring import KeyRing
from riskscore.assess import Assessor
from riskscore.auditing.trail import process_trail
from riskscore.settings import Settings, load_settings
from riskscore.store import open_store
from tests.api.problems import assert_problem
from tests.api.test_records import ARTICLE
from tests.api.test_score import TEXT

OPEN_PATHS = {  # they tell nothing of what is kept
    "/healthz",
    "/readyz",
    "/health/live",
    "/health/ready",
    "/v2/health/live",
    "/v2/health/ready",
    "/v2/models/{model_name}/ready",
    "/v2/models/{model_name}/versions/{model_version}/ready",
}


class Site:
    """An application with a database and clocks of its own, and keys to ask it with."""

    def __init__(self, folder: Path, assessor: Assessor, **overrides: Any) -> None:
        self.now, self.seconds = datetime(2026, 3, 5, 12, tzinfo=UTC), 0.0
        self.settings: Settings = load_settings(
            database_url=f"sqlite:///{folder / 'news.db'}", key_refresh_s=2.0, **overrides
        )
        self.app: FastAPI = create_app(self.settings, assessor)
        self.app.state.keyring = KeyRing(self.settings, lambda: self.now, lambda: self.seconds)
        self.client = TestClient(self.app, base_url="http://localhost")

    def key(self, *scopes: str, **limits: Any) -> str:
        """A new key, as the command makes it: the server does not know yet."""
        store = open_store(self.settings.database_url)
        trail = process_trail(store)
        made = store.in_transaction(
            lambda connection: make_key(connection, "desk", scopes, datetime.now(UTC), trail, **limits)
        )
        store.close()
        return made.secret

    def known_key(self, *scopes: str, **limits: Any) -> str:
        """A new key that the server knows."""
        secret = self.key(*scopes, **limits)
        self.seconds += self.settings.key_refresh_s
        return secret

    def get(self, path: str, key: str | None = None, **content: Any) -> httpx.Response:
        response: httpx.Response = self.client.get(path, headers=bearer(key), **content)
        return response


def bearer(key: str | None) -> dict[str, str]:
    return {} if key is None else {"authorization": f"Bearer {key}"}


@pytest.fixture
def site(tmp_path: Path, assessor: Assessor) -> Iterator[Site]:
    site = Site(tmp_path, assessor)
    with site.client:
        yield site


def test_every_route_says_which_scope_it_needs(site: Site) -> None:
    document = site.get("/openapi.json").json()
    open_paths: set[str] = set()
    documented = {(path, method) for path, methods in document["paths"].items() for method in methods}
    for route in iter_route_contexts(site.app.routes):
        path = str(getattr(route, "path", route))
        declared: list[Depends] = list(getattr(route, "dependencies", None) or [])
        scopes = [scope for one in declared for scope in getattr(one, "scopes", None) or ()]
        if path == "/openapi.json":  # FastAPI's own; says what is in the documentation
            continue
        if path in site.app.state.page_paths:  # see tests/dashboard/test_pages.py
            continue
        assert len(scopes) == 1 or OPEN in declared, f"{path} declares no scope: see riskscore.api.access"
        assert not (scopes and OPEN in declared), path
        assert set(scopes) <= set(SCOPES), path
        for method in getattr(route, "methods", ()):
            documented.discard((path, method.lower()))
            if not scopes:
                open_paths.add(path)
                continue
            operation = document["paths"][path][method.lower()]
            assert operation["security"] == [{"bearer": scopes}, {"header": scopes}], path
            assert {"400", "401", "403", "429", "503"} <= set(operation["responses"]), path
    assert not documented
    assert open_paths == OPEN_PATHS
    assert set(document["components"]["securitySchemes"]) == {"bearer", "header"}


def test_no_key_is_asked_for_on_this_machine_until_there_is_one(site: Site) -> None:
    assert site.get("/v1/regimes").status_code == 200
    site.key("read")
    assert site.get("/v1/regimes").status_code == 200
    site.seconds += 2.0
    problem = assert_problem(site.get("/v1/regimes"), 401)
    assert "Authorization: Bearer" in problem["detail"]
    assert "riskscore keys create" in problem["detail"]


@pytest.mark.parametrize(
    ("client", "status"),
    [
        (("127.0.0.1", 1), 200),
        (("::1", 1), 200),
        (("::ffff:127.0.0.1", 1), 200),
        (("10.0.0.7", 1), 401),
        (("2001:db8::1", 1), 401),
    ],
)
def test_callers_of_other_machines_need_one_from_the_beginning(
    tmp_path: Path, assessor: Assessor, client: tuple[str, int], status: int
) -> None:
    """However the server came to listen beyond this machine, or stands behind a proxy that says for whom."""
    app = Site(tmp_path, assessor).app
    answer = TestClient(app, base_url="http://localhost", client=client).get("/v1/regimes")
    assert answer.status_code == status


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/openapi.json"])
def test_probes_need_no_key(tmp_path: Path, assessor: Assessor, path: str) -> None:
    site = Site(tmp_path, assessor, require_keys=True)
    assert site.get(path).status_code == 200
    assert_problem(site.get("/v1/regimes"), 401)


def test_a_scope_opens_its_routes_and_no_others(site: Site) -> None:
    score, read, write, alerts, admin = (site.known_key(scope) for scope in SCOPES)
    requests: dict[str, tuple[str, str, Any]] = {
        score: ("POST", "/v1/score", {"text": TEXT}),
        read: ("GET", "/v1/companies", None),
        write: ("POST", "/v1/articles", ARTICLE),
        alerts: ("GET", "/v1/subscriptions", None),
        admin: ("GET", "/v1/keys", None),
    }
    for key in requests:
        for owner, (method, path, body) in requests.items():
            answer = site.client.request(method, path, json=body, headers=bearer(key))
            if key in {owner, admin}:
                assert answer.status_code in {200, 202}, path
            else:
                problem = assert_problem(answer, 403)
                assert "lacks the scope" in problem["detail"]
                assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]
                assert "desk" in problem["detail"]


def test_either_header_takes_the_key(site: Site) -> None:
    key = site.known_key("read")
    for headers in (
        {"authorization": f"Bearer {key}"},
        {"authorization": f"bearer  {key}"},
        {"x-api-key": key},
        {"x-api-key": key, "authorization": "Basic YTpi"},
        {"x-api-key": key, "authorization": "Bearer of-the-gateway"},
    ):
        assert site.client.get("/v1/regimes", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("authorization", "")],
        [("authorization", "Bearer")],
        [("authorization", "Basic YTpi")],
        [("authorization", f"Bearer {new_secret(new_key_id())}")],
        [("authorization", "Bearer rsk_' OR 1=1 --")],
        [("authorization", b"Bearer rsk_\xff\xfe")],
        [("authorization", "Bearer " + "A" * 20_000)],
        [("x-api-key", "")],
        [("x-api-key", "KEY"), ("x-api-key", "KEY")],
        [("authorization", "Bearer KEY"), ("authorization", "Bearer KEY")],
        [("authorization", "Bearer KEY extra")],
        [("authorization", "KEY")],
    ],
)
def test_anything_else_is_refused_with_a_challenge(site: Site, headers: list[tuple[str, Any]]) -> None:
    key = site.known_key("read")
    sent = [(name, value.replace("KEY", key) if isinstance(value, str) else value) for name, value in headers]
    answer = site.client.get("/v1/regimes", headers=sent)
    problem = assert_problem(answer, 401)
    assert answer.headers["www-authenticate"].startswith('Bearer realm="riskscore"')
    assert key not in json.dumps(problem)


def test_a_stranger_is_refused_before_the_body_is_looked_at(site: Site) -> None:
    site.known_key("score")
    for content in (b"{", b'{"text": 7}'):
        answer = site.client.post("/v1/score", content=content, headers={"content-type": "application/json"})
        assert_problem(answer, 401)
    assert_problem(site.client.get("/v1/companies", params={"limit": 0}), 401)


@pytest.mark.parametrize(
    "place",
    [
        "/v1/regimes?access_token=x",
        "/v1/regimes?API_KEY=x",
        "/v1/regimes?a=1&apikey=",
        "/v1/companies?q=KEY",
        "/v1/companies?q=a%20KEY",
        "/v1/companies/KEY",
    ],
)
def test_a_key_in_a_url_is_refused_and_not_logged(
    site: Site, place: str, caplog: pytest.LogCaptureFixture
) -> None:
    key = site.known_key("read")
    with caplog.at_level(logging.DEBUG):
        problem = site.get(place.replace("KEY", key), key).json()
        escaped = site.get(place.replace("KEY", key.replace("_", "%5F")), key).json()
    for found in (problem, escaped):
        assert (found["status"], found["type"]) == (400, "urn:riskscore:problem:key-in-url")
        assert "riskscore keys rotate" in found["detail"]
    logged = [record.getMessage() for record in caplog.records if record.name == "riskscore.access"]
    assert len(logged) == 2
    assert key.rpartition("_")[2] not in str(logged)


def test_a_rate_holds_and_says_when_to_come_back(site: Site) -> None:
    key = site.known_key("read", "score", rate_per_minute=2)
    first = site.get("/v1/regimes", key)
    assert first.headers["ratelimit-policy"] == '"minute";q=2;w=60'
    assert first.headers["ratelimit"] == '"minute";r=1;t=30'
    assert site.get("/v1/regimes", key).status_code == 200
    refused = site.get("/v1/regimes", key)
    assert_problem(refused, 429)
    assert refused.headers["retry-after"] == "30"
    assert refused.headers["ratelimit"] == '"minute";r=0;t=60'
    assert site.get("/v1/regimes", site.known_key("read")).headers.get("ratelimit") is None
    site.seconds += 30
    assert site.get("/v1/regimes", key).status_code == 200


def test_each_article_of_a_batch_counts(site: Site) -> None:
    key = site.known_key("score", rate_per_minute=60, daily_quota=30)
    batch = {"items": [{"text": TEXT}] * 25}
    answer = site.client.post("/v1/score/batch", json=batch, headers=bearer(key))
    assert answer.status_code == 200
    assert answer.headers["ratelimit"].startswith('"minute";r=35;t=25, "day";r=5;')
    again = site.client.post("/v1/score/batch", json=batch, headers=bearer(key))
    assert [list(result) for result in again.json()["results"]] == [["id", "assessment"]] * 25
    assert_problem(site.client.post("/v1/score/batch", json=batch, headers=bearer(key)), 429)


def test_a_stream_ends_when_the_quota_does(site: Site) -> None:
    key = site.known_key("write", daily_quota=100)
    lines = [json.dumps(ARTICLE | {"id": str(n), "title": f"Item {n}"}) for n in range(200)]
    answer = site.client.post(
        "/v1/articles/bulk",
        content="\n".join(lines).encode(),
        headers=bearer(key) | {"content-type": "application/x-ndjson"},
    )
    results = [json.loads(line) for line in answer.text.splitlines()]
    assert [result["line"] for result in results] == [
        *range(1, 130)
    ]  # two batches; then the quota is used up
    assert all("article_id" in result for result in results[:-1])
    assert results[-1]["error"]["status"] == 429
    assert_problem(site.client.get("/v1/changes", headers=bearer(key)), 403)


def test_the_uses_of_keys_are_shown(site: Site) -> None:
    reader, boss = site.known_key("read"), site.known_key("admin")
    site.get("/v1/regimes", reader)
    site.client.portal.call(site.app.state.keyring.close)  # type: ignore[union-attr]
    shown = {key["key_id"]: key for key in site.get("/v1/keys", boss).json()["keys"]}
    assert shown[reader[:16]]["last_used_at"] == "2026-03-05T12:00:00Z"
    assert shown[boss[:16]]["last_used_at"] is None


def ask(site: Site, method: str, path: str, key: str | None, answer: Any, **content: Any) -> Any:
    """The answer to a request, checked against its documented type."""
    response = site.client.request(method, path, headers=bearer(key), **content)
    assert response.status_code == 200, response.text
    return TypeAdapter(answer).validate_json(response.content, strict=False)


def test_keys_are_made_rotated_and_revoked_over_http(site: Site) -> None:
    wanted: dict[str, Any] = {"name": "boss", "scopes": ["admin"]}
    boss = ask(site, "POST", "/v1/keys", None, key_schemas.KeyAnswer, json=wanted)["key"]
    assert_problem(site.client.post("/v1/keys", json=wanted), 401)  # at once
    expires_at = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    wanted = {"name": "desk", "scopes": ["read"], "rate_per_minute": 60, "expires_at": expires_at}
    made = ask(site, "POST", "/v1/keys", boss, key_schemas.KeyAnswer, json=wanted)
    assert (made["name"], made["state"], made["created_by"]) == ("desk", "active", "boss")
    path = f"/v1/keys/{made['key_id']}"
    assert made["key"].startswith(made["key_id"])
    assert site.get("/v1/regimes", made["key"]).status_code == 200

    rotated = ask(site, "POST", f"{path}/secret", boss, key_schemas.KeyAnswer, json={"overlap_h": 1})
    assert rotated["former_secret_valid_until"] is not None
    site.now = datetime.now(UTC)
    for secret in (made["key"], rotated["key"]):
        assert site.get("/v1/regimes", secret).status_code == 200
    site.now += timedelta(hours=1, minutes=1)
    assert_problem(site.get("/v1/regimes", made["key"]), 401)

    listed = ask(site, "GET", "/v1/keys", boss, key_schemas.KeysAnswer)["keys"]
    assert [key["name"] for key in listed] == ["boss", "desk"]
    assert "sha256" not in str(listed)
    assert not any("key" in key for key in listed)
    assert ask(site, "DELETE", path, boss, key_schemas.KeyAnswer)["state"] == "revoked"
    assert_problem(site.get("/v1/regimes", rotated["key"]), 401)  # at once
    assert_problem(site.client.post(f"{path}/secret", json={}, headers=bearer(boss)), 422, "key_id")
    assert_problem(site.client.delete("/v1/keys/rsk_none", headers=bearer(boss)), 404)
    audit = site.get("/v1/audit", boss).json()["entries"]
    told = [(entry["actor"], entry["action"]) for entry in audit if entry["action"].startswith("key.")]
    assert sorted(told) == [
        ("boss", "key.created"), ("boss", "key.revoked"), ("boss", "key.rotated"), ("local", "key.created"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "x", "scopes": []}, "scopes"),
        ({"name": "x", "scopes": ["root"]}, "scopes.0"),
        ({"name": "x"}, "scopes"),
        ({"name": "", "scopes": ["read"]}, "name"),
        ({"name": "a\nb", "scopes": ["read"]}, "name"),
        ({"name": "x", "scopes": ["read"], "rate_per_minute": 0}, "rate_per_minute"),
        ({"name": "x", "scopes": ["read"], "daily_quota": 10**13}, "daily_quota"),
        ({"name": "x", "scopes": ["read"], "expires_at": "2020-01-01"}, "expires_at"),
        ({"name": "x", "scopes": ["read"], "secret": "mine"}, "secret"),
    ],
)
def test_an_unusable_key_is_refused_by_field(site: Site, body: dict[str, Any], field: str) -> None:
    assert_problem(site.client.post("/v1/keys", json=body), 422, field)
    assert site.get("/v1/keys").json() == {"keys": []}
