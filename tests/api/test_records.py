"""Articles, assessments, stories and changes over HTTP, on a database of their own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import TypeAdapter

from riskscore.api import record_schemas
from riskscore.api.app import create_app
from riskscore.assess import Assessor
from riskscore.settings import load_settings
from riskscore.wire import schemas
from tests.api.problems import assert_problem

BODY = (
    "The Commerce Department told Nvidia on Monday to stop selling its newest chip in China, sources said. "
    "The order covers each chip that the company had designed for that market, and takes effect at once."
)
ARTICLE = {
    "title": "Nvidia told to stop chip sales",
    "text": BODY,
    "source": "Wire",
    "url": "https://wire.example/1",
    "published_at": "2026-01-05T08:00:00Z",
}


@pytest.fixture
def client(tmp_path: Path, assessor: Assessor) -> Iterator[TestClient]:
    settings = load_settings(
        database_url=f"sqlite:///{tmp_path / 'news.db'}", bulk_max_lines=500, max_body_bytes=20_000
    )
    with TestClient(create_app(settings, assessor), base_url="http://localhost") as client:
        yield client


def post(client: TestClient, article: dict[str, Any], **headers: str) -> Any:
    response = client.post("/v1/articles", json=article, headers=headers)
    assert response.status_code in {200, 202}, response.text
    TypeAdapter(record_schemas.StoredAnswer).validate_json(response.content, strict=True)
    return response


def test_a_new_article_is_202_and_a_known_one_200(client: TestClient) -> None:
    first = post(client, ARTICLE)
    again = post(client, ARTICLE | {"url": "https://wire.example/moved"})
    assert (first.status_code, again.status_code) == (202, 200)
    assert (first.json()["created"], again.json()["created"]) == (True, False)
    assert again.json()["assessment"] == first.json()["assessment"]
    scored = client.post("/v1/score", json=ARTICLE).json()
    assert first.json()["assessment"] == scored


def test_an_idempotency_key_is_for_one_request(client: TestClient) -> None:
    headers = {"Idempotency-Key": "k-1"}
    first = post(client, ARTICLE, **headers)
    again = post(client, ARTICLE, **headers)
    assert (first.status_code, again.status_code) == (202, 200)
    other = client.post("/v1/articles", json=ARTICLE | {"title": "Other"}, headers=headers)
    assert assert_problem(other, 422, "idempotency-key")["type"].endswith(":key-reused")
    empty = client.post("/v1/articles", json=ARTICLE, headers={"Idempotency-Key": ""})
    assert_problem(empty, 422, "idempotency-key")


def test_what_is_wrong_with_an_article_is_told_by_field(client: TestClient) -> None:
    response = client.post("/v1/articles", json=ARTICLE | {"text": 7, "options": {}})
    assert_problem(response, 422, "text")
    assert_problem(response, 422, "options")


def test_an_article_an_assessment_and_a_story_are_as_stored(client: TestClient) -> None:
    stored = post(client, ARTICLE).json()
    copy = post(client, ARTICLE | {"source": "Herald", "text": BODY + " Staff added to this report."}).json()
    assert copy["story_id"] == stored["story_id"]
    article = client.get(f"/v1/articles/{stored['article_id']}")
    TypeAdapter(record_schemas.ArticleAnswer).validate_json(article.content, strict=True)
    assert article.json()["text"] == BODY
    assert article.json()["companies"] == ["nvidia"]
    (summary,) = article.json()["assessments"]
    assessment = client.get(f"/v1/assessments/{summary['assessment_id']}")
    TypeAdapter(schemas.AssessmentAnswer).validate_json(assessment.content)
    assert assessment.json() == stored["assessment"]
    story = client.get(f"/v1/stories/{stored['story_id']}", params={"limit": 1})
    TypeAdapter(record_schemas.StoryAnswer).validate_json(story.content, strict=True)
    assert (story.json()["copies"], story.json()["sources"]) == (2, 2)
    cursor = story.json()["next_cursor"]
    rest = client.get(f"/v1/stories/{stored['story_id']}", params={"limit": 1, "cursor": cursor}).json()
    seen = [one["article_id"] for one in (*story.json()["articles"], *rest["articles"])]
    assert seen == [stored["article_id"], copy["article_id"]]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize("path", ["articles", "assessments", "stories"])
def test_what_is_not_stored_is_a_404(client: TestClient, path: str) -> None:
    assert_problem(client.get(f"/v1/{path}/none"), 404)


def test_replay_gives_the_same_bytes(client: TestClient) -> None:
    assessment_id = post(client, ARTICLE).json()["assessment"]["assessment_id"]
    answer = client.get(f"/v1/assessments/{assessment_id}/replay")
    TypeAdapter(record_schemas.ReplayAnswer).validate_json(answer.content, strict=True)
    replayed = answer.json()
    assert replayed["identical"] is True
    assert replayed["recorded"] == replayed["replayed"]


def test_changes_come_once_and_in_order(client: TestClient) -> None:
    for number in range(5):
        post(client, ARTICLE | {"title": f"Story {number}", "text": f"{number} " * 30})
    seen: list[int] = []
    cursor = None
    for _ in range(4):
        page = client.get("/v1/changes", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
        TypeAdapter(record_schemas.ChangesAnswer).validate_json(page.content, strict=True)
        seen += [change["sequence"] for change in page.json()["changes"]]
        cursor = page.json()["next_cursor"]
    assert seen == [1, 2, 3, 4, 5]
    post(client, ARTICLE)
    (change,) = client.get("/v1/changes", params={"cursor": cursor}).json()["changes"]
    assert change["subject"]["companies"] == ["nvidia"]
    table = client.get("/v1/changes", params={"format": "csv"})
    assert table.headers["content-type"].startswith("text/csv")
    assert len(table.text.splitlines()) == 7
    assert_problem(client.get("/v1/changes", params={"cursor": "AAAA"}), 422, "cursor")


def bulk(client: TestClient, content: bytes) -> list[dict[str, Any]]:
    response = client.post(
        "/v1/articles/bulk", content=content, headers={"content-type": "application/x-ndjson"}
    )
    assert response.status_code == 200
    return [json.loads(line) for line in response.text.splitlines()]


def test_bulk_answers_every_line_in_order(client: TestClient) -> None:
    lines = [
        json.dumps(ARTICLE | {"id": "a"}),
        "",
        "{not json",
        json.dumps(ARTICLE | {"id": "b", "texts": "x"}),
        json.dumps(ARTICLE | {"id": "c", "source": "Herald"}),
        json.dumps(ARTICLE | {"id": "d"}),
    ]
    results = bulk(client, "\r\n".join(lines).encode())
    assert [result["line"] for result in results] == [1, 3, 4, 5, 6]
    first, broken, unknown, copy, again = results
    assert (first["id"], first["created"]) == ("a", True)
    assert broken["error"]["status"] == 400
    assert (unknown["id"], unknown["error"]["errors"][0]["field"]) == ("b", "texts")
    assert (copy["created"], copy["story_id"]) == (True, first["story_id"])
    assert (again["created"], again["article_id"]) == (False, first["article_id"])
    assert client.get(f"/v1/articles/{copy['article_id']}").status_code == 200


def test_bulk_takes_more_than_one_body_but_no_endless_line_or_list(client: TestClient) -> None:
    lines = [json.dumps(ARTICLE | {"title": f"{n} of many", "text": f"{n} {BODY}"}) for n in range(300)]
    results = bulk(client, "\n".join(lines).encode())
    assert sum(result["created"] for result in results) == 300
    *_, last = bulk(client, b"x" * 30_000)
    assert last["error"]["status"] == 413
    results = bulk(client, b"\n".join(b"1" for _ in range(600)))
    assert results[-1]["error"]["status"] == 413
    assert "bulk_max_lines" in results[-1]["error"]["detail"]


def test_blank_lines_count(client: TestClient) -> None:
    (last,) = bulk(client, b"\n" * 600)
    assert last["error"]["status"] == 413
    assert last["line"] == 501
    assert bulk(client, b"\n" * 499) == []


def test_bulk_ends_when_nobody_reads(tmp_path: Path, assessor: Assessor) -> None:
    settings = load_settings(database_url=f"sqlite:///{tmp_path / 'news.db'}", request_timeout_s=0.5)
    app = create_app(settings, assessor)
    taken = 0

    async def receive() -> dict[str, Any]:
        nonlocal taken
        taken += 1
        return {"type": "http.request", "body": b"1\n" * 1_024, "more_body": True}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": "/v1/articles/bulk", "raw_path": b"/v1/articles/bulk", "query_string": b"", "root_path": "",
        "headers": [(b"content-type", b"application/x-ndjson")], "client": None, "server": ("test", 80),
    }  # fmt: skip
    asyncio.run(asyncio.wait_for(app(scope, receive, send), 60))
    assert taken < 100


def test_bulk_wants_lines(client: TestClient) -> None:
    assert_problem(client.post("/v1/articles/bulk", json=[]), 415, "content-type")


def test_an_unusable_database_is_told(tmp_path: Path, assessor: Assessor) -> None:
    settings = load_settings(database_url=f"sqlite:///{tmp_path / 'none' / 'news.db'}")
    client = TestClient(create_app(settings, assessor), base_url="http://localhost")
    problem = assert_problem(client.get("/v1/changes"), 503)
    assert problem["type"].endswith(":store-unusable")
    # A score that nobody could vouch for later is not given, unless the ledger is off.
    assert_problem(client.post("/v1/score", json=ARTICLE), 503)
    unrecorded = load_settings(database_url=settings.database_url, audit=False)
    with TestClient(create_app(unrecorded, assessor), base_url="http://localhost") as free:
        assert free.post("/v1/score", json=ARTICLE).status_code == 200
