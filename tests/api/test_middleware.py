"""Request ids, security headers, the access log, the body limit and the time limits."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from fastapi.testclient import TestClient

from riskscore.api.app import create_app
from riskscore.assess import Assessor
from riskscore.settings import Settings, load_settings
from riskscore.types import Article, Assessment
from tests.api.problems import assert_problem
from tests.api.test_score import TEXT


def test_a_plain_request_id_is_kept(client: TestClient) -> None:
    response = client.get("/healthz", headers={"x-request-id": "job-17.a_b:c"})
    assert response.headers["x-request-id"] == "job-17.a_b:c"


@pytest.mark.parametrize("sent", ["", "x" * 65, "a b", "a\tb", "<script>", "é".encode()])
def test_any_other_request_id_is_replaced(client: TestClient, sent: str | bytes) -> None:
    given = client.get("/healthz", headers={"x-request-id": sent}).headers["x-request-id"]
    assert len(given) == 32
    int(given, 16)


@pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/v1/companies?limit=0", "/openapi.json"])
def test_every_answer_has_the_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in headers


def test_the_access_log_has_neither_text_nor_query(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="riskscore"):
        client.post("/v1/score", json={"text": TEXT})
        client.post("/v1/score", json={"text": [TEXT]})
        client.get("/v1/companies", params={"q": "Fenwick Optics"})
        client.get("/v1/companies/a%0A2026-01-01 INFO forged")
    lines = [record.getMessage() for record in caplog.records if record.name == "riskscore.access"]
    assert len(lines) == 4
    assert lines[0].startswith("POST /v1/score 200 ")
    assert lines[2].startswith("GET /v1/companies 200 ")
    logged = caplog.text
    assert "Nvidia" not in logged
    assert "Fenwick" not in logged
    assert all("\n" not in line for line in lines)


class _Assessor:
    """Wraps a sound assessor; `wait_s` holds it up, `fails` makes it raise."""

    def __init__(self, sound: Assessor, wait_s: float = 0.0, fails: bool = False) -> None:
        self.sound, self.wait_s, self.fails = sound, wait_s, fails
        self.model, self.knowledge, self.languages = sound.model, sound.knowledge, sound.languages
        self.running = self.most_at_once = 0
        self._lock = threading.Lock()

    def assess(self, article: Article, **options: Any) -> Assessment:
        with self._lock:
            self.running += 1
            self.most_at_once = max(self.most_at_once, self.running)
        try:
            time.sleep(self.wait_s)
            if self.fails:
                raise ValueError(article.text)
            return self.sound.assess(article, **options)
        finally:
            with self._lock:
                self.running -= 1


def application(assessor: _Assessor, **overrides: object) -> Any:
    return create_app(load_settings(**overrides), cast(Assessor, assessor))


def test_a_bug_is_a_500_problem_and_a_log_entry_without_the_text(
    assessor: Assessor, caplog: pytest.LogCaptureFixture
) -> None:
    with TestClient(application(_Assessor(assessor, fails=True)), base_url="http://localhost") as client:
        response = client.post("/v1/score", json={"text": TEXT}, headers={"x-request-id": "r-1"})
    assert_problem(response, 500)
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "Nvidia" not in response.text + caplog.text
    assert "r-1 failed with ValueError" in caplog.text


def test_scoring_past_the_time_limit_is_a_503_problem(assessor: Assessor) -> None:
    with TestClient(
        application(_Assessor(assessor, wait_s=1.0), request_timeout_s=0.1), base_url="http://localhost"
    ) as client:
        response = client.post("/v1/score", json={"text": TEXT})
        assert_problem(response, 503)
        assert int(response.headers["retry-after"]) >= 1


def test_a_batch_past_the_time_limit_keeps_what_is_done(assessor: Assessor) -> None:
    with TestClient(
        application(_Assessor(assessor, wait_s=0.2), request_timeout_s=0.7), base_url="http://localhost"
    ) as client:
        results = client.post("/v1/score/batch", json={"items": [{"text": TEXT}] * 8}).json()["results"]
    outcomes = ["assessment" if "assessment" in result else result["error"]["status"] for result in results]
    assert outcomes[0] == "assessment"
    assert outcomes[-1] == 503
    assert len(outcomes) == 8


def test_a_long_batch_does_not_block_the_event_loop(assessor: Assessor) -> None:
    app = application(_Assessor(assessor, wait_s=0.05))

    async def scenario() -> tuple[float, float]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            began = time.perf_counter()
            batch = asyncio.create_task(client.post("/v1/score/batch", json={"items": [{"text": TEXT}] * 10}))
            await asyncio.sleep(0.01)
            await client.get("/healthz")
            healthy_s = time.perf_counter() - began
            assert (await batch).status_code == 200
            return healthy_s, time.perf_counter() - began

    healthy_s, batch_s = asyncio.run(scenario())
    assert batch_s >= 0.5
    assert healthy_s < batch_s / 2


def test_no_more_articles_at_once_than_scoring_threads(assessor: Assessor) -> None:
    slow = _Assessor(assessor, wait_s=0.05)
    app = application(slow, scoring_threads=2)

    async def scenario() -> None:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://localhost"
        ) as client:
            answers = await asyncio.gather(*(client.post("/v1/score", json={"text": TEXT}) for _ in range(8)))
            assert {answer.status_code for answer in answers} == {200}

    asyncio.run(scenario())
    assert slow.most_at_once == 2


def test_the_body_limit_holds_without_a_content_length(client: TestClient, settings: Settings) -> None:
    sent = 0

    def chunks() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(200):
            sent += 65_536
            yield b" " * 65_536

    response = client.post("/v1/score", content=chunks(), headers={"content-type": "application/json"})
    assert_problem(response, 413, "body")


def test_the_body_limit_holds_against_a_false_content_length(assessor: Assessor) -> None:
    app = create_app(load_settings(max_body_bytes=1_024), assessor)
    read = 0

    async def receive() -> dict[str, Any]:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": b" " * 500, "more_body": True}

    assert asyncio.run(_status(app, receive, [(b"content-length", b"10")])) == 413
    assert read == 3


@pytest.mark.parametrize("declared", [b"1025", b"9" * 5_000, b"0" * 30 + b"2000"])
def test_a_declared_length_over_the_limit_is_refused_unread(assessor: Assessor, declared: bytes) -> None:
    app = create_app(load_settings(max_body_bytes=1_024), assessor)

    async def receive() -> dict[str, Any]:
        raise AssertionError("read")

    assert asyncio.run(_status(app, receive, [(b"content-length", declared)])) == 413


def test_a_slow_body_is_a_408_problem(assessor: Assessor) -> None:
    app = create_app(load_settings(request_timeout_s=0.1), assessor)

    async def trickle() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" "
            await asyncio.sleep(0.05)

    async def scenario() -> httpx.Response:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://localhost"
        ) as client:
            return await client.post(
                "/v1/score", content=trickle(), headers={"content-type": "application/json"}
            )

    assert_problem(asyncio.run(scenario()), 408, "body")


def test_bytes_without_a_line_are_no_progress_of_a_bulk_request(assessor: Assessor, tmp_path: Path) -> None:
    app = create_app(
        load_settings(request_timeout_s=0.6, database_url=f"sqlite:///{tmp_path / 'news.db'}"), assessor
    )

    async def trickle() -> AsyncIterator[bytes]:
        yield b'{"text": "' + TEXT.encode() + b'"}\n'
        for _ in range(40):
            yield b" "
            await asyncio.sleep(0.05)

    async def scenario() -> list[dict[str, Any]]:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://localhost"
        ) as client:
            answer = await client.post(
                "/v1/articles/bulk", content=trickle(), headers={"content-type": "application/x-ndjson"}
            )
            return [json.loads(line) for line in answer.text.splitlines()]

    stored, refused = asyncio.run(scenario())
    assert stored["article_id"]
    assert (refused["line"], refused["error"]["status"]) == (2, 408)


async def _status(app: Any, receive: Any, headers: list[tuple[bytes, bytes]]) -> int:
    statuses = []

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": "/v1/score", "raw_path": b"/v1/score", "query_string": b"", "root_path": "",
        "headers": [(b"content-type", b"application/json"), *headers], "client": None, "server": ("test", 80),
    }  # fmt: skip
    await app(scope, receive, send)
    return int(statuses[0])


def test_lookups_are_answered_while_every_scoring_thread_is_taken(assessor: Assessor, tmp_path: Path) -> None:
    app = application(
        _Assessor(assessor, wait_s=2.0), scoring_threads=2, database_url=f"sqlite:///{tmp_path / 'news.db'}"
    )

    async def scenario() -> tuple[dict[str, int], float]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            scoring = [asyncio.create_task(client.post("/v1/score", json={"text": TEXT})) for _ in range(2)]
            await asyncio.sleep(0.1)
            began = time.perf_counter()
            paths = ("/v1/changes", "/v1/subscriptions", "/readyz")
            answers = await asyncio.gather(*(client.get(path) for path in paths))
            answered_s = time.perf_counter() - began
            await asyncio.gather(*scoring)
            assert_problem(answers[-1], 503)
            return {path: answer.status_code for path, answer in zip(paths, answers, strict=True)}, answered_s

    statuses, answered_s = asyncio.run(scenario())
    assert list(statuses.values()) == [200, 200, 503]
    assert answered_s < 1.7


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:8000",
        "localhost.",
        "127.0.0.1:8000",
        "[::1]:8000",
        "[::1]",
        "10.1.2.3",
        "a.test",
    ],
)
def test_the_server_answers_for_its_own_names(assessor: Assessor, host: str) -> None:
    app = create_app(load_settings(public_url="https://a.test/risk"), assessor)
    with TestClient(app, base_url="http://localhost") as client:
        assert client.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "x@localhost", "", "[::1"]
)
def test_no_other_name_is_answered_for(client: TestClient, host: str) -> None:
    response = client.get("/v1/companies", headers={"host": host})
    assert response.status_code == 400
    problem = response.json()
    assert problem["type"] == "urn:riskscore:problem:unknown-host"
    assert problem["errors"][0]["field"] == "host"
    assert problem["request_id"] == response.headers["x-request-id"]


@pytest.mark.parametrize(
    ("allowed", "host", "status"),
    [
        ("risk.example, b.example", "B.example:443", 200),
        (".example.com", "a.example.com", 200),
        (".example.com", "badexample.com", 400),
        ("risk.example", "a.risk.example", 400),
        ("*", "anything.example", 200),
    ],
)
def test_names_can_be_allowed(assessor: Assessor, allowed: str, host: str, status: int) -> None:
    app = create_app(load_settings(allowed_hosts=allowed), assessor)
    with TestClient(app, base_url="http://localhost") as client:
        assert client.get("/healthz", headers={"host": host}).status_code == status
