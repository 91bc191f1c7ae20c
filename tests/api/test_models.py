"""Models side by side: pinned, promoted and exchanged under load, without one request dropped or mixed."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from riskscore.api.app import create_app
from riskscore.settings import load_settings
from tests.api.problems import assert_problem
from tests.models.artifacts import judge, place

ARTICLE: dict[str, Any] = {
    "title": "Washington curbs chips",
    "text": "The Commerce Department told makers on Monday to stop selling advanced chips to China, it said.",
    "source": "Wire",
}


@pytest.fixture
def app(small_model_dir: Path, tmp_path: Path) -> FastAPI:
    folder = tmp_path / "models"
    folder.mkdir()
    for version, threshold in (("v1", 0.1), ("v2", 0.9)):
        place(small_model_dir, folder, version, threshold)
    judge(folder, "v1", "v2")
    judge(folder, "v2", "v1")
    return create_app(
        load_settings(
            model_dir=folder,
            database_url=f"sqlite:///{tmp_path / 'news.db'}",
            model_poll_s=0.05,
            drift_min_items=20,
            scoring_threads=2,
        )
    )


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, base_url="http://localhost") as client:
        yield client


def promote(client: TestClient, version: str, **more: object) -> Any:
    return client.post(f"/v1/models/{version}/promote", json={"reason": "better", **more})


def test_a_request_may_ask_for_a_version(client: TestClient) -> None:
    assert client.post("/v1/score", json=ARTICLE).json()["model_version"] == "v2"
    pinned = client.post("/v1/score", json={**ARTICLE, "model_version": "v1"}).json()
    assert pinned["model_version"] == "v1"
    assert pinned["regimes"]["chips"]["threshold"] == 0.1
    stored = client.post("/v1/articles", json={**ARTICLE, "model_version": "v1"}).json()
    assert stored["assessment"]["model_version"] == "v1"
    again = client.post("/v1/articles", json=ARTICLE)  # it is stored, and not scored again
    assert (again.status_code, again.json()["assessment"]["model_version"]) == (200, "v1")


def test_an_unknown_version_is_refused_with_those_that_are_loaded(client: TestClient) -> None:
    for path in ("/v1/score", "/v1/articles"):
        problem = assert_problem(
            client.post(path, json={**ARTICLE, "model_version": "v9"}), 422, "model_version"
        )
        assert "loaded are v2 (default), v1" in problem["detail"]
    items = [{**ARTICLE, "model_version": version} for version in ("v1", "v9", "v2")]
    one, other, third = client.post("/v1/score/batch", json={"items": items}).json()["results"]
    assert one["assessment"]["model_version"] == "v1"
    assert other["error"]["errors"][0]["field"] == "items.1.model_version"
    assert third["assessment"]["model_version"] == "v2"


def test_bulk_lines_may_each_ask_for_a_version(client: TestClient) -> None:
    text = "Washington told makers on Monday to stop selling chips to China."
    asked = ({"title": "Chips", "text": text, "model_version": version} for version in ("v1", "v9"))
    lines = "\n".join(map(json.dumps, asked)).encode()
    headers = {"content-type": "application/x-ndjson"}
    one, other = client.post("/v1/articles/bulk", content=lines, headers=headers).text.splitlines()
    assert '"model_version":"v1"' in client.get("/v1/articles/" + one.split('"article_id":"')[1][:35]).text
    assert "loaded are v2 (default), v1" in other


def test_promotion_is_recorded_followed_and_taken_back(client: TestClient) -> None:
    answer = promote(client, "v1").json()
    assert (answer["default"], answer["objections"]) == ("v1", [])
    assert answer["choice"]["decided_by"] == "local"
    assert client.post("/v1/score", json=ARTICLE).json()["model_version"] == "v1"
    models = client.get("/v1/models").json()
    assert (models["default"], models["chosen_by"]) == ("v1", "record")
    assert [(one["version"], one["role"]) for one in models["models"]] == [
        ("v2", "loaded"),
        ("v1", "default"),
    ]
    assert client.post("/v1/models/rollback", json={"reason": "worse"}).json()["default"] == "v2"
    assert_problem(client.post("/v1/models/rollback", json={"reason": "worse"}), 409)
    assert [one["action"] for one in client.get("/v1/models").json()["choices"]] == ["rollback", "promote"]


def test_a_promotion_is_refused_with_the_objections(client: TestClient, app: FastAPI) -> None:
    folder = app.state.context.settings.model_dir
    judge(folder, "v1", "v2", lost=True)
    problem = assert_problem(promote(client, "v1"), 409)
    assert problem["type"].endswith(":model-refused")
    assert "gate lost on chips" in problem["detail"]
    assert_problem(promote(client, "v9"), 404)
    assert_problem(client.post("/v1/models/v1/promote", json={}), 422, "reason")
    forced = promote(client, "v1", force=True).json()
    assert forced["choice"]["forced"]
    assert len(forced["objections"]) == 3


def test_another_process_follows_the_record(client: TestClient, app: FastAPI) -> None:
    other = create_app(app.state.context.settings)
    with TestClient(other, base_url="http://localhost") as follower:
        promote(client, "v1")
        deadline = time.monotonic() + 10
        while follower.post("/v1/score", json=ARTICLE).json()["model_version"] != "v1":
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_no_request_is_dropped_or_mixed_while_models_change(client: TestClient) -> None:
    batch = {"items": [ARTICLE] * 8}
    seen: list[set[str]] = []
    faults: list[str] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            answer = client.post("/v1/score/batch", json=batch)
            if answer.status_code != 200 or "error" in answer.text:
                faults.append(answer.text[:300])
                return
            results = answer.json()["results"]
            seen.append({one["assessment"]["model_version"] for one in results})

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for turn in range(8):
        assert promote(client, "v1" if turn % 2 == 0 else "v2").status_code == 200
    done.set()
    for thread in threads:
        thread.join()
    assert faults == []
    assert {1} == {len(versions) for versions in seen}
    assert {"v1", "v2"} == set().union(*seen)


def test_a_reload_finds_new_artifacts(client: TestClient, app: FastAPI, small_model_dir: Path) -> None:
    place(small_model_dir, app.state.context.settings.model_dir, "v3", 0.5)
    assert client.post("/v1/models/reload").json() == {
        "changed": True, "default": "v3", "loaded": ["v3", "v2", "v1"],
    }  # fmt: skip


def test_drift_is_told_from_counts(client: TestClient) -> None:
    for number in range(30):
        text = f"The zqvxian number {number}. {ARTICLE['text']}"
        client.post("/v1/score", json={**ARTICLE, "text": text, "source": "Wire" if number % 3 else "Post"})
    client.post(
        "/v1/score", json={"text": "Zu kurz und nicht auf Englisch, sondern auf Deutsch geschrieben."}
    )
    drift = client.get("/v1/drift").json()
    assert drift["message"] is None
    everything, wire, post, unnamed = drift["sources"]
    assert (everything["source"], everything["items"], everything["abstained"]) == (None, 31, 1)
    assert [(one["source"], one["items"]) for one in (wire, post, unnamed)] == [
        ("Wire", 20),
        ("Post", 10),
        ("", 1),
    ]
    assert everything["reference"] == "training"
    assert everything["regimes"]["chips"]["psi"] > 1.0  # thirty times the same article
    assert post["regimes"]["chips"]["psi"] is None
    assert 0.0 < everything["unknown_word_share"] < 1.0
    assert client.get("/v1/drift", params={"model_version": "v1"}).json()["sources"] == []
    assert_problem(client.get("/v1/drift", params={"hours": 0}), 422, "hours")


def test_metrics_tell_of_all_of_it(client: TestClient) -> None:
    client.post("/v1/score", json=ARTICLE)
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    for line in (
        'riskscore_answers_total{method="POST",route="/v1/score",status="200"} 1.0',
        "riskscore_requests_in_flight 1.0",
        'riskscore_model_info{model_version="v2",role="default"} 1.0',
        'riskscore_model_info{model_version="v1",role="loaded"} 1.0',
        "riskscore_model_in_step 1.0",
        "riskscore_database_up 1.0",
        "riskscore_outbox_pending 0.0",
        "riskscore_dead_letters 0.0",
    ):
        assert line in answer.text.splitlines()
    assert 'regime="chips"' in answer.text
    assert "Commerce" not in answer.text
